import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webdavStorage } from '../../src/server/storage/webdav/webdav';
import { faultyProxy } from '../helpers/faultyProxy';
import { quickPatience } from '../helpers/quickClock';
import { webdavServer } from '../helpers/webdavServer';
import { HUGE, storageSuite } from '../suites/storage';

describe.each(['basic', 'digest'] as const)('%s', (auth) => {
  storageSuite(
    `WebDAV, in process, ${auth}`,
    async () => {
      const server = await webdavServer(auth);
      const proxy = await faultyProxy(server.port);
      const spool = await mkdtemp(join(tmpdir(), 'ark-spool-'));
      const open = () =>
        webdavStorage('cloud', {
          ...server,
          url: `http://127.0.0.1:${proxy.port}/`,
          path: '/backups/my app',
          spool,
          idleMs: 10_000,
          patience: quickPatience(),
        });
      return {
        storage: open(),
        other: open(),
        leftovers: async () => [
          ...(await server.files()).map((file) => file.path.replace('/backups/my app/', '')),
          ...(await readdir(spool)),
        ],
        seed: (keys) => server.seed('/backups/my app', keys),
        reachable: (yes) => {
          proxy.fault = () => (yes ? undefined : { cutRequestAt: 0 });
        },
        close: async () => {
          await proxy.close();
          await server.close();
          await rm(spool, { recursive: true });
        },
      };
    },
    {
      skip: {
        [HUGE]: 'webdav-server keeps files in memory; Apache does it in test:services',
        'entities: "&lt;&amp;.ark"':
          'webdav-server takes "&lt;" in a name for "<"; the servers of test:services do not',
      },
    },
  );
});
