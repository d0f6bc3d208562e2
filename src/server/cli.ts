#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import { interrupt } from './commands/interrupt';
import { asBackupError } from './errors/errors';
import { programOf } from './program';
import { printJson, say } from './terminal/print';
import { goOnUnread } from './terminal/unread';

// PostgreSQL's parser is WebAssembly, and runs for a second at most: to compile it a second time, better, takes longer than it saves, and memory.
setFlagsFromString('--liftoff-only');

/** A first Ctrl-C asks the job to stop and put everything back; a second one does not wait for that. */
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (interrupt.signal.aborted) process.exit(130);
    say(['', 'Stopping; nothing will be changed. Once more to leave at once.']);
    interrupt.abort();
  });
}

goOnUnread();

/** What libraries advise whoever builds with them, such as a newer Node for their next version, is nothing for who runs this. */
if (!process.argv.some((word) => /^(-\w*v\w*|--verbose)$/.test(word))) process.removeAllListeners('warning');

async function main(words: readonly string[]): Promise<void> {
  const called = words.find((word) => !word.startsWith('-') && word !== 'help');
  const program = await programOf(
    (name) => name === called,
    (made) =>
      made
        .exitOverride()
        .configureOutput({ writeErr: (text) => say(text.trimEnd().split('\n')) })
        .showHelpAfterError('("ark help" shows how)'),
  );
  await program.parseAsync();
}

main(process.argv.slice(2)).catch((error: unknown) => {
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
