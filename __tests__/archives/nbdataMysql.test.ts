import { BackupError } from '../../src/server/errors/errors';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { openBackup } from '../../src/server/dumper/legacy/open';
import { hostOf, restoreAll } from '../helpers/ark';
import { asManager, MARIADB, mariadbDump, nbdata } from '../helpers/nbdata';
import { inMemory } from '../helpers/nbdump';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

/** Backups of NocoBase's Backup manager of an app on MariaDB, around what a real mariadb-dump wrote (nbdata/README.md). */
const { data, database } = ownPlace();
const open = async (text: string): Promise<Archive> =>
  openBackup(inMemory(await nbdata(Buffer.from(text), {}, MARIADB)));

describe('into PostgreSQL', () => {
  let target: TestDatabase;
  let archive: Archive;
  beforeAll(async () => {
    target = await database();
    archive = await open(asManager(mariadbDump()));
    await restoreAll(hostOf(target.url, data.folder), archive, {});
  });

  it('collections are in their groups, and what is SQL is left out by name', () => {
    const { collections, notIncluded, database: source, app } = archive.manifest;
    expect(source).toMatchObject({ dialect: 'mariadb', version: '10.11.19' });
    expect(app?.plugins).toEqual([
      { name: '@nocobase/plugin-off', version: '2.2.15', enabled: false },
      { name: '@nocobase/plugin-users', version: '2.2.15', enabled: true },
    ]);
    expect(Object.fromEntries(collections.map(({ name, group, rows }) => [name, `${group} ${rows}`]))).toEqual({
      ...{ applicationPlugins: 'required 2', applicationVersion: 'required 1', collections: 'required 2' },
      ...{ fields: 'required 6', notes: 'custom 0', roles: 'required 1', things: 'custom 3', users: 'user 2' },
    });
    expect(notIncluded.map(({ what, name, why }) => `${what} ${name}: ${why?.code}`)).toEqual([
      'collection chinaRegions: ignored',
      'files uploaded files: dump-files',
      'generated column things.twice: dump-sql',
      'check things: CONSTRAINT_1: dump-sql',
      'index things: long_one: dump-sql',
      'index things: words: dump-sql',
      'trigger evil: dump-sql',
      'view seen: dump-sql',
      'event later: dump-sql',
      'procedure worse: dump-sql',
    ]);
  });

  it('values come back by the types of PostgreSQL, also those that the Backup manager spoils', async () => {
    const rows = await target.query<Record<string, string | null>>(
      `SELECT id::text, "createdAt" AT TIME ZONE 'UTC' || '' AS created, "updatedAt" AT TIME ZONE 'UTC' || '' AS updated,
        "na\`me ""q""" AS name, body, short, flag::text, tiny::text, big::text, ratio::text, plain::text, real_one::text,
        double_one::text, day::text, hour::text, wall::text, stamp AT TIME ZONE 'UTC' || '' AS stamp, json::text, list::text,
        uuid::text, bytes::text, bits::text, kind, place::text, area::text, way::text, ring::text, made_year::text
       FROM things ORDER BY id`,
    );
    expect(rows).toEqual([
      {
        ...{ id: '1', created: '2024-02-29 23:59:59', updated: '2024-02-29 23:59:59.999' },
        name: 'ends in a backslash \\',
        body: "a;'b'';\n-- no comment\n/* none */ DELIMITER ;;\t\r",
        short: `quote " and \\' and \\\\`,
        ...{ flag: 'true', tiny: '-128', big: '18446744073709551615', ratio: '1234567890.0123456789', plain: '-5' },
        ...{ real_one: '0.5', double_one: '5e-324', day: '0001-01-01', hour: '23:59:59' },
        ...{ wall: '2024-06-01 12:00:00', stamp: '2024-06-01 12:00:00' },
        ...{ json: '{"a": 1.10, "b": "x\\"y"}', list: '[1, "a\\\\"]' },
        ...{ uuid: '11111111-1111-1111-1111-111111111111', bytes: '\\x00ff5c27', bits: '\\x5c5c', kind: 'a' },
        ...{ place: '(1.5,-2)', area: '((0,0),(1,0),(1,1))', way: '((0,0),(1,1))', ring: '<(1,2),3>' },
        made_year: '1999',
      },
      {
        ...{ id: '2', created: '1000-01-01 00:00:00', updated: null, name: '', body: '😀 日本 \\n', short: '\\' },
        ...{ flag: 'false', tiny: '1', big: '0', ratio: null, plain: null, real_one: '-1.5' },
        ...{ double_one: '1.7976931348623157e+308', day: null, hour: null, wall: null, stamp: null, json: 'null' },
        ...{ list: '[]', uuid: null, bytes: '\\x', bits: null, kind: null, place: null, area: null, way: null },
        ...{ ring: null, made_year: null },
      },
      {
        ...{ id: '3', created: '9999-12-31 23:59:59', updated: null, name: null, body: "'", short: "''" },
        ...{ flag: null, tiny: null, big: null, ratio: null, plain: null, real_one: null, double_one: null },
        ...{ day: null, hour: null, wall: null, stamp: null, json: null, list: null, uuid: null, bytes: null },
        ...{ bits: null, kind: null, place: null, area: null, way: null, ring: null, made_year: null },
      },
    ]);
  });

  it('keys, indexes, foreign keys, defaults, counters and comments come back', async () => {
    const keys = await target.query<{ text: string }>(
      `SELECT conname || ': ' || pg_get_constraintdef(oid) AS text FROM pg_constraint
       WHERE conrelid = 'things'::regclass AND contype <> 'n' ORDER BY conname`,
    );
    expect(keys.map(({ text }) => text)).toEqual([
      'things_owner: FOREIGN KEY ("createdById") REFERENCES users(id) ON UPDATE CASCADE ON DELETE SET NULL',
      'things_pkey: PRIMARY KEY (id)',
      'things_whole_kind_key: UNIQUE (whole, kind)',
    ]);
    const indexes = await target.query<{ name: string }>(
      `SELECT indexname AS name FROM pg_indexes WHERE tablename IN ('things', 'users') ORDER BY 1`,
    );
    expect(indexes.map(({ name }) => name)).toEqual([
      ...['things_created_by_id', 'things_path', 'things_pkey', 'things_whole_kind_key'],
      ...['users_email_key', 'users_nickname', 'users_pkey'],
    ]);
    expect(
      await target.query(
        `INSERT INTO things ("createdAt", whole) VALUES (now(), 50) RETURNING id::int, flag, "na\`me ""q""" AS name`,
      ),
    ).toEqual([{ id: 100, flag: true, name: "it's" }]);
    expect(await target.query(`INSERT INTO users (email) VALUES ('x') RETURNING id::int`)).toEqual([{ id: 42 }]);
    expect(
      await target.query(`SELECT col_description('things'::regclass, attnum) AS said FROM pg_attribute WHERE attrelid = 'things'::regclass AND attname = 'body'`),
    ).toEqual([{ said: "a 'comment'" }]);
  });
});

it('a table that does not stay in memory is read again from the dump', async () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => [i, `'text\\' ${i} \\\\'`] as const);
  const inserts: string[] = [];
  for (let at = 0; at < rows.length; at += 5000)
    inserts.push(`INSERT INTO \`notes\` VALUES ${rows.slice(at, at + 5000).map((row) => `(${row.join(',')})`).join(',')};`);
  const archive = await open(
    asManager(mariadbDump().replace('-- Dump completed', `${inserts.join('\n')}\n-- Dump completed`)),
  );
  const csv: string[] = [];
  for await (const chunk of archive.rows().chunks('notes')) {
    const lent = await chunk();
    if ('data' in lent) csv.push(Buffer.from(lent.data).toString());
  }
  expect(csv.join('')).toBe(rows.map(([i]) => `${i},"text' ${i} \\"\n`).join(''));
});

it('a dump that did not go through the Backup manager reads the same', async () => {
  const rows = async (archive: Archive) => {
    const all: string[] = [];
    for (const { name } of archive.manifest.collections)
      for await (const chunk of archive.rows().chunks(name)) {
        const lent = await chunk();
        if ('data' in lent) all.push(Buffer.from(lent.data).toString());
      }
    return all;
  };
  expect(await rows(await open(mariadbDump()))).toEqual(await rows(await open(asManager(mariadbDump()))));
});

describe('damaged or made to do harm', () => {
  it('cut anywhere, it is refused', async () => {
    const text = Buffer.from(asManager(mariadbDump()));
    const end = text.indexOf('-- Dump completed');
    for (let at = 0; at < end; at += 1 + Math.floor(at / 60))
      await expect(open(text.subarray(0, at).toString('latin1'))).rejects.toMatchObject({ exit: 3 });
  });

  it('changed anywhere by whoever packs it anew, it is read or refused, and nothing else happens', async () => {
    const text = Buffer.from(asManager(mariadbDump()));
    for (let i = 0; i < 250; i += 1) {
      const bytes = Buffer.from(text);
      const at = Math.floor((i * text.length) / 250);
      bytes[at] = bytes[at]! ^ (1 << (i % 7));
      try {
        const archive = await openBackup(inMemory(await nbdata(bytes, {}, MARIADB)));
        await archive.verify({ unpack: true });
      } catch (error) {
        if (!(error instanceof BackupError)) throw error;
        expect([3, 1]).toContain(error.exit);
      }
    }
  });

  const ending = (statement: string) => asManager(mariadbDump()).replace('-- Dump completed', `${statement}\n-- Dump completed`);
  it.each<[string, string, string]>([
    ['a table twice', 'CREATE TABLE `notes` (`id` int);', 'ARCHIVE_DAMAGED'],
    ['rows of no table', 'INSERT INTO `none` VALUES (1);', 'ARCHIVE_DAMAGED'],
    ['rows with too few values', 'INSERT INTO `notes` VALUES (1);', 'ARCHIVE_DAMAGED'],
    ['rows with too many', "INSERT INTO `notes` VALUES (1,'a','b');", 'ARCHIVE_DAMAGED'],
    ['rows that are computed', 'INSERT INTO `notes` VALUES (1,sleep(9));', 'ARCHIVE_DAMAGED'],
    ['rows of a query', 'INSERT INTO `notes` SELECT 1, 2;', 'OK'],
    ['a text without an end', "INSERT INTO `notes` VALUES (1,'a;", 'ARCHIVE_DAMAGED'],
  ])('%s', async (_, statement, code) => {
    const outcome = await open(ending(statement)).then(
      (archive) => archive.manifest.notIncluded.some(({ what }) => what === 'statement') ? 'OK' : 'unsaid',
      (error: unknown) => (error instanceof BackupError ? error.code : error),
    );
    expect(outcome).toBe(code);
  });

  it('what Ark keeps in a database is nothing of the app: it is left out by name, with its rows', async () => {
    const names = ['_ark_20260101_000000_abcdef_j_done', '_ark_20260101_000000_abcdef_u_0', '_ark_00000000_rows'];
    const kept = names.map(
      (name) => `CREATE TABLE \`${name}\` (\`id\` int);\nINSERT INTO \`${name}\` VALUES (1),(2);`,
    );
    const { collections, notIncluded } = (await open(ending(kept.join('\n')))).manifest;
    expect(collections.filter(({ name }) => name.startsWith('_ark'))).toEqual([]);
    expect(notIncluded.filter(({ why }) => why?.code === 'own').map(({ what, name }) => `${what} ${name}`)).toEqual(
      names.map((name) => `table ${name}`),
    );
  });

  it('a value that PostgreSQL cannot have is refused with its place, and nothing changes', async () => {
    const target = await database('CREATE TABLE notes (id bigint PRIMARY KEY, text varchar(20))');
    const zero = asManager(mariadbDump()).replace("'2024-06-01 12:00:00','2024-06-01 12:00:00'", "'0000-00-00 00:00:00','2024-06-01 12:00:00'");
    await expect(restoreAll(hostOf(target.url, data.folder), await open(zero), {})).rejects.toMatchObject({
      code: 'VALUE_UNFIT',
      message: expect.stringMatching(/^things, line 1, column wall: /) as string,
    });
    expect(await target.query("SELECT to_regclass('things') AS t")).toEqual([{ t: null }]);
  });
});
