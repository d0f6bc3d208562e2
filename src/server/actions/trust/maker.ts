import type { Archive } from '../../dumper/archive/archive';
import { makerBy, type KnownMakers, type Maker } from '../../dumper/archive/maker';
import type { Host } from '../../host';
import { ownFingerprints } from './instanceKey';
import { readMade } from './madeBook';
import { listTrusted } from './trust';

export async function knownMakers(host: Pick<Host, 'settings'>): Promise<KnownMakers> {
  const [own, trusted, made] = await Promise.all([ownFingerprints(host), listTrusted(host), readMade(host)]);
  return {
    own: new Set(own),
    trusted: new Map(trusted.map((instance) => [instance.fingerprint, instance.name])),
    written: new Set(made.flatMap((backup) => backup.manifestSha256 ?? [])),
  };
}

/** Who made an archive, by its signature and by whom this instance knows; without one, by its own book. */
export const makerOf = async (
  host: Pick<Host, 'settings'>,
  archive: Pick<Archive, 'signature' | 'manifestSha256'>,
): Promise<Maker> => makerBy(archive, await knownMakers(host));

/** In a word or two, for a table. */
export function makerLabel(maker: Maker): string {
  switch (maker.kind) {
    case 'own':
      return 'this instance';
    case 'trusted':
      return `${maker.name} (trusted)`;
    case 'stranger':
      return maker.fingerprint;
    case 'unknown':
      return 'unknown';
  }
}

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
