import * as z from 'zod';
import { fingerprintOfKey, newSigner, signerFrom, type Signer } from '../../dumper/archive/signature';
import { BackupError } from '../../errors/errors';
import type { Host } from '../../host';
import { inTurn } from '../inTurn';

/** The key by which this instance's archives are known. Its private half is sealed like every secret. */
const Kept = z.object({
  key: z.string(),
  sealed: z.string(),
  /** Public halves of keys that it had before: what they signed is its own too. */
  former: z.array(z.string()),
});
type Kept = z.infer<typeof Kept>;

const NAME = 'instance key';

async function read({ settings }: Pick<Host, 'settings'>): Promise<Kept | undefined> {
  const kept: unknown = await settings.get('settings', NAME);
  return kept === undefined ? undefined : Kept.parse(kept);
}

/**
 * Made when the first archive is. If it cannot be read any more, because APP_KEY has changed, a new one takes its place,
 * and the old one is remembered as own.
 */
export async function instanceSigner(
  host: Pick<Host, 'settings' | 'seal' | 'exclusive'>,
  say?: (line: string) => void,
): Promise<Signer> {
  const before = await read(host);
  return (before && opened(host, before)) ?? inTurn(host, NAME, () => renewed(host, say));
}

async function renewed(
  host: Pick<Host, 'settings' | 'seal'>,
  say: ((line: string) => void) | undefined,
): Promise<Signer> {
  // Another process may have been quicker.
  const before = await read(host);
  const key = before && opened(host, before);
  if (key) return key;
  const { signer, secret } = newSigner();
  const kept: Kept = {
    key: signer.key,
    sealed: host.seal.close(secret),
    former: before ? [...before.former, before.key] : [],
  };
  await host.settings.save('settings', NAME, kept);
  if (before) {
    say?.(
      `! the key that signs this instance's backups cannot be read: APP_KEY has changed. A new one was made (${fingerprintOfKey(signer.key)}), and backups signed with the old one (${fingerprintOfKey(before.key)}) still count as its own; tell those who trust it.`,
    );
  }
  return signer;
}

/** Another one, and what was signed before is somebody else's. Fingerprints. */
export function newInstanceKey(
  host: Pick<Host, 'settings' | 'seal' | 'exclusive'>,
): Promise<{ before: string | undefined; own: string }> {
  return inTurn(host, NAME, async () => {
    const before = await read(host);
    const { signer, secret } = newSigner();
    const kept: Kept = { key: signer.key, sealed: host.seal.close(secret), former: [] };
    await host.settings.save('settings', NAME, kept);
    return { before: before && fingerprintOfKey(before.key), own: fingerprintOfKey(signer.key) };
  });
}

function opened({ seal }: Pick<Host, 'seal'>, { sealed }: Kept): Signer | undefined {
  let secret: string;
  try {
    secret = seal.open(sealed);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'SECRET_UNREADABLE') return undefined;
    throw error;
  }
  return signerFrom(secret);
}

/** The fingerprints of the key that it has and of those that it had; empty before the first archive. */
export async function ownFingerprints(host: Pick<Host, 'settings'>): Promise<string[]> {
  const kept = await read(host);
  return kept ? [kept.key, ...kept.former].map(fingerprintOfKey) : [];
}
