import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { containing } from '../../../src/server/actions/backups/containing';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { listCommand } from '../../../src/server/commands/list';
import { hostOf } from '../../helpers/ark';
import { testConsole } from '../../helpers/console';
import { ownPlace } from '../../helpers/place';
import type { Host } from '../../../src/server/host';
import type { TestDatabase } from '../../helpers/postgres';
import { runCommand } from '../../helpers/terminal';

/** In which backups a collection is: what cannot be looked into is named, and never passes for one without it. */
const { data, database } = ownPlace();
let shop: TestDatabase;
let host: Host;
beforeAll(async () => {
  shop = await database(
    `CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE "orderItems" (id int PRIMARY KEY); CREATE TABLE "Käufer" (id int PRIMARY KEY)`,
  );
  host = hostOf(shop.url, data.folder);
  const make = (name: string, collections: string[], passphrase?: string) =>
    createBackup(host, {
      selection: { collections },
      to: { storage: 'local', name },
      ...(passphrase !== undefined && { encryptFor: { passphrase } }),
    });
  await make('all', ['orders', 'orderItems', 'Käufer']);
  await make('some', ['orders']);
  await make('other', ['Käufer']);
  await make('locked', ['orders'], 'open wide sesame');
  await make('broken', ['orders']);
  const file = join(data.folder, 'backups', 'broken.ark');
  await writeFile(file, (await readFile(file)).subarray(0, -60));
});
const newCatalog = () => catalog(join(data.folder, 'own.json'));

it.each<[string, Record<string, string[]>]>([
  ['orders', { all: ['orders'], some: ['orders'] }],
  ['ORDER', { all: ['orderItems', 'orders'], some: ['orders'] }],
  [' käuf ', { all: ['Käufer'], other: ['Käufer'] }],
  ['nothing like it', {}],
  ['.*', {}],
])('%j', async (collection, wanted) => {
  const { has, unseen, failed } = await containing(host, newCatalog(), { collection });
  expect(
    Object.fromEntries(has.map((each) => [each.name.replace('.ark', ''), [...each.collections].sort()])),
  ).toEqual(wanted);
  expect([...unseen].sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'broken.ark', storage: 'local', why: 'unreadable' },
    { name: 'locked.ark', storage: 'local', why: 'locked' },
  ]);
  expect(failed).toEqual([]);
});

it('what there was no time for is said, and what was read is not read again', async () => {
  const seen = newCatalog();
  const none = await containing(host, seen, { collection: 'orders', ms: 0 });
  expect(none.has).toEqual([]);
  expect(
    none.unseen
      .filter(({ why }) => why === 'later')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['all.ark', 'other.ark', 'some.ark']);
  await containing(host, seen, { collection: 'orders' });
  let opened = 0;
  const counting: Host = {
    ...host,
    storages: {
      ...host.storages,
      find: async (name) => {
        const storage = await host.storages.find(name);
        return {
          ...storage,
          get: (...args: Parameters<typeof storage.get>) => ((opened += 1), storage.get(...args)),
        };
      },
    },
  };
  const again = await containing(counting, seen, { collection: 'Käufer', ms: 0 });
  expect(again.has).toHaveLength(2);
  expect(opened).toBe(0);
});

it('by the API, and by the command line, which names what it could not look into', async () => {
  const console = await testConsole(shop.url);
  try {
    expect(await console.get('arkBackups:containing', { collection: 'orders' })).toEqual({
      has: [],
      unseen: [],
      failed: [],
    });
    expect(await console.refused(console.raw('GET', '/api/arkBackups:containing?collection='))).toBe(
      '400 USAGE',
    );
  } finally {
    await console.stop();
  }
  const list = (...args: string[]) => runCommand(listCommand, ['list', ...args], data.folder);
  const { out, exit } = await list('--contains', 'orderitems');
  expect(exit).toBe(0);
  expect(out).toContain('all.ark');
  expect(out).not.toContain('other.ark');
  expect(out).toContain('! locked.ark in local was not looked into: it is encrypted');
  expect(out).toContain('! broken.ark in local was not looked into: it cannot be read');
  const json = JSON.parse((await list('--contains', 'orders', '--json')).out) as {
    backups: { key: string; contains: string[] }[];
    unseen: unknown[];
  };
  expect(json.backups.map(({ key, contains }) => [key, contains]).sort()).toEqual([
    ['all.ark', ['orders']],
    ['some.ark', ['orders']],
  ]);
  expect(json.unseen).toHaveLength(2);
  expect(await list('--contains', ' ')).toMatchObject({ exit: 2 });
  expect(JSON.parse((await list('--json')).out)).not.toHaveProperty('unseen');
});
