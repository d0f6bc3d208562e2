import { previewTakeBack } from '../../src/server/actions/takeBack/previewTakeBack';
import { takeBack } from '../../src/server/actions/takeBack/takeBack';
import { listTakeBacks, undoRows } from '../../src/server/actions/takeBack/undoRows';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { newJobId } from '../../src/server/dumper/job';
import type { TakeBackAsked } from '../../src/server/dumper/takeBack/plan';
import { backUp, hostOf, newDataFolder } from '../helpers/ark';
import { bundleCli } from '../helpers/cli';
import { killedArk } from '../helpers/killedArk';
import { randomFrom } from '../helpers/random';
import { until } from '../helpers/waiting';
import { ownMysql, type TestMysql } from './mysql';
import { whole } from './mysqlState';

const SEED = Number(process.env.ARK_TEST_SEED ?? Date.now() % 1_000_000);
const WANTED = Number(process.env.ARK_TEST_KILLS ?? 6);

const database = ownMysql();
let data: Awaited<ReturnType<typeof newDataFolder>>;
beforeAll(async () => {
  data = await newDataFolder();
});
afterAll(() => data.remove());

let count = 0;
async function shop(...statements: string[]) {
  const at = await database(...statements);
  const host = hostOf(at.url, data.folder);
  const name = `shop-${(count += 1)}`;
  return { at, host, name: `${name}.ark`, archive: await backUp(host, name) };
}
type Shop = Awaited<ReturnType<typeof shop>>;

/** AUTO_INCREMENT stands in the statement, and goes on whatever rows are taken away. */
const rowsOf = async (at: TestMysql): Promise<unknown> =>
  JSON.parse(JSON.stringify(await whole(at)).replace(/ AUTO_INCREMENT=\d+/g, '')) as unknown;

const asked = (collection: string, keys: string[], more: Partial<TakeBackAsked> = {}): TakeBackAsked => ({
  collection,
  keys,
  parents: true,
  children: false,
  ...more,
});
const take = (
  { host, archive }: { host: Shop['host']; archive: Archive },
  what: TakeBackAsked,
  overwrite = false,
) => takeBack(host, archive, 'shop.ark', { asked: what, overwrite });

const VALUES: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['bigint', ['9007199254740993', '-9223372036854775808', '0']],
  ['bigint unsigned', ['18446744073709551615', '1']],
  ['int(5) zerofill', ['42', '99999']],
  ['tinyint(1)', ['1', '0', '7']],
  ['decimal(30,10)', ['123456789012345678.0123456789', '-0.5']],
  ['varchar(190) COLLATE utf8mb4_bin', [`'a'`, `'A '`, `'ü𝄞''\\\\"'`, `''`]],
  ['char(10)', [`'x'`, `'ü'`]],
  ['varbinary(40)', [`X'00FF0A2722'`, `''`, `'a'`]],
  ['binary(4)', [`X'00000001'`]],
  ['bit(12)', [`b'101'`, `b'0'`]],
  ['date', [`'2026-02-28'`, `'0000-00-00'`]],
  ['datetime(6)', [`'2026-11-20 10:00:00.123456'`, `'1000-01-01 00:00:00'`]],
  ['timestamp(3)', [`'2026-11-20 10:00:00.120'`]],
  ['time(2)', [`'-100:00:00.25'`]],
  ['year', ['2026']],
  ['double', ['0.1', '1e300', '-2.5e-10']],
  [`enum('a','b,c')`, [`'b,c'`, `'a'`]],
  [`set('x','y')`, [`'x,y'`, `''`]],
];

test('every kind of value comes back as it was, as a key and beside one', async () => {
  const tables = VALUES.flatMap(([type, values], at) => [
    `CREATE TABLE k${at} (k ${type} NOT NULL PRIMARY KEY, n int)`,
    ...values.map((value, n) => `INSERT INTO k${at} VALUES (${value}, ${n})`),
    `CREATE TABLE v${at} (id int PRIMARY KEY, v ${type.startsWith('timestamp') ? `${type} NULL` : type})`,
    ...values.map((value, n) => `INSERT INTO v${at} VALUES (${n}, ${value})`),
    `INSERT INTO v${at} VALUES (99, NULL)`,
  ]);
  const made = await shop(
    `SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'`,
    ...tables,
    `CREATE TABLE texts (id int PRIMARY KEY, j json, t longtext, b longblob, f float, g int GENERATED ALWAYS AS (id * 2) STORED)`,
    `INSERT INTO texts (id, j, t, b, f) VALUES (1, '{"a": [1, "ü", null]}', repeat('long, "x"\\n', 40000), repeat(X'00FF', 200000), 3.4e38), (2, NULL, NULL, NULL, 0.1)`,
  );
  const before = await rowsOf(made.at);
  const { manifest } = made.archive;
  for (const { name, structure, rows } of manifest.collections) {
    const [key = ''] = structure.primaryKey?.columns ?? [];
    const asText = await keysOf(made, name, key);
    expect(asText).toHaveLength(rows);
    await made.at.sql(`DELETE FROM ${name}`);
    const { result } = await take(made, asked(name, asText));
    expect([name, result.inserted]).toEqual([name, rows]);
  }
  expect(await rowsOf(made.at)).toEqual(before);
  for (const { name, structure, rows } of manifest.collections) {
    const [key = ''] = structure.primaryKey?.columns ?? [];
    const { result } = await take(made, asked(name, await keysOf(made, name, key)));
    expect([name, result.same]).toEqual([name, rows]);
  }
}, 120_000);

/** Keys as an archive has them. */
async function keysOf({ archive }: Shop, table: string, key: string): Promise<string[]> {
  const { lookInto } = await import('../../src/server/dumper/look/look');
  const { readPage } = await import('../../src/server/dumper/look/page');
  const look = await lookInto(archive, table);
  const at = look.columns.findIndex(({ name }) => name === key);
  const { rows } = await readPage(look, { from: 0, limit: 1000 }, { value: 1000, page: 1e9 });
  return rows.map(({ cells }) => {
    const cell = cells[at];
    return typeof cell === 'object' && cell ? cell.text : '';
  });
}

const SHOP = [
  `CREATE TABLE customers (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL, email varchar(80) UNIQUE, best bigint, at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)`,
  `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer bigint NOT NULL, note text, CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)`,
  `ALTER TABLE customers ADD CONSTRAINT best_order FOREIGN KEY (best) REFERENCES orders (id) ON DELETE SET NULL`,
  `INSERT INTO customers (name, email, at) SELECT concat('Customer ', seq), concat('c', seq, '@example.org'), '2026-01-01' FROM seq_1_to_9`,
  `INSERT INTO orders (customer, note) SELECT 1 + seq % 9, concat('note ', seq) FROM seq_1_to_9000`,
  `UPDATE customers SET best = (SELECT min(id) FROM orders WHERE customer = customers.id), at = '2026-01-01'`,
];
const SINCE = [
  `DELETE FROM customers WHERE id = 3`,
  `UPDATE customers SET name = 'changed', at = '2026-02-02' WHERE id = 4`,
];

test('rows that need each other come back, a changed one with leave, and an undo puts back what was', async () => {
  const made = await shop(...SHOP);
  const before = await rowsOf(made.at);
  await made.at.sql(...SINCE);
  const changed = await rowsOf(made.at);
  const what = asked('customers', ['3', '4'], { children: true });
  await expect(take(made, what)).rejects.toMatchObject({ code: 'ROWS_CHANGED' });
  const { job, result } = await take(made, what, true);
  expect(result).toMatchObject({ inserted: 1001, overwritten: 1 });
  expect(await rowsOf(made.at)).toEqual(before);
  await undoRows(made.host, job.id, { overwrite: false });
  expect(await rowsOf(made.at)).toEqual(changed);
  // The next number is a free one.
  await made.at.sql(`INSERT INTO customers (name) VALUES ('next')`);
  expect(await made.at.query(`SELECT id FROM customers WHERE name = 'next'`)).toEqual([
    { id: expect.stringMatching(/^[1-9]\d$/) as string },
  ]);
});

test('what the database does not take is refused with words and without the value', async () => {
  const made = await shop(
    `CREATE TABLE t (id int PRIMARY KEY, api_token varchar(40), u varchar(20) UNIQUE)`,
    `INSERT INTO t VALUES (1, 'hush-hush', 'a'), (2, 'x', 'Key')`,
    `CREATE TABLE n (id int)`,
    `CREATE TABLE audit (what text)`,
  );
  await made.at.sql(
    `DELETE FROM t`,
    `ALTER TABLE t MODIFY api_token int`,
    `INSERT INTO t VALUES (5, 1, 'KEY')`,
  );
  const before = await rowsOf(made.at);
  const refused = await take(made, asked('t', ['1'])).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'ROWS_REFUSED', details: { code: 'row-refused' } });
  expect((refused as Error).message).not.toContain('hush');
  await expect(take(made, asked('t', ['2']))).rejects.toMatchObject({
    details: { code: 'row-taken', columns: ['u'], by: '5' },
  });
  await expect(take(made, asked('n', ['1']))).rejects.toMatchObject({ details: { code: 'rows-no-key' } });
  expect(await rowsOf(made.at)).toEqual(before);
  await made.at.sql(
    `ALTER TABLE t MODIFY api_token varchar(40)`,
    `CREATE TRIGGER kept BEFORE INSERT ON t FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'`,
  );
  expect((await previewTakeBack(made.host, made.archive, asked('t', ['1']))).triggers).toEqual([
    { kind: 'trigger', collection: 't', name: 'kept' },
  ]);
  await expect(take(made, asked('t', ['1']))).rejects.toMatchObject({
    details: { code: 'row-refused', said: 'not this one' },
  });
});

test('names and values from a backup are never statements', async () => {
  const hostile = `x\\'); DROP TABLE victim; -- ?`;
  const made = await shop(
    'CREATE TABLE victim (id int PRIMARY KEY)',
    "CREATE TABLE `t``; DROP` (`k``?` varchar(100) PRIMARY KEY, `v'` text)",
    `INSERT INTO \`t\`\`; DROP\` VALUES ('${hostile.replaceAll('\\', '\\\\').replaceAll("'", "''")}', '?')`,
  );
  const before = await rowsOf(made.at);
  await made.at.sql('DELETE FROM `t``; DROP`');
  await take(made, asked('t`; DROP', [hostile]));
  expect(await rowsOf(made.at)).toEqual(before);
});

test('a taking back, and its undo, killed at any moment: all as before, or all as after with its undo', async () => {
  const made = await shop(...SHOP);
  const taken = JSON.stringify(await rowsOf(made.at));
  await made.at.sql(...SINCE);
  const without = JSON.stringify(await rowsOf(made.at));
  const program = await bundleCli(data.folder);
  const end = ['--yes', '--database', made.at.url];
  const TAKE = ['take-back', made.name, 'customers', '3', '4', '--with-children', ...end];
  const UNDO = ['undo', ...end];
  const quiet = await killedArk(program, data.folder, TAKE, 'writing rows');
  expect(quiet).toMatchObject({ code: 0 });
  expect(JSON.stringify(await rowsOf(made.at))).toBe(taken);
  const back = await killedArk(program, data.folder, UNDO, 'swapping back');
  expect(back).toMatchObject({ code: 0 });
  expect(JSON.stringify(await rowsOf(made.at))).toBe(without);
  const random = randomFrom(SEED);
  const ended = { same: 0, done: 0, unharmed: 0 };
  let isTaken = false;
  let before = await listTakeBacks(made.host);
  // As many as wanted, and of both kinds.
  for (let turn = 0; ended.same + ended.done < WANTED || ended.same * ended.done === 0; turn += 1) {
    if (turn > WANTED * 5) throw new Error(`too many runs ended alike: ${JSON.stringify(ended)}`);
    const [args, word, known] = isTaken ? [UNDO, 'swapping back', back] : [TAKE, 'writing rows', quiet];
    // Before, about and right after the commit.
    const isWritten = async () => (await made.host.database.keptRows())[0]?.job !== before[0]?.job;
    const [when, most] = (
      [
        ['word', known.sinceMs],
        [isWritten, 40],
        ['start', known.ms * 1.1],
      ] as const
    )[turn % 3]!;
    const after = Math.floor(random() * most);
    const run = await killedArk(program, data.folder, args, word, { after, at: when });
    const moment = `seed ${SEED}, turn ${turn}, ${word}, ${after} ms`;
    await until('the lock of the dead job is free', () =>
      made.host.database.lock(newJobId()).then(
        async (lock) => {
          await lock.release();
          return true;
        },
        () => undefined,
      ),
    );
    const now = JSON.stringify(await rowsOf(made.at));
    expect({ moment, known: now === taken || now === without }).toEqual({ moment, known: true });
    const happened = (now === taken) !== isTaken;
    const kept = await listTakeBacks(made.host);
    expect({ moment, new: kept[0]?.job !== before[0]?.job }).toEqual({ moment, new: happened });
    ended[run.killed ? (happened ? 'done' : 'same') : 'unharmed'] += 1;
    [isTaken, before] = [now === taken, kept];
  }
  console.info(`taking back killed, seed ${SEED}: ${JSON.stringify(ended)}`);
}, 600_000);

test('a text that is no UTF-8 is neither replaced nor written over', async () => {
  const made = await shop(
    `CREATE TABLE half (id int PRIMARY KEY, t varchar(20) CHARACTER SET utf8mb3, n int)`,
    `INSERT INTO half VALUES (1, CAST(X'61EDA0BD62' AS CHAR CHARACTER SET utf8mb3), 1), (2, 'plain', 1)`,
  );
  const [row] = await made.at.query(`SELECT hex(t) AS t FROM half WHERE id = 1`);
  expect(row).toEqual({ t: '61EDA0BD62' });
  const bytes = { code: 'ROWS_REFUSED', details: { code: 'row-bytes', collection: 'half' } };
  await made.at.sql(`UPDATE half SET n = 2 WHERE id = 1`);
  // As it is in the backup, and as it is here.
  await expect(take(made, asked('half', ['1']), true)).rejects.toMatchObject(bytes);
  await made.at.sql(`UPDATE half SET t = CAST(X'61EDA0BD62' AS CHAR CHARACTER SET utf8mb3) WHERE id = 2`);
  await expect(take(made, asked('half', ['2']), true)).rejects.toMatchObject(bytes);
  expect(await made.at.query(`SELECT hex(t) AS t, n FROM half ORDER BY id`)).toEqual([
    { t: '61EDA0BD62', n: '2' },
    { t: '61EDA0BD62', n: '1' },
  ]);
});
