import { findUndo, previewUndo } from '../../src/server/actions/restore/undos';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { snakeCase } from '../../src/server/dumper/app/groups';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';

/** What an app would no longer know after a restore or an undo is named before. */
const { data, database } = ownPlace();

const app = (prefix: string, underscored: boolean) => {
  const t = (name: string) => `"${prefix}${underscored ? snakeCase(name) : name}"`;
  const c = (name: string) => `"${underscored ? snakeCase(name) : name}"`;
  return {
    t,
    c,
    sql: `
      CREATE TABLE ${t('applicationPlugins')} (name text, ${c('packageName')} text, version text, enabled boolean);
      CREATE TABLE ${t('applicationVersion')} (value text);
      CREATE TABLE ${t('collections')} (name text PRIMARY KEY, title text, options json);
      CREATE TABLE ${t('fields')} (key text PRIMARY KEY, ${c('collectionName')} text, name text, options json, shown text GENERATED ALWAYS AS (upper(name)) STORED);
      CREATE TABLE ${t('roles')} (name text PRIMARY KEY, title text);
      CREATE TABLE ${t('workflows')} (id bigint PRIMARY KEY, key text, title text);
      CREATE TABLE ${t('desktopRoutes')} (id bigint PRIMARY KEY, title text);
      CREATE TABLE ${t('users')} (id bigint PRIMARY KEY);
      CREATE TABLE ${t('orders')} (id bigint PRIMARY KEY);
      INSERT INTO ${t('collections')} VALUES ('orders', 'Orders, "all"', '{}');
      INSERT INTO ${t('fields')} VALUES ('f1', 'orders', 'id', '{}');
      INSERT INTO ${t('roles')} VALUES ('admin', 'Admin');
      INSERT INTO ${t('workflows')} VALUES (1, 'w1', 'Nightly');
      INSERT INTO ${t('desktopRoutes')} VALUES (1, 'Home');`,
    made: `
      CREATE TABLE ${t('invoices')} (id bigint PRIMARY KEY, amount numeric);
      INSERT INTO ${t('collections')} VALUES ('invoices', 'Invoices', '{}');
      INSERT INTO ${t('fields')} VALUES ('f2', 'invoices', 'amount', '{}'), ('f3', 'orders', 'note', '{}');
      INSERT INTO ${t('roles')} VALUES ('clerk', NULL);
      INSERT INTO ${t('workflows')} VALUES (2, 'w1', 'Nightly, again'), (3, 'w2', 'Mail');
      INSERT INTO ${t('desktopRoutes')} VALUES (2, 'Invoices');`,
  };
};

const MADE = [
  { kind: 'collection', name: 'invoices', title: 'Invoices' },
  // Not those of the collection that goes.
  { kind: 'field', name: 'orders.note' },
  { kind: 'page', name: '2', title: 'Invoices' },
  { kind: 'role', name: 'clerk' },
  // A new version of one that is known is no other.
  { kind: 'workflow', name: 'w2', title: 'Mail' },
];

describe.each([
  ['plain', '', false],
  ['with a prefix, underscored', 'nb_', true],
])('NocoBase %s', (_, prefix, underscored) => {
  const { sql, made } = app(prefix, underscored);

  test('what was made since the backup, of every kind, by group and whole; and by an undo', async () => {
    const at = await database(sql);
    const host = hostOf(at.url, data.folder);
    const archive = await backUp(host, `forgotten-${prefix}`);
    expect((await previewBackup(host, archive, {})).forgotten).toEqual([]);
    await at.sql(made);
    for (const selection of [{}, { all: true }, { groups: ['user' as const] }]) {
      const { forgotten, asksForName } = await previewBackup(host, archive, selection);
      expect(forgotten).toEqual(MADE);
      expect(asksForName).toBe(true);
    }
    // Where definitions stay, nothing is forgotten.
    const table = underscored ? `${prefix}users` : 'users';
    expect((await previewBackup(host, archive, { collections: [table] })).forgotten).toEqual([]);

    // The other way round: an undo takes what a restore has brought.
    const later = await backUp(host, `later-${prefix}`);
    await restoreAll(host, archive);
    await restoreAll(host, later);
    const undo = await previewUndo(host, await findUndo(host));
    expect(undo.forgotten).toEqual(MADE);
    expect(undo.asksForName).toBe(true);
  });
});

test('a database without an app knows of nothing', async () => {
  const at = await database('CREATE TABLE collections (name text); INSERT INTO collections VALUES (1)');
  const host = hostOf(at.url, data.folder);
  const archive = await backUp(host, 'no-app');
  await at.sql("INSERT INTO collections VALUES ('x')");
  expect((await previewBackup(host, archive, { all: true })).forgotten).toEqual([]);
});
