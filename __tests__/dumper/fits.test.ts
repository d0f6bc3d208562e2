import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { warningText } from '../../src/server/dumper/app/warning';

/** What must fit between an archive and the app it is restored into. */
const nocobase = (prefix: string, underscored: boolean, version: string, plugins: string[]) => {
  const name = (camel: string) =>
    prefix + (underscored ? camel.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`) : camel);
  return `
    CREATE TABLE "${name('applicationPlugins')}" (name text, version text, enabled boolean, "${underscored ? 'package_name' : 'packageName'}" text);
    INSERT INTO "${name('applicationPlugins')}" VALUES ${plugins.map((plugin) => `('${plugin}', '1', true, '@nocobase/plugin-${plugin}')`).join(', ')};
    CREATE TABLE "${name('applicationVersion')}" (value text); INSERT INTO "${name('applicationVersion')}" VALUES ('${version}');
    CREATE TABLE "${name('collections')}" (name text, title text, options json);
    INSERT INTO "${name('collections')}" VALUES ('shopOrders', 'Orders', '{}');
    CREATE TABLE "${name('shopOrders')}" (id integer);`;
};

const { data, database } = ownPlace();

it('finds prefix and naming out from the tables', async () => {
  const app = await database(nocobase('nb_', true, '2.2.15', ['users']));
  const { manifest } = await backUp(hostOf(app.url, data.folder), 'prefixed');
  expect(manifest.database).toMatchObject({ tablePrefix: 'nb_', underscored: true });
  expect(manifest.app).toMatchObject({
    version: '2.2.15',
    plugins: [{ name: '@nocobase/plugin-users', enabled: true }],
  });
  expect(manifest.collections.find((collection) => collection.name === 'nb_shop_orders')).toMatchObject({
    group: 'custom',
    collection: 'shopOrders',
    title: 'Orders',
  });
});

it('refuses an archive whose tables the app would not find', async () => {
  const app = await database(nocobase('nb_', true, '2.2.15', ['users']));
  const archive = await backUp(hostOf(app.url, data.folder), 'other-prefix');
  const other = await database(nocobase('', false, '2.2.15', ['users']));
  await expect(restoreAll(hostOf(other.url, data.folder), archive)).rejects.toMatchObject({
    code: 'PREFIX_DIFFERS',
  });
  await expect(previewBackup(hostOf(other.url, data.folder), archive, {})).rejects.toMatchObject({
    code: 'PREFIX_DIFFERS',
  });
});

it('warns of missing plugins, another version and another key', async () => {
  const app = await database(nocobase('', false, '2.3.0', ['users', 'workflow']));
  const host = hostOf(app.url, data.folder, { APP_KEY: 'one' });
  await createBackup(host, { selection: {}, to: { storage: 'local', name: 'plugins' } });
  const archive = await findArchive(host, 'plugins.ark');
  expect(JSON.stringify(archive.manifest)).not.toContain('"one"');
  const older = await database(nocobase('', false, '2.2.15', ['users']));
  const preview = await previewBackup(hostOf(older.url, data.folder, { APP_KEY: 'two' }), archive, {});
  expect(preview.warnings.map((warning) => warning.kind)).toEqual(['plugin', 'breaks', 'key']);
  expect(preview.warnings[0]).toEqual({
    kind: 'plugin',
    code: 'plugins-unknown',
    plugins: ['@nocobase/plugin-workflow'],
  });
  expect((await previewBackup(host, archive, {})).warnings).toEqual([]);
});

it('plugins that the restore turns on: off here, not installed, or nobody can tell', async () => {
  const on = ['users', 'workflow', 'field-china-region', 'gone'];
  const app = await database(nocobase('', false, '2.2.15', on));
  const archive = await backUp(hostOf(app.url, data.folder), 'plugins-on');
  const other = await database(`${nocobase('', false, '2.2.15', ['users'])};
    INSERT INTO "applicationPlugins" VALUES ('workflow', '1', false, '@nocobase/plugin-workflow')`);
  const host = hostOf(other.url, data.folder);
  const warnings = async (hasPackage?: (name: string) => boolean) => {
    const here = { ...host, app: { ...host.app, ...(hasPackage && { hasPackage }) } };
    return (await previewBackup(here, archive, {})).warnings.map(warningText);
  };
  // Without the app running.
  expect(await warnings()).toEqual([
    expect.stringMatching(/turns on plugins that are off here: @nocobase\/plugin-workflow\.$/),
    expect.stringMatching(/never had on: @nocobase\/plugin-field-china-region, @nocobase\/plugin-gone\./),
  ]);
  expect(await warnings((name) => name !== '@nocobase/plugin-gone')).toEqual([
    expect.stringMatching(
      /off here: @nocobase\/plugin-field-china-region, @nocobase\/plugin-workflow\. .*may be empty: chinaRegions\./,
    ),
    expect.stringMatching(/not installed here: @nocobase\/plugin-gone\. Install them first/),
  ]);
});

it('refuses, unless it is allowed, an archive of a newer NocoBase, and takes one of an older', async () => {
  const newer = await database(nocobase('', false, '2.10.0', ['users']));
  const archive = await backUp(hostOf(newer.url, data.folder), 'newer');
  const app = await database(nocobase('', false, '2.9.1', ['users']));
  const host = hostOf(app.url, data.folder);
  const before = await digest(app.url);
  await expect(restoreAll(host, archive)).rejects.toMatchObject({ code: 'APP_TOO_OLD' });
  expect(await digest(app.url)).toEqual(before);
  const older = await backUp(host, 'older');
  const preview = await previewBackup(hostOf(newer.url, data.folder), older, {});
  expect(preview.warnings.map((warning) => warning.kind)).toEqual(['version']);
  await restoreBackup(host, archive, 'newer.ark', { selection: {}, allowBreaks: true });
  expect(await app.query('SELECT value FROM "applicationVersion"')).toEqual([{ value: '2.10.0' }]);
});

it('refuses collections that neither the app nor the backup describes', async () => {
  const app = await database(nocobase('', false, '2.2.15', ['users']));
  const host = hostOf(app.url, data.folder);
  const archive = await backUp(host, 'undescribed', { collections: ['shopOrders'] });
  const empty = await database(
    `${nocobase('', false, '2.2.15', ['users'])} DELETE FROM collections; DROP TABLE "shopOrders"`,
  );
  const emptyHost = hostOf(empty.url, data.folder);
  await expect(restoreAll(emptyHost, archive, {})).rejects.toMatchObject({ code: 'REQUIRED_MISSING' });
  const { warnings } = await previewBackup(emptyHost, archive, {});
  expect(warnings).toMatchObject([{ kind: 'breaks', code: 'definitions-missing', names: ['shopOrders'] }]);
  expect(await empty.query(`SELECT to_regclass('"shopOrders"') AS there`)).toEqual([{ there: null }]);
  // Where the app knows them, nothing is amiss.
  expect((await previewBackup(host, archive, {})).warnings).toEqual([]);
});

it.each([
  ['sqlite', 'DIALECT_DIFFERS'],
  ['mysql', 'ARCHIVE_DAMAGED'],
  ['mariadb', 'ARCHIVE_DAMAGED'],
] as const)(
  'refuses an archive that says it is of %s, with a structure that is not: %s',
  async (dialect, code) => {
    const app = await database('CREATE TABLE t (id integer)');
    const host = hostOf(app.url, data.folder);
    const archive = await backUp(host, `of-${dialect}`);
    const foreign = {
      ...archive,
      manifest: { ...archive.manifest, database: { ...archive.manifest.database, dialect } },
    };
    await expect(restoreAll(host, foreign)).rejects.toMatchObject({ code });
  },
);
