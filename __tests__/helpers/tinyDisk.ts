import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, which is soon full; `why` there is none, for the name of the test that is skipped. */
export function tinyDisk(size: string): {
  readonly path: string;
  readonly why: string;
  readonly remove: () => void;
} {
  const none = (reason: string) => ({ path: '', why: ` (skipped: ${reason})`, remove: () => undefined });
  if (process.getuid?.() !== 0) return none('mounting a small disk needs root');
  const path = mkdtempSync(join(tmpdir(), 'ark-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    return none(`tmpfs cannot be mounted here: ${String(error).split('\n')[1] ?? String(error)}`);
  }
  return {
    path,
    why: '',
    remove() {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
