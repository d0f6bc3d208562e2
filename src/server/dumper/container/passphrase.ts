import { Stanza, type Identity, type Recipient } from 'age-encryption';
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import pLimit from 'p-limit';
import * as z from 'zod';
import { refused } from '../../errors/errors';

/**
 * age's own way with a passphrase (https://age-encryption.org/v1, "scrypt"), with the scrypt of node: the library's
 * keeps the whole process waiting for the second or two that it takes, and its pages and jobs with it.
 */
const LABEL = 'age-encryption.org/v1/scrypt';
/**
 * Of memory and time. What is made: 128 MiB for each guess, so that a backup fits into a small server (docs/adr/0004).
 * What is opened: archives made before and by the age tool have twice that, and at most 512 MiB are given.
 */
const [LOG_N, MOST_LOG_N] = [17, 19];

/** A floor and no more: shorter ones are guessed although each guess costs a second. */
export const SHORTEST = 12;

export const isLongEnough = (passphrase: string): boolean => Array.from(passphrase).length >= SHORTEST;
export const TOO_SHORT = `The passphrase has fewer than ${SHORTEST} characters and could be guessed. Several words are easiest to remember.`;
/** What a new archive is encrypted for; old ones open with whatever they were made with. */
export const NewPassphrase = z.string().min(1).refine(isLongEnough, TOO_SHORT);
const TAG_BYTES = 16;
const NONCE = new Uint8Array(12);
const AEAD = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES } as const;

export function passphraseRecipient(passphrase: string): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(16);
      const cipher = createCipheriv(AEAD, await derive(passphrase, salt, LOG_N), NONCE, OPTIONS);
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Stanza(['scrypt', unpadded(salt), String(LOG_N)], new Uint8Array(body))];
    },
  };
}

export function passphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const [stanza] = stanzas;
      const [type, saltText = '', logNText = ''] = stanza?.args ?? [];
      if (!stanza || type !== 'scrypt') return null;
      const salt = Buffer.from(saltText, 'base64');
      const logN = Number(logNText);
      const sound =
        stanzas.length === 1 &&
        stanza.args.length === 3 &&
        salt.length === 16 &&
        unpadded(salt) === saltText &&
        /^[1-9][0-9]?$/.test(logNText) &&
        stanza.body.length === 16 + TAG_BYTES;
      if (!sound) throw new Error('the passphrase part of the age header is malformed');
      if (logN > MOST_LOG_N) {
        throw refused('archive-rounds', { rounds: String(logN), most: String(MOST_LOG_N) });
      }
      const cipher = createDecipheriv(AEAD, await derive(passphrase, salt, logN), NONCE, OPTIONS);
      cipher.setAuthTag(stanza.body.subarray(-TAG_BYTES));
      const fileKey = cipher.update(stanza.body.subarray(0, -TAG_BYTES));
      try {
        cipher.final();
      } catch {
        return null;
      }
      return new Uint8Array(fileKey);
    },
  };
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** Each takes hundreds of megabytes while it runs, so however many ask, one runs. */
const oneByOne = pLimit(1);

function derive(passphrase: string, salt: Buffer, logN: number): Promise<Buffer> {
  const [N, r, p] = [2 ** logN, 8, 1];
  return oneByOne(
    () =>
      new Promise((resolve, reject) => {
        scrypt(
          passphrase,
          Buffer.concat([Buffer.from(LABEL), salt]),
          32,
          { N, r, p, maxmem: 2 * 128 * N * r },
          (error, key) => (error ? reject(error) : resolve(key)),
        );
      }),
  );
}
