import type { Archive } from '../dumper/archive';
import { makerBy, type KnownMakers, type Maker } from '../dumper/maker';
import type { Host } from '../host';
import { ownFingerprints } from './instanceKey';
import { listTrusted } from './trust';

export async function knownMakers(host: Pick<Host, 'settings'>): Promise<KnownMakers> {
  const [own, trusted] = await Promise.all([ownFingerprints(host), listTrusted(host)]);
  return {
    own: new Set(own),
    trusted: new Map(trusted.map((one) => [one.fingerprint, one.name])),
  };
}

/** Who made an archive, by its signature and by whom this instance knows. */
export const makerOf = async (
  host: Pick<Host, 'settings'>,
  archive: Pick<Archive, 'signature'>,
): Promise<Maker> => makerBy(archive.signature, await knownMakers(host));

/** In a line for people. */
export function makerText(maker: Maker): string {
  switch (maker.kind) {
    case 'own':
      return 'this instance';
    case 'trusted':
      return `${maker.name}, which is trusted here (${maker.fingerprint})`;
    case 'stranger':
      return `an instance that is not known here (${maker.fingerprint})`;
    case 'unknown':
      return 'unknown: it has no signature';
  }
}
