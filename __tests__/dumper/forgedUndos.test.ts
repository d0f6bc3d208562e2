import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { applyUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import { STAGE_COMMENT, UNDO_COMMENT } from '../../src/server/dumper/dialects/postgres/sql/names';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { withClient, type TestDatabase } from '../helpers/postgres';
import { record } from '../helpers/statements';

/**
 * A user of the database with few rights makes schemas that look like Ark's. A superuser's Ark runs nothing of them,
 * offers none, and drops none.
 */
const { data, database } = ownPlace();

const SNAP = `CREATE FUNCTION pg_temp_free() RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'planted'; RETURN '{}'; END $$;`;

/** A journal as a real undo has it, but for the job. */
const journal = (job: string, more: object = {}) =>
  JSON.stringify({
    job,
    action: 'restore',
    at: '2026-11-26T00:00:00.000Z',
    expiresAt: '2000-01-01T00:00:00.000Z',
    source: 'forged.ark',
    collections: [],
    brought: [],
    views: [],
    leaving: [],
    redefined: [],
    ...more,
  });

const undoOf = (job: string, body: string) =>
  `CREATE SCHEMA ark_undo_${job}; COMMENT ON SCHEMA ark_undo_${job} IS '${UNDO_COMMENT}'; SET search_path = ark_undo_${job}; ${SNAP} ${body};`;

const FORGED: readonly [what: string, schema: string, sql: string][] = [
  ['a view', 'ark_undo_a', undoOf('a', `CREATE VIEW "ark:journal" AS SELECT pg_temp_free() AS entry`)],
  [
    'a table with a journal that has expired',
    'ark_undo_b',
    undoOf(
      'b',
      `CREATE TABLE "ark:journal" (entry jsonb NOT NULL); INSERT INTO "ark:journal" VALUES ('${journal('b')}')`,
    ),
  ],
  [
    'a table with a default, a trigger and a journal that has not expired',
    'ark_undo_c',
    undoOf(
      'c',
      `CREATE TABLE "ark:journal" (entry jsonb NOT NULL DEFAULT pg_temp_free());
       INSERT INTO "ark:journal" VALUES ('${journal('c', { expiresAt: '2100-01-01T00:00:00.000Z' })}');
       CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'planted'; RETURN NULL; END $$;
       CREATE TRIGGER t AFTER DELETE ON "ark:journal" FOR EACH ROW EXECUTE FUNCTION fire()`,
    ),
  ],
  [
    'a table with a rule',
    'ark_undo_d',
    undoOf(
      'd',
      `CREATE TABLE "ark:journal" (entry jsonb); INSERT INTO "ark:journal" VALUES ('${journal('d')}');
       CREATE RULE r AS ON DELETE TO "ark:journal" DO INSTEAD SELECT pg_temp_free()`,
    ),
  ],
  [
    'a staging schema',
    'ark_stage_e',
    `CREATE SCHEMA ark_stage_e; COMMENT ON SCHEMA ark_stage_e IS '${STAGE_COMMENT}'; CREATE TABLE ark_stage_e.t (a int)`,
  ],
];

async function asMallory(at: TestDatabase): Promise<void> {
  const role = `mallory_${at.name}`;
  await at.sql(`CREATE ROLE ${role}; GRANT CREATE ON DATABASE ${at.name} TO ${role}`);
  for (const [, , sql] of FORGED) await at.sql(`SET ROLE ${role}; ${sql}`);
}

const schemas = async (at: TestDatabase) =>
  (
    await at.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'ark%' ORDER BY 1`,
    )
  ).map((one) => one.name);

it('forged undos and staging schemas are not run, not offered, not dropped, whatever Ark does', async () => {
  const at = await database(
    'CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes SELECT generate_series(1, 5)',
  );
  await asMallory(at);
  const recording = await record();
  const host = hostOf(at.url, data.folder);
  const archive = await backUp(host, 'notes');
  await previewBackup(host, archive, { all: true });
  expect(await listUndos(host)).toEqual([]);
  expect(await host.database.leftovers()).toEqual([]);
  await restoreAll(host, archive);
  const [genuine, ...others] = await listUndos(host);
  expect(others).toEqual([]);
  await applyUndo(host, await findUndo(host, genuine?.job), { allowBreaks: false });
  for (const [, schema] of FORGED.filter(([, name]) => name.startsWith('ark_undo_'))) {
    await expect(findUndo(host, schema.slice('ark_undo_'.length))).rejects.toMatchObject({
      code: 'UNDO_UNKNOWN',
    });
  }
  recording.stop();
  expect(recording.warnings).toEqual([]);
  expect(await schemas(at)).toEqual(expect.arrayContaining(FORGED.map(([, schema]) => schema)));
}, 120_000);

describe('an undo of our own counts no more once its journal is not as Ark made it', () => {
  const changes: readonly [what: string, sql: (schema: string) => string][] = [
    ['is gone', (s) => `DROP TABLE ${s}."ark:journal"`],
    ['belongs to somebody else', (s) => `ALTER TABLE ${s}."ark:journal" OWNER TO pg_monitor`],
    ['has a rule', (s) => `CREATE RULE r AS ON UPDATE TO ${s}."ark:journal" DO INSTEAD NOTHING`],
    ['has another column', (s) => `ALTER TABLE ${s}."ark:journal" ADD more int`],
    ['has two rows', (s) => `INSERT INTO ${s}."ark:journal" TABLE ${s}."ark:journal"`],
    [
      'is of another job',
      (s) => `UPDATE ${s}."ark:journal" SET entry = jsonb_set(entry, '{job}', '"other"')`,
    ],
    ['lies in a schema of somebody else', (s) => `ALTER SCHEMA ${s} OWNER TO pg_monitor`],
  ];
  it.each(changes)('it %s', async (_, sql) => {
    const at = await database('CREATE TABLE notes (id int PRIMARY KEY)');
    const host = hostOf(at.url, data.folder);
    await restoreAll(host, await backUp(host, `own-${at.name}`));
    const [undo] = await listUndos(host);
    expect(undo).toBeDefined();
    await at.sql(sql(`ark_undo_${undo?.job ?? ''}`));
    expect(await listUndos(host)).toEqual([]);
    await expect(findUndo(host)).rejects.toMatchObject({ code: 'UNDO_UNKNOWN' });
  });
});

describe("whoever holds the lock of Ark's jobs", () => {
  const HOLD = 'SELECT pg_advisory_lock(1095912235, 0)';
  const role = (at: TestDatabase, kind: string) => `${kind}_${at.name}`;
  const urlOf = (at: TestDatabase, user: string) => {
    const url = new URL(at.url);
    [url.username, url.password] = [user, 'secret'];
    return url.toString();
  };

  it('is named where another role holds it of whom little can be seen', async () => {
    const at = await database();
    const [holder, asker] = [role(at, 'holder'), role(at, 'asker')];
    await at.sql(
      `CREATE ROLE ${holder} LOGIN PASSWORD 'secret'; CREATE ROLE ${asker} LOGIN PASSWORD 'secret'`,
    );
    await withClient(urlOf(at, holder), async (client) => {
      await client.query(`SET application_name = 'psql'; ${HOLD}`);
      const refused = hostOf(urlOf(at, asker), data.folder).database.lock('20260101_000000_aaaaaa');
      await expect(refused).rejects.toMatchObject({ code: 'JOB_BUSY' });
      await expect(refused).rejects.toThrow(new RegExp(`process \\d+ of psql, role ${holder}`));
    });
  });

  it('is named where it is a job of our own', async () => {
    const at = await database();
    const host = hostOf(at.url, data.folder);
    const lock = await host.database.lock('20260101_000000_aaaaaa');
    await expect(host.database.lock('20260101_000000_bbbbbb')).rejects.toThrow(
      /Another job is running .*ark job 20260101_000000_aaaaaa, role \w+, since 2/,
    );
    await lock.release();
  });
});
