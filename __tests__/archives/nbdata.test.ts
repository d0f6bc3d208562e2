import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { warningText } from '../../src/server/dumper/app/warning';
import { openBackup } from '../../src/server/dumper/legacy/open';
import { BackupError } from '../../src/server/errors/errors';
import { hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { different, digests } from '../helpers/listings';
import { dataLength, dump, forged, NBDATA, nbdata, sealed, withRows, type Entry } from '../helpers/nbdata';
import { inMemory, listing } from '../helpers/nbdump';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

/** Backups of NocoBase's Backup manager, around what real pg_dumps wrote (nbdata/README.md). */
const { data, database } = ownPlace();
const open = async (inside: Buffer | string, ...more: [files?: Record<string, string>, metadata?: object]) =>
  openBackup(inMemory(await nbdata(inside, ...more)));

describe("a NocoBase app's", () => {
  let target: TestDatabase;
  let archive: Archive;
  beforeAll(async () => {
    target = await database();
    const host = hostOf(target.url, data.folder);
    const file = join(data.folder, 'backup_20261120_221530_1234.nbdata');
    await writeFile(
      file,
      await nbdata(dump('nasty.dump'), { 'uploads/a/b.txt': 'uploaded', 'aes_key.dat': 'k'.repeat(32) }),
    );
    archive = await findArchive(host, file);
    await restoreBackup(host, archive, 'backup.nbdata', {
      ...{ selection: {}, allowBreaks: false, allowCode: false },
      files: false,
    });
  });

  it('collections are in their groups, with everything that was left out by name', () => {
    const { app, collections, notIncluded, database: source } = archive.manifest;
    expect(source).toMatchObject({ dialect: 'postgres', schema: 'public', tablePrefix: '', underscored: false });
    expect(app).toMatchObject({ version: '2.2.15' });
    expect(app?.plugins).toContainEqual({ name: '@nocobase/plugin-users', version: '2.2.15', enabled: true });
    const groups: Record<string, number> = {};
    for (const { group } of collections) groups[group] = (groups[group] ?? 0) + 1;
    expect(groups).toEqual({ required: 63, user: 6, custom: 18, 'third-party': 7, log: 11, unknown: 31 });
    expect(collections).toContainEqual(
      expect.objectContaining({ name: 'd_posts', group: 'custom', rows: 30 }),
    );
    expect(notIncluded.map(({ what, name, why }) => [what, name, why?.code])).toEqual([
      ['collection', 'chinaRegions', 'ignored'],
      ['check', 'd_posts: d_posts_title_chk', 'dump-sql'],
      ['function', 'd_trg()', 'dump-sql'],
      ['view', 'd_view', 'dump-sql'],
      ['view', 'd_zview_on_view', 'dump-sql'],
      ['view', 'd_aview2', 'dump-sql'],
      ['materialized view', 'd_matview', 'dump-sql'],
      ['index', 'd_tags_expr', 'dump-sql'],
      ['trigger', 'd_posts d_posts_trg', 'dump-sql'],
    ]);
  });

  it('rows come back in an empty database, all of them as they were', async () => {
    expect(different(listing('postgres15_D3-types-restorable'), await digests(target))).toEqual([
      'chinaRegions',
    ]);
  });

  it('keys, indexes, defaults, counters, inheritance and comments come back, and no code', async () => {
    const [next] = await target.query<{ id: string }>(
      `INSERT INTO d_tags ("createdAt", "updatedAt", label) VALUES (now(), now(), 'new') RETURNING id::text`,
    );
    expect(next).toEqual({ id: '13' });
    const [person] = await target.query<{ id: string }>(
      `INSERT INTO d_phd ("createdAt", "updatedAt") VALUES (now(), now()) RETURNING id::text`,
    );
    expect(person).toEqual({ id: '31' });
    expect(await target.query('SELECT count(*)::int AS n FROM d_person')).toEqual([{ n: 31 }]);
    const facts = await target.query<{ indexes: number; keys: number; comments: number; code: number }>(
      `SELECT (SELECT count(*)::int FROM pg_indexes WHERE schemaname = 'public') AS indexes,
         (SELECT count(*)::int FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype = 'f') AS keys,
         (SELECT count(*)::int FROM pg_description WHERE classoid = 'pg_class'::regclass) AS comments,
         (SELECT count(*)::int FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
          + (SELECT count(*)::int FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace) AS code`,
    );
    // 193 indexes and 153 keys of the source, without those of chinaRegions and without the one over an expression.
    expect(facts).toEqual([{ indexes: 343, keys: 1, comments: 24, code: 0 }]);
    const [fallback] = await target.query<{ text: string }>(
      `SELECT column_default AS text FROM information_schema.columns WHERE table_name = 'd_types' AND column_name = 'f_string_def'`,
    );
    expect(fallback).toEqual({ text: `'dflt ''x'''::character varying` });
  });

  it('is restored by group into the living app, with files and key; its tables keep what no dump brings; undo brings all back', async () => {
    const storage = await mkdtemp(join(tmpdir(), 'ark-storage-'));
    const [upload, key] = [join(storage, 'uploads', 'a', 'b.txt'), join(storage, 'apps', 'main', 'aes_key.dat')];
    await mkdir(join(storage, 'apps', 'main'), { recursive: true });
    await writeFile(key, 'a key of now');
    await target.sql(
      `DELETE FROM d_posts WHERE id > 20; DELETE FROM d_tags; UPDATE users SET nickname = 'of now';
       ALTER TABLE d_tags ADD CHECK (label <> ''), ADD COLUMN since integer;
       DROP INDEX d_types_user_idx;`,
    );
    const host = hostOf(target.url, data.folder, { STORAGE_PATH: storage });
    const { warnings, code } = await previewBackup(host, archive, { groups: ['custom'] });
    await target.sql('CREATE INDEX d_types_user_idx ON d_types (f_integer, f_string)');
    const before = await digest(target.url);
    const said = warnings.map(warningText).join('\n');
    expect(said).toMatch(/No SQL of the dump is run\. These tables keep the checks, triggers/);
    expect(said).toMatch(/d_types is made as it was in the backup, because d_types_user_idx of it is not here/);
    expect(said).toMatch(/d_tags: since of the live table is not in the backup/);
    expect(code).toEqual([]);
    const { job } = await restoreBackup(host, archive, 'old.nbdata', {
      selection: { groups: ['custom'], keepDefinitions: true },
      allowBreaks: false,
      allowCode: false,
    });
    expect(await readFile(upload, 'utf8')).toBe('uploaded');
    expect(await readFile(key, 'utf8')).toBe('k'.repeat(32));
    const facts = await target.query(
      `SELECT (SELECT count(*)::int FROM d_posts) AS posts, (SELECT count(since)::int FROM d_tags) AS since,
        (SELECT count(*)::int FROM d_tags) AS tags, (SELECT min(nickname) FROM users) AS nickname,
        (SELECT count(*)::int FROM pg_constraint WHERE conrelid = 'd_tags'::regclass AND contype = 'c') AS checks,
        (SELECT count(*)::int FROM pg_indexes WHERE schemaname = 'public' AND indexname = 'd_types_user_idx') AS indexes`,
    );
    expect(facts).toEqual([{ posts: 30, since: 0, tags: 12, nickname: 'of now', checks: 1, indexes: 1 }]);
    await applyUndo(host, await findUndo(host, job.id), { allowBreaks: false });
    expect(await digest(target.url)).toEqual(before);
    expect(await readFile(key, 'utf8')).toBe('a key of now');
    await expect(readFile(upload)).rejects.toThrow('ENOENT');
    await rm(storage, { recursive: true });
  });
});

describe('an odd database', () => {
  let target: TestDatabase;
  let archive: Archive;
  let said: readonly string[];
  let version = 0;
  /** What the dump's server has, and this one may be too old for. */
  const since = <T>(major: number, thing: T): T[] => (version >= major ? [thing] : []);
  const before = <T>(major: number, thing: T): T[] => (version < major ? [thing] : []);
  beforeAll(async () => {
    target = await database();
    const [server] = await target.query<{ v: number }>(
      "SELECT current_setting('server_version_num')::int / 10000 AS v",
    );
    version = server?.v ?? 0;
    archive = await open(dump('odd.dump'));
    const { missing } = await previewBackup(hostOf(target.url, data.folder), archive, {});
    said = missing.map(({ name, neededBy }) => `${name}: ${neededBy.map((part) => part.name).join()}`);
    await restoreAll(hostOf(target.url, data.folder), archive, {});
  });
  const found = async (from: TestDatabase): Promise<unknown> => {
    const [row] = await from.query<{ found: unknown }>(
      `SET timezone = 'UTC'; SET bytea_output = 'hex'`,
    ).then(() => from.query<{ found: unknown }>(readFileSync(join(NBDATA, 'odd.rows.sql'), 'utf8').replace('json_object_agg(t, r)', 'json_object_agg(t, r) AS found')));
    return row?.found;
  };

  it('every value comes back, whatever zone and form its server showed it in', async () => {
    await target.sql(
      `ALTER DATABASE ${target.name} SET timezone = 'UTC'; ALTER DATABASE ${target.name} SET bytea_output = 'hex'`,
    );
    expect(await found(target)).toEqual(JSON.parse(readFileSync(join(NBDATA, 'odd.rows.json'), 'utf8')));
  });

  it('what is data of its structure comes back, and what is SQL does not run', async () => {
    const table = `"odd ""na/me"`;
    const defaults = await target.query(
      `SELECT attname AS name, pg_get_expr(adbin, adrelid) AS value, attidentity AS identity FROM pg_attribute
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attrelid = '${table}'::regclass AND attnum > 0 AND (adbin IS NOT NULL OR attidentity <> '') ORDER BY attnum`,
    );
    expect(defaults).toEqual([
      { name: 'id', value: null, identity: 'a' },
      { name: 'small', value: null, identity: 'd' },
      { name: 'Co,l"umn', value: "'it''s'::text", identity: '' },
      { name: 'negative', value: "'-1'::integer", identity: '' },
      { name: 'ratio', value: '1.50', identity: '' },
      { name: 'when', value: 'now()', identity: '' },
      { name: 'local', value: 'CURRENT_TIMESTAMP', identity: '' },
      { name: 'numbers', value: "'{}'::integer[]", identity: '' },
      { name: 'feeling', value: "'sad'::mood", identity: '' },
      ...since(13, { name: 'uuid', value: 'gen_random_uuid()', identity: '' }),
    ]);
    const keys = await target.query(
      `SELECT conname AS name, pg_get_constraintdef(oid) AS text FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY conname`,
    );
    expect(keys).toEqual([
      { name: 'child_key', text: 'PRIMARY KEY (id)' },
      { name: 'odd "na/me_pkey', text: 'PRIMARY KEY (id)' },
      { name: 'parent_id_name_key', text: 'UNIQUE (id, name)' },
      ...since(15, { name: 'parent_name_key', text: 'UNIQUE NULLS NOT DISTINCT (name)' }),
      { name: 'parent_pkey', text: 'PRIMARY KEY (id)' },
      {
        name: 'points_other_fkey',
        text: 'FOREIGN KEY (other) REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED',
      },
      {
        name: 'points_parent_fkey',
        text: 'FOREIGN KEY (parent) REFERENCES parent(id) ON UPDATE SET NULL ON DELETE CASCADE',
      },
      { name: 'unchecked', text: `FOREIGN KEY (at) REFERENCES ${table}(id) NOT VALID` },
    ]);
    const indexes = await target.query<{ text: string }>(
      `SELECT replace(indexdef, 'public.', '') AS text FROM pg_indexes WHERE indexname LIKE 'odd\\__%' ORDER BY 1`,
    );
    expect(indexes.map(({ text }) => text)).toEqual([
      `CREATE INDEX odd_gin ON ${table} USING gin (numbers)`,
      `CREATE INDEX odd_pattern ON ${table} USING btree ("Co,l""umn" text_pattern_ops)`,
      `CREATE UNIQUE INDEX odd_unique ON ${table} USING btree (negative, "Co,l""umn" DESC NULLS LAST)`,
    ]);
    expect(
      await target.query(`INSERT INTO ${table} DEFAULT VALUES RETURNING id::int, small::int`),
    ).toEqual([{ id: 12, small: 6 }]);
    expect(
      await target.query(
        `SELECT column_default AS text, nextval('free')::int AS next FROM information_schema.columns WHERE table_name = 'points' AND column_name = 'at'`,
      ),
    ).toEqual([{ text: "nextval('free'::regclass)", next: -11 }]);
    expect(await target.query(`SELECT relpersistence AS p FROM pg_class WHERE relname = 'hasty'`)).toEqual([
      { p: 'u' },
    ]);
    const types = await target.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(Object.fromEntries(types.map(({ name, type }) => [name, type]))).toMatchObject({
      when: 'timestamp(3) with time zone',
      local: 'timestamp(0) without time zone',
      clock: 'time(2) with time zone',
      moments: 'timestamp with time zone[]',
      words: 'mood[]',
      feeling: 'mood',
      keyword: '"user"',
      ratio: 'numeric(10,0)',
      bits: 'bit varying(5)',
      loose: 'text',
      above: 'text',
    });
  });

  it('names each thing that does not come', () => {
    expect([...said].sort()).toEqual([
      ...before(15, 'NULLS NOT DISTINCT: parent_name_key'),
      ...before(13, 'pg_catalog.gen_random_uuid: uuid'),
    ]);
    const left = archive.manifest.notIncluded.map(({ what, name, why }) => `${what} ${name}: ${why?.code}`);
    expect(left).toEqual([
      'files uploaded files: dump-files',
      'generated column odd "na/me.doubled: dump-sql',
      'default odd "na/me.called: dump-sql',
      'type odd "na/me.loose: dump-type',
      'type odd "na/me.above: dump-type',
      'collation odd "na/me.sorted: dump-sql',
      'check odd "na/me: odd "na/me_negative_check: dump-sql',
      'table parts: dump-sql',
      'database properties odd: dump-sql',
      'domain positive: dump-sql',
      'function evil(): dump-sql',
      'function twice(integer): dump-sql',
      'privileges TABLE "parent": dump-grants',
      'materialized view kept: dump-sql',
      'view seen: dump-sql',
      'table attach parts_2024: dump-sql',
      'large objects BLOBS: large-objects',
      'index odd_partial: dump-sql',
      'statistics both_ones: dump-sql',
      'rule empty quiet: dump-sql',
      'trigger odd "na/me evil: dump-sql',
      'row security empty: dump-sql',
      'policy empty mine: dump-sql',
      'schema other: dump-schema',
    ]);
  });

  it('the table that is here keeps a type that Ark does not know, and its trigger', async () => {
    const living = await database(
      `CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
       CREATE TABLE "odd ""na/me" (LIKE pg_class);
       CREATE TABLE empty (id integer, later text);
       CREATE TABLE parts_2024 (id integer, at date CHECK (at > '2000-01-01'));`,
    );
    await restoreAll(hostOf(living.url, data.folder), archive, { collections: ['parts_2024', 'empty'] });
    expect(
      await living.query(`SELECT conname AS name FROM pg_constraint WHERE conrelid = 'parts_2024'::regclass`),
    ).toEqual([{ name: 'parts_2024_at_check' }]);
    expect(await living.query('SELECT count(later)::int AS n FROM empty')).toEqual([{ n: 0 }]);
  });
});

describe('what pg_dump writes otherwise', () => {
  const asIs = async (archive: Archive) => {
    const { collections, objects, notIncluded } = archive.manifest;
    await archive.verify({ unpack: true });
    return { collections, objects, notIncluded };
  };

  it.each([12, 13, 14, 15, 16])('format 1.%i, into a pipe: the same', async (minor) => {
    const original = dump('odd.dump');
    expect(await asIs(await open(forged(original, { minor })))).toEqual(await asIs(await open(original)));
  });

  it('a table that does not stay in memory is read again from the dump', async () => {
    const ids = Array.from({ length: 400_000 }, (_, i) => (i * 2_654_435_761) % 2 ** 31);
    const text = ids.map((id) => `${id}\n`).join('');
    const archive = await open(withRows(forged(dump('odd.dump'), {}), 'empty', `${text}\\.\n\n\n`));
    expect(archive.manifest.collections.find(({ name }) => name === 'empty')?.rows).toBe(ids.length);
    const csv: string[] = [];
    for await (const chunk of archive.rows().chunks('empty')) {
      const lent = await chunk();
      if ('data' in lent) csv.push(Buffer.from(lent.data).toString());
    }
    expect(csv.join('') === text).toBe(true);
    await archive.verify({ unpack: true });
    for (const end of ['', '\\.\n1\n', '1\t2\n\\.\n', '\\N'])
      await expect(
        open(withRows(forged(dump('odd.dump'), {}), 'empty', `${text}${end}`)).then((opened) =>
          opened.verify({ unpack: true }),
        ),
      ).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });

  it.each<[string, Buffer | string, object | undefined, string]>([
    ['1.11', forged(dump('odd.dump'), { minor: 11 }), undefined, 'ARCHIVE_NBDATA'],
    ['1.17', forged(dump('odd.dump'), { minor: 17 }), undefined, 'ARCHIVE_NBDATA'],
    ['lz4', forged(dump('odd.dump'), { minor: 15, algorithm: 2 }), undefined, 'ARCHIVE_NBDATA'],
    ['no dump', 'SELECT 1, 2, 3, 4;', undefined, 'ARCHIVE_NBDATA'],
    ['nothing', '', undefined, 'ARCHIVE_DAMAGED'],
    ['SQLite', 'SQLite format 3\0', { version: '2.2.15', database: { dialect: 'sqlite' } }, 'ARCHIVE_NBDATA'],
  ])('%s is told', async (_, inside, metadata, code) => {
    await expect(open(inside, {}, metadata)).rejects.toMatchObject({ code, exit: 3 });
  });
});

describe('with a password', () => {
  it('opens with it, and with nothing else; what was changed is found all the same', async () => {
    const zip = await nbdata(dump('odd.dump'), { 'uploads/x': 'y' });
    const bytes = sealed(zip, 'pass wörd');
    const opening = (source: Buffer, passphrase?: string, name = 'a.nbdata') =>
      openBackup(inMemory(source), { passphrase }, name);
    const archive = await opening(bytes, 'pass wörd');
    expect(archive.encrypted).toBe(true);
    await archive.verify({ unpack: true });
    expect(archive.manifest.collections).toEqual((await openBackup(inMemory(zip))).manifest.collections);
    await expect(opening(bytes)).rejects.toMatchObject({ code: 'ARCHIVE_LOCKED', exit: 3 });
    await expect(opening(bytes, 'another')).rejects.toMatchObject({ code: 'ARCHIVE_KEY_WRONG', exit: 3 });
    await expect(opening(bytes.subarray(0, -16), 'pass wörd')).rejects.toMatchObject({ exit: 3 });
    await expect(opening(zip, 'pass wörd')).rejects.toMatchObject({ code: 'ARCHIVE_NOT_ENCRYPTED' });
    const flipped = Buffer.from(bytes);
    flipped[5000] = flipped[5000]! ^ 1;
    await expect(opening(flipped, 'pass wörd')).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });
});

describe('made to do harm', () => {
  const changed = (texts: Partial<Entry['texts']>, where: (entry: Entry) => boolean) =>
    forged(dump('odd.dump'), {
      entries: (all) =>
        all.map((entry) => (where(entry) ? { ...entry, texts: { ...entry.texts, ...texts } } : entry)),
    });
  const of = (desc: string, tag?: string) => (entry: Entry) =>
    entry.texts.desc === desc && (tag === undefined || entry.texts.tag === tag);

  it('no SQL of it runs, wherever it stands', async () => {
    const target = await database('CREATE TABLE witness (n integer)');
    const host = hostOf(target.url, data.folder);
    const run = `DO $$ BEGIN INSERT INTO witness VALUES (1); END $$`;
    const every = forged(dump('odd.dump'), {
      entries: (all) =>
        all.map((entry) => ({
          ...entry,
          texts: {
            ...entry.texts,
            drop: run,
            tablespace: '"; INSERT INTO witness VALUES (2); --',
            owner: `x"; ${run}; --`,
            defn:
              entry.texts.desc === 'TABLE' || entry.texts.desc === 'ENCODING'
                ? entry.texts.defn
                : `${entry.texts.defn ?? ''}\n${run};`,
          },
        })),
    });
    const hostile: Record<string, string> = {
      empty: `CREATE TABLE "public"."empty" (id integer DEFAULT (SELECT 1)); ${run}`,
      hasty: `CREATE TABLE "public"."hasty" (id integer DEFAULT pg_sleep(60))`,
      parts_2024: `CREATE TABLE "public"."parts_2024" (id integer CHECK (pg_read_file('/etc/passwd') = ''), at date DEFAULT '2024-01-01'::evil)`,
      points: `CREATE TABLE "public"."points" (parent integer DEFAULT evil(), other integer, at bigint) WITH (user_catalog_table = true)`,
    };
    const some = forged(every, {
      entries: (all) =>
        all.map((entry) => {
          const defn = entry.texts.desc === 'TABLE' ? hostile[entry.texts.tag ?? ''] : undefined;
          return defn === undefined ? entry : { ...entry, texts: { ...entry.texts, defn } };
        }),
    });
    const archive = await open(some);
    expect(archive.manifest.notIncluded.length).toBeGreaterThan(25);
    await restoreAll(host, archive, {});
    expect(await target.query('SELECT n FROM witness')).toEqual([]);
    expect(
      await target.query(
        `SELECT count(*)::int AS n FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid WHERE relname IN ('empty', 'hasty', 'parts_2024', 'points')`,
      ),
    ).toEqual([{ n: 0 }]);
  });

  it.each<[string, () => Buffer, string]>([
    ['more entries than there are', () => forged(dump('odd.dump'), { count: 1000 }), 'ARCHIVE_TOO_LARGE'],
    ['more than any', () => forged(dump('odd.dump'), { count: 2e9 }), 'ARCHIVE_TOO_LARGE'],
    ['fewer than none', () => forged(dump('odd.dump'), { count: -1 }), 'ARCHIVE_DAMAGED'],
    ['fewer than there are', () => forged(dump('odd.dump'), { count: 20 }), 'ARCHIVE_DAMAGED'],
    [
      'a number twice',
      () => forged(dump('odd.dump'), { entries: (all) => all.map((entry) => ({ ...entry, id: 7 })) }),
      'ARCHIVE_DAMAGED',
    ],
    [
      'rows of an entry that is not there',
      () =>
        forged(dump('odd.dump'), {
          entries: (all) => all.filter((entry) => !of('TABLE DATA', 'empty')(entry)),
        }),
      'ARCHIVE_DAMAGED',
    ],
    [
      'rows for another table',
      () => changed({ copy: 'COPY "public"."nothing" FROM stdin;\n' }, of('TABLE DATA', 'empty')),
      'ARCHIVE_DAMAGED',
    ],
    [
      'rows with another column',
      () => changed({ copy: 'COPY "public"."empty" ("ID") FROM stdin;\n' }, of('TABLE DATA', 'empty')),
      'ARCHIVE_DAMAGED',
    ],
    [
      'an announced entry without rows',
      () => {
        const whole = forged(dump('odd.dump'), {});
        return whole.subarray(0, whole.length - 100);
      },
      'ARCHIVE_DAMAGED',
    ],
    ['something behind its end', () => Buffer.concat([dump('odd.dump'), Buffer.from([1])]), 'ARCHIVE_DAMAGED'],
    [
      'another encoding',
      () => changed({ defn: "SET client_encoding = 'LATIN1';\n" }, of('ENCODING')),
      'ARCHIVE_NBDATA',
    ],
  ])('%s: refused', async (_, make, code) => {
    await expect(open(make())).rejects.toMatchObject({ code, exit: 3 });
  });

  it('cut at any length, packed anew or not, it is refused', async () => {
    const [inside, whole] = [dump('odd.dump'), await nbdata(dump('odd.dump'))];
    for (let length = 0; length < inside.length; length += 1 + Math.floor(length / 50)) {
      await expect(open(inside.subarray(0, length))).rejects.toMatchObject({ exit: 3 });
      const cut = Math.floor((length / inside.length) * whole.length);
      await expect(openBackup(inMemory(whole.subarray(0, cut)))).rejects.toMatchObject({ exit: 3 });
    }
  });

  const read = async (archive: Archive) => {
    await archive.verify({ unpack: true });
    const rows = archive.rows();
    const csv: Uint8Array[] = [];
    for (const { name } of archive.manifest.collections)
      for await (const chunk of rows.chunks(name)) {
        const lent = await chunk();
        if ('data' in lent) csv.push(lent.data);
      }
    const { collections, objects } = archive.manifest;
    return { collections, objects, csv: Buffer.concat(csv).toString() };
  };

  it('changed anywhere, it is refused or the same', async () => {
    const whole = await nbdata(dump('odd.dump'), { 'uploads/x': 'y' });
    const good = await read(await openBackup(inMemory(whole)));
    let refused = 0;
    for (let i = 0; i < 120; i += 1) {
      const bytes = Buffer.from(whole);
      const at = Math.floor((i * bytes.length) / 120);
      bytes[at] = bytes[at]! ^ (1 << (i % 8));
      try {
        const now = await read(await openBackup(inMemory(bytes)));
        expect([at, now]).toEqual([at, good]);
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
        expect(error).toMatchObject({ exit: 3 });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('changed by whoever packs it anew, its rows are refused or the same, and all else is read or refused', async () => {
    const inside = forged(dump('odd.dump'), {});
    const good = await read(await open(inside));
    const length = dataLength(inside);
    const rows = inside.length - length;
    let refused = 0;
    for (let i = 0; i < 120; i += 1) {
      const bytes = Buffer.from(inside);
      const at = i < 40 ? Math.floor((i * rows) / 40) : rows + Math.floor(((i - 40) * length) / 80);
      bytes[at] = bytes[at]! ^ (1 << (i % 8));
      try {
        const now = await read(await open(bytes));
        if (at >= rows) expect([at, now.csv]).toEqual([at, good.csv]);
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
        expect(error).toMatchObject({ exit: 3 });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(75);
  });

  it.each(['uploads/../x12', 'uploads//x1234', 'uploads/.ark-x', 'uploads/a\\b123', '/uploads/x123', 'uploads/x\x00abc'])(
    'a file called %j is refused',
    async (name) => {
      const harmless = 'uploads/harmless'.slice(0, name.length);
      const bytes = await nbdata(dump('odd.dump'), { [harmless]: 'x' });
      for (let at = bytes.indexOf(harmless); at >= 0; at = bytes.indexOf(harmless, at)) bytes.write(name, at);
      await expect(openBackup(inMemory(bytes))).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    },
  );

  it('a file that is a folder too is refused, and so is a backup without its parts', async () => {
    await expect(open(dump('odd.dump'), { 'uploads/a': 'x', 'uploads/a/b': 'y' })).rejects.toMatchObject({
      code: 'ARCHIVE_DAMAGED',
    });
    await expect(open(dump('odd.dump'), {}, {})).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  });
});
