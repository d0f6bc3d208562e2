import { findPrepared } from '../../src/server/actions/prepared/entry';
import { comparePrepared } from '../../src/server/actions/prepared/comparePrepared';
import { prepareRestore } from '../../src/server/actions/prepared/prepareRestore';
import { swapPrepared } from '../../src/server/actions/prepared/swapPrepared';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { BackupError } from '../../src/server/errors/errors';
import type { Host } from '../../src/server/host';
import { join } from 'node:path';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { fixture } from '../helpers/postgres';

/** What is planned once to be staged, and once more to be swapped, has to be the same plan, whatever there is. */
const { data, database } = ownPlace();
const folder = () => join(data.folder, 'compare');

const prepared = async (host: Host, archive: Archive) => {
  const asked = { selection: { all: true }, allowBreaks: false, allowCode: true };
  const { job } = await prepareRestore(host, archive, { backup: 'p.ark' }, asked);
  return findPrepared(host, job.id);
};
const swapped = async (host: Host, archive: Archive, waiting: Awaited<ReturnType<typeof prepared>>) => {
  const { lost } = await comparePrepared(host, archive, waiting, { examples: 2, folder: folder() });
  return swapPrepared(host, archive, waiting, { acceptLost: lost, dataFolder: data.folder });
};

const OUTSIDE = `CREATE TABLE item (id serial PRIMARY KEY, name text); INSERT INTO item (name) VALUES ('a'), ('b');
  CREATE VIEW good AS SELECT id FROM item; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM item;
  CREATE FUNCTION loud(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) $$;
  CREATE INDEX item_loud ON item (loud(name)); CREATE TABLE part (id int PRIMARY KEY, item int REFERENCES item);
  CREATE SCHEMA api; CREATE VIEW api.v AS SELECT i, g.id FROM item i JOIN good g USING (id);
  CREATE TABLE api.notes (item int REFERENCES item, note text); INSERT INTO api.notes VALUES (1, 'seen');`;

it.each([
  ['every type with nasty values', fixture('types.sql'), 'public'],
  ['every structure', fixture('structure.sql'), 'public'],
  [
    'another schema',
    `CREATE SCHEMA "My App"; SET search_path = "My App"; ${fixture('structure.sql')}`,
    'My App',
  ],
  ['things of other schemas on top', OUTSIDE, 'public'],
])('%s: comes back the same over itself, and after an undo, prepared first', async (name, sql, schema) => {
  const source = await database();
  await source.sql(sql);
  const host = hostOf(`${source.url}?schema=${encodeURIComponent(schema)}`, data.folder);
  const archive = await backUp(host, name.replace(/\W+/g, '-'));
  const before = await digest(source.url, schema);
  const waiting = await prepared(host, archive);
  expect(await digest(source.url, schema)).toEqual(before);
  const { different } = await comparePrepared(host, archive, waiting, { examples: 2, folder: folder() });
  expect(different).toBe(false);
  await swapped(host, archive, waiting);
  expect(await digest(source.url, schema)).toEqual(before);
  await applyUndo(host, await findUndo(host), { allowBreaks: false });
  expect(await digest(source.url, schema)).toEqual(before);
  expect(await host.database.leftovers()).toEqual([]);
});

it('holds up no other restore: that makes it void, and takes it away', async () => {
  const source = await database();
  await source.sql(OUTSIDE);
  const host = hostOf(source.url, data.folder);
  const archive = await backUp(host, 'held');
  const before = await digest(source.url);
  const first = await prepared(host, archive);
  const second = await prepared(host, archive);
  await restoreAll(host, archive);
  expect(await digest(source.url)).toEqual(before);
  for (const { job } of [first, second])
    await expect(findPrepared(host, job)).rejects.toMatchObject({ code: 'PREPARED_UNKNOWN' });
  expect(await source.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'ark\\_stage%'")).toEqual([]);
});

it('counts only as Ark of this account has made it', async () => {
  const source = await database();
  await source.sql('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1);');
  const host = hostOf(source.url, data.folder);
  const archive = await backUp(host, 'forged');
  const { job } = await prepared(host, archive);
  const [{ comment } = { comment: '' }] = await source.query<{ comment: string }>(
    `SELECT obj_description('ark_stage_${job}'::regnamespace) AS comment`,
  );
  const forged = (text: string) =>
    source.sql(`COMMENT ON SCHEMA ark_stage_${job} IS '${text.replaceAll("'", "''")}'`);
  const forge = async (text: string) => {
    await forged(text);
    return findPrepared(host, job).then(
      () => 'found',
      (error: unknown) => (error instanceof BackupError ? error.code : error),
    );
  };
  const of = (change: (kept: Record<string, unknown>) => object) => {
    const [head, json = ''] = comment.split('\n');
    return `${head}\n${JSON.stringify(change(JSON.parse(json) as Record<string, unknown>))}`;
  };
  expect(await forge(comment)).toBe('found');
  for (const text of [
    comment.slice(0, -5),
    comment.replace('Ark: ', ''),
    of((kept) => ({ ...kept, rows: [['t', -1]] })),
    of((kept) => ({ ...kept, entry: undefined })),
    of((kept) => ({ ...kept, entry: String(kept.entry).replace(':', ':A') })),
    of((kept) => ({ ...kept, entry: JSON.stringify({ version: 1, job, allowCode: true }) })),
  ])
    expect([text, await forge(text)]).toEqual([text, 'PREPARED_UNKNOWN']);
  // The same plan must have been staged: what says so is part of what is kept.
  await forged(of((kept) => ({ ...kept, plan: 'f'.repeat(64) })));
  const waiting = await findPrepared(host, job);
  await expect(swapPrepared(host, archive, waiting, { dataFolder: data.folder })).rejects.toMatchObject({
    code: 'PREPARED_VOID',
  });
  await source.sql(`CREATE ROLE forger_${job}; ALTER SCHEMA ark_stage_${job} OWNER TO forger_${job};`);
  await forged(comment);
  expect(await forge(comment)).toBe('PREPARED_UNKNOWN');
  await source.sql(`ALTER SCHEMA ark_stage_${job} OWNER TO CURRENT_USER; DROP ROLE forger_${job};`);
});
