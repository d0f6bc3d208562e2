import * as z from 'zod';
import { FINGERPRINT } from '../../dumper/archive/signature';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';
import type { TrustList } from '../../api/api';
import { inTurn } from '../inTurn';
import { ownFingerprints } from './instanceKey';

/** Instances whose archives this one trusts: by the fingerprint of their key, under a name that was given here. */
export const TrustedInstance = z.object({
  fingerprint: z.string().regex(FINGERPRINT),
  name: z.string().min(1).max(100),
  addedAt: z.iso.datetime(),
  addedBy: z.string().optional(),
});
export type TrustedInstance = z.infer<typeof TrustedInstance>;

const NAME = 'trusted instances';

export async function describeTrust(host: Pick<Host, 'settings'>): Promise<TrustList> {
  const [[own, ...former], trusted] = await Promise.all([ownFingerprints(host), listTrusted(host)]);
  return { ...(own !== undefined && { own }), former, trusted };
}

export async function listTrusted({ settings }: Pick<Host, 'settings'>): Promise<TrustedInstance[]> {
  return z.array(TrustedInstance).parse((await settings.get('settings', NAME)) ?? []);
}

export async function addTrusted(
  host: Pick<Host, 'settings' | 'exclusive' | 'user'>,
  instance: Pick<TrustedInstance, 'fingerprint' | 'name'>,
  now: Date,
): Promise<TrustedInstance> {
  const fingerprint = instance.fingerprint.trim();
  const name = instance.name.trim();
  if (!FINGERPRINT.test(fingerprint)) {
    throw refused('fingerprint-wrong', { fingerprint: JSON.stringify(fingerprint) });
  }
  if (name === '' || name.length > 100) throw refused('trust-name', {});
  if ((await ownFingerprints(host)).includes(fingerprint)) throw refused('trust-self', { fingerprint });
  const added: TrustedInstance = {
    fingerprint,
    name,
    addedAt: now.toISOString(),
    ...(host.user !== undefined && { addedBy: host.user }),
  };
  await change(host, (all) => [...all.filter((instance) => instance.fingerprint !== fingerprint), added]);
  return added;
}

export async function removeTrusted(
  host: Pick<Host, 'settings' | 'exclusive'>,
  fingerprint: string,
): Promise<void> {
  const known = await listTrusted(host);
  if (!known.some((instance) => instance.fingerprint === fingerprint)) {
    const sought = { fingerprint: JSON.stringify(fingerprint) };
    const trusted = known.map((instance) => `${instance.fingerprint} (${instance.name})`);
    throw trusted.length > 0
      ? refused('trust-none', { ...sought, trusted })
      : refused('trust-nobody', sought);
  }
  await change(host, (all) => all.filter((instance) => instance.fingerprint !== fingerprint));
}

const change = (
  host: Pick<Host, 'settings' | 'exclusive'>,
  edit: (all: TrustedInstance[]) => TrustedInstance[],
): Promise<void> =>
  inTurn(host, NAME, async () => host.settings.save('settings', NAME, edit(await listTrusted(host))));
