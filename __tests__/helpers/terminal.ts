import { Command } from 'commander';
import { PassThrough } from 'node:stream';
import { COMMANDS } from '../../src/server/commandTable';

export interface Printed {
  readonly out: string;
  readonly err: string;
}

/** Whatever is written to both streams of this process meanwhile. */
export async function printedBy(work: () => unknown, onPrompt?: (text: string) => void): Promise<Printed> {
  let [out, err] = ['', ''];
  const taps = [
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += String(text);
      onPrompt?.(String(text));
      return true;
    }),
  ];
  try {
    await work();
  } finally {
    for (const tap of taps) tap.mockRestore();
  }
  return { out, err };
}

export interface Said extends Printed {
  readonly exit: number;
  /** Every question that was asked, with how it may be answered. */
  readonly asked: readonly string[];
}

const PROMPT = /(?:\[y\/N\]|Write .+ to go on:) $/;

/**
 * A command in this process, where its questions can be answered as at a terminal; without answers there is none.
 * The environment is looked at once per process, so a test file has one data folder.
 */
export async function runCommand(
  add: (made: Command) => void,
  args: readonly string[],
  data: string,
  answers?: readonly string[],
): Promise<Said> {
  const program = new Command('ark').exitOverride();
  const { usage } = COMMANDS.find((command) => command.usage.split(' ')[0] === args[0])!;
  add(program.command(usage));
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const terminal = Object.assign(new PassThrough(), { isTTY: answers !== undefined });
  Object.defineProperty(process, 'stdin', { value: terminal, configurable: true });
  const was = process.env.ARK_DATA;
  process.env.ARK_DATA = data;
  const asked: string[] = [];
  try {
    const printed = await printedBy(
      () => program.parseAsync(['node', 'ark', ...args]),
      (text) => {
        if (!PROMPT.test(text)) return;
        terminal.write(`${answers?.[asked.length] ?? ''}\n`);
        asked.push(text.trimEnd());
      },
    );
    return { ...printed, exit: Number(process.exitCode ?? 0), asked };
  } finally {
    process.exitCode = 0;
    Object.defineProperty(process, 'stdin', stdin);
    if (was === undefined) delete process.env.ARK_DATA;
    else process.env.ARK_DATA = was;
  }
}
