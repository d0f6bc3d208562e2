import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from './cli';

export interface Alone {
  /** What it printed as JSON on its last line. */
  readonly result: unknown;
  /** The most memory it ever had, as its own system counted it. */
  readonly peak: number;
  /** The longest that nothing else could be done: ms, by the pace of the machine (helpers/measured.ts). */
  readonly stall: number;
}

/**
 * Runs a file of __tests__/helpers in a process of its own with the real code in it, so that its memory and its event
 * loop are its own. It prints one line of JSON.
 */
export async function runAlone(file: string, folder: string, args: readonly string[]): Promise<Alone> {
  const bundled = await bundle(join(__dirname, `${file}.ts`), join(folder, `${file}.cjs`));
  const child = spawn(process.execPath, ['--unhandled-rejections=strict', bundled, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const exit = await new Promise((resolve) => child.once('close', resolve));
  if (exit !== 0) throw new Error(`${file} ended with ${String(exit)}: ${err}`);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Alone;
}
