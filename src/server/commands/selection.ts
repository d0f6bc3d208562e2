import type { CodeChoice } from '../actions/trust/consent';
import { parseGroups, type Selection } from '../dumper/app/groups';
import type { Recipients } from '../dumper/container/cipher';
import { BackupError } from '../errors/errors';
import { listed, readSecret } from './command';
import type { Options } from './options';

export function selection(options: Options): Selection {
  const choices = [options.groups, options.collections, options.all].filter((choice) => choice !== undefined);
  if (choices.length > 1)
    throw new BackupError('USAGE', 'Give one of --groups, --collections and --all, not several.');
  const { exclude, rows } = options;
  const rest = {
    ...(options.keepDefinitions && { keepDefinitions: true }),
    ...(exclude && { exclude: named('--exclude', exclude) }),
    ...(rows && rows !== true && { noRows: named('--no-rows', rows) }),
  };
  if (options.all) return { all: true, ...rest };
  if (options.collections !== undefined) return { collections: listed(options.collections), ...rest };
  return { ...(options.groups !== undefined && { groups: parseGroups(options.groups) }), ...rest };
}

function named(option: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new BackupError('USAGE', `${option} wants the names of collections.`);
  return names;
}

export function recipients(options: Options): Recipients | undefined {
  if (options.recipient && options.passphraseFile !== undefined) {
    throw new BackupError(
      'USAGE',
      'Give --recipient or --passphrase-file, not both: age allows only one kind.',
    );
  }
  if (options.recipient) return { recipients: options.recipient };
  return options.passphraseFile === undefined
    ? undefined
    : { passphrase: readSecret(options.passphraseFile) };
}

export const codeChoice = ({ allowCode, code }: Options): CodeChoice => ({
  allowCode: allowCode === true,
  noCode: code === false,
});
