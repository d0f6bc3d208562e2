import { Option, type Command } from 'commander';
import type { GroupName } from '../dumper/app/groups';

/** What every command may be given; each names its own beside them. */
export interface Options {
  readonly database?: string;
  readonly databaseFile?: string;
  readonly env?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly yes?: boolean;
  readonly groups?: string;
  readonly collections?: string;
  readonly all?: boolean;
  readonly keepDefinitions?: boolean;
  readonly into?: string;
  readonly exclude?: readonly string[];
  /** Commander's own way with `--no-rows`: true where it was not given. */
  readonly rows?: true | readonly string[];
  readonly storage?: string | undefined;
  readonly instance?: string;
  readonly recipient?: string[];
  readonly passphraseFile?: string;
  readonly identityFile?: string;
  readonly allowPlain?: boolean;
  readonly allowBreaks?: boolean;
  readonly allowChanges?: boolean;
  readonly allowCode?: boolean;
  /** False: `--no-code`. */
  readonly code?: boolean;
}

export const database = new Option(
  '--database <url>',
  "the database, instead of the environment's (postgres://…)",
);
const databaseFile = new Option(
  '--database-file <file>',
  'a file with that URL: a password in it shows in no list of processes',
).conflicts('database');
// Not --env-file: Node takes that for its own, even after the name of the script.
const envFile = new Option('--env <file>', "the app's .env").default('.env');
const json = new Option('--json', 'one JSON object on standard output');
const quiet = new Option('-q, --quiet', 'no progress, and of what was done only what needs attention');
const verbose = new Option(
  '-v, --verbose',
  "the lines of the job's log as they are written, and the cause of a failure",
).conflicts('quiet');
export const yes = new Option('--yes', 'do not ask');
export const storage = new Option('--storage <name>', 'the storage');
export const intoStorages = new Option('--storage <names>', 'one or several storages, separated by commas');
const passphrase = new Option('--passphrase-file <file>', 'a file with the passphrase');
/** Written down here, as what knows them takes longer to load than all the help. A test has both. */
export const GROUPS: readonly GroupName[] = ['required', 'user', 'custom', 'third-party', 'unknown', 'log'];
/** What a selection is made of. */
export const chosen = [
  new Option(
    '--groups <names>',
    `groups, separated by commas: ${GROUPS.join(', ')}, or as the page and NocoBase call them`,
  ),
  new Option('--collections <names>', 'single collections, separated by commas'),
  new Option('--all', 'everything, logs and objects that belong to no table too'),
];
const more = (text: string, before: unknown): string[] => [
  ...(Array.isArray(before) ? (before as string[]) : []),
  ...text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean),
];
/** What takes something out of a selection. Each may be given several times. */
export const narrowing = [
  new Option('--exclude <names>', 'collections that stay out, separated by commas').argParser(more),
  new Option('--no-rows <names>', 'collections of which the structure alone is taken').argParser(more),
];
export const into = new Option(
  '--into <name>',
  'as plain tables into a new schema (on MySQL and MariaDB a new database) of that name, beside what is live',
);
export const keepDefinitions = new Option(
  '--keep-definitions',
  'leave what the app knows (the group required: collections, fields, pages, roles, workflows) as it is',
);
/** What recipients are made of. */
export const encrypted = [passphrase, new Option('--recipient <key...>', 'encrypt for this age public key')];
export const ofInstance = new Option(
  '--instance <name>',
  'whose newest backup `latest` is, instead of this instance',
);
/** What an archive is found and opened with. */
export const opened = [
  storage,
  ofInstance,
  passphrase,
  new Option('--identity-file <file>', 'a file with private age keys'),
  new Option(
    '--allow-plain',
    "an archive that is not encrypted will do, though a key is given or this instance's own are encrypted",
  ),
];
export const examples = new Option(
  '--examples <number>',
  'rows of each kind and collection that are shown',
).default('3');
export const breaks = new Option(
  '--allow-breaks',
  'go on though the preview names things that will not work afterwards',
);

export const changes = new Option(
  '--allow-changes',
  'from another kind of database: values that this one cannot have become what comes closest, as the preview names them',
);

export const withoutCode = new Option(
  '--no-code',
  'without functions, triggers, views and all else that could run and is not here already',
);
export const aboutCode = [
  new Option('--allow-code', 'bring the code of a backup whose maker is not trusted here'),
  withoutCode,
];

/** Adds a command of a group. */
export const command = (parent: Command, usage: string, description: string, ...options: Option[]): Command =>
  withOptions(parent.command(usage).description(description), ...options);

/** Every command knows --env, --json, --quiet and --verbose. */
export function withOptions(made: Command, ...options: Option[]): Command {
  const files = options.includes(database) ? [databaseFile] : [];
  for (const option of [...options, ...files, envFile, json, quiet, verbose]) made.addOption(option);
  return made;
}
