import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import type { Manifest } from '../../src/server/dumper/archive/manifest';
import type { Selection } from '../../src/server/dumper/app/groups';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { forge, openForged } from '../helpers/forge';
import { ownPlace } from '../helpers/place';
import { pgDump, schemaText, type TestDatabase } from '../helpers/postgres';

/** What a backup by group leaves out is what a new server does not have: NocoBase does not start without its tables. */
const DEMO = join(__dirname, '..', '..', 'assets', 'demo.ark');
const USUAL: Selection = {};

const { data, database, copy } = ownPlace();
const hostAt = (at: TestDatabase) => hostOf(at.url, data.folder);
const tablesOf = async (at: TestDatabase) =>
  (
    await at.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`,
    )
  ).map(({ name }) => name);
const columnsOf = async (at: TestDatabase, tables: readonly string[]) =>
  at.query(
    `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = ANY ('{${tables.map((name) => `"${name}"`).join(',')}}') ORDER BY 1, 2`,
  );
const indexesOf = async (at: TestDatabase, tables: readonly string[]) =>
  at.query(
    `SELECT tablename, indexdef FROM pg_indexes
     WHERE schemaname = 'public' AND tablename = ANY ('{${tables.map((name) => `"${name}"`).join(',')}}') ORDER BY 2`,
  );
const rowsOf = async (at: TestDatabase, table: string) =>
  (await at.query<{ n: number }>(`SELECT count(*)::int AS n FROM "${table}"`))[0]?.n;

let app: TestDatabase;

beforeAll(async () => {
  app = await database();
  await restoreAll(hostAt(app), await findArchive(hostAt(app), DEMO));
  // One of the group that no backup ever has.
  await app.sql('CREATE TABLE "chinaRegions" (code text PRIMARY KEY, name text)');
});

it('a new server gets every table of the app from a usual backup, those without rows too', async () => {
  const archive = await backUp(hostAt(app), 'usual', USUAL);
  const tables = await tablesOf(app);
  const backed = new Set(archive.manifest.collections.map(({ name }) => name));
  const left = tables.filter((name) => !backed.has(name));
  expect(left).toEqual(expect.arrayContaining(['chinaRegions', 'executions', 'jobs', 'workflowVersionStats']));
  expect(archive.manifest.structures?.map(({ name }) => name).sort()).toEqual(left.sort());

  const target = await database();
  const preview = await previewBackup(hostAt(target), archive, USUAL);
  expect(preview.warnings).toContainEqual(
    expect.objectContaining({ code: 'made-empty', names: expect.arrayContaining(left) as string[] }),
  );
  const shown = new Map(preview.collections.map((collection) => [collection.name, collection]));
  for (const name of left) expect(shown.get(name)).toMatchObject({ action: 'create', structureOnly: true });

  await restoreAll(hostAt(target), archive, USUAL);
  expect(await tablesOf(target)).toEqual(tables);
  expect(await columnsOf(target, left)).toEqual(await columnsOf(app, left));
  expect(await indexesOf(target, left)).toEqual(await indexesOf(app, left));
  for (const name of left) expect([name, await rowsOf(target, name)]).toEqual([name, 0]);
  const [was, is] = [await digest(app.url), await digest(target.url)];
  for (const name of backed) expect([name, is.tables[name]]).toEqual([name, was.tables[name]]);
  // But for rows nothing is missing, whatever kind of thing it is.
  const tool = pgDump();
  if (tool !== undefined) expect(schemaText(tool, target.url)).toBe(schemaText(tool, app.url));

  // All of it goes again.
  await applyUndo(hostAt(target), await findUndo(hostAt(target)), { allowBreaks: false });
  expect(await tablesOf(target)).toEqual([]);
});

it('what is there keeps its rows and its structure, whatever is restored', async () => {
  const target = await copy(app);
  const archive = await backUp(hostAt(app), 'usual-again', USUAL);
  await target.sql(`ALTER TABLE executions ADD COLUMN later int; DROP TABLE "workflowVersionStats"`);
  const before = await digest(target.url);
  for (const selection of [USUAL, { all: true }, { groups: ['required' as const] }]) {
    await restoreAll(hostAt(target), archive, selection);
    const after = await digest(target.url);
    expect(after.tables.executions).toBe(before.tables.executions);
    expect(await columnsOf(target, ['executions'])).toContainEqual(
      expect.objectContaining({ column_name: 'later' }),
    );
    expect(await rowsOf(target, 'workflowVersionStats')).toBe(0);
  }
});

it.each([
  ['single collections', { collections: ['orders', 'customers'] }, { all: true }],
  ['a part by its name', USUAL, { collections: ['customers'] }],
])('%s come alone', async (what, backedUp: Selection, restored: Selection) => {
  const archive = await backUp(hostAt(app), what.replaceAll(' ', '-'), backedUp);
  const target = await database();
  await restoreBackup(hostAt(target), archive, 'alone.ark', {
    selection: restored,
    allowBreaks: true,
    allowCode: true,
  });
  expect(await tablesOf(target)).not.toContain('executions');
});

it('what was named to stay out stays out', async () => {
  await createBackup(hostAt(app), {
    selection: { ...USUAL, groups: ['required', 'user', 'custom', 'log'], exclude: ['verifications'] },
    to: { storage: 'local', name: 'without' },
  });
  const { manifest } = await findArchive(hostAt(app), 'without.ark');
  expect(manifest.structures?.map(({ name }) => name)).not.toContain('verifications');
  expect(manifest.structures?.map(({ name }) => name)).toContain('chinaRegions');
});

it('a database that is no app has none', async () => {
  const plain = await database('CREATE TABLE a (id int PRIMARY KEY)');
  const { manifest } = await backUp(hostAt(plain), 'plain', USUAL);
  expect(manifest.structures).toBeUndefined();
});

it('an archive that has none says what an upgrade of the app has to make', async () => {
  await backUp(hostAt(app), 'older', USUAL);
  const bytes = await readFile(join(data.folder, 'backups', 'older.ark'));
  const older = await openForged(
    await forge(bytes, (manifest) => {
      const all = manifest as unknown as Manifest;
      const gone = new Set(all.structures?.map(({ name }) => `relation:${name}`));
      delete all.structures;
      all.order = all.order.filter((key) => !gone.has(key));
      for (const needs of [all.needs, all.laterNeeds]) for (const key of gone) Reflect.deleteProperty(needs, key);
    }),
  );
  const { warnings } = await previewBackup(hostAt(await database()), older, USUAL);
  expect(warnings).toContainEqual(
    expect.objectContaining({
      code: 'made-by-upgrade',
      names: expect.arrayContaining(['executions', 'chinaRegions']) as string[],
    }),
  );
  const { warnings: here } = await previewBackup(hostAt(app), older, USUAL);
  expect(here.map(({ code }) => code)).not.toContain('made-by-upgrade');
});
