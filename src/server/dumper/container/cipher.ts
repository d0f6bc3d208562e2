import { bech32 } from '@scure/base';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { webcrypto } from 'node:crypto';
import pLimit from 'p-limit';
import type { Bytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import { isLongEnough, passphraseIdentity, passphraseRecipient, SHORTEST } from './passphrase';

/** Whom an archive is encrypted for: a passphrase, or owners by their public age keys. */
export type Recipients = { readonly passphrase: string } | { readonly recipients: readonly string[] };

/** What opens an archive: a passphrase, or private age keys (`AGE-SECRET-KEY-1…`). */
export interface Keys {
  readonly passphrase?: string | undefined;
  readonly identities?: readonly string[] | undefined;
  /** Though a key is given, an archive that is not encrypted will do. */
  readonly allowPlain?: boolean | undefined;
}

const isGiven = ({ passphrase, identities = [] }: Keys): boolean =>
  passphrase !== undefined || identities.length > 0;

/** Whoever gives a key expects his own archive; one that needs none may have been put in its place. */
export function refusePlain(keys: Keys): void {
  if (!isGiven(keys) || keys.allowPlain) return;
  throw new BackupError(
    'ARCHIVE_NOT_ENCRYPTED',
    'A passphrase or key was given, and the archive is not encrypted: somebody may have put it in the place of yours. Allow it explicitly if you know that it is not encrypted.',
    { way: 'allowPlain' },
  );
}

export const KEY_ENTRY = 'key.age';

/** What opens the entries of one archive. */
export interface Opener {
  whole(data: Uint8Array): Promise<Uint8Array>;
  /** One of any size, as it is pulled. */
  pieces(data: Bytes): Bytes;
}

export interface Seal {
  /** The content of `key.age`. */
  readonly key: Uint8Array;
  seal(data: Uint8Array): Promise<Uint8Array>;
  /** Opens what was sealed: whoever has just written an archive need not wait for the slow function once more. */
  readonly opener: Opener;
}

/**
 * A fresh identity for one archive, itself encrypted for the owner. So the slow passphrase function runs once and
 * not for each entry, and every entry can be opened with the plain `age` tool.
 */
export async function newSeal(owner: Recipients): Promise<Seal> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  if ('passphrase' in owner ? !isLongEnough(owner.passphrase) : owner.recipients.length === 0) {
    throw 'passphrase' in owner
      ? refused('passphrase-short', { least: SHORTEST })
      : refused('recipient-none', {});
  }
  const outer = new Encrypter();
  if ('passphrase' in owner) outer.addRecipient(passphraseRecipient(owner.passphrase));
  else {
    for (const recipient of owner.recipients) {
      try {
        outer.addRecipient(recipient);
      } catch (error) {
        throw refused('recipient-wrong', { recipient: JSON.stringify(recipient) }, { cause: error });
      }
    }
  }
  const key = await outer.encrypt(`${identity}\n`);
  const inner = new Encrypter();
  inner.addRecipient(recipient);
  // All of it is work of this thread: side by side it would take no less time, and more memory.
  const oneByOne = pLimit(1);
  return { key, seal: (data) => oneByOne(() => inner.encrypt(data)), opener: await openerOf(identity) };
}

/** Tells apart what age itself does not: no key given, a wrong one, or a damaged archive. */
export async function openSeal(sealed: Uint8Array, keys: Keys): Promise<Opener> {
  const outer = new Decrypter();
  if (!isGiven(keys)) {
    throw new BackupError(
      'ARCHIVE_LOCKED',
      'The archive is encrypted. Give its passphrase or a private age key.',
      { way: 'giveKey' },
    );
  }
  if (keys.passphrase !== undefined) outer.addIdentity(passphraseIdentity(keys.passphrase));
  for (const identity of keys.identities ?? []) {
    try {
      outer.addIdentity(identity);
    } catch (error) {
      throw refused('identity-wrong', {}, { cause: error });
    }
  }
  try {
    return await openerOf((await outer.decrypt(sealed, 'text')).trim());
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(
      'ARCHIVE_KEY_WRONG',
      'The passphrase or key does not open this archive. Check for the right one; if it is right, key.age is damaged.',
      { cause: error },
    );
  }
}

/** What stands before the 32 bytes of an X25519 key in PKCS #8, which is the only form that Node reads it in. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** An archive has an entry for each chunk of rows, and to read the key again for each takes longer than to open it. */
async function readOnce(identity: string): Promise<webcrypto.CryptoKey> {
  const { bytes } = bech32.decodeToBytes(identity);
  return webcrypto.subtle.importKey('pkcs8', Buffer.concat([PKCS8, bytes]), 'X25519', false, ['deriveBits']);
}

async function openerOf(identity: string): Promise<Opener> {
  const inner = new Decrypter();
  inner.addIdentity(identity.startsWith('AGE-SECRET-KEY-1') ? await readOnce(identity) : identity);
  return {
    whole: (data) => inner.decrypt(data, 'uint8array'),
    async *pieces(data) {
      const from = data[Symbol.asyncIterator]();
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const next = await from.next();
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        },
        async cancel() {
          await from.return?.();
        },
      });
      yield* (await inner.decrypt(stream)) as unknown as Bytes;
    },
  };
}
