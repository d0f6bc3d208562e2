import { createConnection, type Connection } from 'mysql2/promise';
import { applyUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import { newJobId } from '../../src/server/dumper/job';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { until } from '../helpers/waiting';
import { ownPlace } from '../helpers/place';
import { ownMysql, type TestMysql } from './mysql';
import { keptIn, leftIn, whole } from './mysqlState';

/** What holds where a swap has to wait, is refused or dies. */
const { data } = ownPlace();
const place = ownMysql();
/** Another session in that database, as another program's. */
const beside = async ({ url }: TestMysql, ...statements: string[]): Promise<Connection> => {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  const connection = await createConnection({
    host,
    port: Number(port || 3306),
    user: decodeURIComponent(user),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    multipleStatements: true,
  });
  for (const statement of statements) await connection.query(statement);
  return connection;
};

const APP = [
  `CREATE TABLE applicationPlugins (name varchar(80), packageName text, version text, enabled tinyint(1))`,
  `CREATE TABLE collections (name varchar(80) PRIMARY KEY, title text, options json)`,
  'CREATE TABLE fields (`key` varchar(80) PRIMARY KEY, collectionName text, name text, type text, options json)',
  'CREATE TABLE sequences (id bigint AUTO_INCREMENT PRIMARY KEY, collection varchar(80), field text, `key` int, current bigint, lastGeneratedAt datetime(3), KEY by_name (collection))',
  `CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, badge text)`,
  `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, serial text)`,
  `CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what text)`,
  `CREATE TRIGGER told AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what) VALUES (new.serial)`,
  `INSERT INTO collections VALUES ('orders', NULL, '{}'), ('log', NULL, '{}')`,
  `INSERT INTO fields VALUES ('f1', 'orders', 'serial', 'sequence', '{}'), ('f2', 'users', 'badge', 'sequence', '{}')`,
  "INSERT INTO sequences (collection, field, `key`, current) VALUES ('orders', 'serial', 1, 10), ('users', 'badge', 1, 30), (NULL, NULL, NULL, 50)",
  `INSERT INTO orders (serial) VALUES ('10')`,
];
const DRAWN = 'UPDATE sequences SET current = current + 5';
const counters = async (at: TestMysql) =>
  (
    await at.query<{ line: string }>(
      `SELECT concat_ws(' ', coalesce(collection, '-'), current) AS line FROM sequences ORDER BY 1`,
    )
  ).map(({ line }) => line);

/** A NocoBase whose orders a restore has replaced, and which has gone on since. */
async function restoredApp(name: string) {
  const at = await place(...APP);
  const archive = await backUp(hostOf(at.url, data.folder), name);
  await at.sql(DRAWN);
  await restoreAll(hostOf(at.url, data.folder), archive, { collections: ['orders'] });
  expect(await counters(at)).toEqual(['- 55', 'orders 10', 'users 35']);
  await at.sql(DRAWN);
  return at;
}
const UNDONE = ['- 60', 'orders 15', 'users 40'];
/** The session that waits to swap. */
const swapping = (at: TestMysql): Promise<string> =>
  until('the swap waits', async () => {
    const [session] = await at.query<{ id: string }>(
      `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'RENAME TABLE%'`,
    );
    return session?.id;
  });
const nextJob = (at: TestMysql): Promise<true> =>
  until('the lock of the dead job is free', async () => {
    const lock = await at.database.lock(newJobId()).catch(() => undefined);
    await lock?.release();
    return lock && true;
  });

describe('the counters of collections that an undo does not bring back', () => {
  it('stay in what is kept as they were, where the undo is refused and where it dies before its swap', async () => {
    const at = await restoredApp('refused');
    const [before, kept, left] = [await whole(at), await keptIn(at), await leftIn(at)];
    expect(Object.keys(kept)).toHaveLength(2);
    const locking = await beside(at, 'LOCK TABLES orders READ');
    const host = hostOf(at.url, data.folder, { ARK_LOCK_TIMEOUT_MS: '1000' });
    await expect(applyUndo(host, await findUndo(host), { allowBreaks: false })).rejects.toMatchObject({
      code: 'TABLE_LOCKED',
    });
    expect([await whole(at), await keptIn(at), await leftIn(at)]).toEqual([before, kept, left]);

    const patient = hostOf(at.url, data.folder);
    const undoing = applyUndo(patient, await findUndo(patient), { allowBreaks: false }).catch(
      (error: unknown) => error,
    );
    await locking.query(`KILL ${await swapping(at)}`);
    expect(await undoing).toMatchObject({ code: 'DATABASE_LOST' });
    expect([await whole(at), await keptIn(at)]).toEqual([before, kept]);
    await locking.end();
    await nextJob(at);
    expect([await whole(at), await keptIn(at), await leftIn(at)]).toEqual([before, kept, left]);
    await applyUndo(patient, await findUndo(patient), { allowBreaks: false });
    expect(await counters(at)).toEqual(UNDONE);
  });

  it('are right from the swap on, whatever becomes of what is made after it', async () => {
    const at = await restoredApp('dies');
    const host = hostOf(at.url, data.folder);
    // Somebody else has the name of a trigger that is to be made.
    await at.sql(
      'DROP TRIGGER told',
      'CREATE TRIGGER told BEFORE INSERT ON users FOR EACH ROW SET new.badge = 1',
    );
    const { job } = await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(job.log?.map(({ text }) => text).join('\n')).toMatch(
      /the trigger told cannot be made as it was \(.*already exists/,
    );
    expect(await counters(at)).toEqual(UNDONE);
    await at.sql(DRAWN, 'DROP TRIGGER told');
    await nextJob(at);
    expect(await counters(at)).toEqual(['- 65', 'orders 20', 'users 45']);
    const { triggers } = await whole(at);
    expect(triggers).toMatchObject([{ TRIGGER_NAME: 'told', EVENT_OBJECT_TABLE: 'orders' }]);
    // Of the undo that is spent nothing is left: what went aside with this one is all that there is.
    expect((await listUndos(host)).map(({ action }) => action)).toEqual(['undo']);
    expect(Object.keys(await keptIn(at))).toHaveLength(2);
    await at.sql(`INSERT INTO sequences (collection) VALUES ('next')`);
    expect(await at.query(`SELECT count(*) = count(DISTINCT id) AS free FROM sequences`)).toEqual([
      { free: '1' },
    ]);
  });
});

describe('where somebody has a table locked', () => {
  const LOCKED = ['CREATE TABLE shop (id int PRIMARY KEY, n int)', 'INSERT INTO shop VALUES (1, 1)'];
  const refusedOf = async (at: TestMysql, name: string, url = at.url) => {
    const archive = await backUp(hostOf(at.url, data.folder), name);
    await at.sql('UPDATE shop SET n = 2');
    const before = await whole(at);
    const open = await beside(at, 'BEGIN', 'SELECT * FROM shop');
    const { threadId } = open as unknown as { threadId: number };
    const host = hostOf(url, data.folder, { ARK_LOCK_TIMEOUT_MS: '1000' });
    const refused: unknown = await restoreAll(host, archive).catch((error: unknown) => error);
    expect([await whole(at), await leftIn(at)]).toEqual([before, []]);
    await open.query('COMMIT');
    await restoreAll(host, archive);
    expect(await at.query('SELECT n FROM shop')).toEqual([{ n: '1' }]);
    await open.end();
    return { refused, process: String(threadId) };
  };

  it('a restore gives way with nothing changed, and names the session that it may see', async () => {
    const at = await place(...LOCKED);
    const { refused, process } = await refusedOf(at, 'locked');
    expect(refused).toMatchObject({
      code: 'TABLE_LOCKED',
      details: { code: 'tables-locked', holders: [{ code: 'session', process, role: 'root' }] },
    });
  });

  it('names the table too where the server shows locks, to an account without any such right', async () => {
    const at = await place(...LOCKED);
    await withAccount(at, async (url) => {
      const shown = await at.sql("INSTALL SONAME 'metadata_lock_info'").then(
        () => true,
        () => false,
      );
      try {
        const { refused, process } = await refusedOf(at, 'named', url);
        const seen = { tables: ['shop'], holders: [{ code: 'session', process, role: '?', since: '?' }] };
        expect(refused).toMatchObject({
          code: 'TABLE_LOCKED',
          details: { code: 'tables-locked', ...(shown ? seen : {}) },
        });
      } finally {
        if (shown) await at.sql("UNINSTALL SONAME 'metadata_lock_info'");
      }
    });
  });

  it('says nothing of anybody where the account may see nobody', async () => {
    const at = await place(...LOCKED);
    await withAccount(at, async (url) => {
      const { refused } = await refusedOf(at, 'unseen', url);
      expect(refused).toMatchObject({
        code: 'TABLE_LOCKED',
        details: { code: 'tables-locked-hidden' },
      });
    });
  });
});

/** An app's own account, which may do what it likes in its database and see nobody else. */
async function withAccount(at: TestMysql, work: (url: string) => Promise<void>): Promise<void> {
  const user = `${at.name}_app`;
  await at.sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'secret'`, `GRANT ALL ON ${at.name}.* TO ${user}@'%'`);
  try {
    const url = new URL(at.url);
    [url.username, url.password] = [user, 'secret'];
    await work(url.toString());
  } finally {
    await at.sql(`DROP USER ${user}@'%'`);
  }
}

describe('while others alter the tables', () => {
  it('a backup is of one structure and one moment, or says clearly that it cannot be', async () => {
    const at = await place(
      'CREATE TABLE sums (id int AUTO_INCREMENT PRIMARY KEY, a int, b int)',
      'INSERT INTO sums (a, b) SELECT seq, -seq FROM seq_1_to_20000',
    );
    const to = await place();
    const host = hostOf(at.url, data.folder);
    const altering = await beside(at);
    let [going, alters] = [true, 0];
    const others = (async () => {
      for (let turn = 0; going; turn += 1) {
        const [more, less] = [`c${turn}`, `c${turn - 1}`];
        await altering.query(
          `ALTER TABLE sums ADD COLUMN ${more} int DEFAULT ${turn}${turn > 0 ? `, DROP COLUMN ${less}` : ''}`,
        );
        await altering.query(
          `UPDATE sums SET a = a + 1, b = b - 1, ${more} = ${turn + 1} WHERE id % 100 = 0`,
        );
        alters += 1;
      }
    })();
    let whole = 0;
    try {
      for (let turn = 0; turn < 4; turn += 1) {
        const archive = await backUp(host, `altered-${turn}`).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'TABLE_LOCKED' });
        });
        if (!archive) continue;
        await restoreAll(hostOf(to.url, data.folder), archive);
        const [, , , added] = (await to.database.structure()).relations[0]!.columns;
        expect(
          await to.query(
            `SELECT count(*) AS n, sum(a + b) AS sum, count(${added ? added.name : 'id'}) AS added FROM sums`,
          ),
        ).toEqual([{ n: '20000', sum: '0', added: '20000' }]);
        whole += 1;
      }
    } finally {
      going = false;
      await others;
      await altering.end();
    }
    console.info(`${alters} times altered meanwhile, ${whole} of 4 backups made`);
    expect(alters).toBeGreaterThan(0);
    // Nobody is left waiting for what a backup has held.
    await expect(at.sql('ALTER TABLE sums ADD COLUMN last int')).resolves.toBeUndefined();
  });

  it('what a snapshot holds cannot be altered until it is closed, and is read as it was', async () => {
    const at = await place('CREATE TABLE held (id int PRIMARY KEY)', 'INSERT INTO held VALUES (1), (2)');
    const snapshot = await at.database.snapshot({ readers: 2, app: {}, job: newJobId() });
    expect(await snapshot.hold(['held'])).toBe(true);
    const other = await beside(at);
    const altered = other.query('ALTER TABLE held ADD COLUMN more int DEFAULT 7');
    await until('it waits', async () => {
      const waiting = await at.query(
        `SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE LIKE 'Waiting for table metadata lock%'`,
      );
      return waiting.length > 0 || undefined;
    });
    const read: string[] = [];
    for await (const chunk of snapshot.read(snapshot.schema.relations[0]!, 1024)) {
      read.push(Buffer.from(chunk.data).toString());
      chunk.release();
    }
    expect(read.join('')).toBe('1\n2\n');
    await snapshot.close();
    await altered;
    await other.end();
    expect(await at.query('SELECT * FROM held')).toEqual([
      { id: '1', more: '7' },
      { id: '2', more: '7' },
    ]);
  });
});
