import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { copyBackup } from '../../../src/server/actions/backups/copyBackup';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { locate } from '../../../src/server/actions/backups/findBackup';
import { refused } from '../../../src/server/errors/errors';
import type { Host } from '../../../src/server/host';
import { localStorage } from '../../../src/server/storage/local/local';
import type { Storage } from '../../../src/server/storage/storage';
import { hostOf, newDataFolder } from '../../helpers/ark';
import { fixedStorages } from '../../helpers/fixedStorages';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';

/** A backup is copied whole into another storage, or not at all. */
const { database } = ownPlace();
let shop: TestDatabase;
const removing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  shop = await database(
    'CREATE TABLE notes (id integer PRIMARY KEY, t text); INSERT INTO notes SELECT g, md5(g::text) FROM generate_series(1, 5000) g',
  );
});
afterAll(() => Promise.all(removing.map((remove) => remove())));

async function place(wrap: (storage: Storage) => Storage = (storage) => storage) {
  const own = await newDataFolder();
  removing.push(() => own.remove());
  const { folder } = own;
  const [local, second] = ['local', 'second'].map((name) => localStorage(join(folder, name), name));
  const host: Host = { ...hostOf(shop.url, folder), storages: fixedStorages([local!, wrap(second!)]) };
  const seen = catalog(join(folder, 'seen.json'));
  const bytes = (storage: string, name: string) => readFile(join(folder, storage, name));
  const copy = async (name: string, to = 'second') =>
    copyBackup(host, seen, await locate(host, name, 'local'), await host.storages.find(to), {});
  const names = () =>
    readdir(join(folder, 'second')).then((files) => files.filter((file) => !file.startsWith('.')));
  return { folder, host, bytes, copy, names };
}
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: string }).code ?? (error as Error).message,
  );
const make = (host: Host, name: string, passphrase?: string) =>
  createBackup(host, {
    selection: { all: true },
    to: { storage: 'local', name },
    ...(passphrase !== undefined && { encryptFor: { passphrase } }),
  });

it.each([undefined, 'open wide sesame'])(
  'byte for byte, with a record (passphrase: %p)',
  async (passphrase) => {
    const { host, bytes, copy } = await place();
    await make(host, 'a', passphrase);
    const { job, result } = await copy('a.ark');
    expect((await bytes('second', 'a.ark')).equals(await bytes('local', 'a.ark'))).toBe(true);
    expect(result).toMatchObject({ name: 'a.ark', storage: 'second' });
    expect((await host.jobs.list())[0]).toMatchObject({
      id: job.id,
      kind: 'transfer',
      state: 'done',
      subject: 'a.ark',
    });
  },
);

it('nothing is overwritten, not in its own storage either', async () => {
  const { folder, host, copy, bytes } = await place();
  await make(host, 'a');
  expect(await codeOf(copy('a.ark', 'local'))).toBe('BACKUP_EXISTS');
  await copy('a.ark');
  await writeFile(join(folder, 'second', 'b.ark'), 'something else');
  await make(host, 'b');
  for (const name of ['a.ark', 'b.ark']) expect(await codeOf(copy(name))).toBe('BACKUP_EXISTS');
  expect(String(await bytes('second', 'b.ark'))).toBe('something else');
});

it('what is damaged is not copied', async () => {
  const { folder, host, copy, names } = await place();
  await make(host, 'a');
  await make(host, 'b');
  await copy('b.ark');
  const file = join(folder, 'local', 'a.ark');
  await writeFile(file, (await readFile(file)).subarray(0, -50));
  expect(await codeOf(copy('a.ark'))).toMatch(/^ARCHIVE_/);
  expect(await names()).toEqual(['b.ark']);
});

it('what arrives otherwise is removed, and what was cut leaves nothing', async () => {
  for (const put of [
    (storage: Storage): Storage['put'] =>
      async (key, bytes, signal) => {
        async function* other() {
          let first = true;
          for await (const piece of bytes) {
            yield first ? Buffer.concat([Buffer.from([piece[0]! ^ 1]), piece.subarray(1)]) : piece;
            first = false;
          }
        }
        return storage.put(key, other(), signal);
      },
    (): Storage['put'] => async (_, bytes) => {
      for await (const piece of bytes) if (piece.length > 0) break;
      throw refused('storage-cut', { storage: 'second', address: 'there' });
    },
  ]) {
    const { host, copy, names } = await place((storage) => ({ ...storage, put: put(storage) }));
    await make(host, 'a');
    expect(await codeOf(copy('a.ark'))).not.toBe('no error');
    expect(await names().catch(() => [])).toEqual([]);
    expect((await host.jobs.list())[0]).toMatchObject({ kind: 'transfer', state: 'failed' });
  }
});
