import type { Command } from 'commander';
import { examine } from '../actions/storages/doctor';
import type { StorageSettings, StorageTest } from '../api/api';
import { storageItem, storageKinds } from '../routes/resources/storages';
import { openRecord, type StorageRecord } from '../actions/storages/storageRecord';
import {
  createStorage,
  limitsOf,
  listStorages,
  removeStorage,
  setDefault,
  spoolFolder,
  storageNamed,
  updateStorage,
  type StoragesPlace,
} from '../actions/storages/storages';
import { recordOfUrl, URL_EXAMPLES } from '../actions/storages/storageUrl';
import { dataFolder } from '../environment';
import { again, BackupError, failureOf, refused } from '../errors/errors';
import { storagesText, testText } from '../terminal/storages';
import { confirm, readSecret, run, warnOfSecret } from './command';
import { offline } from './offline';
import { command, withOptions, type Options } from './options';

interface StorageOptions extends Options {
  readonly url?: string;
  readonly urlFile?: string;
  readonly kind?: string;
  readonly set?: readonly string[];
  readonly setFile?: readonly string[];
  readonly secretFile?: string;
  readonly default?: boolean;
  readonly apply?: boolean;
  readonly trust?: string;
}

/** `ark storages`: what the page's storages are, for the terminal. */
export function storagesCommands(storages: Command): void {
  withOptions(
    storages.command('list', { isDefault: true }).description('list the storages, the default one first'),
  ).action((options: StorageOptions) =>
    run(options, async () => {
      const items = (await listStorages(placeOf(options))).map(storageItem);
      return { json: { storages: items }, text: storagesText(items) };
    }),
  );

  command(storages, 'add <name>', 'set up a storage')
    .option('--url <url>', URL_EXAMPLES.join(', '))
    .option('--url-file <file>', 'a file with that URL: its secret shows in no list of processes')
    .option(
      '--kind <kind>',
      `one of ${storageKinds()
        .map((kind) => kind.name)
        .join(', ')}, with --set`,
    )
    .option('--set <field=value...>', 'its settings, by the names in docs/storages.md')
    .option('--set-file <field=file...>', 'settings that are read from files, such as privateKey')
    .option('--secret-file <file>', 'a file with the secret key or password, so that it stands in no history')
    .option('--default', 'backups go here when no storage is named')
    .action((name: string, options: StorageOptions) =>
      run(options, async () => {
        const place = placeOf(options);
        await createStorage(place, name, entered(options));
        if (options.default) await setDefault(place.settings, name);
        const item = storageItem(await storageNamed(place, name));
        return {
          json: item,
          text: `${name} is set up: ${item.place}. "ark storages test ${name}" tries it.`,
        };
      }),
    );

  command(storages, 'remove <name>', 'forget a storage; the backups in it stay where they are').action(
    (name: string, options: StorageOptions) =>
      run(options, async () => {
        await removeStorage(placeOf(options), name);
        return { json: { removed: name }, text: `${name} is no longer known here. What is in it stays.` };
      }),
  );

  command(storages, 'test <name>', 'write, read, list and remove a probe; proposes settings that work')
    .option('--apply', 'take over what is proposed; whether to trust a server is asked')
    .option('--trust <fingerprint>', 'trust the server if this is the key that it shows')
    .action((name: string, options: StorageOptions) =>
      run(options, async () => {
        const place = placeOf(options);
        const test = await examineKept(place, name);
        const offered = options.apply ? test.proposal : undefined;
        const applied = test.trust ? await trusted(options, name, test.trust) : offered;
        if (applied) await apply(place, name, applied);
        const after = applied ? await examineKept(place, name) : test;
        return {
          json: { ...after, ...(applied && { applied }) },
          text: testText(name, after, applied),
          exit: after.ok ? 0 : 1,
        };
      }),
    );
}

const placeOf = (options: Options): StoragesPlace => {
  const { settings, seal, environment } = offline(options);
  return { settings, seal, environment, dataFolder: dataFolder(environment) };
};

async function examineKept(place: StoragesPlace, name: string): Promise<StorageTest> {
  const { record, error } = await storageNamed(place, name);
  if (!record) throw again(error ?? failureOf(new Error(`${name} has no settings`)));
  return examine(name, openRecord(record, place.seal), spoolFolder(place.dataFolder), limitsOf(place));
}

/** What a server has shown is kept only if somebody has seen it: he is asked, or has said which key it must be. */
async function trusted(
  options: StorageOptions,
  name: string,
  shown: StorageSettings,
): Promise<StorageSettings | undefined> {
  const key = Object.values(shown).join(', ');
  if (options.trust !== undefined) {
    if (options.trust.trim() === key) return shown;
    throw refused('host-key-other', { storage: name, key, asked: options.trust });
  }
  if (!options.apply) return undefined;
  if (!process.stdin.isTTY) {
    throw refused('host-key-unasked', { storage: name, key }, { way: 'trustKey' });
  }
  const question = `${name} shows the key ${key}. Does "ssh-keygen -lf" say the same of the server's key there, and is it to be trusted?`;
  await confirm(options, question);
  return shown;
}

async function apply(place: StoragesPlace, name: string, settings: StorageSettings): Promise<void> {
  const { record } = await storageNamed(place, name);
  if (!record) return;
  await updateStorage(place, name, { ...openRecord(record, place.seal), ...settings });
}

function entered(options: StorageOptions): StorageRecord | Record<string, unknown> {
  if (options.urlFile !== undefined) return recordOfUrl(readSecret(options.urlFile).trim(), '--url-file');
  if (options.url !== undefined) {
    warnOfSecret(options.url, '--url', '--url-file');
    return recordOfUrl(options.url, '--url');
  }
  const fields = Object.fromEntries([
    ...(options.set ?? []).map((pair) =>
      assigned(pair, '--set takes field=value, such as --set bucket=backups.'),
    ),
    ...(options.setFile ?? []).map((pair) => {
      const [field, file] = assigned(
        pair,
        '--set-file takes field=file, such as --set-file privateKey=id_ed25519.',
      );
      return [field, readSecret(file)] as const;
    }),
  ]);
  const { secretFile } = options;
  const kinds = storageKinds();
  const kind = options.kind ?? kinds[0]?.name;
  const secret = kinds.find((candidate) => candidate.name === kind)?.fields.find((field) => field.secret);
  return {
    kind,
    ...fields,
    ...(secretFile !== undefined && secret && { [secret.name]: readSecret(secretFile) }),
  };
}

function assigned(text: string, usage: string): readonly [field: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new BackupError('USAGE', usage);
}
