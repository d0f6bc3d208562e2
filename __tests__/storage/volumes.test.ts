import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localStorage } from '../../src/server/storage/local/local';
import { retrying } from '../../src/server/storage/retrying';
import { volumes } from '../../src/server/storage/volumes';
import { quickPatience } from '../helpers/quickClock';
import { indexName, volumeName, writeIndex, type Volume } from '../../src/server/storage/volumeIndex';
import { bytesOf, MIDDLE, readAll, storageSuite } from '../suites/storage';

storageSuite(
  'volumes of a folder',
  async () => {
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
      async sparse(key, size) {
        await mkdir(folder, { recursive: true });
        const parts: Volume[] = [];
        for (let at = 0; at < size; at += 2 ** 31) {
          const sha256 = createHash('sha256').update(String(at)).digest('hex');
          const part = {
            name: volumeName(key, parts.length + 1, sha256),
            size: Math.min(2 ** 31, size - at),
            sha256,
          };
          await writeFile(join(folder, part.name), '');
          await truncate(join(folder, part.name), part.size);
          parts.push(part);
        }
        for await (const text of writeIndex(key, parts).body())
          await writeFile(join(folder, indexName(key)), text);
      },
      close: () => rm(base, { recursive: true, force: true }),
    };
  },
  { skip: { [MIDDLE]: 'a folder has no connection to lose; faults.test.ts does it' } },
);

it('old backups (.nbdump) go in volumes as well', async () => {
  const base = await mkdtemp(join(tmpdir(), 'ark-volumes-'));
  try {
    const storage = volumes(localStorage(join(base, 'place')), { bytes: 1000, spool: join(base, 'spool') });
    await storage.put('old.nbdump', bytesOf(Buffer.alloc(2500, 1)));
    expect((await storage.list()).map((one) => [one.key, one.size])).toEqual([['old.nbdump', 2500]]);
    expect(await readAll(storage.get('old.nbdump'))).toHaveLength(2500);
    await storage.remove('old.nbdump');
    expect(await readdir(join(base, 'place'))).toEqual([]);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
});
