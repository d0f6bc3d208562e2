import { config as loadEnvFile } from 'dotenv';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { inspect } from 'node:util';
import type { Job, LogLine, Watch } from '../jobs/jobs';
import { asBackupError, BackupError, type Way } from '../errors/errors';
import { asUrl } from '../dumper/url';
import { readSettings, type Settings } from '../environment';
import { print, printable, printJson, say, type Text } from '../terminal/print';
import { progressLine } from '../terminal/progress';
import type { ProgressLook } from '../terminal/progressLine';
import { localTime } from '../terminal/time';
import { interrupt } from './interrupt';
import type { Options } from './options';

/** What a command hands to whoever prints it. */
export interface Outcome {
  readonly json: unknown;
  /** Made only where it is printed. */
  readonly text: Text | (() => Text);
  readonly exit?: number;
  /** Its text says what was done, and nobody has asked to see it: --quiet leaves out what needs no attention. */
  readonly did?: true;
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
  const parsed = asUrl(url);
  if (!URL.canParse(parsed) || new URL(parsed).password === '') return;
  say(`ark: the password in ${option} can be read by everybody on this machine (ps). Better: ${better}.`);
}

export const listed = (names: string): string[] =>
  names
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

export function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new BackupError('USAGE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Whether there is somebody to be asked. */
export const asks = (options: Options): boolean => options.yes !== true && process.stdin.isTTY;

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

/** The options that a failure's way on is called here. */
const WAYS: Readonly<Record<Way, string>> = {
  allowPlain: '--allow-plain',
  allowCode: '--allow-code or --no-code',
  allowBreaks: '--allow-breaks',
  allowChanges: '--allow-changes',
  giveKey: '--passphrase-file or --identity-file',
  withoutFiles: '--no-files',
  seeList: 'ark list',
  otherPort: '--port',
  trustKey: '--trust',
  ownDatabase: '--database postgres://user@host:5432/name',
  unpin: 'ark unpin',
  tellCopy: '"ark trust renew" on the copy, "ark trust adopt" on the original',
};

/** The lines of a log stand between others, so they leave no place for a bar. */
const lookOf = ({ json, quiet, verbose }: Options): ProgressLook =>
  quiet ? 'none' : process.stderr.isTTY && !json && !verbose ? 'bar' : 'lines';

const sayLog = ({ at, text }: LogLine): boolean => say(`${localTime(at)} ${text}`);
const sayRecord = ({ id, kind, state, subject, startedAt, endedAt }: Job): boolean =>
  say(`${localTime(endedAt ?? startedAt)} job ${id}: ${kind} ${subject}, ${state}`);

const textOf = (text: Outcome['text']): Text => (typeof text === 'function' ? text() : text);
/** What every command marks with a sign. */
const needingAttention = (text: Text): Text =>
  [text].flat().filter((line) => line.startsWith('!') || line.startsWith('not in this backup: '));

/** What is shown before a question. Whoever is not asked and wants quiet gets what needs attention. */
export function sayBefore(options: Options, text: Outcome['text']): void {
  if (options.json) return;
  const whole = textOf(text);
  say(options.quiet && options.yes ? needingAttention(whole) : whole);
}

/** Prints how it went, and sets the exit code. */
export async function run(options: Options, work: (watch: Watch) => Promise<Outcome>): Promise<void> {
  const line = await progressLine(lookOf(options));
  try {
    // What is wrong with the settings is said whatever the command, and before it has done anything.
    settings(options);
    const {
      json: object,
      text,
      exit = 0,
      did = false,
    } = await work({
      signal: interrupt.signal,
      onProgress: (progress) => line.show(progress),
      ...(options.verbose && { onRecord: sayRecord, onLog: sayLog }),
    });
    line.stop();
    if (!options.json)
      print(did && exit === 0 && options.quiet ? needingAttention(textOf(text)) : textOf(text));
    else if (object !== undefined) printJson(object);
    process.exitCode = exit;
  } catch (cause) {
    line.stop();
    const error = asBackupError(cause);
    const { code, way, exit, details } = error;
    const message = way === undefined ? error.message : `${error.message} (${WAYS[way]})`;
    if (options.json) printJson({ error: { code, message, ...(details && { details }) } });
    say(`ark: ${message} [${code}]`);
    if (options.verbose || known?.ARK_DEBUG) say(inspect(cause).split('\n'));
    process.exitCode = exit;
  }
}
