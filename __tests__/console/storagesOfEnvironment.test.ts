import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageItem, StorageTest } from '../../src/server/api/api';
import { testConsole, type TestConsole } from '../helpers/console';
import { ownPlace } from '../helpers/place';
import { s3Server, type S3Server } from '../helpers/s3Server';
import { sftpServer } from '../helpers/sftpServer';
import { webdavServer } from '../helpers/webdavServer';

/** What the environment says of a storage is not sealed, whatever kind it is: it is tested as it is used. */
const { data, database } = ownPlace();
let ark: TestConsole;
let s3: S3Server;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  s3 = await s3Server();
  const [webdav, sftp] = [await webdavServer(), await sftpServer()];
  closing.push(
    () => s3.close(),
    () => webdav.close(),
    () => sftp.close(),
  );
  const folder = join(data.folder, 'elsewhere');
  await mkdir(folder);
  const at = await database();
  ark = await testConsole(at.url, {
    ARK_STORAGE_BUCKET: `s3+http://${s3.accessKeyId}:${s3.secretAccessKey}@127.0.0.1:${s3.port}/${s3.bucket}/apps`,
    ARK_STORAGE_DISK: `file://${folder}`,
    ARK_STORAGE_CLOUD: webdav.url.replace(
      'http://',
      `webdav://${webdav.user}:${encodeURIComponent(webdav.password)}@`,
    ),
    ARK_STORAGE_NAS: `sftp://${sftp.user}:${encodeURIComponent(sftp.password)}@127.0.0.1:${sftp.port}/backups?hostKey=${encodeURIComponent(sftp.hostKeys.ed25519)}`,
    // Not so where the console's own may be.
    ARK_LOCAL_ROOTS: '/srv/backups',
  });
});
afterAll(async () => {
  await ark.stop();
  for (const close of closing) await close();
});

it.each(['bucket', 'disk', 'cloud', 'nas'])('%s', async (filterByTk) => {
  const listed = await ark.get<StorageItem[]>('arkStorages:list');
  expect(listed.find(({ name }) => name === filterByTk)).toMatchObject({ from: 'environment' });
  const test = await ark.post<StorageTest>('arkStorages:test', { filterByTk }, {});
  expect(test).toMatchObject({ ok: true });
});
