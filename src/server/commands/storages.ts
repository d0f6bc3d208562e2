import type { Command } from 'commander';
import { examine } from '../actions/storages/doctor';
import type { StorageSettings, StorageTest } from '../api/api';
import { storageItem, storageKinds } from '../routes/resources/storages';
import { parseRecord, type StorageRecord } from '../actions/storages/storageRecord';
import {
  createStorage,
  asUsed,
  limitsOf,
  listStorages,
  newRecord,
  removeStorage,
  setDefault,
  spoolFolder,
  storageNamed,
  updateStorage,
  type StoragesPlace,
} from '../actions/storages/storages';
import { rememberTest } from '../actions/storages/storageTests';
import { recordOfUrl, URL_EXAMPLES } from '../actions/storages/storageUrl';
import { dataFolder } from '../environment';
import type { Failure } from '../errors/details';
import { again, BackupError, failureOf, refused } from '../errors/errors';
import type { Host } from '../host';
import { storagesText, testText } from '../terminal/storages';
import { confirm, readSecret, run, sayBefore, warnOfSecret } from './command';
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
  readonly test?: boolean;
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

  command(storages, 'add <name>', 'test a storage as "test" does, and set it up if it works')
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
    .option('--no-test', 'set it up without a test, for one that is down just now')
    .option('--apply', 'take over what the test proposes; whether to trust a server is asked')
    .option('--trust <fingerprint>', 'trust the server if this is the key that it shows')
    .action((name: string, options: StorageOptions) =>
      run(options, async () => {
        const place = placeOf(options);
        const before = await newRecord(place, name, entered(options));
        const test = options.test === false ? undefined : await tried(place, options, name, before);
        if (test) refuseUnfit(options, name, test);
        await createStorage(place, name, test?.record ?? before);
        if (test) await rememberTest(place, test.record, test.test, new Date());
        if (options.default) await setDefault(place.settings, name);
        const item = storageItem(await storageNamed(place, name));
        return {
          did: true,
          json: item,
          text: [
            ...(test ? testText(name, test.test, test.applied) : []),
            test
              ? `${name} is set up: ${item.place}.`
              : `${name} is set up: ${item.place}. "ark storages test ${name}" tries it.`,
          ],
        };
      }),
    );

  command(storages, 'remove <name>', 'forget a storage; the backups in it stay where they are').action(
    (name: string, options: StorageOptions) =>
      run(options, async () => {
        await removeStorage(placeOf(options), name);
        return {
          did: true,
          json: { removed: name },
          text: `${name} is no longer known here. What is in it stays.`,
        };
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

type Place = StoragesPlace & Pick<Host, 'exclusive'>;

const placeOf = (options: Options): Place => {
  const { settings, seal, environment, exclusive } = offline(options);
  return { settings, seal, environment, exclusive, dataFolder: dataFolder(environment) };
};

interface Tried {
  readonly record: StorageRecord;
  readonly test: StorageTest;
  readonly applied?: StorageSettings | undefined;
}

/** A storage that is not kept yet, and what became of it where something was to be taken over. */
async function tried(
  place: StoragesPlace,
  options: StorageOptions,
  name: string,
  record: StorageRecord,
): Promise<Tried> {
  const examined = (asked: StorageRecord) =>
    examine(name, asked, spoolFolder(place.dataFolder), limitsOf(place));
  const test = await examined(record);
  const applied = test.trust
    ? await trusted(options, name, test.trust)
    : options.apply
      ? test.proposal
      : undefined;
  if (!applied) return { record, test };
  const changed = parseRecord({ ...record, ...applied });
  // Whoever trusts a server has not seen yet what else is wrong.
  if (test.trust) {
    const {
      test: next,
      applied: more,
      record: last,
    } = await tried(place, { ...options, trust: undefined }, name, changed);
    return { record: last, test: next, applied: { ...applied, ...more } };
  }
  return { record: changed, test: await examined(changed), applied };
}

/** Nothing is kept: all that was tried stands there, the way around it, and last what is wrong. */
function refuseUnfit(options: StorageOptions, name: string, { test, applied }: Tried): void {
  if (test.ok) return;
  sayBefore({ ...options, quiet: false }, [
    ...testText(name, test, applied, (option) => `the same command with ${option}`),
    `${name} was not set up. If it is only down just now, --no-test sets it up all the same.`,
  ]);
  if (test.trust) {
    const key = Object.values(test.trust).join(', ');
    throw refused('host-key-unasked', { storage: name, key }, { way: 'trustKey' });
  }
  const wrong =
    test.checks.find((check) => check.state === 'failed') ??
    test.checks.find((check) => check.state === 'danger');
  const {
    code = 'STORAGE_SETTINGS_WRONG',
    message = `${name} cannot be used like this.`,
    details,
  } = wrong ?? {};
  throw again({ code, message, details: details as Failure['details'] });
}

async function examineKept(place: Place, name: string): Promise<StorageTest> {
  const storage = await storageNamed(place, name);
  const used = asUsed(place, storage);
  if (!used) throw again(storage.error ?? failureOf(new Error(`${name} has no settings`)));
  const test = await examine(name, used.record, spoolFolder(place.dataFolder), used.limits);
  await rememberTest(place, used.record, test, new Date());
  return test;
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
  const used = asUsed(place, await storageNamed(place, name));
  if (used) await updateStorage(place, name, { ...used.record, ...settings });
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
