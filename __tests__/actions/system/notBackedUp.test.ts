import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { safetyOf } from '../../../src/server/actions/system/safety';
import {
  ALL_GROUPS,
  DEFAULT_GROUPS,
  type GroupName,
  type Selection,
} from '../../../src/server/dumper/app/groups';
import { hostOf } from '../../helpers/ark';
import { ownPlace } from '../../helpers/place';

/** What the page says is in no backup: of every group, of the uploaded files and of the app's key. */
const { data, database } = ownPlace();
const NOTHING = { groups: [], files: false, aesKey: false };

const APP = `
  CREATE TABLE "applicationPlugins" (name text, "packageName" text, version text, enabled boolean);
  INSERT INTO "applicationPlugins" VALUES ('users', '@nocobase/plugin-users', '1', true);
  CREATE TABLE collections (name text, title text, options json);
  INSERT INTO collections VALUES ('orders', NULL, '{}');
  CREATE TABLE storages (id bigint PRIMARY KEY, name text, type text, options jsonb);
  INSERT INTO storages VALUES (1, 'local', 'local', '{"documentRoot": "storage/uploads"}');
  CREATE TABLE users (id int); INSERT INTO users VALUES (1);
  CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);
  CREATE TABLE authenticators (id int); INSERT INTO authenticators VALUES (1);
  CREATE TABLE theirs (id int); INSERT INTO theirs VALUES (1);
  CREATE TABLE more (id int); INSERT INTO more VALUES (1);
  CREATE TABLE executions (id int); INSERT INTO executions VALUES (1);
  CREATE TABLE "chinaRegions" (code text); INSERT INTO "chinaRegions" VALUES ('a');`;

let minutes = 0;
const later = () => new Date(Date.now() + 60_000 * (minutes += 1));
let apps = 0;
let backups = 0;
async function newApp() {
  const made = await database(APP);
  const storage = join(data.folder, `app-${(apps += 1)}`);
  const host = hostOf(made.url, join(storage, 'ark'), { STORAGE_PATH: storage });
  const known = catalog(join(storage, 'cache.json'));
  return {
    storage,
    query: (text: string) => made.query(text),
    put: async (path: string, letter = 'x') => {
      await mkdir(join(storage, path, '..'), { recursive: true });
      await writeFile(join(storage, path), letter.repeat(32));
    },
    backUp: (selection: Selection, more: { files?: boolean; passphrase?: string } = {}) =>
      createBackup(host, {
        selection,
        to: { storage: 'local', name: `b-${(backups += 1)}` },
        files: more.files,
        ...(more.passphrase !== undefined && { encryptFor: { passphrase: more.passphrase } }),
      }),
    // What there is was looked at a while ago, each time.
    missing: async () => (await safetyOf(host, known, later())).notBackedUp,
  };
}

it.each(DEFAULT_GROUPS.filter((group) => group !== 'required'))(
  'of the group "%s", until a backup has all of it',
  async (group) => {
    const app = await newApp();
    expect(await app.missing()).toBeUndefined();
    const others = ALL_GROUPS.filter((one): one is GroupName => one !== group);
    await app.backUp({ groups: others });
    expect(await app.missing()).toEqual({ ...NOTHING, groups: [group] });
    // A part of it is not it: "theirs" and "more" are both of no known group.
    if (group === 'unknown') {
      await app.backUp({ collections: ['theirs'] });
      expect(await app.missing()).toEqual({ ...NOTHING, groups: [group] });
    }
    await app.backUp({ groups: ['required', group] });
    expect(await app.missing()).toEqual(NOTHING);
  },
);

it('a group without rows is not missed, nor are logs and what is never backed up', async () => {
  const app = await newApp();
  await app.query('TRUNCATE users, authenticators');
  await app.backUp({ groups: ['required', 'custom', 'unknown'] });
  expect(await app.missing()).toEqual(NOTHING);
  await app.query('INSERT INTO users VALUES (1)');
  expect(await app.missing()).toEqual({ ...NOTHING, groups: ['user'] });
});

it('of an encrypted backup it is known without its key', async () => {
  const app = await newApp();
  await app.backUp({ groups: ['required', 'custom'] }, { passphrase: 'open wide sesame' });
  expect(await app.missing()).toEqual({ ...NOTHING, groups: ['user', 'third-party', 'unknown'] });
  await app.backUp({}, { passphrase: 'open wide sesame' });
  expect(await app.missing()).toEqual(NOTHING);
});

it('uploaded files and the AES key, until a backup has them', async () => {
  const app = await newApp();
  await app.backUp({});
  expect(await app.missing()).toEqual(NOTHING);
  await app.put('uploads/a.txt');
  await app.put('apps/main/aes_key.dat');
  expect(await app.missing()).toEqual({ groups: [], files: true, aesKey: true });
  await app.backUp({}, { files: true });
  expect(await app.missing()).toEqual({ groups: [], files: false, aesKey: true });
  await app.backUp({}, { files: true, passphrase: 'open wide sesame' });
  expect(await app.missing()).toEqual(NOTHING);
});

it('the AES key that the app has now, though backups hold the one before', async () => {
  const app = await newApp();
  await app.put('apps/main/aes_key.dat');
  await app.backUp({}, { files: true, passphrase: 'open wide sesame' });
  expect(await app.missing()).toEqual(NOTHING);
  await app.put('apps/main/aes_key.dat', 'y');
  expect(await app.missing()).toEqual({ ...NOTHING, aesKey: true });
  await app.backUp({}, { files: true, passphrase: 'open wide sesame' });
  expect(await app.missing()).toEqual(NOTHING);
  await app.put('apps/main/aes_key.dat', 'x');
  expect(await app.missing()).toEqual(NOTHING);
});

it('where the app cannot be asked, nothing is said of it', async () => {
  const app = await newApp();
  await app.backUp({});
  const away = hostOf('postgres://nobody@127.0.0.1:1/none', join(app.storage, 'ark'));
  const safety = await safetyOf(away, catalog(join(app.storage, 'c.json')), new Date());
  expect(safety.lastGood).toBeDefined();
  expect(safety).not.toHaveProperty('notBackedUp');
});
