import * as z from 'zod';
import { Proof as Way, Unproven } from '../../dumper/restore/proof';
import type { Host } from '../../host';
import type { BackupItem } from '../../api/api';
import { inTurn } from '../inTurn';

/** What was proven of backups, by the digest of their manifest: copies are proven along, and nothing else is. */
const Proof = z.object({
  verifiedAt: z.iso.datetime().optional(),
  rehearsedAt: z.iso.datetime().optional(),
  /** How it was rehearsed; an older Ark does not say, and had one way. */
  proof: Way.optional(),
  unproven: z.array(Unproven).readonly().optional(),
});
type Proof = z.infer<typeof Proof>;
const Proofs = z.record(z.string(), Proof);

const KEEP = 2000;
const NAME = 'proofs';

const read = async ({ settings }: Pick<Host, 'settings'>): Promise<Record<string, Proof>> =>
  Proofs.catch({}).parse(await settings.get('settings', NAME));

export function rememberProof(
  host: Pick<Host, 'settings' | 'exclusive'>,
  { manifestSha256 }: { readonly manifestSha256: string },
  proof: Proof,
): Promise<void> {
  return inTurn(host, NAME, async () => {
    const { [manifestSha256]: before, ...others } = await read(host);
    // The newest last: the oldest are forgotten first.
    const all = { ...others, [manifestSha256]: { ...before, ...proof } };
    await host.settings.save('settings', NAME, Object.fromEntries(Object.entries(all).slice(-KEEP)));
  });
}

/** The list with what was proven of each. */
export async function withProofs<T>(
  host: Pick<Host, 'settings'>,
  items: readonly { readonly item: T; readonly manifestSha256?: string | undefined }[],
): Promise<(T & Pick<BackupItem, 'verifiedAt' | 'rehearsedAt' | 'proof' | 'unproven'>)[]> {
  const all = await read(host);
  return items.map(({ item, manifestSha256 = '' }) => {
    const {
      verifiedAt,
      rehearsedAt,
      proof = 'staging',
      unproven = ['exchange', 'empty'],
    } = (Object.hasOwn(all, manifestSha256) && all[manifestSha256]) || {};
    return {
      ...item,
      ...(verifiedAt !== undefined && { verifiedAt }),
      ...(rehearsedAt !== undefined && { rehearsedAt, proof, unproven }),
    };
  });
}
