import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import systemCollections from '../../src/server/collections/nocobase.json';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { withTrueGroups } from '../../src/server/dumper/restore/claims';
import type { AppInfo } from '../../src/server/dumper/dialect';
import { GroupName, groupOf, tableName } from '../../src/server/dumper/app/groups';
import { Manifest } from '../../src/server/dumper/archive/manifest';
import { chooseFrom } from '../../src/server/dumper/restore/plan';
import { inspectText } from '../../src/server/terminal/tables';
import { summarize } from '../../src/server/actions/backups/summary';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { putTogether, takenApart, type Written } from '../helpers/forged';
import { ownPlace } from '../helpers/place';

/** What an archive says of a collection's group counts only where nobody knows better. */
const place = ownPlace();

const APP = `
  CREATE TABLE "applicationVersion" (value text);
  INSERT INTO "applicationVersion" VALUES ('2.2.15');
  CREATE TABLE "applicationPlugins" (name text, "packageName" text, version text, enabled boolean);
  CREATE TABLE collections (name text, title text, options json);
  INSERT INTO collections VALUES ('orders', 'Orders', '{}');
  CREATE TABLE fields (key text, "collectionName" text, options json);
  CREATE TABLE orders (id integer);
  CREATE TABLE users (id integer PRIMARY KEY, nickname text);`;

let written: Written;

beforeAll(async () => {
  const source = await place.database(
    `${APP} INSERT INTO users VALUES (1, 'the intruder'); INSERT INTO orders VALUES (1);`,
  );
  await backUp(hostOf(source.url, place.data.folder), 'app');
  written = await takenApart(readFileSync(join(place.data.folder, 'backups', 'app.ark')));
});

const collectionsOf = ({ manifest }: Written) => manifest.collections as { name: string; group: string }[];

const groupsOf = (names: readonly string[]): GroupName[] =>
  names.map((name) => groupOf(Object.entries(systemCollections).find(([one]) => one === name)?.[1]?.[0]));

const namings = [
  { tablePrefix: '', underscored: false },
  { tablePrefix: 'nb_', underscored: true },
];

describe.each(namings)('every known collection, claimed for every group: %j', (naming) => {
  const names = Object.keys(systemCollections);
  const truth = groupsOf(names);

  /** The tables of all that NocoBase knows, each said to be in this group. */
  const claiming = (claimed: GroupName, app: boolean): Manifest => {
    const base = Manifest.parse(written.manifest);
    const [model] = base.collections;
    if (!model) throw new Error('the archive is empty');
    const { app: from, ...rest } = base;
    return {
      ...rest,
      ...(app && from && { app: from }),
      database: { ...base.database, ...naming },
      collections: names.map((name) => ({ ...model, name: tableName(name, naming), group: claimed })),
    };
  };
  const here = { ...naming, name: 'nocobase', custom: new Map(), plugins: [] } as unknown as AppInfo;

  it.each([
    ['by the app that is restored into', false, here],
    ['by NocoBase itself', true, undefined],
    ['by both', true, here],
  ] as const)('%s', (_, app, target) => {
    let tried = 0;
    for (const claimed of GroupName.options) {
      const { manifest, claims } = withTrueGroups(claiming(claimed, app), target);
      expect(manifest.collections.map((collection) => collection.group)).toEqual(truth);
      expect(claims).toHaveLength(truth.filter((group) => group !== claimed).length);
      for (const group of GroupName.options) {
        if (group === 'ignored') continue;
        const wanted = names.filter((_name, i) => truth[i] === group || truth[i] === 'required');
        const chosen = chooseFrom(manifest, { groups: [group] }).map((one) => one.name);
        expect(chosen).toEqual(wanted.map((name) => tableName(name, naming)));
        tried += names.length;
      }
    }
    expect(tried).toBeGreaterThan(4000);
  });

  it('what the app says of itself wins', () => {
    const live = new Map([
      [tableName('users', naming), { collection: 'users', rules: { group: 'third-party' } }],
    ]);
    const { manifest } = withTrueGroups(claiming('custom', true), { ...here, live });
    const users = manifest.collections.find((collection) => collection.name === tableName('users', naming));
    expect(users?.group).toBe('third-party');
  });

  it('what nobody knows has the group that the archive says', () => {
    const manifest = claiming('custom', true);
    const [first] = manifest.collections;
    const odd = { ...manifest, collections: first ? [{ ...first, name: 'orders' }] : [] };
    expect(withTrueGroups(odd, here)).toEqual({ manifest: odd, claims: [] });
  });
});

it('users that an archive calls custom do not come with a restore of "custom", and that is said', async () => {
  const manifest = {
    ...written.manifest,
    collections: collectionsOf(written).map((collection) => ({
      ...collection,
      group: collection.group === 'user' ? 'custom' : collection.group,
    })),
  };
  const file = join(place.data.folder, 'claims.ark');
  await writeFile(file, await putTogether({ ...written, manifest }));
  const target = await place.database(`${APP} INSERT INTO users VALUES (1, 'Ann');`);
  const host = hostOf(target.url, place.data.folder);
  const archive = await findArchive(host, file);
  const said = expect.stringContaining('puts users into the group "custom"; it is in "user"') as string;
  expect(inspectText(summarize('claims.ark', archive), archive)).toContainEqual(said);
  const preview = await previewBackup(host, archive, { groups: ['custom'] });
  expect(preview.warnings).toContainEqual({
    kind: 'group',
    code: 'group-claimed',
    name: 'users',
    claimed: 'custom',
    group: 'user',
  });
  expect(preview.collections.map((collection) => collection.name)).not.toContain('users');
  await restoreAll(host, archive, { groups: ['custom'] });
  expect(await target.query('SELECT nickname FROM users')).toEqual([{ nickname: 'Ann' }]);
  expect(await target.query('SELECT id FROM orders')).toEqual([{ id: 1 }]);
  await restoreAll(host, archive, { groups: ['user'] });
  expect(await target.query('SELECT nickname FROM users')).toEqual([{ nickname: 'the intruder' }]);
});

it.each(['collections', 'files'])('a name that is twice in its %s is refused', async (list) => {
  const files = [{ storage: 'local', files: [] }];
  const manifest = {
    ...written.manifest,
    ...(list === 'files'
      ? { files: [...files, ...files] }
      : {
          collections: [
            ...collectionsOf(written),
            ...collectionsOf(written)
              .slice(0, 1)
              .map((collection) => ({ ...collection, rows: 0, chunks: [] })),
          ],
        }),
  };
  const file = join(place.data.folder, 'twice.ark');
  await writeFile(file, await putTogether({ ...written, manifest }));
  const { url } = await place.database();
  await expect(findArchive(hostOf(url, place.data.folder), file)).rejects.toMatchObject({
    code: 'ARCHIVE_DAMAGED',
    message: expect.stringContaining('twice') as string,
  });
});
