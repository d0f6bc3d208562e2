import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { BackupError } from './errors';

/** Keeps secrets of the settings unreadable where they lie: AES-256-GCM, the key derived from the app's own. */
export interface Seal {
  close(secret: string): string;
  /** Rejects what was sealed with another key, or changed. */
  open(sealed: string): string;
}

const NAME = 'ark sealed 1:';
const NONCE = 12;
const TAG = 16;

export const isSealed = (text: string): boolean => text.startsWith(NAME);

export function sealWith(appKey: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', appKey, 'ark', 'settings', 32));
  return {
    close(secret) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return NAME + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.slice(NAME.length), 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
        decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
        return decipher.update(bytes.subarray(NONCE + TAG), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new BackupError(
          'SECRET_UNREADABLE',
          'A stored secret cannot be read: it was sealed with another APP_KEY. Enter it again.',
          { cause },
        );
      }
    },
  };
}
