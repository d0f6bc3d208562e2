import { CommanderError, type Command } from 'commander';
import { programOf } from '../../src/server/program';

/** Whether the command line takes these words after `ark`: what it says against them, or nothing. Nothing is run. */
export async function refusedWords(words: readonly string[]): Promise<string | undefined> {
  const said: string[] = [];
  const program = await programOf(
    () => true,
    (made) =>
      made
        .exitOverride()
        .configureOutput({ writeErr: (text) => void said.push(text), writeOut: () => undefined }),
  );
  silence(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    // Help and version end it too.
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    return said.join('') || String(error);
  }
}

function silence(command: Command): void {
  if (command.commands.length === 0) command.action(() => undefined);
  for (const inner of command.commands) silence(inner);
}

/** The words of a line as a shell would take them apart, up to a comment, a redirection, a pipe or the next command. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let open: string | undefined;
  for (const [piece] of line.matchAll(/'[^']*'|"(?:[^"\\]|\\.)*"|\\.|\s+|[|;&>]+|[^\s'"\\|;&>]+/g)) {
    if (/^\s/.test(piece)) {
      if (open !== undefined) words.push(open);
      open = undefined;
    } else if (/^[|;&>]/.test(piece) || (open === undefined && piece.startsWith('#'))) break;
    else open = (open ?? '') + (/^['"]/.test(piece) ? piece.slice(1, -1) : piece.replace(/^\\/, ''));
  }
  return open === undefined ? words : [...words, open];
}
