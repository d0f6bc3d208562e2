import type { Archive } from '../dumper/archive';
import { newCode } from '../dumper/code';
import type { PreviewResult } from '../dumper/dialect';
import { previewFiles, type FolderPreview } from '../dumper/files/preview';
import type { Selection } from '../dumper/groups';
import { preview } from '../dumper/preview';
import type { Host } from '../host';
import { accountRisk } from './accountRisk';
import { isTrusted } from './consent';

export interface BackupPreview extends PreviewResult {
  readonly files: readonly FolderPreview[];
  /** A restore is refused unless it is said that the code may come, or stays out. */
  readonly asksForCode: boolean;
}

export async function previewBackup(
  host: Host,
  archive: Archive,
  selection: Selection,
  { noCode = false }: { readonly noCode?: boolean | undefined } = {},
): Promise<BackupPreview> {
  const files = await host.files();
  const target = { app: host.app, appKeyFingerprint: host.appKeyFingerprint, files };
  const [result, folders, trusted] = await Promise.all([
    preview(host.database, archive, selection, target, noCode),
    previewFiles(archive.manifest, files),
    isTrusted(host, archive),
  ]);
  const comes = newCode(result.code).length > 0;
  const risk = comes || !trusted ? await accountRisk(host) : undefined;
  return {
    ...result,
    warnings: [...result.warnings, ...(risk === undefined ? [] : [{ kind: 'account', message: risk }])],
    files: folders,
    asksForCode: comes && !trusted,
  };
}
