import { spawn } from 'node:child_process';

export interface Ended {
  readonly killed: boolean;
  readonly code: number | null;
  readonly stderr: string;
  readonly ms: number;
  /** How long it went on after it had said the word. */
  readonly sinceMs: number;
}

/**
 * The real command line in a process of its own; with `kill` it is killed so many milliseconds after it began, said the
 * word, or after something has happened that is asked for again and again.
 */
export function killedArk(
  program: string,
  folder: string,
  args: readonly string[],
  word: string,
  kill?: { readonly after: number; readonly at: 'start' | 'word' | (() => Promise<boolean>) },
): Promise<Ended> {
  const started = Date.now();
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ARK_DATA: folder, ARK_INSTANCE: 'test' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const shoot = () => setTimeout(() => child.kill('SIGKILL'), kill?.after);
  let timer = kill?.at === 'start' ? shoot() : undefined;
  let over = false;
  const watch = async (happened: () => Promise<boolean>) => {
    while (!over && !(await happened()));
    timer = shoot();
  };
  if (typeof kill?.at === 'function') void watch(kill.at);
  let [stderr, said] = ['', 0];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (said > 0 || !stderr.includes(word)) return;
    said = Date.now();
    if (kill?.at === 'word') timer = shoot();
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      over = true;
      clearTimeout(timer);
      const now = Date.now();
      done({ killed: signal === 'SIGKILL', code, stderr, ms: now - started, sinceMs: now - said });
    });
  });
}
