import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzip } from '../src/server/bytes';
import { FORMAT } from '../src/server/dumper/archive/format';
import { chunkName } from '../src/server/dumper/archive/entries';
import { openArchive } from '../src/server/dumper/archive/readArchive';
import { newSigner, type Signer } from '../src/server/dumper/archive/signature';
import { createArchive } from '../src/server/dumper/archive/writeArchive';
import { localStorage } from '../src/server/storage/local/local';

/** Who has made them, and when; without it a stranger, now. */
export interface Making {
  readonly signer: Signer;
  readonly instance: string;
  readonly at: (backup: number) => Date;
}

/** So many archives in a folder, no two alike, each of so many collections like one that was really made, with one row. */
export async function makeBackups(
  folder: string,
  backups: number,
  collections: number,
  making?: Making,
): Promise<void> {
  const bytes = readFileSync(join(__dirname, '..', '__tests__', 'archives', 'read', 'format-1.ark'));
  const { manifest } = await openArchive({
    size: bytes.length,
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  });
  const like = manifest.collections.find((collection) => collection.structure.kind === 'table');
  if (!like) throw new Error('the archive has no table');
  const storage = localStorage(folder);
  const signer = making?.signer ?? newSigner().signer;
  const row = await gzip(Buffer.from('1\n'));
  for (let backup = 0; backup < backups; backup += 1) {
    const at = making?.at(backup) ?? new Date();
    const archive = createArchive(at, signer);
    const storing = storage.put(`backup-${backup}.ark`, archive.body);
    const made = [];
    for (let i = 1; i <= collections; i += 1) {
      const name = `${like.name}_${backup}_${i}`;
      const chunk = { ...(await archive.add(chunkName(name, 1), row)), rows: 1, bytes: 2 };
      made.push({ ...like, name, rows: 1, chunks: [chunk], structure: { ...like.structure, name } });
    }
    await archive.finish({
      ...manifest,
      ...(making && { id: idOf(at, backup), createdAt: at.toISOString(), instance: making.instance }),
      format: FORMAT,
      collections: made,
      order: [],
      needs: {},
      laterNeeds: {},
    });
    await storing;
  }
}

/** As a job's number is written. */
const idOf = (at: Date, backup: number): string =>
  `${at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_')}_${backup.toString(16).padStart(6, '0')}`;
