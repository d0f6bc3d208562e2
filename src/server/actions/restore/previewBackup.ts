import type { Archive } from '../../dumper/archive/archive';
import { newCode } from '../../dumper/schema/code';
import { previewFiles, type FolderPreview } from '../../dumper/files/preview';
import type { Selection } from '../../dumper/app/groups';
import { mayLose } from '../../dumper/app/lost';
import type { Maker } from '../../dumper/archive/maker';
import type { Missing } from '../../dumper/schema/missing';
import { preview, type RestorePreview } from '../../dumper/restore/preview';
import type { Host } from '../../host';
import { accountRisk } from './accountRisk';
import { trusts } from '../trust/consent';
import { makerOf } from '../trust/maker';
import { isSuddenlyPlain } from '../trust/suddenlyPlain';
import { warn } from '../../dumper/app/warning';

export interface BackupPreview extends Omit<RestorePreview, 'filesOf'> {
  readonly maker: Maker;
  readonly files: readonly FolderPreview[];
  /** A restore is refused unless it is said that the code may come, or stays out. */
  readonly asksForCode: boolean;
  /**
   * More than a yes: whoever confirms it writes a name. Not so for what this instance has provably made, if nothing of
   * now is lost with it and no code comes that is new.
   */
  readonly asksForName: boolean;
}

export async function previewBackup(
  host: Host,
  archive: Archive,
  selection: Selection,
  {
    name = '',
    noCode = false,
  }: { /** How the archive was named. */ readonly name?: string; readonly noCode?: boolean | undefined } = {},
): Promise<BackupPreview> {
  const files = await host.files();
  const target = { app: host.app, appKeyFingerprint: host.appKeyFingerprint, files };
  const [result, folders, maker, plain] = await Promise.all([
    preview(host.database, archive, selection, target, noCode),
    previewFiles(archive.manifest, files),
    makerOf(host, archive),
    isSuddenlyPlain(host, archive, name),
  ]);
  const { filesOf, ...changes } = result;
  const coming = folders.filter(({ storage }) => filesOf.includes(storage));
  const trusted = trusts(maker);
  const comes = newCode(result.code).length > 0 || result.missing.some(bringsCode);
  const risk = comes || !trusted ? await accountRisk(host) : undefined;
  return {
    ...changes,
    warnings: [
      ...(plain ? [warn('suddenly-plain', { name })] : []),
      ...result.warnings,
      ...(risk === undefined ? [] : [risk]),
    ],
    files: coming,
    maker,
    asksForCode: comes && !trusted,
    asksForName:
      !madeHere(host, archive, maker) ||
      comes ||
      plain ||
      mayLose(result.collections) ||
      result.forgotten.length > 0 ||
      coming.some((folder) => folder.lost > 0) ||
      result.warnings.some(({ kind }) => kind === 'breaks' || kind === 'changes'),
  };
}

/** An extension is made by a script of the server's. */
const bringsCode = ({ kind, outcome }: Missing): boolean => kind === 'extension' && outcome === 'made';

/** What an archive calls itself proves nothing, and one key may serve the databases of several instances. */
export const madeHere = (
  { instance }: Pick<Host, 'instance'>,
  { manifest }: Archive,
  maker: Maker,
): boolean => maker.kind === 'own' && manifest.instance === instance;
