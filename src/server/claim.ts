import { readFile, rm, writeFile } from 'node:fs/promises';
import { isAlive } from './alive';
import { BackupError } from './errors';

/**
 * Says in a file that a folder is used by this process, so that a second one does not take a running server for
 * one that a dead process left behind. Returns what gives the folder back.
 */
export async function claim(file: string, what: string): Promise<() => Promise<void>> {
  const mine = await mark(process.pid);
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const theirs = await readFile(file, 'utf8').catch(() => '');
    const pid = Number(theirs.split(' ')[0]);
    if (pid > 0 && isAlive(pid) && (await mark(pid)) === theirs) {
      throw new BackupError(
        'FOLDER_IN_USE',
        `${what} is used by another Ark (process ${pid}). Stop that one first, or give this one a folder of its own with ARK_DATA.`,
      );
    }
    await rm(file, { force: true });
  }
}

/** Numbers of processes are given out again, soon so in a container: when it began tells two apart, where that is known. */
async function mark(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${began}`;
}
