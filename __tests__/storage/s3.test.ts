import { s3Storage } from '../../src/server/storage/s3/s3';
import { faultyProxy } from '../helpers/faultyProxy';
import { quickPatience } from '../helpers/quickClock';
import { s3Server } from '../helpers/s3Server';
import { uploadsInMemory } from '../helpers/uploadsInMemory';
import { storageSuite } from '../suites/storage';

/** Small parts, so that everything but the smallest goes in several. */
const PART = 256 * 1024;

storageSuite('S3, in process', async () => {
  const server = await s3Server({ pageSize: 100, smallestPart: PART });
  const proxy = await faultyProxy(server.port);
  const open = () =>
    s3Storage('bucket', {
      ...server,
      endpoint: `http://127.0.0.1:${proxy.port}`,
      path: 'backups/app',
      partBytes: PART,
      idleMs: 10_000,
      patience: quickPatience(),
      unfinished: uploadsInMemory(),
    });
  return {
    storage: open(),
    other: open(),
    leftovers: () =>
      Promise.resolve(
        [...server.objects(), ...server.uploads()].map((object) => object.replace('backups/app/', '')),
      ),
    seed: (keys) => {
      for (const key of keys) server.put(`backups/app/${key}`, Buffer.from('x'));
      return Promise.resolve();
    },
    sparse: (key, size) => {
      server.putSparse(`backups/app/${key}`, size);
      return Promise.resolve();
    },
    reachable: (yes) => {
      proxy.fault = () => (yes ? undefined : { cutRequestAt: 0 });
    },
    close: async () => {
      await proxy.close();
      await server.close();
    },
  };
});
