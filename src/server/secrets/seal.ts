import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../errors/errors';

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

/**
 * A shorter key can be tried out by whoever gets hold of what it sealed: 16 characters are what a random one of 12
 * bytes has in base64. The samples of NocoBase's documents are known to everybody.
 */
const SHORTEST = 16;
const SAMPLES = ['test-jwt-secret', 'your-secret-key', 'your-secret-key-here', 'your-random-secret-key'];

const isGuessable = (key: string): boolean =>
  key.trim().length < SHORTEST || new Set(key).size < 6 || SAMPLES.includes(key.trim().toLowerCase());

/** Closes with `key`, which nobody must be able to guess; opens what one of the `others` has sealed too. */
export function sealWith(key: string, others: readonly string[] = []): Seal {
  if (isGuessable(key)) throw new Error('the key for sealing is empty, too short or a sample');
  const derived = [key, ...others].map(derive);
  const [own] = derived;
  return {
    close(secret) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', own ?? '', nonce);
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return NAME + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.slice(NAME.length), 'base64');
      let cause: unknown;
      for (const key of derived) {
        try {
          const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
          decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
          return decipher.update(bytes.subarray(NONCE + TAG), undefined, 'utf8') + decipher.final('utf8');
        } catch (error) {
          cause = error;
        }
      }
      throw new BackupError(
        'SECRET_UNREADABLE',
        'A stored secret cannot be read: it was sealed with another APP_KEY. Enter it again.',
        { cause },
      );
    },
  };
}

const derive = (key: string): Buffer => Buffer.from(hkdfSync('sha256', key, 'ark', 'settings', 32));

/**
 * Seals with the app's key, or where that is missing or can be guessed with a random one in the folder, made when the
 * first secret is sealed. What either has sealed stays readable, also what earlier versions sealed with a key that
 * can be guessed.
 */
export function sealIn(folder: string, appKey: string | undefined): Seal {
  const safe = appKey !== undefined && !isGuessable(appKey);
  return {
    close: (secret) => (safe ? sealWith(appKey) : sealWith(ownKey(folder))).close(secret),
    open(sealed) {
      const kept = keptKey(folder);
      const [key, ...others] = [...(safe ? [appKey] : []), ...(kept === undefined ? [] : [kept])];
      const before = safe ? [] : [appKey ?? ''];
      return sealWith(key ?? ownKey(folder), [...others, ...before]).open(sealed);
    },
  };
}

const keyFile = (folder: string): string => join(folder, 'key');

function keptKey(folder: string): string | undefined {
  try {
    return readFileSync(keyFile(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** There whole or not at all: of two processes that make it at once both have the same. */
function ownKey(folder: string): string {
  const kept = keptKey(folder);
  if (kept !== undefined) return kept;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ready = `${keyFile(folder)}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(ready, randomBytes(32).toString('base64'), { flag: 'wx', mode: 0o600 });
  try {
    linkSync(ready, keyFile(folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(ready, { force: true });
  }
  return readFileSync(keyFile(folder), 'utf8');
}
