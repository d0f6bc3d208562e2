import { Stanza, type Identity, type Recipient } from 'age-encryption';
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';

/**
 * age's own way with a passphrase (https://age-encryption.org/v1, "scrypt"), with the scrypt of node: the library's
 * keeps the whole process waiting for the second or two that it takes, and its pages and jobs with it.
 */
const LABEL = 'age-encryption.org/v1/scrypt';
/** Of memory and time; what the age tool uses, and the most that is opened. */
const [LOG_N, MOST_LOG_N] = [18, 20];
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
      if (logN > MOST_LOG_N) throw new Error('the age header asks for more work than anybody needs');
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

function derive(passphrase: string, salt: Buffer, logN: number): Promise<Buffer> {
  const [N, r, p] = [2 ** logN, 8, 1];
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase,
      Buffer.concat([Buffer.from(LABEL), salt]),
      32,
      { N, r, p, maxmem: 2 * 128 * N * r },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}
