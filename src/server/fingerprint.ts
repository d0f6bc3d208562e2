import { createHash, randomBytes, scrypt } from 'node:crypto';

/**
 * What tells whether two apps have the same key, without telling the key. It stands in archives, so guessing must cost:
 * each archive has a salt of its own, and each guess takes a machine about a tenth of a second and 32 MiB.
 */
export interface Fingerprint {
  salted(salt: string): Promise<string>;
  /** As archives of format 1 have it. */
  readonly unsalted: string;
}

const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const BYTES = 16;
/** A page that is looked at again must not pay again. */
const REMEMBERED = 100;

export const newSalt = (): string => randomBytes(16).toString('base64');

const known = new Map<string, Promise<string>>();

/** `what` keeps the fingerprints of different kinds of keys apart. */
export function fingerprintOf(what: 'app' | 'aes', key: string | Uint8Array): Fingerprint {
  const digest = createHash('sha256').update(`ark ${what} key\n`).update(key).digest('hex');
  return {
    unsalted: digest.slice(0, 16),
    salted(salt) {
      const name = `${digest} ${salt}`;
      const before = known.get(name);
      if (before) return before;
      const made = derive(what, key, salt);
      const [oldest] = known.keys();
      if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
      known.set(name, made);
      return made;
    },
  };
}

function derive(what: string, key: string | Uint8Array, salt: string): Promise<string> {
  const salted = Buffer.concat([Buffer.from(`ark ${what} key\n`), Buffer.from(salt, 'base64')]);
  return new Promise((resolve, reject) => {
    scrypt(key, salted, BYTES, COST, (error, bytes) =>
      error ? reject(error) : resolve(bytes.toString('hex')),
    );
  });
}
