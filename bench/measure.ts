import { spawn } from 'node:child_process';
import { readFileSync, statSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Measured {
  readonly seconds: number;
  /** Peak resident memory of the process, in bytes; with children where a tool forks. */
  readonly peak: number;
}

/** Runs a command to its end and watches its memory. Rejects if it fails. */
export async function measure(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  const begin = process.hrtime.bigint();
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
  let peak = 0;
  const look = () => {
    const pids = [child.pid ?? 0, ...childrenOf(child.pid ?? 0)];
    peak = Math.max(
      peak,
      pids.reduce((sum, pid) => sum + highWater(pid), 0),
    );
  };
  const timer = setInterval(look, 10);
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('exit', done);
  });
  clearInterval(timer);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${said}`);
  return { seconds, peak };
}

function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return list === '' ? [] : list.split(' ').map(Number);
  } catch {
    return [];
  }
}

export function sizeOf(path: string): number {
  const info = statSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
