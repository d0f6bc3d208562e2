import { Option, type Command } from 'commander';
import { config as loadEnvFile } from 'dotenv';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { inspect } from 'node:util';
import type { Watch } from '../jobs/jobs';
import type { CodeChoice } from '../actions/trust/consent';
import { findArchive } from '../actions/backups/findBackup';
import type { Archive } from '../dumper/archive/archive';
import type { Keys, Recipients } from '../dumper/container/cipher';
import { parseGroups, type Selection } from '../dumper/app/groups';
import { MoreWouldBeLost, type Losses } from '../dumper/app/lost';
import { asBackupError, BackupError, type Way } from '../errors';
import { asUrl } from '../databaseSettings';
import { readSettings, type Settings } from '../environment';
import type { Host } from '../host';
import { offlineHost, standaloneHost } from '../hosts/standalone/host';
import { print, printable, printJson, say, type Text } from '../terminal/print';
import { progressLine } from '../terminal/progress';

/** What every command may be given; each names its own beside them. */
export interface Options {
  readonly database?: string;
  readonly databaseFile?: string;
  readonly env?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly groups?: string;
  readonly collections?: string;
  readonly all?: boolean;
  readonly keepDefinitions?: boolean;
  readonly storage?: string;
  readonly recipient?: string[];
  readonly passphraseFile?: string;
  readonly identityFile?: string;
  readonly allowPlain?: boolean;
  readonly allowBreaks?: boolean;
  readonly allowCode?: boolean;
  /** False: `--no-code`. */
  readonly code?: boolean;
}

/** What a command hands to whoever prints it. */
export interface Outcome {
  readonly json: unknown;
  readonly text: Text;
  readonly exit?: number;
}

/** Ctrl-C asks the job to stop and put everything back. */
export const interrupt = new AbortController();

export const database = new Option(
  '--database <url>',
  "the database, instead of the environment's (postgres://…)",
);
const databaseFile = new Option(
  '--database-file <file>',
  'a file with that URL: a password in it shows in no list of processes',
).conflicts('database');
// Not --env-file: Node takes that for its own, even after the name of the script.
export const envFile = new Option('--env <file>', "the app's .env").default('.env');
export const json = new Option('--json', 'one JSON object on standard output');
export const yes = new Option('--yes', 'do not ask');
export const storage = new Option('--storage <name>', 'the storage');
export const intoStorages = new Option('--storage <names>', 'one or several storages, separated by commas');
const passphrase = new Option('--passphrase-file <file>', 'a file with the passphrase');
/** What a selection is made of. */
export const chosen = [
  new Option('--groups <names>', 'groups, separated by commas'),
  new Option('--collections <names>', 'single collections, separated by commas'),
  new Option('--all', 'everything, logs and objects that belong to no table too'),
];
export const keepDefinitions = new Option(
  '--keep-definitions',
  'leave what the app knows (the group required: collections, fields, pages, roles, workflows) as it is',
);
/** What recipients are made of. */
export const encrypted = [passphrase, new Option('--recipient <key...>', 'encrypt for this age public key')];
/** What an archive is found and opened with. */
export const opened = [
  storage,
  passphrase,
  new Option('--identity-file <file>', 'a file with private age keys'),
  new Option(
    '--allow-plain',
    "an archive that is not encrypted will do, though a key is given or this instance's own are encrypted",
  ),
];
export const breaks = new Option(
  '--allow-breaks',
  'go on though the preview names things that will not work afterwards',
);

export const withoutCode = new Option(
  '--no-code',
  'without functions, triggers, views and all else that could run and is not here already',
);
export const aboutCode = [
  new Option('--allow-code', 'bring the code of a backup whose maker is not trusted here'),
  withoutCode,
];

export const codeChoice = ({ allowCode, code }: Options): CodeChoice => ({
  allowCode: allowCode === true,
  noCode: code === false,
});

/** Adds a command to `parent`; every one knows --env and --json. */
export const command = (parent: Command, usage: string, description: string, ...options: Option[]): Command =>
  common(parent.command(usage), description, ...options);

export function common(made: Command, description: string, ...options: Option[]): Command {
  made.description(description);
  const files = options.includes(database) ? [databaseFile] : [];
  for (const option of [...options, ...files, envFile, json]) made.addOption(option);
  return made;
}

let known: Settings | undefined;

/** The environment with the app's .env in it, looked at once. */
export function settings(options: Options): Settings {
  return (known ??= fromEnvironment(options));
}

function fromEnvironment(options: Options): Settings {
  const { error } = loadEnvFile({ path: options.env ?? '.env', quiet: true });
  if (error && options.env !== '.env') {
    throw new BackupError('USAGE', `${options.env ?? ''} cannot be read: ${error.message}`);
  }
  const read = readSettings(process.env);
  for (const warning of read.warnings) say(`ark: ${warning}`);
  return read;
}

/** The database that was named, by its URL or a file with that. */
export function databaseUrl({ database: url, databaseFile: file }: Options): string | undefined {
  if (file !== undefined) return readSecret(file).trim();
  if (url !== undefined) warnOfSecret(url, '--database', '--database-file, or ~/.pgpass');
  return url;
}

/** Whoever is on this machine can read what a command was given. */
export function warnOfSecret(url: string, option: string, better: string): void {
  const given = asUrl(url);
  if (!URL.canParse(given) || new URL(given).password === '') return;
  say(`ark: the password in ${option} can be read by everybody on this machine (ps). Better: ${better}.`);
}

export const host = (options: Options): Host => standaloneHost(settings(options), databaseUrl(options));
export const offline = (options: Options): ReturnType<typeof offlineHost> => offlineHost(settings(options));

export function selection(options: Options): Selection {
  const given = [options.groups, options.collections, options.all].filter((one) => one !== undefined);
  if (given.length > 1)
    throw new BackupError('USAGE', 'Give one of --groups, --collections and --all, not several.');
  const keep = options.keepDefinitions && { keepDefinitions: true };
  if (options.all) return { all: true, ...keep };
  if (options.collections !== undefined) return { collections: listed(options.collections), ...keep };
  return { ...(options.groups !== undefined && { groups: parseGroups(options.groups) }), ...keep };
}

export const listed = (names: string): string[] =>
  names
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

export function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new BackupError('USAGE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
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

/** With an `answer` nothing but that goes on: whoever has to write a name has read it. Enter alone is never one. */
export async function confirm(options: Options, question: string, answer?: string): Promise<void> {
  const wanted = answer?.trim();
  if (wanted === '') throw new Error('nobody can be asked to write nothing');
  if (options.yes) return;
  if (!process.stdin.isTTY) {
    throw new BackupError(
      'CONFIRMATION_NEEDED',
      `${question} Nobody can be asked here: add --yes if you mean it.`,
    );
  }
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  readline.on('SIGINT', () => interrupt.abort());
  const said = await readline
    .question(
      `${printable(question)} ${wanted === undefined ? '[y/N]' : `Write ${printable(wanted)} to go on:`} `,
      {
        signal: interrupt.signal,
      },
    )
    .catch(() => '')
    .finally(() => readline.close());
  if (wanted === undefined ? !/^y(es)?$/i.test(said.trim()) : said.trim() !== wanted)
    throw new BackupError('JOB_CANCELLED', 'Nothing was changed.');
}

/** Rows that came while somebody was reading the preview were not among those he let go: he is asked again. */
export async function againIfMoreIsLost<T>(
  options: Options,
  shown: Losses,
  work: (acceptLost: Losses | undefined) => Promise<T>,
): Promise<T> {
  if (options.yes) return work(undefined);
  try {
    return await work(shown);
  } catch (error) {
    if (!(error instanceof MoreWouldBeLost)) throw error;
    await confirm(options, `${error.message} Go on all the same?`);
    return againIfMoreIsLost(options, error.now, work);
  }
}

/** The options that a failure's way on is called here. */
const WAYS: Readonly<Record<Way, string>> = {
  allowPlain: '--allow-plain',
  allowCode: '--allow-code or --no-code',
  allowBreaks: '--allow-breaks',
  giveKey: '--passphrase-file or --identity-file',
  withoutFiles: '--no-files',
  seeList: 'ark list',
  tellCopy: '"ark trust renew" on the copy, "ark trust adopt" on the original',
};

/** Prints how it went, and sets the exit code. */
export async function run(options: Options, work: (watch: Watch) => Promise<Outcome>): Promise<void> {
  const line = progressLine(process.stderr.isTTY && !options.json);
  try {
    // What is wrong with the settings is said whatever the command, and before it has done anything.
    settings(options);
    const {
      json: object,
      text,
      exit = 0,
    } = await work({
      signal: interrupt.signal,
      onProgress: (progress) => line.show(progress),
    });
    line.stop();
    if (!options.json) print(text);
    else if (object !== undefined) printJson(object);
    process.exitCode = exit;
  } catch (cause) {
    line.stop();
    const error = asBackupError(cause);
    const { code, way, exit } = error;
    const message = way === undefined ? error.message : `${error.message} (${WAYS[way]})`;
    if (options.json) printJson({ error: { code, message } });
    say(`ark: ${message} [${code}]`);
    if (known?.ARK_DEBUG) say(inspect(cause).split('\n'));
    process.exitCode = exit;
  }
}
