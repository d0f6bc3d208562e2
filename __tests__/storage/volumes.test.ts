import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupError } from '../../src/server/errors/errors';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import { storageSource } from '../../src/server/dumper/container/storageSource';
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
    expect((await storage.list()).map((object) => [object.key, object.size])).toEqual([['old.nbdump', 2500]]);
    expect(await readAll(storage.get('old.nbdump'))).toHaveLength(2500);
    await storage.remove('old.nbdump');
    expect(await readdir(join(base, 'place'))).toEqual([]);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
});

it('a byte that changed is told with the volume that it lies in', async () => {
  const base = await mkdtemp(join(tmpdir(), 'ark-volumes-'));
  try {
    const folder = join(base, 'place');
    const whole = await readFile(join(__dirname, '../archives/read/format-1.ark'));
    const storage = volumes(localStorage(folder), { bytes: Math.ceil(whole.length / 9), spool: base });
    await storage.put('old.ark', bytesOf(whole));
    const archive = await openArchive(await storageSource(storage, 'old.ark'));
    await archive.verify({ unpack: true });
    const parts = (await readdir(folder)).filter((name) => /\.\d{5}-/.test(name)).sort();
    const chunks = archive.manifest.collections.flatMap((collection) => collection.chunks);
    let seen = 0;
    for (const chunk of chunks) {
      // Where its bytes begin: after its local header, which ends with its name.
      const from = whole.indexOf(chunk.entry) + chunk.entry.length;
      const at = from + Math.floor(chunk.size / 2);
      const size = Math.ceil(whole.length / 9);
      const name = parts[Math.floor(at / size)]!;
      const sound = await readFile(join(folder, name));
      const flipped = Buffer.from(sound);
      flipped[at % size]! ^= 1;
      await writeFile(join(folder, name), flipped);
      const error = (await archive
        .verify({ unpack: true })
        .catch((failure: unknown) => failure)) as BackupError;
      await writeFile(join(folder, name), sound);
      expect([error.code, error.message]).toEqual(['ARCHIVE_DAMAGED', expect.stringContaining(chunk.entry)]);
      expect(error.message).toContain(name);
      seen += 1;
    }
    expect(seen).toBeGreaterThan(3);
    await archive.verify({ unpack: true });
  } finally {
    await rm(base, { recursive: true, force: true });
  }
});
