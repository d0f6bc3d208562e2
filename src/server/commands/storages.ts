import { Option, type Command } from 'commander';
import { examine } from '../actions/doctor';
import type { StorageTest } from '../actions/api';
import { storageItem } from '../actions/resources/storages';
import { openRecord, type StorageRecord } from '../actions/storageRecord';
import {
  createStorage,
  listStorages,
  removeStorage,
  setDefault,
  spoolFolder,
  storageNamed,
  updateStorage,
  type StoragesPlace,
} from '../actions/storages';
import { recordOfUrl } from '../actions/storageUrl';
import { BackupError } from '../errors';
import { storagesText, testText } from '../terminal/storages';

/** What a command hands to whoever prints it. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exit?: number;
}

export interface Door<Options> {
  run(options: Options, work: () => Promise<Outcome>): Promise<void>;
  place(options: Options): StoragesPlace;
  readSecret(file: string): string;
  readonly common: readonly Option[];
}

interface AddOptions {
  readonly url?: string;
  readonly kind?: string;
  readonly set?: readonly string[];
  readonly secretFile?: string;
  readonly default?: boolean;
  readonly apply?: boolean;
}

const SECRET: Readonly<Record<string, string>> = { s3: 'secretAccessKey', webdav: 'password' };

/** `ark storages`: what the page's storages are, for the terminal. */
export function storagesCommand<Options>(program: Command, door: Door<Options & AddOptions>): void {
  type Given = Options & AddOptions;
  const storages = program.command('storages').description('where backups are kept');
  const command = (name: string, description: string, isDefault = false): Command => {
    const made = storages.command(name, { isDefault }).description(description);
    for (const option of door.common) made.addOption(option);
    return made;
  };

  command('list', 'list the storages, the default one first', true).action((options: Given) =>
    door.run(options, async () => {
      const items = (await listStorages(door.place(options))).map(storageItem);
      return { json: { storages: items }, text: storagesText(items) };
    }),
  );

  command('add <name>', 'set up a storage')
    .option(
      '--url <url>',
      's3://KEY:SECRET@endpoint/bucket/path?region=…, webdavs://user:password@host/path, file:///folder',
    )
    .option('--kind <kind>', 'local, s3 or webdav, with --set')
    .option('--set <field=value...>', 'its settings, by the names in docs/storages.md')
    .option('--secret-file <file>', 'a file with the secret key or password, so that it stands in no history')
    .option('--default', 'backups go here when no storage is named')
    .action((name: string, options: Given) =>
      door.run(options, async () => {
        const place = door.place(options);
        await createStorage(place, name, entered(options, door));
        if (options.default) await setDefault(place.settings, name);
        const item = storageItem(await storageNamed(place, name));
        return {
          json: item,
          text: `${name} is set up: ${item.place}. "ark storages test ${name}" tries it.`,
        };
      }),
    );

  command('remove <name>', 'forget a storage; the backups in it stay where they are').action(
    (name: string, options: Given) =>
      door.run(options, async () => {
        await removeStorage(door.place(options), name);
        return { json: { removed: name }, text: `${name} is no longer known here. What is in it stays.` };
      }),
  );

  command('test <name>', 'write, read, list and remove a probe; proposes settings that work')
    .option('--apply', 'take over what is proposed')
    .action((name: string, options: Given) =>
      door.run(options, async () => {
        const place = door.place(options);
        const test = await examineKept(place, name);
        const applied = options.apply === true && test.proposal !== undefined;
        if (applied) await apply(place, name, test);
        const after = applied ? await examineKept(place, name) : test;
        return {
          json: { ...after, ...(applied && { applied: test.proposal }) },
          text: testText(name, after, applied ? test.proposal : undefined),
          exit: after.ok ? 0 : 1,
        };
      }),
    );
}

async function examineKept(place: StoragesPlace, name: string): Promise<StorageTest> {
  const { record, error } = await storageNamed(place, name);
  if (!record) throw new BackupError('STORAGE_INVALID', error?.message ?? `${name} cannot be opened.`);
  return examine(name, openRecord(record, place.seal), spoolFolder(place.dataFolder));
}

async function apply(place: StoragesPlace, name: string, { proposal }: StorageTest): Promise<void> {
  const { record } = await storageNamed(place, name);
  if (!record || !proposal) return;
  await updateStorage(place, name, { ...openRecord(record, place.seal), ...proposal });
}

function entered<Options>(options: AddOptions, door: Door<Options>): StorageRecord | Record<string, unknown> {
  if (options.url !== undefined) return recordOfUrl(options.url, '--url');
  const fields = Object.fromEntries(
    (options.set ?? []).map((one) => {
      const at = one.indexOf('=');
      if (at > 0) return [one.slice(0, at), one.slice(at + 1)];
      throw new BackupError('USAGE', '--set takes field=value, such as --set bucket=backups.');
    }),
  );
  const kind = options.kind ?? 'local';
  const secret = SECRET[kind];
  return {
    kind,
    ...fields,
    ...(options.secretFile !== undefined &&
      secret !== undefined && { [secret]: door.readSecret(options.secretFile) }),
  };
}
