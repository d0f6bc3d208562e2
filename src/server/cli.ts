#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander';
import { config as loadEnvFile } from 'dotenv';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import * as backups from './actions/backups';
import * as undos from './actions/undos';
import { storagesCommand, type Outcome } from './commands/storages';
import { formatBytes } from './bytes';
import type { Keys, Recipients } from './dumper/cipher';
import { parseGroups, type Selection } from './dumper/groups';
import { asBackupError, BackupError } from './errors';
import { rememberProof } from './actions/proofs';
import { rehearseBackup } from './actions/rehearse';
import { addScheduleCommands } from './cliSchedules';
import { dataFolder } from './environment';
import { DEFAULT_PORT, startConsole } from './console';
import { offlineHost, standaloneHost, VERSION } from './hosts/standalone';
import { progressLine } from './terminal/progress';
import { inspectText, listText, previewText, summaryText, undosText } from './terminal/tables';

interface Options {
  database?: string;
  env?: string;
  json?: boolean;
  yes?: boolean;
  groups?: string;
  collections?: string;
  all?: boolean;
  storage?: string;
  files?: boolean;
  output?: string;
  name?: string;
  recipient?: string[];
  passphraseFile?: string;
  identityFile?: string;
  allowBreaks?: boolean;
  list?: boolean;
  drop?: boolean;
  from?: string;
  to?: string;
  port?: string;
  listen?: string;
  token?: string;
}

const program = new Command('ark')
  .description(
    'Back up by group, see what a restore will change, restore all of it or none of it, and undo it.',
  )
  .version(VERSION)
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  .showHelpAfterError('("ark help" shows how)');

/** Ctrl-C asks the job to stop and put everything back; a second one does not wait for that. */
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (interrupt.signal.aborted) process.exit(130);
    process.stderr.write('\nStopping; nothing will be changed. Once more to leave at once.\n');
    interrupt.abort();
  });
}

const database = new Option('--database <url>', "the database, instead of the environment's (postgres://…)");
// Not --env-file: Node takes that for its own, even after the name of the script.
const envFile = new Option('--env <file>', "the app's .env").default('.env');
const json = new Option('--json', 'one JSON object on standard output');
const yes = new Option('--yes', 'do not ask');
const groups = new Option('--groups <names>', 'groups, separated by commas');
const collections = new Option('--collections <names>', 'single collections, separated by commas');
const all = new Option('--all', 'everything, logs and objects that belong to no table too');
const storage = new Option('--storage <name>', 'the storage');
const intoStorages = new Option('--storage <names>', 'one or several storages, separated by commas');
const passphrase = new Option('--passphrase-file <file>', 'a file with the passphrase');
const identity = new Option('--identity-file <file>', 'a file with private age keys');
const breaks = new Option(
  '--allow-breaks',
  'go on though the preview names things that will not work afterwards',
);

const command = (name: string, description: string, ...options: Option[]): Command => {
  const made = program.command(name).description(description);
  for (const option of [...options, envFile, json]) made.addOption(option);
  return made;
};

command('backup', 'make a backup', database, groups, collections, all, intoStorages, passphrase)
  .option('--output <file>', 'write to this file instead of a storage')
  .option('--name <name>', 'name in the storage')
  .option('--recipient <key...>', 'encrypt for this age public key')
  .option('--files', "the app's uploaded files too (needs STORAGE_PATH, as in the app's .env)")
  .action((options: Options) =>
    run(options, async (watch) => {
      const { job, result } = await backups.createBackup(host(options), {
        selection: selection(options),
        to:
          options.output !== undefined
            ? { file: resolve(options.output) }
            : { storages: listed(options.storage), name: options.name },
        encryptFor: recipients(options),
        files: options.files === true,
        ...watch,
      });
      const { stored, manifest, warnings } = result;
      const left = manifest.notIncluded.filter((one) => one.what !== 'collection');
      return {
        json: { job: job.id, ...(job.result as object), warnings, notIncluded: manifest.notIncluded },
        text: [
          `${stored.key}: ${formatBytes(stored.size)}, ${manifest.collections.length} collections. Done.`,
          ...warnings.map((one) => `! ${one}`),
          ...left.map((one) => `not in this backup: ${one.what} ${one.name} (${one.reason})`),
        ].join('\n'),
      };
    }),
  );

command('list', 'list the backups', storage).action((options: Options) =>
  run(options, async () => {
    const { backups: found, failed } = await backups.listBackups(offline(options), options.storage);
    const troubles = failed.map((one) => `! ${one.storage}: ${one.message} [${one.code}]`);
    return {
      json: { backups: found, ...(failed.length > 0 && { failed }) },
      text: [listText(found), ...troubles].join('\n'),
    };
  }),
);

command('inspect <archive>', 'show what is in an archive', storage, passphrase, identity).action(
  (name: string, options: Options) =>
    run(options, async () => {
      const archive = await open(name, options);
      const summary = backups.summarize(name, archive);
      const { collections: list, notIncluded, database: from, app } = archive.manifest;
      return {
        json: {
          ...summary,
          database: from,
          app,
          contents: list.map((one) => ({
            name: one.name,
            group: one.group,
            kind: one.structure.kind,
            rows: one.rows,
          })),
          files: summary.files,
          notIncluded,
        },
        text: inspectText(summary, archive),
      };
    }),
);

command(
  'verify <archive>',
  'read every byte of an archive and compare it with its digests',
  storage,
  passphrase,
  identity,
).action((name: string, options: Options) =>
  run(options, async (watch) => {
    const archive = await open(name, options);
    const { jobs } = offline(options);
    const { job, result } = await backups.verifyBackup(jobs, archive, name, watch);
    return {
      json: { job: job.id, ok: true, ...result },
      text: `${summaryText(backups.summarize(name, archive))}\nAll ${result.entries} entries are as they were written.`,
    };
  }),
);

command(
  'preview <archive>',
  'show what a restore would change',
  database,
  groups,
  collections,
  all,
  storage,
  passphrase,
  identity,
).action((name: string, options: Options) =>
  run(options, async () => {
    const preview = await backups.previewBackup(host(options), await open(name, options), selection(options));
    return { json: preview, text: previewText(preview) };
  }),
);

command(
  'restore <archive>',
  'replace collections by those of an archive',
  database,
  groups,
  collections,
  all,
  storage,
  passphrase,
  identity,
  yes,
  breaks,
  new Option('--no-files', 'leave the uploaded files as they are'),
).action((name: string, options: Options) =>
  run(options, async (watch) => {
    const target = host(options);
    const archive = await open(name, options);
    const preview = await backups.previewBackup(target, archive, selection(options));
    const broken = preview.warnings.some((one) => one.kind === 'breaks');
    if (!options.json) process.stderr.write(`${previewText(preview)}\n`);
    const what = `Replace ${preview.collections.length} collections of ${target.database.label}?`;
    const { instance } = archive.manifest;
    if (instance === target.instance) await confirm(options, what);
    else await confirm(options, `${what} The backup was made by ${instance}.`, instance);
    const { job, result } = await backups.restoreBackup(target, archive, name, {
      selection: selection(options),
      // Whoever answers the question after reading of it has allowed it; --yes alone has not read anything.
      allowBreaks: options.allowBreaks === true || (broken && options.yes !== true),
      files: options.files,
      ...watch,
    });
    const rows = result.collections.reduce((sum, one) => sum + one.rows, 0);
    return {
      json: { job: job.id, collections: result.collections, rows, undo: result.undo },
      text: `${result.collections.length} collections with ${rows} rows restored. "ark undo ${result.undo.job}" takes it back until ${result.undo.expiresAt.toISOString()}.`,
    };
  }),
);

command('undo [job]', 'put back what a restore replaced', database, yes, breaks)
  .option('--list', 'only show what can be undone')
  .option('--drop', 'free the space instead: this cannot be undone any more')
  .action((job: string | undefined, options: Options) =>
    run(options, async (watch) => {
      const target = host(options);
      if (options.list) {
        const found = await undos.listUndos(target);
        return { json: { undos: found }, text: undosText(found) };
      }
      const undo = await undos.findUndo(target, job);
      if (!options.json) process.stderr.write(`${undosText([undo])}\n`);
      if (options.drop) {
        await confirm(options, `Drop what ${undo.job} replaced, for good?`);
        await undos.dropUndo(target, undo.job);
        return { json: { dropped: undo.job, bytes: undo.bytes }, text: `${formatBytes(undo.bytes)} freed.` };
      }
      await confirm(options, `Put back what ${undo.job} replaced?`);
      const done = await undos.applyUndo(target, undo, {
        allowBreaks: options.allowBreaks === true,
        ...watch,
      });
      return {
        json: { job: done.job.id, undone: undo.job, undo: done.result },
        text: `${undo.job} is undone. "ark undo ${done.result.job}" would bring it back again.`,
      };
    }),
  );

program
  .command('copy')
  .description('copy from one database into another, without a file in between')
  .requiredOption('--from <url>', 'the database to read')
  .requiredOption('--to <url>', 'the database to restore into')
  .addOption(groups)
  .addOption(collections)
  .addOption(all)
  .addOption(yes)
  .addOption(breaks)
  .addOption(envFile)
  .addOption(json)
  .action((options: Options) =>
    run(options, async (watch) => {
      const [from, to] = [
        host({ ...options, database: options.from }),
        host({ ...options, database: options.to }),
      ];
      await confirm(options, `Copy ${from.database.label} over ${to.database.label}?`);
      const { job, result } = await backups.copyDatabase(from, to, {
        selection: selection(options),
        allowBreaks: options.allowBreaks === true,
        ...watch,
      });
      const rows = result.collections.reduce((sum, one) => sum + one.rows, 0);
      return {
        json: { job: job.id, collections: result.collections, rows, undo: result.undo },
        text: `${result.collections.length} collections with ${rows} rows copied. "ark undo ${result.undo.job}" takes it back.`,
      };
    }),
  );

command(
  'rehearse <archive>',
  'prove that an archive can be restored here, without touching what lives here',
  database,
  storage,
  passphrase,
  identity,
).action((name: string, options: Options) =>
  run(options, async (watch) => {
    const target = host(options);
    const archive = await open(name, options);
    const { id } = archive.manifest;
    const { job, result } = await rehearseBackup(target, archive, name, {
      ...watch,
      remember: () => rememberProof(target, { id, places: [] }, { rehearsedAt: new Date().toISOString() }),
    });
    return {
      json: { job: job.id, ok: true, ...result },
      text: `Proven restorable: ${result.collections} collections with ${result.rows} rows were built aside, compared with the archive, and dropped again.`,
    };
  }),
);

addScheduleCommands(program, {
  shared: [database, envFile, json],
  selection: [groups, collections, all],
  encryption: [passphrase, new Option('--recipient <key...>', 'encrypt for this age public key')],
  run,
  host: (options) => host(options),
  environment,
  selectionOf: selection,
  encryptionOf: recipients,
  confirm,
});

command('serve', 'the console: a page in the browser, and its API', database)
  .option('--port <port>', 'the port to listen on', String(DEFAULT_PORT))
  .option('--listen <address>', 'the address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
  .option('--token <token>', 'the access token, instead of a new one each time (or ARK_TOKEN)')
  .action((options: Options) =>
    run(options, async ({ signal }) => {
      const port = Number(options.port);
      if (!Number.isInteger(port) || port < 0 || port > 65535) {
        throw new BackupError('USAGE', `--port ${options.port ?? ''} is not a port number.`);
      }
      const { listen, token } = options;
      const say = (line: string) => process.stderr.write(`${line}\n`);
      const served = await startConsole({
        env: environment(options),
        database: options.database,
        port,
        listen,
        token,
        say,
      });
      const { url, ark } = served;
      say(`Ark ${VERSION} for ${ark.host.database.label}, data in ${ark.dataFolder}`);
      process.stdout.write(options.json ? `${JSON.stringify({ url })}\n` : `${url}\n`);
      await new Promise((resolve) => {
        if (signal?.aborted) resolve(undefined);
        signal?.addEventListener('abort', resolve);
      });
      await served.stop();
      return { json: undefined, text: 'Stopped.' };
    }),
  );

storagesCommand<Options>(program, {
  run: (options, work) => run(options, work),
  place: (options) => {
    const { settings, seal, environment: env } = offline(options);
    return { settings, seal, environment: env, dataFolder: dataFolder(env) };
  },
  readSecret,
  common: [envFile, json],
});

function environment(options: Options): NodeJS.ProcessEnv {
  const { error } = loadEnvFile({ path: options.env ?? '.env', quiet: true });
  if (error && options.env !== '.env') {
    throw new BackupError('USAGE', `${options.env ?? ''} cannot be read: ${error.message}`);
  }
  return process.env;
}

const host = (options: Options) => standaloneHost(environment(options), options.database);
const offline = (options: Options) => offlineHost(environment(options));

function selection(options: Options): Selection {
  const given = [options.groups, options.collections, options.all].filter((one) => one !== undefined);
  if (given.length > 1)
    throw new BackupError('USAGE', 'Give one of --groups, --collections and --all, not several.');
  if (options.all) return { all: true };
  if (options.collections !== undefined) {
    return {
      collections: options.collections
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean),
    };
  }
  return options.groups === undefined ? {} : { groups: parseGroups(options.groups) };
}

const listed = (names: string | undefined): string[] | undefined =>
  names
    ?.split(',')
    .map((one) => one.trim())
    .filter(Boolean);

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new BackupError('USAGE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function recipients(options: Options): Recipients | undefined {
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

function open(name: string, options: Options) {
  const keys: Keys = {
    passphrase: options.passphraseFile === undefined ? undefined : readSecret(options.passphraseFile),
    identities:
      options.identityFile === undefined
        ? undefined
        : readSecret(options.identityFile)
            .split(/\r?\n/)
            .map((line) => line.trim())
            .filter((line) => line !== '' && !line.startsWith('#')),
  };
  return backups.findArchive(offline(options), name, keys, options.storage);
}

/** With an `answer` nothing but that goes on: whoever has to write a name has read it. */
async function confirm(options: Options, question: string, answer?: string): Promise<void> {
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
    .question(answer === undefined ? `${question} [y/N] ` : `${question} Write that name to go on: `, {
      signal: interrupt.signal,
    })
    .catch(() => '')
    .finally(() => readline.close());
  if (answer === undefined ? !/^y(es)?$/i.test(said.trim()) : said.trim() !== answer)
    throw new BackupError('JOB_CANCELLED', 'Nothing was changed.');
}

async function run(options: Options, work: (watch: backups.Watch) => Promise<Outcome>): Promise<void> {
  const line = progressLine(process.stderr.isTTY && !options.json);
  try {
    const {
      json: object,
      text,
      exit = 0,
    } = await work({
      signal: interrupt.signal,
      onProgress: (progress) => line.show(progress),
    });
    line.stop();
    process.exitCode = exit;
    if (!options.json) process.stdout.write(`${text}\n`);
    else if (object !== undefined) process.stdout.write(`${JSON.stringify(object)}\n`);
    process.exitCode = exit;
  } catch (cause) {
    line.stop();
    const error = asBackupError(cause);
    const { code, message, exit } = error;
    if (options.json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    process.stderr.write(`ark: ${message} [${code}]\n`);
    if (process.env.ARK_DEBUG) console.error(cause);
    process.exitCode = exit;
  }
}

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    if (error.exitCode !== 0 && process.argv.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message } })}\n`);
    }
  } else {
    process.stderr.write(`ark: ${asBackupError(error).message}\n`);
    process.exitCode = 1;
  }
});
