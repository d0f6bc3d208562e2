import { Client } from 'pg';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { BackupError } from '../../src/server/errors/errors';
import { hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { until } from '../helpers/waiting';

/** Others alter the structure while a backup begins: it is of one moment and right, or it says that it is none. */
const { data, database } = ownPlace();

const APP = `
  CREATE TYPE mood AS ENUM ('sad', 'glad');
  CREATE TYPE place AS (street text, town text);
  CREATE TABLE people (id integer PRIMARY KEY, first text, last text, mood mood, home place, age integer);
  CREATE INDEX by_first ON people (first);
  CREATE TABLE pets (id integer PRIMARY KEY, name text);
  INSERT INTO people SELECT g, 'first ' || g, 'last ' || g, 'sad', row('street ' || g, 'town ' || g)::place, g FROM generate_series(1, 50) g;
  INSERT INTO pets SELECT g, 'pet ' || g FROM generate_series(1, 50) g;
  CREATE VIEW grown AS SELECT id, first FROM people WHERE age > 17;`;

const CASES: Record<string, string> = {
  'two columns change names': `ALTER TABLE people RENAME first TO x; ALTER TABLE people RENAME last TO first; ALTER TABLE people RENAME x TO last`,
  'a column is dropped and added again': `ALTER TABLE people DROP COLUMN last; ALTER TABLE people ADD COLUMN last text DEFAULT 'new'`,
  'a column goes': 'ALTER TABLE people DROP COLUMN last',
  'a column comes': 'ALTER TABLE people ADD COLUMN more integer DEFAULT 7',
  'a column gets another name': 'ALTER TABLE people RENAME last TO family',
  'a column gets another type':
    'ALTER TABLE people ALTER age TYPE text USING age::text || $$ years$$'.replace(
      'ALTER TABLE',
      'DROP VIEW grown; ALTER TABLE',
    ),
  'an index goes': 'DROP INDEX by_first',
  'a view goes': 'DROP VIEW grown',
  'a table goes': 'DROP TABLE pets',
  'a table goes, and another one has its name': `DROP TABLE pets; CREATE TABLE pets (name text, id integer); INSERT INTO pets VALUES ('new', 1)`,
  'two tables change names': `ALTER TABLE people RENAME TO x; ALTER TABLE pets RENAME TO people; ALTER TABLE x RENAME TO pets`,
  'a table is emptied': 'TRUNCATE pets',
  'a default goes': `ALTER TABLE people ALTER first SET DEFAULT 'x'`,
};

it.each(Object.entries(CASES))('%s', async (name, ddl) => {
  const at = await database(APP);
  const host = hostOf(at.url, data.folder);
  const before = await digest(at.url);
  const admin = new Client({ connectionString: at.url });
  await admin.connect();
  const key = `altered-${Object.keys(CASES).indexOf(name)}`;
  try {
    await admin.query(`BEGIN; LOCK TABLE people, pets; ${ddl}`);
    const backup = createBackup(host, { selection: { all: true }, to: { storage: 'local', name: key } });
    backup.catch(() => undefined);
    await until('the backup waits', async () => {
      const waiting = await at.query(
        `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.application_name LIKE 'ark snapshot%'`,
      );
      return waiting.length > 0 ? true : undefined;
    });
    await admin.query('COMMIT');
    await backup;
  } finally {
    await admin.end();
  }
  const to = await database();
  await restoreAll(hostOf(to.url, data.folder), await findArchive(host, `${key}.ark`));
  // Of one moment or of the other, and nothing in between.
  expect([before, await digest(at.url)]).toContainEqual(await digest(to.url));
});

it.each([
  [
    'labels of an enum change places',
    `ALTER TYPE mood RENAME VALUE 'sad' TO 'x'; ALTER TYPE mood RENAME VALUE 'glad' TO 'sad'; ALTER TYPE mood RENAME VALUE 'x' TO 'glad'`,
  ],
  ['a part of a composite type gets another name', 'ALTER TYPE place RENAME ATTRIBUTE town TO city CASCADE'],
])('%s while rows are read: that is no backup', async (_, ddl) => {
  const at = await database(APP);
  const host = hostOf(at.url, data.folder);
  const snapshot = await host.database.snapshot({ readers: 1, app: {}, job: '20260101_000000_abcdef' });
  try {
    expect(await snapshot.hold(['pets'])).toBe(true);
    await snapshot.confirm();
    await at.sql(ddl);
    await expect(snapshot.confirm()).rejects.toMatchObject({ code: 'TABLE_LOCKED' });
  } finally {
    await snapshot.close();
  }
});

it('Ark gives way: whoever drops what a backup is about to look at is never the victim of a deadlock', async () => {
  const at = await database(APP);
  const host = hostOf(at.url, data.folder);
  await at.sql(`ALTER DATABASE ${at.name} SET deadlock_timeout = '800ms'`);
  const admin = new Client({ connectionString: at.url });
  await admin.connect();
  try {
    // The backup gets the one and waits for the other, which is ours; then we want the one.
    await admin.query('BEGIN; LOCK TABLE pets');
    const backup = createBackup(host, {
      selection: { all: true },
      to: { storage: 'local', name: 'gave-way' },
    }).catch((error: unknown) => error as BackupError);
    await until('the backup waits', async () => {
      const waiting = await at.query(
        `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.application_name LIKE 'ark snapshot%'`,
      );
      return waiting.length > 0 ? true : undefined;
    });
    await admin.query(
      'DROP VIEW grown; DROP TABLE people; DROP TABLE pets; CREATE TABLE last (id integer); COMMIT',
    );
    expect(await backup).not.toBeInstanceOf(BackupError);
  } finally {
    await admin.end();
  }
});

it('whoever reads with an older snapshot is waited for before the swap, and named if that takes too long', async () => {
  const at = await database('CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
  const patience = { ARK_LOCK_TIMEOUT_MS: '600' };
  const host = hostOf(at.url, data.folder, patience);
  await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'older' } });
  const archive = await findArchive(host, 'older.ark');
  const reader = new Client({ connectionString: at.url, application_name: 'a report' });
  await reader.connect();
  try {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class');
    const { warnings } = await restoreAll(host, archive);
    expect(warnings).toEqual([expect.stringMatching(/process \d+ of a report, role .* before the restore/)]);
    await reader.query('ROLLBACK');

    // One that ends in time sees what was there, and nobody is told anything.
    const patient = hostOf(at.url, data.folder);
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class');
    const restored = restoreAll(patient, archive);
    await until('it waits', async () => {
      const found = await at.query(
        `SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'ark job %' AND query LIKE '%backend_xmin%'`,
      );
      return found.length > 0 ? true : undefined;
    });
    expect((await reader.query('SELECT id FROM t')).rowCount).toBe(2);
    await reader.query('ROLLBACK');
    expect((await restored).warnings).toEqual([]);
  } finally {
    await reader.end();
  }
});
