import { Option, type Command } from 'commander';
import { rm } from 'node:fs/promises';
import { databaseUrl, readSecret, run, settings } from './commands/command';
import { database, withOptions, type Options } from './commands/options';
import { DEFAULT_PORT, startConsole, type Console } from './console';
import { BackupError } from './errors/errors';
import { writeTokenFile } from './hosts/http/accessToken';
import { print, printJson, say } from './terminal/print';
import { VERSION } from './version';

interface ServeOptions extends Options {
  readonly port?: string;
  readonly listen?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

const LEAVE_MS = 2000;

export function serveCommand(made: Command): void {
  withOptions(made, database)
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
        // Everything has ended; a connection that somebody else keeps open is no reason to stay.
        setTimeout(() => process.exit(), LEAVE_MS).unref();
        return { json: undefined, text: 'Stopped.' };
      }),
    );
}

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
