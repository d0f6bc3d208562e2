import { detailText, type Details } from '../../errors/details';
import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { BackupError, codeOf } from '../../errors/errors';

/** The kinds of keys that servers have, in the order of OpenSSH's liking, and how each may sign. */
export const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

export const typesFrom = (first: string | undefined): string[] =>
  Object.keys(ALGORITHMS).sort((a, b) => Number(b === first) - Number(a === first));

/** As `ssh-keygen -l` shows it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** A key begins with the name of its kind. */
export const typeOf = (key: Buffer): string =>
  key.length < 4 ? '' : key.toString('latin1', 4, 4 + key.readUInt32BE(0));

/** A server that nobody has agreed to yet: the connection ends before anybody signs in. */
export class UnknownHostKey extends BackupError {
  constructor(
    name: string,
    address: string,
    readonly fingerprint: string,
  ) {
    const details: Details = { code: 'host-key-unknown', storage: name, address, key: fingerprint };
    super(codeOf(details), detailText(details), { details });
  }
}
