import { BackupError } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { Keys } from '../container/cipher';
import type { ByteSource } from '../container/zip';

/** So small a file is fetched as a whole: an old archive has hundreds of entries to look into. */
const SMALL = 16 * 1024 * 1024;
const HEADER = 30;

/**
 * Opens a backup, whoever wrote it: an archive of Ark, or an `.nbdump` of NocoBase's backup-restore plugin. What reads
 * it is loaded with the first of its kind: a list of what is known already starts without.
 */
export async function openBackup(source: ByteSource, keys: Keys = {}): Promise<Archive> {
  switch (await kindOf(source)) {
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
    case 'nbdata':
      throw nbdata();
  }
}

export const nbdata = (): BackupError =>
  new BackupError(
    'ARCHIVE_NBDATA',
    'This is a backup of NocoBase\'s Backup manager (.nbdata): a ZIP around what pg_dump, mysqldump or SQLite wrote, which Ark does not read. Restore it with the Backup manager and then back up with Ark; or, if it is from PostgreSQL and not encrypted, unzip it, run "pg_restore --clean --if-exists --no-owner -d DATABASE data" with a pg_restore of the same or a newer version, and copy its "uploads" folder.',
  );

/** By the name of the first entry, which stands at the very beginning: only whoever made the file chose it. */
async function kindOf(source: ByteSource): Promise<'ark' | 'nbdump' | 'nbdata'> {
  const start = await source.read(0, Math.min(source.size, HEADER + 256));
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
