import { join } from 'node:path';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { newJobId } from '../../src/server/dumper/job';
import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { ownMysql, type TestMysql } from './mysql';
import { beforeSwap, leftIn, whole } from './mysqlState';

/** Functions, procedures and events: they belong to no table, and no RENAME moves them. */
const { data } = ownPlace();
const place = ownMysql();
const ALL = { selection: { all: true }, allowBreaks: false, allowCode: true };
const UNDO = { allowBreaks: false };
const hosted = (at: TestMysql) => hostOf(at.url, data.folder);
/** Of another instance, to which the maker of the archive is a stranger. */
const elsewhere = (at: TestMysql) =>
  hostOf(at.url, join(data.folder, 'elsewhere'), { ARK_INSTANCE: 'elsewhere' });

/** What waits for an undo stays. */
const trialsIn = async (at: TestMysql) => (await leftIn(at)).filter((name) => name.includes('_s_'));

const SHOP = [
  'CREATE TABLE orders (id int PRIMARY KEY, sum int)',
  'CREATE TABLE log (what text)',
  'INSERT INTO orders VALUES (1, 10), (2, 20)',
  'CREATE FUNCTION doubled (n int) RETURNS int DETERMINISTIC RETURN n * 2',
  `CREATE FUNCTION loud (t varchar(20) CHARACTER SET latin1) RETURNS varchar(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
     NO SQL SQL SECURITY INVOKER COMMENT 'it''s "loud" \\\\ \\n' RETURN concat(upper(t), '!')`,
  `CREATE FUNCTION \`we"ird \`\`name\` (\`a b\` enum('x','y''z'), d decimal(10,2) unsigned, b bit(3), g geometry) RETURNS set('p','q') READS SQL DATA
     BEGIN DECLARE n int; SELECT count(*) INTO n FROM orders; RETURN if(n > 1, 'p', 'q'); END`,
  `CREATE PROCEDURE told (IN what varchar(20), OUT n int, INOUT sum bigint) MODIFIES SQL DATA
     BEGIN /* all of them; */ INSERT INTO log VALUES (concat(what, ' ; -- ')); SET n = doubled(2), sum = sum + 1; END`,
  'CREATE PROCEDURE nothing () BEGIN END',
  'CREATE VIEW twice AS SELECT id, doubled(sum) AS sum FROM orders',
  'CREATE VIEW above AS SELECT max(sum) AS most FROM twice',
  "CREATE TRIGGER tells AFTER INSERT ON orders FOR EACH ROW CALL told('new', @n, @s)",
  `CREATE EVENT nightly ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2036-01-01 02:03:04' ENDS '2037-01-01 00:00:00'
     ON COMPLETION PRESERVE DISABLE COMMENT 'it''s late' DO BEGIN DELETE FROM log; CALL nothing(); END`,
  `CREATE EVENT someday ON SCHEDULE AT '2037-02-03 04:05:06' DO DELETE FROM log`,
];
const MODES = [
  "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
  `CREATE FUNCTION plain (n int) RETURNS varchar(40) DETERMINISTIC COMMENT 'a\\' RETURN '\\' || "n"`,
  `CREATE EVENT plainly ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' COMMENT '''\\' DO DELETE FROM log WHERE "what" = '\\'`,
  'SET sql_mode = DEFAULT',
  "SET time_zone = '+05:30'",
  "CREATE EVENT elsewhere ON SCHEDULE EVERY 3 MONTH STARTS '2036-01-01 00:00:00' DO DELETE FROM log",
  "CREATE EVENT once ON SCHEDULE AT '2036-06-01 00:00:00' ON COMPLETION PRESERVE DO DELETE FROM log",
  "SET time_zone = '+00:00'",
];
const OBJECTS = [
  ...['function doubled', 'function loud', 'function plain', 'function we"ird `name'],
  ...[
    'procedure nothing',
    'procedure told',
    'event elsewhere',
    'event nightly',
    'event once',
    'event plainly',
  ],
  'event someday',
];
const named = (things: readonly { readonly kind: string; readonly name: string }[]) =>
  things
    .filter(({ kind }) => /function|procedure|event/.test(kind))
    .map(({ kind, name }) => `${kind} ${name}`);

it('come back as they were, with what calls them, and are told of as code', async () => {
  const from = await place(...SHOP, ...MODES);
  const archive = await backUp(hosted(from), 'objects');
  const to = await place();
  const host = elsewhere(to);
  const preview = await previewBackup(host, archive, { all: true });
  expect(preview.asksForCode).toBe(true);
  expect(named(preview.code).sort()).toEqual([...OBJECTS].sort());
  expect(preview.code.filter(({ state }) => state !== 'new')).toEqual([]);
  expect(preview.code.find(({ name }) => name === 'doubled')).toMatchObject({
    text: expect.stringContaining('RETURN n * 2') as string,
    definer: true,
  });
  const { result } = await restoreBackup(host, archive, 'objects', ALL);
  expect(result.blemishes).toEqual([]);
  expect(await whole(to)).toEqual(await whole(from));
  expect(await to.query('SELECT most FROM above')).toEqual([{ most: '40' }]);
  // What is the same here needs no leave, and stays.
  const again = await previewBackup(host, archive, { all: true });
  expect(again.asksForCode).toBe(false);
  expect(named(again.code).sort()).toEqual([...OBJECTS].sort());
  await restoreBackup(host, archive, 'objects', { ...ALL, allowCode: false });
  expect(await whole(to)).toEqual(await whole(from));
  const { result: tested } = await rehearseBackup(host, archive, 'objects', {});
  expect(tested.blemishes).toEqual([]);
  expect(await trialsIn(to)).toEqual([]);
  await to.sql('SET @s = 1', 'INSERT INTO orders VALUES (3, 30)');
  expect(await to.query('SELECT what FROM log')).toEqual([{ what: 'new ; -- ' }]);
});

it('an undo brings back those that were replaced and takes out those that came, but for what somebody uses by then', async () => {
  const from = await place(...SHOP);
  const archive = await backUp(hosted(from), 'replaced');
  const to = await place(
    'CREATE TABLE orders (id int PRIMARY KEY, old text)',
    'CREATE TABLE mine (id int)',
    'CREATE FUNCTION DOUBLED (n int) RETURNS int DETERMINISTIC RETURN n + n',
    'CREATE PROCEDURE own () SELECT 1',
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' DO DELETE FROM mine",
  );
  const host = hosted(to);
  const before = await whole(to);
  const preview = await previewBackup(host, archive, { all: true });
  const states = preview.code.filter(({ name }) => /^(?:doubled|nightly|told)$/.test(name));
  expect(states.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    'doubled different',
    'nightly different',
    'told new',
  ]);
  await restoreBackup(host, archive, 'replaced', ALL);
  const after = await whole(to);
  expect(await to.query('SELECT most FROM above')).toEqual([{ most: '40' }]);
  await applyUndo(host, await findUndo(host), UNDO);
  expect(await whole(to)).toEqual(before);
  await applyUndo(host, await findUndo(host), UNDO);
  expect(await whole(to)).toEqual(after);
  await to.sql(
    'CREATE VIEW uses AS SELECT loud(id) AS t FROM mine',
    'CREATE PROCEDURE calls () CALL nothing()',
  );
  await applyUndo(host, await findUndo(host), UNDO);
  const left = await to.query<{ name: string }>(
    'SELECT ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()',
  );
  expect(left.map(({ name }) => name).sort()).toEqual(['DOUBLED', 'calls', 'loud', 'nothing', 'own']);
  expect(await trialsIn(to)).toEqual([]);
});

it('of a few collections those come that they call, and one that differs here stays and is named', async () => {
  const from = await place(...SHOP);
  const archive = await backUp(hosted(from), 'few');
  const to = await place('CREATE FUNCTION doubled (n int) RETURNS int DETERMINISTIC RETURN 0');
  const host = hosted(to);
  const selection = { collections: ['orders', 'log'] };
  const preview = await previewBackup(host, archive, selection);
  expect(named(preview.code)).toEqual(['procedure told']);
  expect(preview.warnings).toContainEqual(
    expect.objectContaining({ code: 'routine-differs', thing: { kind: 'function', name: 'doubled' } }),
  );
  await restoreBackup(host, archive, 'few', { ...ALL, selection });
  const objects = await to.query<{ name: string; body: string }>(
    'SELECT ROUTINE_NAME AS name, ROUTINE_DEFINITION AS body FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1',
  );
  expect(objects).toMatchObject([{ name: 'doubled', body: 'RETURN 0' }, { name: 'told' }]);
  expect(await to.query('SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()')).toEqual(
    [],
  );
});

it('are left out by name where code is not wanted, and refused where it has no leave', async () => {
  const from = await place(...SHOP, ...MODES);
  const archive = await backUp(hosted(from), 'left');
  const to = await place();
  const host = elsewhere(to);
  await expect(restoreBackup(host, archive, 'left', { ...ALL, allowCode: false })).rejects.toMatchObject({
    code: 'CODE_NOT_ALLOWED',
  });
  const preview = await previewBackup(host, archive, { all: true }, { noCode: true });
  expect(named(preview.leftOut).sort()).toEqual([...OBJECTS].sort());
  await restoreBackup(host, archive, 'left', { ...ALL, allowCode: false, noCode: true });
  const state = await whole(to);
  expect([state.routines, state.events, state.triggers]).toEqual([[], [], []]);
  expect(await to.query('SELECT count(*) AS n FROM orders')).toEqual([{ n: '2' }]);
});

it('an event whose last moment passes meanwhile is left out, and told of', async () => {
  const from = await place(
    'CREATE TABLE log (what text)',
    'CREATE EVENT soon ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 3 SECOND DISABLE DO DELETE FROM log',
  );
  const archive = await backUp(hosted(from), 'soon');
  const to = await place();
  await new Promise((done) => setTimeout(done, 4_000));
  const { result } = await restoreBackup(hosted(to), archive, 'soon', ALL);
  expect(result.blemishes).toEqual([
    {
      kind: 'event',
      collection: 'soon',
      name: 'soon',
      outcome: 'left out',
      because: expect.stringContaining('its last moment has passed') as string,
    },
  ]);
});

it('a restore test builds events in its own database, and none of them runs there', async () => {
  const from = await place(
    'CREATE TABLE log (what text)',
    "INSERT INTO log SELECT repeat('x', 200) FROM seq_1_to_50000",
    "CREATE EVENT ticks ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' DO DELETE FROM log",
  );
  const host = hosted(from);
  const archive = await backUp(host, 'ticks');
  const [seen, going] = [new Set<string>(), { on: true }];
  const watching = (async () => {
    while (going.on)
      for (const { status } of await from.query<{ status: string }>(
        "SELECT STATUS AS status FROM information_schema.EVENTS WHERE EVENT_SCHEMA LIKE 'ark\\_rehearsal\\_%'",
      ))
        seen.add(status);
  })();
  const { result } = await rehearseBackup(host, archive, 'ticks', {});
  going.on = false;
  await watching;
  expect(result.blemishes).toEqual([]);
  expect([...seen]).toEqual(['DISABLED']);
});

it('texts come as they were written: what three bytes cannot say, character sets, comments', async () => {
  const from = await place(
    'CREATE TABLE t (id int, x varchar(40))',
    "CREATE FUNCTION f (n int /* ) as */) RETURNS varchar(40) CHARACTER SET utf8mb4 DETERMINISTIC COMMENT 'a\\nb' /* '😀' */ RETURN concat('é€😀?', _latin1 x'e9')",
    "CREATE FUNCTION shout (t varchar(20)) RETURNS varchar(40) CHARACTER SET utf8mb4 DETERMINISTIC\n  RETURN concat(t, '😀')",
    "CREATE PROCEDURE p () BEGIN /* 😀 */ INSERT INTO t VALUES (1, '😀'); END",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW /* for each row */ SET new.x = concat(new.x, '€😀')",
    "CREATE TRIGGER after_it BEFORE INSERT ON t FOR EACH ROW FOLLOWS tr SET new.x = concat(new.x, '!')",
    "CREATE VIEW v AS SELECT id, '😀 as é' AS face FROM t WHERE x <> '😀?' WITH LOCAL CHECK OPTION",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' COMMENT ' DO ' DO INSERT INTO t VALUES (2, '😀')",
  );
  const archive = await backUp(hosted(from), 'written');
  expect(archive.manifest.notIncluded).toEqual([]);
  const to = await place();
  await restoreBackup(hosted(to), archive, 'written', ALL);
  const written = (at: TestMysql) =>
    Promise.all(
      [
        'FUNCTION f',
        'FUNCTION shout',
        'PROCEDURE p',
        'TRIGGER tr',
        'TRIGGER after_it',
        'EVENT e',
        'VIEW v',
      ].map(async (of) => (await at.query<Record<string, string>>(`SHOW CREATE ${of}`))[0]),
    );
  const faces = (rows: readonly unknown[]) =>
    rows.map((row) => (JSON.stringify(row).match(/[é€😀?]/gu) ?? []).join(''));
  expect(faces(await written(to))).toEqual(faces(await written(from)));
  await to.sql('CALL p()');
  expect(await to.query('SELECT x, f(1) AS f FROM t')).toEqual([{ x: '😀€😀!', f: 'é€😀?é' }]);
  expect(await to.query('SELECT * FROM v')).toEqual([{ id: '1', face: '😀 as é' }]);
  const again = await previewBackup(elsewhere(to), archive, { all: true });
  expect(again.asksForCode).toBe(false);
});

it('what somebody has made since the swap is his, however often it is repaired', async () => {
  // A view that can be made over what is staged, and no more once all is in place, is tried again by each job.
  const from = await place(...SHOP, 'CREATE TABLE gone (id int)', 'CREATE VIEW never AS SELECT id FROM gone');
  const archive = await backUp(hosted(from), 'since');
  const to = await place();
  const host = hosted(to);
  const meddler = await place();
  // The view's name is taken by a table until the job is over.
  const late = beforeSwap(host.database, () => meddler.sql(`CREATE TABLE ${to.name}.never (id int)`));
  const { result } = await restoreBackup({ ...host, database: late }, archive, 'since', ALL);
  expect(result.blemishes).toMatchObject([{ kind: 'view', name: 'never' }]);
  await to.sql(
    'DROP PROCEDURE nothing',
    'CREATE PROCEDURE nothing () SELECT 42',
    'DROP EVENT someday',
    'DROP FUNCTION loud',
    'CREATE OR REPLACE VIEW above AS SELECT 1 AS mine',
  );
  const mine = await whole(to);
  for (let times = 0; times < 2; times += 1) await (await host.database.lock(newJobId())).release();
  expect(await whole(to)).toEqual(mine);
  await to.sql('DROP TABLE never');
  await (await host.database.lock(newJobId())).release();
  expect(await to.query('SELECT id FROM never')).toEqual([]);
  expect(await to.query('SELECT mine FROM above')).toEqual([{ mine: '1' }]);
});

it('of a choice those are named that nothing of it uses', async () => {
  const from = await place(...SHOP);
  const { manifest } = await backUp(hosted(from), 'chosen', { collections: ['orders', 'log'] });
  expect(named(manifest.objects)).toEqual(['function doubled', 'procedure told']);
  const unused = manifest.notIncluded.filter(({ why }) => why?.code === 'unused');
  expect(unused.map(({ what, name }) => `${what} ${name}`).sort()).toEqual([
    ...['event nightly', 'event someday', 'function loud', 'function we"ird `name', 'procedure nothing'],
  ]);
});

it('what Ark cannot make again is listed, and no reason for no backup', async () => {
  const from = await place(
    'CREATE TABLE t (id int)',
    'CREATE AGGREGATE FUNCTION total (n int) RETURNS int BEGIN DECLARE s int DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + n; END LOOP; END',
    'CREATE FUNCTION gives (OUT n int) RETURNS int DETERMINISTIC BEGIN SET n = 1; RETURN 2; END',
    "SET sql_mode = 'ORACLE'",
    'CREATE PROCEDURE oracles (n IN int) AS BEGIN NULL; END',
    'SET sql_mode = DEFAULT',
  );
  const { manifest } = await backUp(hosted(from), 'unlike');
  expect(manifest.objects).toEqual([]);
  expect(manifest.notIncluded.map(({ what, name, why }) => `${what} ${name}: ${why?.code}`).sort()).toEqual([
    'function gives: not-carried',
    'function total: not-carried',
    'procedure oracles: not-carried',
  ]);
  // One of the same name in a backup does not take its place, which is said before.
  const other = await place(
    'CREATE TABLE t (id int)',
    'CREATE FUNCTION gives (n int) RETURNS int DETERMINISTIC RETURN n',
  );
  const archive = await backUp(hosted(other), 'like');
  const preview = await previewBackup(hosted(from), archive, { all: true });
  expect(preview.warnings).toContainEqual(
    expect.objectContaining({ code: 'routine-differs', thing: { kind: 'function', name: 'gives' } }),
  );
  const before = (await whole(from)).routines;
  const { result } = await restoreBackup(hosted(from), archive, 'like', ALL);
  expect(result.blemishes).toEqual([]);
  expect((await whole(from)).routines).toEqual(before);
});

describe('accounts with fewer rights', () => {
  const TABLES =
    'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, LOCK TABLES, CREATE VIEW, SHOW VIEW, TRIGGER';
  async function as<T>(at: TestMysql, rights: string, use: (host: ReturnType<typeof hostOf>) => Promise<T>) {
    const user = `few_${at.name}`.slice(0, 30);
    await at.sql(
      `CREATE USER ${user}@'%' IDENTIFIED BY 'secret'`,
      `GRANT ${rights} ON ${at.name}.* TO ${user}@'%'`,
    );
    try {
      const url = new URL(at.url);
      [url.username, url.password] = [user, 'secret'];
      return await use(hostOf(url.toString(), data.folder));
    } finally {
      await at.sql(`DROP USER ${user}@'%'`);
    }
  }

  it('one that may not read what they do has that in its backup', async () => {
    const from = await place(...SHOP);
    await as(from, `${TABLES}, EXECUTE, EVENT`, async (host) => {
      const { manifest } = await backUp(host, 'hidden');
      const hidden = manifest.notIncluded.filter(({ why }) => why?.code === 'text-hidden');
      expect(hidden.map(({ what, name }) => `${what} ${name}`).sort()).toEqual([
        'function doubled',
        'function loud',
        'function we"ird `name',
        'procedure nothing',
        'procedure told',
      ]);
      expect(manifest.objects.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
        'event nightly',
        'event someday',
      ]);
    });
  });

  it('one that may not read views has a backup of all else, and the views are named', async () => {
    const from = await place(...SHOP);
    await as(from, 'SELECT, LOCK TABLES, TRIGGER', async (host) => {
      const { manifest } = await backUp(host, 'no-views');
      expect(manifest.collections.map(({ name }) => name).sort()).toEqual(['log', 'orders']);
      const views = manifest.notIncluded.filter(({ what }) => what === 'view');
      expect(views.map(({ name, why }) => `${name} ${why?.code}`).sort()).toEqual([
        'above text-hidden',
        'twice text-hidden',
      ]);
    });
  });

  it.each([
    ['routines', `${TABLES}, EVENT`],
    ['events', `${TABLES}, CREATE ROUTINE, ALTER ROUTINE, EXECUTE`],
  ])('one that may make no %s is refused with nothing changed', async (what, rights) => {
    const from = await place(...SHOP);
    const archive = await backUp(hosted(from), `rights-${what}`);
    const to = await place('CREATE TABLE orders (id int PRIMARY KEY, old text)');
    const before = await whole(to);
    await as(to, rights, async (host) => {
      await expect(restoreBackup(host, archive, `rights-${what}`, ALL)).rejects.toMatchObject({
        code: 'DATABASE_REFUSED',
      });
    });
    expect(await whole(to)).toEqual(before);
    expect(await leftIn(to)).toEqual([]);
  });
});
