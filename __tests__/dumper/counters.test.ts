import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { snakeCase, type Selection } from '../../src/server/dumper/app/groups';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { warningText } from '../../src/server/dumper/app/warning';

/** A sequence field of NocoBase has its counter in a table of all of them: it goes where the collection goes. */
const { data, database } = ownPlace();

const app = (prefix: string, underscored: boolean) => {
  const t = (name: string) => `"${prefix}${underscored ? snakeCase(name) : name}"`;
  const c = (name: string) => `"${underscored ? snakeCase(name) : name}"`;
  return {
    t,
    sql: `
      CREATE TABLE ${t('applicationPlugins')} (name text, ${c('packageName')} text, version text, enabled boolean);
      CREATE TABLE ${t('collections')} (name text PRIMARY KEY, title text, options json);
      CREATE TABLE ${t('fields')} (key text PRIMARY KEY, ${c('collectionName')} text, name text, type text, options json);
      CREATE TABLE ${t('sequences')} (id bigserial PRIMARY KEY, collection text, field text, key integer, current bigint, "lastGeneratedAt" timestamptz);
      CREATE TABLE ${t('users')} (id bigserial PRIMARY KEY, badge text);
      CREATE TABLE ${t('executions')} (id bigserial PRIMARY KEY);
      CREATE TABLE ${t('bigOrders')} (id bigserial PRIMARY KEY, serial text);
      CREATE TABLE ${t('invoices')} (id bigserial PRIMARY KEY, serial text);
      CREATE TABLE ${t('plain')} (id bigserial PRIMARY KEY);
      INSERT INTO ${t('collections')} VALUES ('bigOrders', NULL, '{}'), ('invoices', NULL, '{}'), ('plain', NULL, '{}');
      INSERT INTO ${t('fields')} VALUES ('f1', 'bigOrders', 'serial', 'sequence', '{}'), ('f2', 'invoices', 'serial', 'sequence', '{}'),
        ('f3', 'users', 'badge', 'sequence', '{}'), ('f4', 'plain', 'id', 'bigInt', '{}');
      INSERT INTO ${t('sequences')} (collection, field, key, current) VALUES ('bigOrders', 'serial', 1, 10), ('invoices', 'serial', 1, 20),
        ('users', 'badge', 1, 30), ('gone', 'serial', 1, 40), (NULL, NULL, NULL, 50);`,
    /** All of them go on, one got a second counter, one is new, and the numbers of rows are other ones. */
    since: `
      UPDATE ${t('sequences')} SET current = current + 5 WHERE collection IS NOT NULL;
      DELETE FROM ${t('sequences')} WHERE collection = 'gone';
      INSERT INTO ${t('sequences')} (collection, field, key, current) VALUES ('invoices', 'serial', 2, 1), ('plain', 'late', 1, 7);
      UPDATE ${t('sequences')} SET id = id + 100 WHERE id >= 6;
      INSERT INTO ${t('plain')} VALUES (7);`,
  };
};

describe.each([
  ['plain', '', false],
  ['with a prefix, underscored', 'nb_', true],
])('NocoBase %s', (_, prefix, underscored) => {
  const { sql, since, t } = app(prefix, underscored);
  const table = (name: string) => t(name).slice(1, -1);
  const counters = async (at: TestDatabase) => {
    const rows = await at.query<{ line: string }>(
      `SELECT concat_ws(' ', coalesce(collection, '-'), key, current) AS line FROM ${t('sequences')}`,
    );
    return rows.map((row) => row.line).sort();
  };
  const THEN = { orders: 'bigOrders 1 10', invoices: ['invoices 1 20'], users: 'users 1 30' };
  const NOW = { orders: 'bigOrders 1 15', invoices: ['invoices 1 25', 'invoices 2 1'], users: 'users 1 35' };
  // Of what neither side knows, and of a collection that had none then.
  const late = 'plain 1 7';
  const none = '- 50';

  test.each<[string, Selection, string[] | 'as it is']>([
    ['user', { groups: ['user'] }, [none, NOW.orders, ...NOW.invoices, late, THEN.users]],
    [
      'user, definitions kept',
      { groups: ['user'], keepDefinitions: true },
      [none, NOW.orders, ...NOW.invoices, late, THEN.users],
    ],
    ['log', { groups: ['log'] }, [none, NOW.orders, ...NOW.invoices, late, NOW.users]],
    ['log, definitions kept', { groups: ['log'], keepDefinitions: true }, 'as it is'],
    ['custom', { groups: ['custom'] }, [none, THEN.orders, ...THEN.invoices, NOW.users]],
    [
      'custom, definitions kept',
      { groups: ['custom'], keepDefinitions: true },
      [none, THEN.orders, ...THEN.invoices, NOW.users],
    ],
    [
      'one collection',
      { collections: [table('bigOrders')] },
      [none, THEN.orders, ...NOW.invoices, late, NOW.users],
    ],
    [
      'one without any then',
      { collections: [table('plain')] },
      [none, NOW.orders, ...NOW.invoices, NOW.users],
    ],
    ['one without any', { collections: [table('executions')] }, 'as it is'],
    ['all of it', { all: true }, [none, THEN.orders, ...THEN.invoices, THEN.users]],
    [
      'the table itself, by name',
      { collections: [table('sequences')] },
      [none, THEN.orders, 'gone 1 40', ...THEN.invoices, THEN.users],
    ],
  ])(
    '%s: the counters of what comes come, the others stay; and an undo',
    async (name, selection, expected) => {
      const at = await database(sql);
      const host = hostOf(at.url, data.folder);
      const archive = await backUp(host, `counters-${prefix}${name.replaceAll(/\W+/g, '-')}`);
      await at.sql(since);
      const before = await digest(at.url);
      const was = await counters(at);
      const preview = await previewBackup(host, archive, selection);
      const comes = expected !== 'as it is';
      expect(preview.collections.some((collection) => collection.name === table('sequences'))).toBe(comes);
      // A counter is nobody's loss.
      expect(
        preview.collections.find((collection) => collection.name === table('sequences'))?.bookkeeping,
      ).toBe(comes ? true : undefined);

      await restoreAll(host, archive, selection);
      expect(await counters(at)).toEqual(comes ? [...expected].sort() : was);
      const [numbers] = await at.query<{ all: number; different: number }>(
        `SELECT count(*)::int AS all, count(DISTINCT id)::int AS different FROM ${t('sequences')}`,
      );
      expect(numbers?.different).toBe(numbers?.all);
      // The next one gets a number that is free.
      await at.sql(
        `INSERT INTO ${t('sequences')} (collection) VALUES ('next'); DELETE FROM ${t('sequences')} WHERE collection = 'next'`,
      );

      const host2 = hostOf(at.url, data.folder);
      await applyUndo(host2, await findUndo(host2), { allowBreaks: false });
      expect((await digest(at.url)).tables).toEqual(before.tables);
    },
  );

  test('an undo does not put back the counters of what was left alone', async () => {
    const at = await database(sql);
    const host = hostOf(at.url, data.folder);
    const archive = await backUp(host, `counters-undo-${prefix}`);
    await at.sql(since);
    await restoreAll(host, archive, { groups: ['user'] });
    await at.sql(`UPDATE ${t('sequences')} SET current = current + 100`);
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await counters(at)).toEqual([
      '- 150',
      'bigOrders 1 115',
      'invoices 1 125',
      'invoices 2 101',
      'plain 1 107',
      NOW.users,
    ]);
  });

  test('a backup of single collections has their counters, and the preview says whose come and whose stay', async () => {
    const at = await database(sql);
    const host = hostOf(at.url, data.folder);
    const archive = await backUp(host, `counters-one-${prefix}`, { collections: ['bigOrders'] });
    expect(archive.manifest.collections.map(({ name }) => name).sort()).toEqual(
      [table('bigOrders'), table('sequences')].sort(),
    );
    const { warnings } = await previewBackup(host, archive, {});
    const said = warnings.filter((warning) => warning.kind === 'kept').map(warningText);
    expect(said).toEqual([expect.stringMatching(/those of \S*ig_?[oO]rders come back; those of .*invoices/)]);
    const other = await backUp(host, `counters-other-${prefix}`, { collections: ['plain'] });
    expect(other.manifest.collections.map(({ name }) => name)).toEqual([table('plain')]);
    expect((await previewBackup(host, other, {})).warnings).toEqual([]);
  });
});

test('a backup that lacks them says so', async () => {
  const { sql } = app('', false);
  const at = await database(sql.replace(/INSERT INTO "sequences"[^;]*;/, 'DROP TABLE "sequences";'));
  const host = hostOf(at.url, data.folder);
  const archive = await backUp(host, 'counters-lacking');
  const full = await database(sql);
  const { warnings } = await previewBackup(hostOf(full.url, data.folder), archive, { groups: ['custom'] });
  expect(warnings.map(warningText)).toEqual([
    expect.stringMatching(/lacks the counters .* those of bigOrders, invoices stay as they are/),
  ]);
});
