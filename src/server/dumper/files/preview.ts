import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../manifest';
import type { AppFiles } from './folders';
import { walk } from './read';

/** What would become of the files of one storage. */
export interface FolderPreview {
  readonly storage: string;
  readonly files: number;
  /** Bytes in the backup. */
  readonly bytes: number;
  readonly filesNow: number;
  /** Files that are there now and not in the backup: they would be gone. */
  readonly lost: number;
}

export async function previewFiles(
  { files: archived = [] }: Manifest,
  app: AppFiles,
): Promise<FolderPreview[]> {
  return Promise.all(
    archived.map(async ({ storage, files }) => {
      const target = app.folders.find((one) => one.storage === storage) ?? app.folders[0];
      const now = target ? (await walk(target.folder)).files : [];
      const kept = new Set(files.map((one) => one.path));
      return {
        storage,
        files: files.length,
        bytes: files.reduce((sum, one) => sum + one.size, 0),
        filesNow: now.length,
        lost: now.filter((path) => !kept.has(path)).length,
      };
    }),
  );
}

/** What there is to take. */
export async function countFiles(
  app: AppFiles,
): Promise<{ storage: string; files: number; bytes: number }[]> {
  return Promise.all(
    app.folders.map(async ({ storage, folder }) => {
      const { files } = await walk(folder);
      let bytes = 0;
      for (const path of files) bytes += (await stat(join(folder, path)).catch(() => ({ size: 0 }))).size;
      return { storage, files: files.length, bytes };
    }),
  );
}
