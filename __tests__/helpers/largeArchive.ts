import { randomBytes } from 'node:crypto';
import { gzip, whole } from '../../src/server/bytes';
import { createArchive } from '../../src/server/dumper/archive/writeArchive';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { chunkName } from '../../src/server/dumper/archive/entries';
import type { Chunk } from '../../src/server/dumper/archive/manifest';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { localStorage } from '../../src/server/storage/local/local';

/**
 * A valid archive of so many bytes, quickly: one that was really made, with the rows of one of its tables replaced by
 * the same noise again and again. Returns its file.
 */
export async function largeArchive(
  folder: string,
  name: string,
  from: Archive,
  table: string,
  bytes: number,
) {
  const csv = Buffer.from(`${randomBytes(6 << 20).toString('base64')}\n`);
  const noise = await gzip(csv);
  const archive = createArchive(new Date(), newSigner().signer);
  const storing = localStorage(folder).put(name, archive.body);
  const collections = [];
  for (const collection of from.manifest.collections) {
    const chunks: Chunk[] = [];
    if (collection.name === table) {
      for (let size = 0; size < bytes; size += noise.length) {
        const entry = chunkName(table, chunks.length + 1);
        chunks.push({ ...(await archive.add(entry, noise)), rows: 1, bytes: csv.length });
      }
    } else {
      for (const chunk of collection.chunks) {
        const packed = await whole(from.read(chunk));
        chunks.push({ ...chunk, ...(await archive.add(chunk.entry, packed)) });
      }
    }
    collections.push({ ...collection, chunks, rows: chunks.reduce((sum, chunk) => sum + chunk.rows, 0) });
  }
  await archive.finish({ ...from.manifest, collections });
  const { size } = await storing;
  return { file: `${folder}/${name}`, size };
}
