import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupItem, JobItem, Preview, StorageItem } from '../../../src/server/api/api';
import { findArchive } from '../../../src/server/actions/backups/findBackup';
import { davProvider } from '../../../src/server/storage/webdav/providers';
import { faultyProxy } from '../../helpers/faultyProxy';
import { largeArchive } from '../../helpers/largeArchive';
import { ownPlace } from '../../helpers/place';
import { s3Server } from '../../helpers/s3Server';
import { backedUp, restoredByB, twoConsoles } from '../../helpers/twoConsoles';
import { webdavServer } from '../../helpers/webdavServer';

const place = ownPlace();
const LARGE = 500e6;

it('A → S3 → B: B lists, previews and restores one table, and fetches no more than it needs', async () => {
  const server = await s3Server();
  const { a, b, to, stop } = await twoConsoles(place);
  try {
    const input = {
      kind: 's3',
      name: 'off-site',
      provider: 'minio',
      endpoint: server.endpoint,
      bucket: server.bucket,
      accessKeyId: server.accessKeyId,
      secretAccessKey: server.secretAccessKey,
      path: 'shops',
    };
    for (const console of [a, b]) await console.post<StorageItem>('arkStorages:create', {}, input);
    await backedUp(a, 'monday', 'off-site');
    expect(server.objects()).toEqual(['shops/monday.ark']);
    await restoredByB(b, to, 'monday', 'off-site');

    const made = await findArchive(a.served.ark.host, 'monday.ark', {}, 'off-site');
    const large = await largeArchive(place.data.folder, 'large.ark', made, 'noise', LARGE);
    expect(large.size).toBeGreaterThan(LARGE);
    server.putFile('shops/large.ark', large.file);
    const query = { filterByTk: 'large.ark', storage: 'off-site' };
    server.sent = 0;
    const preview = await b.post<Preview>('arkBackups:preview', query, {});
    expect(preview.collections.map((collection) => collection.name)).toEqual([
      'customers',
      'noise',
      'orders',
    ]);
    expect(server.sent).toBeGreaterThan(1000);
    expect(server.sent).toBeLessThan(large.size / 100);
    server.sent = 0;
    const { job } = await b.post<{ job: JobItem }>('arkBackups:restore', query, {
      collections: ['orders', 'customers'],
    });
    expect(await b.ended(job.id)).toMatchObject({ state: 'done' });
    expect(server.sent).toBeLessThan(large.size / 100);
  } finally {
    await stop();
    await server.close();
  }
});

it('A → WebDAV → B: the same, in volumes', async () => {
  const server = await webdavServer();
  const proxy = await faultyProxy(server.port);
  const { a, b, to, stop } = await twoConsoles(place);
  try {
    expect(davProvider('custom')?.presets.volumeMb).toBeGreaterThan(1);
    const input = {
      kind: 'webdav',
      name: 'cloud',
      url: `http://127.0.0.1:${proxy.port}/`,
      user: server.user,
      password: server.password,
      path: 'shops/all of them',
      volumeMb: 1,
    };
    for (const console of [a, b]) await console.post<StorageItem>('arkStorages:create', {}, input);
    await backedUp(a, 'monday', 'cloud');
    await restoredByB(b, to, 'monday', 'cloud');

    const made = await findArchive(a.served.ark.host, 'monday.ark', {}, 'cloud');
    const large = await largeArchive(place.data.folder, 'large-dav.ark', made, 'noise', 20e6);
    await rename(large.file, join(place.data.folder, 'tuesday.ark'));
    const storage = await a.served.ark.host.storages.find('cloud');
    await storage.adopt?.('tuesday.ark', join(place.data.folder, 'tuesday.ark'));
    expect(
      (await server.files()).filter((file) => file.path.includes('tuesday.ark.')).length,
    ).toBeGreaterThan(20);
    const listed = await b.get<BackupItem[]>('arkBackups:list');
    expect(listed.map((one) => [one.name, one.state, one.size])).toContainEqual([
      'tuesday.ark',
      'ok',
      large.size,
    ]);
    const before = server.sent();
    await b.post<Preview>('arkBackups:preview', { filterByTk: 'tuesday.ark', storage: 'cloud' }, {});
    expect(server.sent() - before).toBeLessThan(large.size / 100);
    await b.post('arkBackups:destroy', { filterByTk: 'tuesday.ark', storage: 'cloud' });
    expect((await server.files()).map((file) => file.path)).toEqual(['/shops/all of them/monday.ark']);
  } finally {
    await stop();
    await proxy.close();
    await server.close();
  }
});
