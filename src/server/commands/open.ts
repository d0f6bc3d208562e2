import { findArchive } from '../actions/backups/findBackup';
import type { Archive } from '../dumper/archive/archive';
import type { Keys } from '../dumper/container/cipher';
import { readSecret } from './command';
import { offline } from './offline';
import type { Options } from './options';

export const open = (name: string, options: Options): Promise<Archive> =>
  findArchive(offline(options), name, keysOf(options), options.storage);

export function keysOf(options: Options): Keys {
  return {
    passphrase: options.passphraseFile === undefined ? undefined : readSecret(options.passphraseFile),
    identities:
      options.identityFile === undefined
        ? undefined
        : readSecret(options.identityFile)
            .split(/\r?\n/)
            .map((line) => line.trim())
            .filter((line) => line !== '' && !line.startsWith('#')),
    allowPlain: options.allowPlain,
  };
}
