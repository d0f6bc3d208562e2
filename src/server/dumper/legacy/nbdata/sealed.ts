import { createDecipheriv, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { damaged, BackupError } from '../../../errors/errors';
import type { Keys } from '../../container/cipher';
import { type ByteSource } from '../../container/zip';

/**
 * The Backup manager's own encryption of a backup with a password: 16 bytes to begin with, then AES-256-CBC of the ZIP,
 * by a key that scrypt makes of the password with always the same salt. Nothing in it tells whether a byte was changed;
 * what is in the ZIP does.
 */
const SALT = 'backup salt';
const BLOCK = 16;
const FIRST = Buffer.from('PK\x03\x04', 'latin1');

const deriveKey = promisify(scrypt) as (password: string, salt: string, bytes: number) => Promise<Buffer>;

/** Whether a file could be one: nothing but its length shows. */
export const couldBeSealed = (first: Buffer, size: number): boolean =>
  size >= 3 * BLOCK && size % BLOCK === 0 && !first.subarray(0, FIRST.length).equals(FIRST);

/** The ZIP inside. Throws ARCHIVE_LOCKED without a password, and ARCHIVE_KEY_WRONG for another one. */
export async function openSealed(source: ByteSource, { passphrase }: Keys): Promise<ByteSource> {
  if (passphrase === undefined) {
    throw new BackupError(
      'ARCHIVE_LOCKED',
      'The backup is encrypted by the Backup manager. Give the password that it was made with.',
      { way: 'giveKey' },
    );
  }
  const key = await deriveKey(passphrase, SALT, 32);
  /** Whole blocks; each needs the one before it. */
  const blocks = async (from: number, to: number): Promise<Buffer> => {
    const sealed = await source.read(from, to + BLOCK);
    const cipher = createDecipheriv('aes-256-cbc', key, sealed.subarray(0, BLOCK)).setAutoPadding(false);
    return Buffer.concat([cipher.update(sealed.subarray(BLOCK)), cipher.final()]);
  };
  const whole = source.size - BLOCK;
  const last = await blocks(whole - BLOCK, whole);
  const padding = last[BLOCK - 1] ?? 0;
  const begins = (await blocks(0, BLOCK)).subarray(0, FIRST.length).equals(FIRST);
  const ends = padding >= 1 && padding <= BLOCK && last.subarray(-padding).every((byte) => byte === padding);
  if (!begins || !ends) {
    throw new BackupError(
      'ARCHIVE_KEY_WRONG',
      'The password does not open this backup. Check for the right one; if it is right, the file is damaged or cut off, or is none of the Backup manager.',
    );
  }
  const size = whole - padding;
  return {
    size,
    async read(start, end) {
      if (end > size) throw damaged('cut-off', {});
      if (start >= end) return Buffer.alloc(0);
      const from = start - (start % BLOCK);
      const bytes = await blocks(from, Math.ceil(end / BLOCK) * BLOCK);
      return bytes.subarray(start - from, end - from);
    },
  };
}
