import type { BackupItem } from '../../api/api';
import { BADGES, type Badge } from '../../api/badges';

type Shown = Pick<
  BackupItem,
  'state' | 'verifiedAt' | 'rehearsedAt' | 'proof' | 'suddenlyPlain' | 'encrypted' | 'format' | 'maker'
>;

/** Never empty. What this instance has made was read back when it was written; of others nobody knows. */
export function badgesOf(backup: Shown): Badge[] {
  const sound = backup.state !== 'damaged';
  const tested = sound && backup.rehearsedAt !== undefined;
  const is: Readonly<Record<Badge, boolean>> = {
    damaged: !sound,
    verified: sound && backup.verifiedAt !== undefined,
    proven: tested && backup.proof === 'database',
    provenBeside: tested && backup.proof !== 'database',
    plain: backup.suddenlyPlain === true,
    encrypted: backup.encrypted,
    oldFormat: backup.format === 'nbdump',
    backupManager: backup.format === 'nbdata',
    written: false,
    ready: false,
  };
  const badges = BADGES.filter((badge) => is[badge]);
  return badges.length > 0 ? badges : [backup.maker.kind === 'own' ? 'written' : 'ready'];
}
