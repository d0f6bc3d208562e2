import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localStorage } from '../../src/server/storage/local';
import { retrying } from '../../src/server/storage/retrying';
import { volumes } from '../../src/server/storage/volumes';
import { quickPatience } from '../helpers/quickClock';
import { storageSuite } from '../suites/storage';

storageSuite('volumes of a folder', async () => {
  const base = await mkdtemp(join(tmpdir(), 'ark-volumes-'));
  const [folder, spool] = [join(base, 'place'), join(base, 'spool')];
  const open = () => volumes(retrying(localStorage(folder), quickPatience()), { bytes: 100_000, spool });
  const names = (where: string) => readdir(where).catch(() => [] as string[]);
  return {
    storage: open(),
    other: open(),
    leftovers: async () => {
      const left = [...(await names(folder)), ...(await names(spool))];
      // The volumes of whole archives belong there.
      return [
        ...new Set(
          left.map((one) =>
            left.includes(`${one.replace(/\.ark\..*$/, '.ark')}.index.arkv`)
              ? one.replace(/\.ark\..*$/, '.ark')
              : one,
          ),
        ),
      ];
    },
    close: () => rm(base, { recursive: true, force: true }),
  };
});
