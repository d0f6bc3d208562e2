import { damaged } from '../../../errors/errors';
import type { ArchivedFolder, FilePart } from '../../archive/manifest';
import { checkPaths } from '../../archive/entries';
import { isSafePath } from '../../archive/manifest';
import { foldersOf, type FileStorage } from '../../files/folders';
import { inTurns } from '../../../turns';
import type { DeflatedEntry } from '../deflatedZip';

const FOLDER = 'uploads/';
const KEY = 'aes_key.dat';

export interface OldFiles {
  readonly files?: ArchivedFolder[];
  readonly keyFile?: FilePart;
}

/** What of the app's files is in a backup of the Backup manager: those below `storage/uploads`, and its AES key. */
export async function readFiles(
  entries: ReadonlyMap<string, DeflatedEntry>,
  storages: readonly FileStorage[],
): Promise<OldFiles> {
  const files = [...entries.values()]
    .filter(({ name }) => name.startsWith(FOLDER) && !name.endsWith('/'))
    .map(({ name, size, at }) => {
      const path = name.slice(FOLDER.length);
      if (!isSafePath(path)) throw damaged('name', { entry: JSON.stringify(name) });
      return { path, size, modifiedAt: at.toISOString(), parts: [partOf(name, size)] };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const key = entries.get(KEY);
  const folders = [{ storage: storageOf(storages), files }];
  await inTurns(checkPaths({ files: folders }));
  return {
    ...(files.length > 0 && { files: folders }),
    ...(key && { keyFile: partOf(KEY, key.size) }),
  };
}

/** The ZIP has a CRC-32 of each, which is checked when it is read. */
const partOf = (entry: string, size: number): FilePart => ({ entry, size, sha256: '' });

/** The app's storage with the folder that the Backup manager takes. */
function storageOf(storages: readonly FileStorage[]): string {
  const { folders } = foldersOf(storages, { STORAGE_PATH: '/storage' });
  const usual = folders.find(({ folder }) => folder.replaceAll('\\', '/').endsWith('/storage/uploads'));
  return (usual ?? folders[0])?.storage ?? 'local';
}
