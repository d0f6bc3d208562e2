import type { Archive } from '../dumper/archive';
import type { PreviewResult } from '../dumper/dialect';
import { previewFiles, type FolderPreview } from '../dumper/files/preview';
import type { Selection } from '../dumper/groups';
import { preview } from '../dumper/preview';
import type { Host } from '../host';

export interface BackupPreview extends PreviewResult {
  readonly files: readonly FolderPreview[];
}

export async function previewBackup(
  host: Host,
  archive: Archive,
  selection: Selection,
): Promise<BackupPreview> {
  const files = await host.files();
  const [result, folders] = await Promise.all([
    preview(host.database, archive, selection, {
      app: host.app,
      appKeyFingerprint: host.appKeyFingerprint,
      files,
    }),
    previewFiles(archive.manifest, files),
  ]);
  return { ...result, files: folders };
}
