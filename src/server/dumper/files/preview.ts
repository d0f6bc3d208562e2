import { reasonText } from '../../errors/reasons';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../archive/manifest';
import type { AppFiles } from './folders';
import { walk } from './read';
import { targetOf } from './stage';

/** What would become of the files of one storage. */
export interface FolderPreview {
  readonly storage: string;
  /** On this disk: what is in it would be replaced. */
  readonly folder?: string | undefined;
  /** Why nothing would come back there. */
  readonly refused?: string | undefined;
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
      const target = targetOf(app, storage);
      const refused = target && (await app.refuses(target.folder));
      const now = target && refused === undefined ? (await walk(target.folder)).files : [];
      const kept = new Set(files.map((file) => file.path));
      return {
        storage,
        folder: target?.folder,
        refused: refused && reasonText(refused),
        files: files.length,
        bytes: files.reduce((sum, file) => sum + file.size, 0),
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
