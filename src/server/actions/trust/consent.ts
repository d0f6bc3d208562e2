import type { Archive } from '../../dumper/archive/archive';
import { refuseCode } from '../../dumper/schema/code';
import { comingCode } from '../../dumper/restore/comingCode';
import type { Selection } from '../../dumper/app/groups';
import type { Maker } from '../../dumper/archive/maker';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import { makerOf } from './maker';

/** What was said of the code in an archive: bring it, or leave it out. */
export interface CodeChoice {
  readonly allowCode?: boolean | undefined;
  readonly noCode?: boolean | undefined;
}

/** Who made an archive is this instance, or one that it trusts: their code needs no consent of its own. */
export const trusts = ({ kind }: Maker): boolean => kind === 'own' || kind === 'trusted';

export function refuseBoth({ allowCode, noCode }: CodeChoice): void {
  if (allowCode && noCode) throw refused('code-both', {});
}

/**
 * Whether code may come; refused before there is a job where it would need consent and has none. The job looks again,
 * at what it has planned.
 */
export async function codeConsent(
  host: Host,
  archive: Archive,
  { allowCode = false, noCode = false }: CodeChoice,
  what: { readonly selection: Selection; readonly rehearsal?: boolean },
): Promise<{ allowCode: boolean; withoutCode: boolean }> {
  refuseBoth({ allowCode, noCode });
  const allowed = allowCode || trusts(await makerOf(host, archive));
  if (!allowed && !noCode) {
    const target = { app: host.app, appKeyFingerprint: host.appKeyFingerprint };
    refuseCode(await comingCode(host.database, archive, what.selection, target, what.rehearsal), false);
  }
  return { allowCode: allowed, withoutCode: noCode };
}
