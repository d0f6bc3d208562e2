import * as z from 'zod';
import { keyFingerprint } from '../../dumper/files/folders';
import { refused } from '../../errors/errors';
import { newSalt } from '../../fingerprint';
import type { Host } from '../../host';
import type { KeyElsewhere } from '../../api/api';
import { inTurn } from '../inTurn';
import { instanceId } from './instance';

/**
 * Somebody has said that the app's AES key is kept elsewhere, so that no backup needs to hold it. He said it of one key
 * and of one instance: of a new key, or in a copy of this instance, it is asked anew.
 */
const Said = z.object({
  instance: z.string(),
  salt: z.string(),
  key: z.string(),
  since: z.iso.datetime(),
  by: z.string().optional(),
});

const NAME = 'key elsewhere';
type Where = Pick<Host, 'settings' | 'exclusive'>;

export async function keyElsewhere(
  host: Where,
  keyFile: string | undefined,
): Promise<KeyElsewhere | undefined> {
  const said = Said.safeParse(await host.settings.get('settings', NAME)).data;
  if (!said || said.instance !== (await instanceId(host))) return undefined;
  const key = await keyFingerprint(keyFile);
  if ((await key?.salted(said.salt)) !== said.key) return undefined;
  return { since: said.since, ...(said.by !== undefined && { by: said.by }) };
}

/** Says it of the key that the app has now, or takes it back. */
export async function sayKeyElsewhere(
  host: Where & Pick<Host, 'files' | 'user'>,
  kept: boolean,
  now: Date,
): Promise<{ keyElsewhere?: KeyElsewhere }> {
  if (!kept) {
    await inTurn(host, NAME, () => host.settings.remove('settings', NAME));
    return {};
  }
  const key = await keyFingerprint((await host.files()).keyFile);
  if (!key) throw refused('key-file-none', {});
  const salt = newSalt();
  const said: KeyElsewhere = {
    since: now.toISOString(),
    ...(host.user !== undefined && { by: host.user }),
  };
  const record: z.infer<typeof Said> = {
    ...said,
    instance: await instanceId(host),
    salt,
    key: await key.salted(salt),
  };
  await inTurn(host, NAME, () => host.settings.save('settings', NAME, record));
  return { keyElsewhere: said };
}
