import type { Command, Option } from 'commander';
import { LATEST } from './commands/called';
import { run } from './commands/command';
import { GROUPS, withOptions, type Options } from './commands/options';
import { programOf } from './program';
import { bashScript } from './terminal/completion/bash';
import { fishScript } from './terminal/completion/fish';
import { zshScript } from './terminal/completion/zsh';
import type { Completed, CompletedOption, Values } from './terminal/completion/completed';
import { hand } from './terminal/print';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };
type Shell = keyof typeof SCRIPTS;

export function completionCommand(made: Command): void {
  made.registeredArguments[0]?.choices(Object.keys(SCRIPTS));
  withOptions(made).action((name: Shell, options: Options) =>
    run(options, async () => {
      const script = SCRIPTS[name](await completed());
      if (!options.json) hand(script);
      return { json: { script }, text: [] };
    }),
  );
}

/** What there is to complete, from the commands themselves. */
export async function completed(): Promise<Completed> {
  const program = await programOf(() => true);
  return { ...commandOf(program), name: program.name() };
}

function commandOf(command: Command): Completed {
  const commands = command.commands.map(commandOf);
  return {
    name: command.name(),
    description: command.description(),
    options: command.createHelp().visibleOptions(command).map(optionOf),
    arguments: command.registeredArguments.map((argument) => ({
      ...valuesOf(argument.name(), argument.argChoices),
      more: argument.variadic,
    })),
    commands: [...commands, ...(commands.length > 0 ? [helpOf(commands)] : [])],
  };
}

const helpOf = (commands: readonly Completed[]): Completed => ({
  name: 'help',
  description: 'how to use a command',
  options: [],
  arguments: [{ words: commands.map(({ name }) => name), files: false }],
  commands: [],
});

function optionOf({
  short,
  long,
  description,
  required,
  optional,
  argChoices,
  flags,
}: Option): CompletedOption {
  const [, value = ''] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
  return {
    names: [short, long].filter((name) => name !== undefined),
    description,
    // What may be left out is not waited for.
    ...(required && !optional && { value: valuesOf(long === '--groups' ? 'groups' : value, argChoices) }),
  };
}

/** By what the commands call it. */
function valuesOf(name: string, choices?: readonly string[]): Values {
  if (choices) return { words: choices, files: false };
  if (name === 'groups') return { words: GROUPS, files: false };
  if (/archive|against/.test(name)) return { words: [LATEST], files: true };
  return { words: [], files: /\bfile\b/.test(name) };
}
