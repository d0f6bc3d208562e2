import { Command } from 'commander';
import { withOptions } from './commands/options';
import { COMMANDS, type Entry } from './commandTable';
import { EXIT_HELP, examplesHelp, TOP_HELP } from './terminal/helpText';
import { VERSION } from './version';

/** The whole command line. What is not `wanted` is not loaded: it has its line in the help, and no options of its own. */
export async function programOf(
  wanted: (name: string) => boolean,
  // Commands take over how their parent speaks and ends, and only then.
  setUp: (program: Command) => Command = (program) => program,
): Promise<Command> {
  const program = setUp(new Command('ark'))
    .description(
      'Back up by group, see what a restore will change, restore all of it or none of it, and undo it.',
    )
    .version(VERSION)
    .addHelpText('after', TOP_HELP);
  for (const entry of COMMANDS) await addEntry(program, entry, wanted);
  return program;
}

async function addEntry(
  program: Command,
  { usage, description, group, examples, load }: Entry,
  wanted: (name: string) => boolean,
): Promise<void> {
  const made = program.command(usage).description(description);
  if (wanted(made.name())) (await load())(made);
  else if (!group) withOptions(made);
  made.addHelpText('after', `${examplesHelp(examples)}\n${EXIT_HELP}`);
}
