import { spawn } from 'node:child_process';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { dropPrepared, listPrepared } from '../../src/server/actions/prepared/listPrepared';
import { applyUndo, dropUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import { newJobId } from '../../src/server/dumper/job';
import { BackupError } from '../../src/server/errors/errors';
import type { Host } from '../../src/server/host';
import { backUp, hostOf, newDataFolder } from '../helpers/ark';
import { bundleCli } from '../helpers/cli';
import { randomFrom } from '../helpers/random';
import { until } from '../helpers/waiting';
import { newMysql, startMysql, type Server, type TestMysql } from './mysql';
import { startService } from './service';
import { leftIn, whole } from './mysqlState';

/** The real command line, killed at any moment; ARK_TEST_SEED repeats the moments of an earlier run. */
const SEED = Number(process.env.ARK_TEST_SEED ?? Date.now() % 1_000_000);
const WANTED = Number(process.env.ARK_TEST_KILLS ?? 8);

const SHOP = [
  `CREATE TABLE customers (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL, email varchar(80) UNIQUE)`,
  `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer bigint NOT NULL, note text, KEY by_note (note(20)), CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)`,
  `CREATE TABLE payments (id int AUTO_INCREMENT PRIMARY KEY, order_id bigint, sum decimal(10,2), FOREIGN KEY (order_id) REFERENCES orders (id))`,
  `CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what text)`,
  `INSERT INTO customers (name, email) SELECT concat('Customer ', seq), concat('c', seq, '@example.org') FROM seq_1_to_4000`,
  `INSERT INTO orders (customer, note) SELECT 1 + seq % 4000, repeat(concat('note ', seq), 5) FROM seq_1_to_20000`,
  `INSERT INTO payments (order_id, sum) SELECT seq, seq / 7 FROM seq_1_to_15000`,
  `CREATE TRIGGER told AFTER INSERT ON customers FOR EACH ROW INSERT INTO log (what) VALUES (new.name)`,
  `CREATE VIEW totals AS SELECT o.customer, sum(p.sum) AS total FROM orders o JOIN payments p ON p.order_id = o.id GROUP BY o.customer`,
  `CREATE FUNCTION doubled (n decimal(12,2)) RETURNS decimal(12,2) DETERMINISTIC RETURN n * 2`,
  `CREATE VIEW twice AS SELECT customer, doubled(total) AS total FROM totals`,
  `CREATE PROCEDURE tidy (IN most int) DELETE FROM log WHERE id < most`,
  `CREATE EVENT tidies ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' DO CALL tidy(0)`,
  ...Array.from(
    { length: 8 },
    (_, at) =>
      `CREATE TABLE small_${at} (id int PRIMARY KEY, t varchar(20), customer bigint, KEY k (t), CONSTRAINT small_of_${at} FOREIGN KEY (customer) REFERENCES customers (id))`,
  ),
  ...Array.from({ length: 8 }, (_, at) => `INSERT INTO small_${at} VALUES (1, 'x', 1), (2, 'y', NULL)`),
];
const SINCE = [
  `UPDATE orders SET note = 'changed' WHERE id % 3 = 0`,
  `DELETE FROM payments WHERE id % 5 = 0`,
  `ALTER TABLE customers ADD COLUMN age int DEFAULT 3`,
  // A table that the backup does not have, and that points at one that is replaced.
  `CREATE TABLE complaints (id int AUTO_INCREMENT PRIMARY KEY, customer bigint, CONSTRAINT about_customer FOREIGN KEY (customer) REFERENCES customers (id))`,
  `INSERT INTO complaints (customer) VALUES (1), (2), (NULL)`,
  `DROP EVENT tidies`,
  `DROP FUNCTION doubled`,
  `CREATE FUNCTION doubled (n decimal(12,2)) RETURNS decimal(12,2) DETERMINISTIC RETURN n + n`,
  `CREATE FUNCTION since () RETURNS int DETERMINISTIC RETURN 1`,
  `DROP TRIGGER told`,
  `CREATE TRIGGER told BEFORE INSERT ON customers FOR EACH ROW SET new.age = 4`,
];

let server: Server;
let data: Awaited<ReturnType<typeof newDataFolder>>;
let cli: string;
let shop: TestMysql;
let host: Host;
let before: Record<string, unknown>;
let after: Record<string, unknown>;

beforeAll(async () => {
  [server, data] = [await startMysql(), await newDataFolder()];
  cli = await bundleCli(data.folder);
  shop = await newMysql(server);
  await shop.sql(...SHOP);
  host = hostOf(shop.url, data.folder);
  await backUp(host, 'shop');
  await shop.sql(...SINCE);
  before = await whole(shop);
});
afterAll(async () => {
  await shop.drop();
  await data.remove();
  await server.stop();
});

interface Ended {
  readonly killed: boolean;
  readonly code: number | null;
  readonly stderr: string;
  readonly ms: number;
  readonly swapMs: number;
}

interface Kill {
  readonly after: number;
  readonly word?: string;
  /** Instead of the command line. */
  readonly what?: () => void;
}

function ark(args: readonly string[], kill?: Kill, url = shop.url): Promise<Ended> {
  const started = Date.now();
  const child = spawn(process.execPath, [cli, ...args, '--database', url], {
    cwd: data.folder,
    env: { PATH: process.env.PATH, ARK_DATA: data.folder, ARK_INSTANCE: 'killed' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const shoot = (ms: number) => setTimeout(kill?.what ?? (() => child.kill('SIGKILL')), ms);
  let timer = kill && kill.word === undefined ? shoot(kill.after) : undefined;
  let [stderr, swapping] = ['', 0];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (swapping === 0 && stderr.includes('swapping')) swapping = Date.now();
    if (kill?.word !== undefined && timer === undefined && stderr.includes(kill.word))
      timer = shoot(kill.after);
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const now = Date.now();
      done({ killed: signal === 'SIGKILL', code, stderr, ms: now - started, swapMs: now - swapping });
    });
  });
}

const RESTORE = (): string[] => ['restore', 'shop.ark', '--all', '--yes'];

/** Somebody takes the lock of jobs, as soon as the server has noticed that the dead one is dead; that clears the way. */
const nextJob = () =>
  until('the lock of the dead job is free', async () => {
    try {
      const lock = await shop.database.lock(newJobId());
      await lock.release();
      return true;
    } catch (error) {
      if (error instanceof BackupError && error.code === 'JOB_BUSY') return undefined;
      throw error;
    }
  });

const takeBack = async () => {
  const { result } = await applyUndo(host, await findUndo(host), { allowBreaks: false });
  await dropUndo(host, result.job);
};

it('a restore, killed at any moment: everything as before or everything as after, and nothing left', async () => {
  const random = randomFrom(SEED);
  const undisturbed = await ark(RESTORE());
  expect(undisturbed).toMatchObject({ code: 0 });
  after = await whole(shop);
  expect(after).not.toEqual(before);
  // The key of a table that stayed points at the table that came.
  await expect(shop.sql('INSERT INTO complaints (customer) VALUES (3)')).resolves.toBeUndefined();
  await shop.sql('DELETE FROM complaints WHERE customer = 3', 'ALTER TABLE complaints AUTO_INCREMENT = 4');
  await takeBack();
  expect(await whole(shop)).toEqual(before);
  expect(await leftIn(shop)).toEqual([]);

  const ended = { before: 0, after: 0, unharmed: 0 };
  for (let turn = 0; ended.before + ended.after < WANTED; turn += 1) {
    if (turn > WANTED * 3) throw new Error('too many runs ended before they could be killed');
    const kill =
      turn % 5 < 3
        ? { word: 'swapping', after: Math.floor(random() * 1.1 * undisturbed.swapMs) }
        : { after: Math.floor(random() * 1.1 * undisturbed.ms) };
    const run = await ark(RESTORE(), kill);
    const moment = `seed ${SEED}, turn ${turn}, ${JSON.stringify(kill)} of ${undisturbed.ms} ms`;
    if (!run.killed) expect({ moment, code: run.code, said: run.stderr }).toMatchObject({ moment, code: 0 });
    await nextJob();
    const now = await whole(shop);
    const isAfter = JSON.stringify(now) === JSON.stringify(after);
    expect({ moment, ...now }).toEqual({ moment, ...(isAfter ? after : before) });
    expect({ moment, undos: (await listUndos(host)).length }).toEqual({ moment, undos: isAfter ? 1 : 0 });
    expect({ moment, left: await shop.database.leftovers() }).toEqual({ moment, left: [] });
    if (isAfter) await takeBack();
    expect({ moment, ...(await whole(shop)) }).toEqual({ moment, ...before });
    expect({ moment, left: await leftIn(shop) }).toEqual({ moment, left: [] });
    ended[run.killed ? (isAfter ? 'after' : 'before') : 'unharmed'] += 1;
  }
  console.info(
    `restore on MariaDB killed, seed ${SEED}, undisturbed ${undisturbed.ms} ms, ${undisturbed.swapMs} in the swap: ${JSON.stringify(ended)}`,
  );
  expect(ended.before).toBeGreaterThan(0);
});

it('a preparation and its swap, killed at any moment: nothing live is touched by the one, and the other is all or nothing', async () => {
  const random = randomFrom(SEED + 3);
  const PREPARE = [...RESTORE(), '--prepare'];
  const SWAP = ['prepared', 'swap', '--yes'];
  const waiting = async () => (await listPrepared(host)).map(({ job }) => job);
  const preparing = await ark(PREPARE);
  expect(preparing).toMatchObject({ code: 0 });
  expect(await whole(shop)).toEqual(before);
  const swapping = await ark(SWAP);
  expect(swapping).toMatchObject({ code: 0 });
  const swapped = await whole(shop);
  expect(swapped).not.toEqual(before);
  await takeBack();
  expect([await whole(shop), await leftIn(shop)]).toEqual([before, []]);

  const ended = { none: 0, waits: 0, before: 0, after: 0 };
  for (let turn = 0; turn < WANTED; turn += 1) {
    const kill =
      turn % 3 === 0
        ? { word: 'loading', after: Math.floor(random() * 20) }
        : { after: Math.floor(((turn + random()) / WANTED) * preparing.ms) };
    await ark(PREPARE, kill);
    await nextJob();
    const moment = `seed ${SEED}, turn ${turn}, prepare ${JSON.stringify(kill)} of ${preparing.ms} ms`;
    expect({ moment, ...(await whole(shop)) }).toEqual({ moment, ...before });
    const jobs = await waiting();
    // What is left of it is whole and waits, or it is not there.
    const strays = (await leftIn(shop)).filter((name) => !jobs.some((job) => name.startsWith(`_ark_${job}`)));
    expect({ moment, strays, left: await shop.database.leftovers() }).toEqual({
      moment,
      strays: [],
      left: [],
    });
    ended[jobs.length === 0 ? 'none' : 'waits'] += 1;
    for (const job of jobs) await dropPrepared(host, job);
  }
  for (let turn = 0; turn < WANTED; turn += 1) {
    expect(await ark(PREPARE)).toMatchObject({ code: 0 });
    const kill =
      turn % 2 === 0
        ? { word: 'swapping', after: Math.floor(random() * 1.1 * swapping.swapMs) }
        : { after: Math.floor(((turn - 1 + random()) / WANTED) * swapping.ms) };
    await ark(SWAP, kill);
    await nextJob();
    const moment = `seed ${SEED}, turn ${turn}, swap ${JSON.stringify(kill)} of ${swapping.ms} ms`;
    const now = await whole(shop);
    const isAfter = JSON.stringify(now) === JSON.stringify(swapped);
    expect({ moment, ...now }).toEqual({ moment, ...(isAfter ? swapped : before) });
    expect({ moment, waits: (await waiting()).length }).toEqual({ moment, waits: isAfter ? 0 : 1 });
    if (!isAfter) expect(await ark(SWAP)).toMatchObject({ code: 0 });
    expect({ moment, ...(await whole(shop)) }).toEqual({ moment, ...swapped });
    await takeBack();
    expect({ moment, ...(await whole(shop)) }).toEqual({ moment, ...before });
    expect({ moment, left: await leftIn(shop) }).toEqual({ moment, left: [] });
    ended[isAfter ? 'after' : 'before'] += 1;
  }
  console.info(
    `prepared restore on MariaDB killed, seed ${SEED}, undisturbed ${preparing.ms} ms and ${swapping.ms} ms: ${JSON.stringify(ended)}`,
  );
  expect(ended.none).toBeGreaterThan(0);
  expect(ended.before).toBeGreaterThan(0);
});

it('an undo, killed at any moment: before or after', async () => {
  const random = randomFrom(SEED + 1);
  await findArchive(host, 'shop.ark');
  expect(await ark(RESTORE())).toMatchObject({ code: 0 });
  let isAfter = true;
  for (let turn = 0; turn < Math.max(4, WANTED / 3); turn += 1) {
    const run = await ark(['undo', '--yes'], { word: 'swapping back', after: Math.floor(random() * 150) });
    await nextJob();
    const now = await whole(shop);
    const swapped = JSON.stringify(now) === JSON.stringify(isAfter ? before : after);
    const moment = `seed ${SEED}, turn ${turn}, killed ${run.killed}`;
    expect({ moment, ...now }).toEqual({ moment, ...((swapped ? !isAfter : isAfter) ? after : before) });
    if (!run.killed)
      expect({ moment, code: run.code, said: run.stderr, swapped }).toMatchObject({
        moment,
        code: 0,
        swapped: true,
      });
    if (swapped) isAfter = !isAfter;
    expect({ moment, undos: (await listUndos(host)).length }).toEqual({ moment, undos: 1 });
  }
});

it('the server, killed around the moment of the swap: before or after, and the command says which', async () => {
  const random = randomFrom(SEED + 2);
  /** A server that starts again counts on from the last row; what it had set aside is gone. */
  const state = async (at: TestMysql) =>
    JSON.parse(JSON.stringify(await whole(at)).replace(/ AUTO_INCREMENT=\d+/g, '')) as Record<
      string,
      unknown
    >;
  const service = await startService('mariadb');
  const own: Server = {
    url: (name) => `mariadb://root@127.0.0.1:${service.port}/${name}`,
    stop: () => service.stop(),
  };
  try {
    let at = await newMysql(own, 'shop');
    await at.sql(...SHOP, ...SINCE);
    const there = hostOf(at.url, data.folder);
    const states: Record<string, unknown>[] = [await state(at)];
    const undisturbed = await ark(RESTORE(), undefined, at.url);
    states.push(await state(at));
    await applyUndo(there, await findUndo(there), { allowBreaks: false });
    expect(await state(at)).toEqual(states[0]);
    const ended = { before: 0, after: 0, unharmed: 0 };
    const wanted = Math.max(3, WANTED / 5);
    for (let turn = 0; ended.before + ended.after < wanted; turn += 1) {
      if (turn > wanted * 6) throw new Error('too many runs ended before the server could be killed');
      for (const { job } of await listUndos(there)) await dropUndo(there, job);
      let crashed: Promise<void> | undefined;
      const after = Math.floor(random() * 1.1 * undisturbed.swapMs);
      const run = await ark(
        RESTORE(),
        { word: 'swapping', after, what: () => void (crashed = service.crash()) },
        at.url,
      );
      const moment = `seed ${SEED}, turn ${turn}, ${after} of ${undisturbed.swapMs} ms`;
      await crashed;
      at = await newMysql(own, 'shop');
      const lock = await until('a job may run', () => there.database.lock(newJobId()).catch(() => undefined));
      await lock.release();
      const now = JSON.stringify(await state(at));
      const isAfter = now === JSON.stringify(states[1]);
      expect({ moment, known: isAfter || now === JSON.stringify(states[0]) }).toEqual({
        moment,
        known: true,
      });
      // Success is said of what has happened, and failure of what has not.
      const said = run.stderr.split('\n').at(-2);
      expect({ moment, said, code: run.code }).toEqual({ moment, said, code: isAfter ? 0 : 1 });
      expect({ moment, undos: (await listUndos(there)).length }).toEqual({ moment, undos: isAfter ? 1 : 0 });
      expect({ moment, left: await at.database.leftovers() }).toEqual({ moment, left: [] });
      if (isAfter) await applyUndo(there, await findUndo(there), { allowBreaks: false });
      expect({ moment, ...(await state(at)) }).toEqual({ moment, ...states[0] });
      ended[crashed ? (isAfter ? 'after' : 'before') : 'unharmed'] += 1;
    }
    console.info(`server of MariaDB killed, seed ${SEED}: ${JSON.stringify(ended)}`);
  } finally {
    await service.stop();
  }
});
