import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAlive } from './alive';
import { refused } from './errors/errors';

/**
 * Says in a file that a folder is used by this process, so that a second one does not take a running server for
 * one that a dead process left behind. Returns what gives the folder back.
 *
 * The mark of a dead process is replaced only under a claim on that very mark: to look and then to remove would
 * remove the mark of whoever was quicker. A mark is there whole or not at all, and no two are alike.
 */
export async function claim(file: string, what: string): Promise<() => Promise<void>> {
  const mine = `${process.pid} ${await began(process.pid)} ${randomBytes(8).toString('hex')}`;
  const ready = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(ready, mine, { flag: 'wx', mode: 0o600 });
    while (!(await linked(ready, file))) {
      const theirs = await readMark(file);
      if (theirs === undefined) continue;
      await refuseIfAlive(theirs, what);
      const over = createHash('sha256').update(theirs).digest('hex').slice(0, 16);
      const giveBack = await claim(`${file}.${over}`, what);
      try {
        if ((await readMark(file)) !== theirs) continue;
        await rename(ready, file);
        break;
      } finally {
        await giveBack();
      }
    }
    return () => rm(file, { force: true });
  } finally {
    await rm(ready, { force: true });
  }
}

const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    },
  );

/** Undefined: it was given back a moment ago. */
const readMark = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });

async function refuseIfAlive(mark: string, what: string): Promise<void> {
  const [number = '', since] = mark.split(' ');
  const pid = Number(number);
  if (!(pid > 0) || !isAlive(pid) || (await began(pid)) !== since) return;
  throw refused('folder-used', { folder: what, process: String(pid) });
}

/** Numbers of processes are given out again, soon so in a container: when it began tells two apart, where that is known. */
async function began(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
