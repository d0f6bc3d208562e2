import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStorage, storagesOf, updateStorage } from '../../src/server/actions/storages/storages';
import { examine } from '../../src/server/actions/storages/doctor';
import { limitsOf, type StoragesPlace } from '../../src/server/actions/storages/storages';
import { readSettings } from '../../src/server/environment';
import { asBackupError } from '../../src/server/errors/errors';
import { tenancy } from '../../src/server/hosts/nocobase/tenancy';
import { sealWith } from '../../src/server/secrets/seal';
import { fileSettings } from '../../src/server/jobs/fileSettings';
import { localStorage } from '../../src/server/storage/local/local';

/** Apps of one server, each with Ark of its own, as NocoBase makes them. */

let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'ark-apps-')));
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function* bytes(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it went well',
    (error: unknown) => asBackupError(error).code,
  );

function app(name: string): StoragesPlace {
  const env = readSettings({
    ARK_DATA: join(base, 'ark'),
    ARK_LOCAL_ROOTS: join(base, 'disk'),
    ARK_STORAGE_OFF_SITE: `file://${join(base, 'offsite')}`,
  });
  return {
    ...tenancy(name, env),
    settings: fileSettings(join(base, 'settings', encodeURIComponent(name))),
    seal: sealWith('a key of some length'),
  };
}
const folderOf = (name: string) => app(name).dataFolder;
const local = (folder: string) => ({ kind: 'local', folder });

it('what the environment names is the main app’s', async () => {
  const names = async (name: string) => (await storagesOf(app(name)).list()).map((storage) => storage.name);
  expect(await names('main')).toEqual(['local', 'off-site']);
  expect(await names('tenant')).toEqual(['local']);
});

it.each(['main', 'tenant'])('%s keeps its archives where no other app can have a storage', async (name) => {
  const other = name === 'main' ? 'tenant' : 'main';
  await mkdir(join(folderOf(name), 'backups'), { recursive: true });
  await mkdir(join(folderOf(other), 'backups'), { recursive: true });
  for (const folder of [
    folderOf(name),
    join(folderOf(name), 'backups'),
    join(folderOf(name), 'not there yet'),
  ]) {
    expect(await codeOf(createStorage(app(other), 'spy', local(folder)))).toBe('STORAGE_INVALID');
    await createStorage(app(name), 'own', local(folder));
    await app(name).settings.remove('storages', 'own');
  }
});

it.each(['/etc', '/proc/self', '/root/.ssh', '/tmp', '/', '../x'])(
  'in NocoBase %s is no folder of a storage: not made, not changed to, not tested, not used',
  async (folder) => {
    // Where this user may not even look, that is what is said.
    const refused =
      folder === '/root/.ssh' && process.getuid?.() !== 0 ? 'STORAGE_REFUSED' : 'STORAGE_INVALID';
    for (const name of ['main', 'tenant']) {
      const place = app(name);
      expect(await codeOf(createStorage(place, 'spy', local(folder)))).toBe(refused);
      await createStorage(place, 'own', local(join(folderOf(name), 'more')));
      expect(await codeOf(updateStorage(place, 'own', local(folder)))).toBe(refused);
      // However it came to be kept: by a restore of the settings, by hand.
      await place.settings.save('storages', 'own', local(folder));
      const storage = await storagesOf(place).find('own');
      expect(await codeOf(storage.list())).toBe(refused);
      expect(await codeOf(storage.put('a.ark', bytes('x')))).toBe(refused);
      const test = await examine('own', { kind: 'local', folder }, base, limitsOf(place));
      expect(test.ok).toBe(false);
      await place.settings.remove('storages', 'own');
    }
  },
);

it('further folders are the main app’s, but for a part of each sub-app’s own', async () => {
  const disk = join(base, 'disk');
  await createStorage(app('main'), 'disk', local(disk));
  expect(await codeOf(createStorage(app('tenant'), 'disk', local(disk)))).toBe('STORAGE_INVALID');
  await createStorage(app('tenant'), 'disk', local(join(disk, 'apps', 'tenant', 'a')));
  expect(await codeOf(createStorage(app('other'), 'disk', local(join(disk, 'apps', 'tenant'))))).toBe(
    'STORAGE_INVALID',
  );
  expect(await codeOf(createStorage(app('main'), 'spy', local(join(disk, 'apps', 'tenant'))))).toBe(
    'STORAGE_INVALID',
  );
});

it('a link inside leads nowhere outside, also one that is made later', async () => {
  const place = app('tenant');
  const inside = join(place.dataFolder, 'more');
  await mkdir(join(folderOf('main'), 'backups'), { recursive: true });
  await mkdir(place.dataFolder, { recursive: true });
  await writeFile(join(folderOf('main'), 'backups', 'secret.ark'), 'secret');
  await createStorage(place, 'own', local(inside));
  const storage = await storagesOf(place).find('own');
  expect(await storage.list()).toEqual([]);
  await symlink(join(folderOf('main'), 'backups'), inside);
  expect(await codeOf(storage.list())).toBe('STORAGE_INVALID');
  expect(await codeOf(storage.stat('secret.ark'))).toBe('STORAGE_INVALID');
  expect(await codeOf(storage.remove('secret.ark'))).toBe('STORAGE_INVALID');
  expect(await readdir(join(folderOf('main'), 'backups'))).toEqual(['secret.ark']);
});

it.each(['..', '.', '../main', 'a/b', '...'])('an app called %s has a folder like any other', (name) => {
  const folder = folderOf(name);
  expect(folder.startsWith(join(base, 'ark', 'apps') + '/')).toBe(true);
  expect(folder.slice(join(base, 'ark', 'apps').length + 1)).not.toMatch(/\/|^\.+$/);
});

describe('links, wherever folders are chosen freely', () => {
  const read = async (storage: ReturnType<typeof localStorage>, key: string) => {
    let text = '';
    for await (const piece of storage.get(key)) text += Buffer.from(piece).toString();
    return text;
  };

  it('a folder that is a link itself is the folder it leads to', async () => {
    await mkdir(join(base, 'real'));
    await symlink(join(base, 'real'), join(base, 'named'));
    const storage = localStorage(join(base, 'named'));
    await storage.put('a.ark', bytes('x'));
    expect(await readdir(join(base, 'real'))).toEqual(['a.ark']);
    expect((await storage.list()).map((object) => object.key)).toEqual(['a.ark']);
  });

  it('a link in it is no archive: not listed, not read, not removed through, not written over', async () => {
    const target = join(base, 'shadow');
    await writeFile(target, 'root:x');
    const folder = join(base, 'folder');
    await mkdir(folder);
    await symlink(target, join(folder, 'link.ark'));
    const storage = localStorage(folder);
    expect(await storage.list()).toEqual([]);
    expect(await codeOf(storage.stat('link.ark'))).toBe('BACKUP_UNKNOWN');
    expect(await codeOf(read(storage, 'link.ark'))).toBe('BACKUP_UNKNOWN');
    expect(await codeOf(storage.put('link.ark', bytes('new')))).not.toBe('it went well');
    await storage.remove('link.ark');
    expect(await readFile(target, 'utf8')).toBe('root:x');
    expect(await readdir(folder)).toEqual(['link.ark']);
  });

  it('an archive that becomes a link while it is looked at is never read through it', async () => {
    const folder = join(base, 'folder');
    await mkdir(folder);
    await writeFile(join(base, 'shadow'), 'root:x');
    await writeFile(join(base, 'archive'), 'archive');
    const storage = localStorage(folder);
    let going = true;
    const swapping = (async () => {
      while (going) {
        await link(join(base, 'archive'), join(folder, '.x'));
        await rename(join(folder, '.x'), join(folder, 'a.ark'));
        await symlink(join(base, 'shadow'), join(folder, '.y'));
        await rename(join(folder, '.y'), join(folder, 'a.ark'));
      }
    })();
    const seen = new Set<string>();
    for (let n = 0; n < 500; n += 1) {
      seen.add(await read(storage, 'a.ark').catch((error: unknown) => asBackupError(error).code));
    }
    going = false;
    await swapping;
    expect([...seen].sort()).toEqual(['BACKUP_UNKNOWN', 'archive']);
  });
});
