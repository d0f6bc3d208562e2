#!/usr/bin/env node
import { rm } from 'node:fs/promises';
import { Command, CommanderError, Option } from 'commander';
import { backupCommand } from './commands/backup';
import { listCommand } from './commands/list';
import { inspectCommand } from './commands/inspect';
import { verifyCommand } from './commands/verify';
import { previewCommand } from './commands/preview';
import { restoreCommand } from './commands/restore';
import { undoCommand } from './commands/undo';
import { copyCommand } from './commands/copy';
import { rehearseCommand } from './commands/rehearse';
import {
  command,
  database,
  databaseUrl,
  interrupt,
  type Options,
  readSecret,
  run,
  settings,
} from './commands/command';
import { scheduleCommands } from './commands/schedule';
import { trustCommands } from './commands/trust';
import { storagesCommands } from './commands/storages';
import { DEFAULT_PORT, startConsole, type Console } from './console';
import { asBackupError, BackupError } from './errors';
import { writeTokenFile } from './hosts/http/accessToken';
import { VERSION } from './hosts/standalone/host';
import { print, printJson, say } from './terminal/print';

interface ServeOptions extends Options {
  readonly port?: string;
  readonly listen?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

const program = new Command('ark')
  .description(
    'Back up by group, see what a restore will change, restore all of it or none of it, and undo it.',
  )
  .version(VERSION)
  .exitOverride()
  .configureOutput({ writeErr: (text) => say(text.trimEnd().split('\n')) })
  .showHelpAfterError('("ark help" shows how)');

/** A first Ctrl-C asks the job to stop and put everything back; a second one does not wait for that. */
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (interrupt.signal.aborted) process.exit(130);
    say(['', 'Stopping; nothing will be changed. Once more to leave at once.']);
    interrupt.abort();
  });
}

for (const add of [
  backupCommand,
  listCommand,
  inspectCommand,
  verifyCommand,
  previewCommand,
  restoreCommand,
  undoCommand,
  copyCommand,
  rehearseCommand,
  scheduleCommands,
  storagesCommands,
  trustCommands,
]) {
  add(program);
}

command(program, 'serve', 'the console: a page in the browser, and its API', database)
  .option('--port <port>', 'the port to listen on', String(DEFAULT_PORT))
  .option('--listen <address>', 'the address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
  .addOption(
    new Option(
      '--token-file <file>',
      'a file with the access token, instead of a new one each time (or ARK_TOKEN)',
    ).conflicts('token'),
  )
  .option('--token <token>', 'the access token itself; everybody on this machine can read it in "ps"')
  .action((options: ServeOptions) =>
    run(options, async ({ signal }) => {
      const port = Number(options.port);
      if (!Number.isInteger(port) || port < 0 || port > 65535) {
        throw new BackupError('USAGE', `--port ${options.port ?? ''} is not a port number.`);
      }
      const { listen } = options;
      const token = options.tokenFile === undefined ? options.token : readSecret(options.tokenFile);
      const served = await startConsole({
        env: settings(options),
        database: databaseUrl(options),
        port,
        listen,
        token,
        say,
      });
      const { url, ark } = served;
      say(`Ark ${VERSION} for ${ark.host.database.label}, data in ${ark.dataFolder}`);
      const signIn = await howToSignIn(served, process.stdout.isTTY && !options.json);
      if (options.json) printJson({ url, tokenFile: signIn.file });
      else print(signIn.url);
      if (!options.json && signIn.hint !== undefined) say(signIn.hint);
      await new Promise((resolve) => {
        if (signal?.aborted) resolve(undefined);
        signal?.addEventListener('abort', resolve);
      });
      await served.stop();
      if (signIn.file !== undefined) await rm(signIn.file, { force: true });
      return { json: undefined, text: 'Stopped.' };
    }),
  );

/** The token is shown to somebody who looks at a terminal. Anything else that takes what is printed may keep it. */
async function howToSignIn(
  { url, token, tokenIsNew, ark }: Console,
  isShown: boolean,
): Promise<{ readonly url: string; readonly hint?: string; readonly file?: string }> {
  if (isShown) return { url: `${url}?token=${encodeURIComponent(token)}` };
  if (!tokenIsNew) return { url, hint: 'Sign in with the access token that was set.' };
  const file = await writeTokenFile(ark.dataFolder, token);
  return {
    url,
    file,
    hint: `Sign in with the access token in ${file}, or set one of your own with ARK_TOKEN.`,
  };
}

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    if (error.exitCode !== 0 && process.argv.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      printJson({ error: { code: 'USAGE', message } });
    }
  } else {
    say(`ark: ${asBackupError(error).message}`);
    process.exitCode = 1;
  }
});
