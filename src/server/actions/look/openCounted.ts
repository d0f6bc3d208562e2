import type { Archive } from '../../dumper/archive/archive';
import type { Keys } from '../../dumper/container/cipher';
import type { ByteSource } from '../../dumper/container/zip';
import { openBackup } from '../../dumper/legacy/open';

export interface Opened {
  readonly archive: Archive;
  /** How many bytes of the archive were fetched so far, from wherever it is. */
  readonly fetched: () => number;
}

/** Opens an archive and counts what is fetched of it. */
export async function openCounted(source: ByteSource, keys: Keys, name: string): Promise<Opened> {
  let fetched = 0;
  const counted: ByteSource = {
    ...source,
    async read(start, end) {
      const bytes = await source.read(start, end);
      fetched += bytes.length;
      return bytes;
    },
  };
  return { archive: await openBackup(counted, keys, name), fetched: () => fetched };
}
