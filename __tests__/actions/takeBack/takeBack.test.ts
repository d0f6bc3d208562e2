import { join } from 'node:path';
import { previewTakeBack } from '../../../src/server/actions/takeBack/previewTakeBack';
import { takeBack, type TakeBackRequest } from '../../../src/server/actions/takeBack/takeBack';
import {
  dropTakeBack,
  listTakeBacks,
  previewUndoRows,
  undoRows,
} from '../../../src/server/actions/takeBack/undoRows';
import type { Archive } from '../../../src/server/dumper/archive/archive';
import { newJobId } from '../../../src/server/dumper/job';
import type { TakeBackAsked } from '../../../src/server/dumper/takeBack/plan';
import { backUp, hostOf, newDataFolder } from '../../helpers/ark';
import { digest } from '../../helpers/digest';
import { newDatabase, type TestDatabase } from '../../helpers/postgres';
import { fixture } from '../../helpers/postgres';
import type { Host } from '../../../src/server/host';

let data: Awaited<ReturnType<typeof newDataFolder>>;
const databases: TestDatabase[] = [];
beforeAll(async () => {
  data = await newDataFolder();
});
afterAll(async () => {
  for (const database of databases) await database.drop();
  await data.remove();
});

let count = 0;
interface Shop {
  readonly at: TestDatabase;
  readonly host: Host;
  readonly archive: Archive;
  digest(): ReturnType<typeof digest>;
}

/** A database of its own, backed up as it is. */
async function shop(sql: string): Promise<Shop> {
  const at = await newDatabase();
  databases.push(at);
  await at.sql(sql);
  const host = hostOf(at.url, join(data.folder, `at${(count += 1)}`));
  const archive = await backUp(host, `shop-${count}`);
  return { at, host, archive, digest: () => digest(at.url) };
}

const asked = (collection: string, keys: string[], more: Partial<TakeBackAsked> = {}): TakeBackAsked => ({
  collection,
  keys,
  parents: true,
  children: false,
  ...more,
});

const take = (
  { host, archive }: Shop,
  what: TakeBackAsked,
  more: Partial<Omit<TakeBackRequest, 'asked'>> = {},
) => takeBack(host, archive, 'shop.ark', { asked: what, overwrite: false, ...more });

const SHOP = `
CREATE TABLE customers (id bigserial PRIMARY KEY, name text NOT NULL, email text UNIQUE, note text);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE, total numeric(10,2));
CREATE TABLE lines (order_id integer REFERENCES orders ON DELETE CASCADE, at integer, what text, PRIMARY KEY (order_id, at));
INSERT INTO customers (name, email, note) SELECT 'Customer ' || g, 'c' || g || '@example.org', CASE WHEN g % 2 = 0 THEN '' END FROM generate_series(1, 50) g;
INSERT INTO orders (customer_id, total) SELECT 1 + g % 50, g * 1.5 FROM generate_series(0, 149) g;
INSERT INTO lines SELECT o, l, 'line ' || l FROM generate_series(1, 150) o, generate_series(1, 2) l;`;

test('a deleted row with all that hangs on it is back in one go, exactly as it was, and its undo takes it away again', async () => {
  const at = await shop(SHOP);
  const before = await at.digest();
  await at.at.sql('DELETE FROM customers WHERE id = 7');
  const deleted = await at.digest();
  const what = asked('customers', ['7'], { children: true });
  const preview = await previewTakeBack(at.host, at.archive, what);
  expect(preview.counts).toEqual({ insert: 10, overwrite: 0, same: 0 });
  expect(preview.children).toEqual([
    { collection: 'orders', missing: 3, apart: 0, come: true },
    { collection: 'lines', missing: 6, apart: 0, come: true },
  ]);
  expect(await at.digest()).toEqual(deleted);
  const { job, result } = await take(at, what, { expected: preview.expected });
  expect(result).toMatchObject({ inserted: 10, overwritten: 0, undo: job.id });
  expect(await at.digest()).toEqual(before);
  expect(await at.host.jobs.get(job.id)).toMatchObject({
    kind: 'takeBack',
    state: 'done',
    subject: 'shop.ark',
    result: { collection: 'customers', keys: ['7'], inserted: 10 },
  });
  expect(await listTakeBacks(at.host)).toMatchObject([
    { job: job.id, readable: true, action: 'takeBack', source: 'shop.ark' },
  ]);
  const undone = await undoRows(at.host, job.id, { overwrite: false });
  expect(await at.digest()).toEqual(deleted);
  // And that again.
  await undoRows(at.host, undone.job.id, { overwrite: false });
  expect(await at.digest()).toEqual(before);
});

test('every kind of value comes back as it was', async () => {
  const at = await shop(fixture('types.sql'));
  const tables = await at.at.query<{ name: string; key: string }>(
    `SELECT c.relname::text AS name, a.attname::text AS key FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'p' AND array_length(k.conkey, 1) = 1 AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(tables.length).toBeGreaterThan(0);
  const before = await at.digest();
  for (const { name, key } of tables) {
    const keys = await at.at.query<{ key: string }>(`SELECT "${key}"::text AS key FROM "${name}"`);
    expect(keys.length).toBeGreaterThan(0);
    await at.at.sql(`DELETE FROM "${name}"`);
    await take(
      at,
      asked(
        name,
        keys.map((row) => row.key),
      ),
    );
    expect([name, (await at.digest()).tables]).toEqual([name, before.tables]);
  }
});

test('a row that was changed since is shown side by side, and overwritten only with leave', async () => {
  const at = await shop(SHOP);
  const before = await at.digest();
  await at.at.sql(`UPDATE customers SET name = 'Other', note = 'new' WHERE id = 3`);
  const changed = await at.digest();
  const preview = await previewTakeBack(at.host, at.archive, asked('customers', ['3']));
  expect(preview.rows).toEqual([
    {
      collection: 'customers',
      key: '3',
      why: 'asked',
      does: 'overwrite',
      cells: [
        { column: 'name', from: { value: 'Other' }, to: { value: 'Customer 3' } },
        { column: 'note', from: { value: 'new' }, to: { value: null } },
      ],
    },
  ]);
  await expect(take(at, asked('customers', ['3']))).rejects.toMatchObject({
    code: 'ROWS_CHANGED',
    details: { code: 'rows-overwritten', rows: ['customers 3'] },
  });
  expect(await at.digest()).toEqual(changed);
  const { result } = await take(at, asked('customers', ['3']), { overwrite: true });
  expect(result).toMatchObject({ inserted: 0, overwritten: 1 });
  expect(await at.digest()).toEqual(before);
  await undoRows(at.host, result.undo ?? '', { overwrite: false });
  expect(await at.digest()).toEqual(changed);
});

test('what is not what was shown does not happen', async () => {
  const at = await shop(SHOP);
  await at.at.sql(`UPDATE customers SET name = 'Other' WHERE id = 3`);
  const { expected } = await previewTakeBack(at.host, at.archive, asked('customers', ['3']));
  await at.at.sql(`UPDATE customers SET name = 'Another' WHERE id = 3`);
  const now = await at.digest();
  for (const wrong of [expected, 'made up', at.host.seal.close('made up')])
    await expect(
      take(at, asked('customers', ['3']), { overwrite: true, expected: wrong }),
    ).rejects.toMatchObject({ details: { code: 'rows-otherwise' } });
  expect(await at.digest()).toEqual(now);
});

test('a row that somebody writes between the look and the lock is not overwritten', async () => {
  const at = await shop(SHOP);
  await at.at.sql('DELETE FROM customers WHERE id = 3');
  const lock = await at.host.database.lock(newJobId());
  const [relation] = (await at.host.database.structure()).relations.filter(
    ({ name }) => name === 'customers',
  );
  try {
    await at.at.sql(`INSERT INTO customers (id, name) VALUES (3, 'quicker')`);
    const before = await at.digest();
    await expect(
      lock.writeRows(
        [
          {
            relation: relation!,
            key: ['3'],
            called: '3',
            before: undefined,
            set: new Map([
              ['id', '3'],
              ['name', 'late'],
            ]),
            later: new Set(),
          },
        ],
        { lockTimeoutMs: 1000, keepUntil: new Date(), record: () => Promise.resolve('kept') },
      ),
    ).rejects.toMatchObject({ code: 'ROWS_CHANGED', details: { code: 'rows-changed', key: '3' } });
    expect(await at.digest()).toEqual(before);
  } finally {
    await lock.release();
  }
});

test('rows that are as they were are left alone, and nothing is kept of that', async () => {
  const at = await shop(SHOP);
  const before = await at.digest();
  const { result } = await take(at, asked('customers', ['3', '4']));
  expect(result).toMatchObject({ inserted: 0, overwritten: 0, same: 2 });
  expect(result.undo).toBeUndefined();
  expect(await listTakeBacks(at.host)).toEqual([]);
  expect(await at.digest()).toEqual(before);
});

test('parents that are gone come along, or the row is refused where it needs them', async () => {
  const at = await shop(SHOP);
  await at.at.sql('DELETE FROM customers WHERE id = 7');
  const deleted = await at.digest();
  const keys = ['6,1'];
  const alone = asked('lines', ['7,1'], { parents: false });
  expect((await at.at.query(`SELECT 1 FROM lines WHERE order_id = 7`)).length).toBe(0);
  const preview = await previewTakeBack(at.host, at.archive, alone);
  expect(preview.refusals).toMatchObject([
    { code: 'ROWS_REFUSED', details: { code: 'row-parent', parent: 'orders' } },
  ]);
  await expect(take(at, alone)).rejects.toMatchObject({ details: { code: 'row-parent' } });
  expect(await at.digest()).toEqual(deleted);
  const { result } = await take(at, asked('lines', ['7,1']));
  expect(result.collections).toEqual([
    { name: 'lines', rows: 1 },
    { name: 'orders', rows: 1 },
    { name: 'customers', rows: 1 },
  ]);
  expect(keys).toHaveLength(1);
});

test('rows that need each other come back together', async () => {
  const at = await shop(`
    CREATE TABLE a (id int PRIMARY KEY, b int);
    CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
    ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
    CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
    INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1;
    INSERT INTO tree VALUES (1, 1), (2, 1), (3, 2), (0, 3);`);
  const before = await at.digest();
  await at.at.sql('UPDATE a SET b = NULL; DELETE FROM b; DELETE FROM a; DELETE FROM tree');
  const empty = await at.digest();
  const first = await take(at, asked('b', ['1']));
  expect(first.result.inserted).toBe(2);
  const second = await take(at, asked('tree', ['0']));
  expect(second.result.inserted).toBe(4);
  expect(await at.digest()).toEqual(before);
  await undoRows(at.host, second.job.id, { overwrite: false });
  await undoRows(at.host, first.job.id, { overwrite: false });
  expect(await at.digest()).toEqual(empty);
});

test('rows that need each other and may not wait are refused with words', async () => {
  const at = await shop(`
    CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL);
    CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
    INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1);
    ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b;`);
  await at.at.sql(
    'ALTER TABLE a DROP CONSTRAINT a_b; DELETE FROM b; DELETE FROM a; ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b',
  );
  const empty = await at.digest();
  await expect(take(at, asked('a', ['1']))).rejects.toMatchObject({ details: { code: 'row-circle' } });
  expect(await at.digest()).toEqual(empty);
});

test('a value that another row has now is named with that row', async () => {
  const at = await shop(SHOP);
  await at.at.sql(
    `DELETE FROM customers WHERE id = 7; INSERT INTO customers (name, email) VALUES ('New', 'c7@example.org')`,
  );
  const before = await at.digest();
  const preview = await previewTakeBack(at.host, at.archive, asked('customers', ['7']));
  expect(preview.refusals).toMatchObject([
    { details: { code: 'row-taken', collection: 'customers', key: '7', columns: ['email'], by: '51' } },
  ]);
  await expect(take(at, asked('customers', ['7']))).rejects.toMatchObject({ details: { code: 'row-taken' } });
  expect(await at.digest()).toEqual(before);
});

test('a table that has changed since takes what it can, and says what it does not', async () => {
  const at = await shop(`
    CREATE TABLE t (id int PRIMARY KEY, gone text, number int, kept text, sum int GENERATED ALWAYS AS (number * 2) STORED);
    INSERT INTO t (id, gone, number, kept) VALUES (1, 'gone', 5, 'kept'), (2, 'gone', 6, 'no number');`);
  await at.at
    .sql(`DELETE FROM t; ALTER TABLE t DROP COLUMN gone; ALTER TABLE t ADD COLUMN fresh text DEFAULT 'new';
    ALTER TABLE t DROP COLUMN sum; ALTER TABLE t ALTER COLUMN number TYPE text; ALTER TABLE t ALTER COLUMN kept TYPE int USING 1`);
  const what = asked('t', ['1']);
  const preview = await previewTakeBack(at.host, at.archive, what);
  expect(preview.left).toEqual([{ collection: 't', columns: ['gone'] }]);
  const before = await at.digest();
  await expect(take(at, what)).rejects.toMatchObject({
    code: 'ROWS_REFUSED',
    details: {
      code: 'row-refused',
      collection: 't',
      key: '1',
      said: 'invalid input syntax for type integer: "…"',
    },
  });
  expect(await at.digest()).toEqual(before);
  await at.at.sql('ALTER TABLE t ALTER COLUMN kept TYPE text');
  await take(at, what);
  expect(await at.at.query('SELECT * FROM t')).toEqual([{ id: 1, number: '5', kept: 'kept', fresh: 'new' }]);
});

test('tables without a key, with another one, gone or no tables at all are refused with words', async () => {
  const at = await shop(`
    CREATE TABLE keyless (id int); INSERT INTO keyless VALUES (1);
    CREATE TABLE rekeyed (a int PRIMARY KEY, b int); INSERT INTO rekeyed VALUES (1, 1);
    CREATE TABLE unkeyed (a int PRIMARY KEY); INSERT INTO unkeyed VALUES (1);
    CREATE TABLE gone (id int PRIMARY KEY); INSERT INTO gone VALUES (1);
    CREATE TABLE viewed (id int PRIMARY KEY); INSERT INTO viewed VALUES (1);
    CREATE VIEW v AS SELECT 1 AS id;`);
  await at.at.sql(`ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (b); DROP TABLE gone;
    ALTER TABLE unkeyed DROP CONSTRAINT unkeyed_pkey; DROP TABLE viewed; CREATE VIEW viewed AS SELECT 1 AS id`);
  const codes = {
    keyless: 'rows-no-key',
    rekeyed: 'rows-other-key',
    unkeyed: 'rows-no-key',
    gone: 'rows-table-gone',
    viewed: 'rows-no-table',
    v: 'rows-no-table',
  };
  for (const [name, code] of Object.entries(codes))
    await expect(take(at, asked(name, ['1']))).rejects.toMatchObject({
      code: 'ROWS_REFUSED',
      details: { code, collection: name },
    });
  await expect(take(at, asked('rekeyed', ['9']))).rejects.toMatchObject({ code: 'ROWS_REFUSED' });
  await expect(take(await shop(SHOP), asked('customers', ['1', '999']))).rejects.toMatchObject({
    code: 'ROW_UNKNOWN',
    details: { code: 'row-absent', keys: ['999'] },
  });
});

test('counters are moved on and never back', async () => {
  const at = await shop(`
    CREATE TABLE s (id serial PRIMARY KEY); CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    INSERT INTO s SELECT FROM generate_series(1, 9); INSERT INTO i SELECT FROM generate_series(1, 9);`);
  const next = async (): Promise<number[]> => {
    const [row] = await at.at.query<{ s: string; i: string }>(
      `SELECT nextval('s_id_seq') AS s, nextval('i_id_seq') AS i`,
    );
    return [Number(row?.s), Number(row?.i)];
  };
  await at.at.sql(
    `DELETE FROM s; DELETE FROM i; SELECT setval('s_id_seq', 1, false), setval('i_id_seq', 9, false)`,
  );
  await take(at, asked('s', ['5', '9']));
  await take(at, asked('i', ['5', '9']));
  expect(await next()).toEqual([10, 10]);
  await at.at.sql('DELETE FROM s');
  await take(at, asked('s', ['5']));
  expect(await next()).toEqual([11, 11]);
});

test('triggers run as they do for anybody, and are named before; one that keeps a row out is no success', async () => {
  const at = await shop(`
    CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE audit (what text, id serial PRIMARY KEY);
    INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF new.id = 2 THEN RETURN NULL; END IF;
      IF new.id = 3 THEN RAISE EXCEPTION 'not this one'; END IF;
      INSERT INTO audit VALUES (tg_op || new.id); RETURN new; END $$;
    CREATE TRIGGER noted BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();`);
  await at.at.sql('DELETE FROM t');
  expect((await previewTakeBack(at.host, at.archive, asked('t', ['1']))).triggers).toEqual([
    { kind: 'trigger', collection: 't', name: 'noted' },
  ]);
  await take(at, asked('t', ['1']));
  expect(await at.at.query('SELECT what FROM audit')).toEqual([{ what: 'INSERT1' }]);
  const before = await at.digest();
  await expect(take(at, asked('t', ['2']))).rejects.toMatchObject({ details: { code: 'row-not-written' } });
  await expect(take(at, asked('t', ['3']))).rejects.toMatchObject({
    details: { code: 'row-refused', said: 'not this one' },
  });
  expect((await at.digest()).tables).toEqual(before.tables);
});

test('an undo names what was changed since, and what came and points there', async () => {
  const at = await shop(SHOP);
  await at.at.sql('DELETE FROM customers WHERE id = 7');
  const { job } = await take(at, asked('customers', ['7']));
  await at.at.sql(`INSERT INTO orders (customer_id, total) VALUES (7, 1)`);
  const since = await at.digest();
  expect(await previewUndoRows(at.host, job.id)).toMatchObject({
    pointing: [{ collection: 'orders', at: 'customers 7' }],
  });
  await expect(undoRows(at.host, job.id, { overwrite: true })).rejects.toMatchObject({
    details: { code: 'rows-point' },
  });
  expect(await at.digest()).toEqual(since);
  await at.at.sql(
    `DELETE FROM orders WHERE customer_id = 7; UPDATE customers SET name = 'Since' WHERE id = 7`,
  );
  const changed = await at.digest();
  await expect(undoRows(at.host, job.id, { overwrite: false })).rejects.toMatchObject({
    details: { code: 'rows-since', rows: ['customers 7'] },
  });
  expect(await at.digest()).toEqual(changed);
  const undone = await undoRows(at.host, job.id, { overwrite: true });
  expect(await at.at.query('SELECT 1 FROM customers WHERE id = 7')).toEqual([]);
  // What was overwritten with it is not lost.
  await undoRows(at.host, undone.job.id, { overwrite: false });
  expect(await at.digest()).toEqual(changed);
});

test('what is kept can be dropped, and counts only as this instance has sealed it', async () => {
  const at = await shop(SHOP);
  await at.at.sql('DELETE FROM customers WHERE id IN (7, 8)');
  const first = await take(at, asked('customers', ['7']));
  const second = await take(at, asked('customers', ['8']));
  const [kept] = await at.at.query<{ entry: string }>(
    `SELECT entry FROM ark_rows.kept WHERE job = '${first.job.id}'`,
  );
  expect(kept?.entry).not.toContain('example.org');
  // Somebody who may write there puts one in the place of the other.
  await at.at.sql(
    `UPDATE ark_rows.kept SET entry = (SELECT entry FROM ark_rows.kept WHERE job = '${first.job.id}')`,
  );
  expect(await listTakeBacks(at.host)).toMatchObject([
    { job: second.job.id, readable: false },
    { job: first.job.id, readable: true },
  ]);
  const before = await at.digest();
  await expect(undoRows(at.host, second.job.id, { overwrite: true })).rejects.toMatchObject({
    details: { code: 'rows-kept-otherwise' },
  });
  await dropTakeBack(at.host, second.job.id);
  await expect(undoRows(at.host, second.job.id, { overwrite: true })).rejects.toMatchObject({
    code: 'UNDO_UNKNOWN',
  });
  expect(await at.digest()).toEqual(before);
  await at.at.sql(`UPDATE ark_rows.kept SET expires_at = now() - interval '1 second'`);
  expect(await listTakeBacks(at.host)).toEqual([]);
  await (await at.host.database.lock(newJobId())).release();
  expect(await at.at.query('SELECT 1 FROM ark_rows.kept')).toEqual([]);
});

test('values that nobody is to see are in no preview and no refusal', async () => {
  const at = await shop(`CREATE TABLE t (id int PRIMARY KEY, api_token text, pin_code int);
    INSERT INTO t VALUES (1, 'hush-then', 7)`);
  await at.at.sql(`UPDATE t SET api_token = 'hush-now'`);
  const preview = await previewTakeBack(at.host, at.archive, asked('t', ['1']));
  expect(JSON.stringify(preview)).not.toMatch(/hush/);
  expect(preview.rows[0]?.cells).toEqual([
    { column: 'api_token', from: { value: null, masked: true }, to: { value: null, masked: true } },
  ]);
  const { job } = await take(at, asked('t', ['1']), { overwrite: true });
  expect(JSON.stringify(await previewUndoRows(at.host, job.id))).not.toMatch(/hush/);
  expect(JSON.stringify(await at.host.jobs.list())).not.toMatch(/hush/);
  await expect(
    takeBack(at.host, at.archive, 'shop.ark', {
      asked: asked('t', [], { where: [{ column: 'api_token', value: 'hush-then' }] }),
      overwrite: true,
    }),
  ).rejects.toMatchObject({ code: 'LOOK_REFUSED' });
});

test('names and values from a backup are never statements', async () => {
  const hostile = `x'); DROP TABLE victim; --`;
  const at = await shop(`CREATE TABLE victim (id int PRIMARY KEY);
    CREATE TABLE "t""; DROP TABLE victim; --" ("k""'" text PRIMARY KEY, "v$1" text);
    INSERT INTO "t""; DROP TABLE victim; --" VALUES ('${hostile.replaceAll("'", "''")}', '$2');`);
  const before = await at.digest();
  await at.at.sql(`DELETE FROM "t""; DROP TABLE victim; --"`);
  await take(at, asked('t"; DROP TABLE victim; --', [hostile]));
  expect(await at.digest()).toEqual(before);
});
