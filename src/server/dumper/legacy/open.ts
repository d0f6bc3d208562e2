import type { Archive } from '../archive/archive';
import type { Keys } from '../container/cipher';
import type { ByteSource } from '../container/zip';
import { couldBeSealed, openSealed } from './nbdata/sealed';

/** So small a file is fetched as a whole: an old archive has hundreds of entries to look into. */
const SMALL = 16 * 1024 * 1024;
const HEADER = 30;
const NBDATA = /\.nbdata$/i;

/**
 * Opens a backup, whoever wrote it: an archive of Ark, an `.nbdump` of NocoBase's backup-restore plugin, or an `.nbdata`
 * of its Backup manager. What reads it is loaded with the first of its kind: a list of what is known already starts
 * without. `name`: of the file; an encrypted `.nbdata` does not show what it is.
 */
export async function openBackup(source: ByteSource, keys: Keys = {}, name = ''): Promise<Archive> {
  switch (await kindOf(source, name)) {
    case 'ark': {
      const { openArchive } = await import('../archive/readArchive');
      return openArchive(source, keys);
    }
    case 'nbdump': {
      const [{ refusePlain }, { readDeflatedZip }, { openNbdump }] = await Promise.all([
        import('../container/cipher'),
        import('./deflatedZip'),
        import('./nbdump'),
      ]);
      refusePlain(keys);
      const near = source.size <= SMALL ? await inMemory(source) : source;
      return openNbdump(near, await readDeflatedZip(near));
    }
    case 'nbdata': {
      const [{ refusePlain }, { openNbdata }] = await Promise.all([
        import('../container/cipher'),
        import('./nbdata/archive'),
      ]);
      refusePlain(keys);
      return openNbdata(source.size <= SMALL ? await inMemory(source) : source, false);
    }
    case 'sealed': {
      const { openNbdata } = await import('./nbdata/archive');
      return openNbdata(await openSealed(source.size <= SMALL ? await inMemory(source) : source, keys), true);
    }
  }
}

/** By the name of the first entry, which stands at the very beginning: only whoever made the file chose it. */
async function kindOf(source: ByteSource, file: string): Promise<'ark' | 'nbdump' | 'nbdata' | 'sealed'> {
  const start = await source.read(0, Math.min(source.size, HEADER + 256));
  if (start.length < HEADER) return 'ark';
  if (NBDATA.test(file) && couldBeSealed(start, source.size)) return 'sealed';
  return firstEntryKind(start);
}

/** What a ZIP that begins so is, if it is one of ours at all. */
export function firstEntryKind(start: Buffer): 'ark' | 'nbdump' | 'nbdata' {
  if (start.length < HEADER) return 'ark';
  const name = start.toString('utf8', HEADER, HEADER + start.readUInt16LE(26));
  if (/^(collections\/|meta$|sql-content\.json$)/.test(name)) return 'nbdump';
  if (/^(data|_metadata\.json|aes_key\.dat)$|^uploads\//.test(name)) return 'nbdata';
  return 'ark';
}

async function inMemory(source: ByteSource): Promise<ByteSource> {
  const bytes = await source.read(0, source.size);
  return { size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
}
