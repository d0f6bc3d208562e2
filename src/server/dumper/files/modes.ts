import type { Stats } from 'node:fs';
import { lstat, type FileHandle } from 'node:fs/promises';
import { errno } from '../../storage/files';

/** Who may read what takes the place of something: those who could read that, and nobody else. */
export interface Modes {
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Of what is there now; undefined, if there is nothing of that kind. */
export async function modesOf(path: string, kind: 'file' | 'folder'): Promise<Modes | undefined> {
  const stats = await lstat(path).catch((): Stats | undefined => undefined);
  if (!stats || !(kind === 'file' ? stats.isFile() : stats.isDirectory())) return undefined;
  return { mode: stats.mode & 0o777, owner: { uid: stats.uid, gid: stats.gid } };
}

/** A new file is open to those who may look into its folder, and written by its owner only. */
export const newFile = (folder: Modes): Modes => ({ ...folder, mode: folder.mode & 0o640 });

/** Owners can be given away by root only: for others everything is theirs already. */
export async function apply(handle: FileHandle, { mode, owner }: Modes): Promise<void> {
  if (owner && process.getuid?.() === 0) {
    await handle.chown(owner.uid, owner.gid).catch((error: unknown) => {
      if (errno(error) !== 'EPERM') throw error;
    });
  }
  await handle.chmod(mode);
}
