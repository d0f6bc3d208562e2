import { findArchive } from '../actions/backups/findBackup';
import type { Archive } from '../dumper/archive/archive';
import type { Keys } from '../dumper/container/cipher';
import { readSecret } from './command';
import { offline } from './offline';
import type { Options } from './options';

export function open(name: string, options: Options): Promise<Archive> {
  const keys: Keys = {
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
  return findArchive(offline(options), name, keys, options.storage);
}
