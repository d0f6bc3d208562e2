import { Agent } from 'node:http';
import { s3Storage } from '../../src/server/storage/s3';
import { quickPatience } from '../helpers/quickClock';
import { s3Server } from '../helpers/s3Server';
import { storageSuite } from '../suites/storage';

/** Small parts, so that everything but the smallest goes in several. */
const PART = 256 * 1024;

storageSuite('S3, in process', async () => {
  const server = await s3Server({ pageSize: 100, smallestPart: PART });
  const agent = new Agent({ keepAlive: true });
  const open = () =>
    s3Storage('bucket', {
      ...server,
      agent,
      path: 'backups/app',
      partBytes: PART,
      idleMs: 10_000,
      patience: quickPatience(),
    });
  return {
    storage: open(),
    other: open(),
    leftovers: () =>
      Promise.resolve(
        [...server.objects(), ...server.uploads()].map((one) => one.replace('backups/app/', '')),
      ),
    close: async () => {
      agent.destroy();
      await server.close();
    },
  };
});
