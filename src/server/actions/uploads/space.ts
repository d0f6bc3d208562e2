import { statfs } from 'node:fs/promises';
import { formatBytes } from '../../bytes';
import { refused } from '../../errors/errors';
import { awaitedBytes } from './unfinished';

/** Kept free beside the file itself: a full disk stops more than Ark. */
const MARGIN = 64 * 1024 * 1024;

export async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Refuses what does not fit beside what other uploads have announced and not sent yet. */
export async function checkSpace(folder: string, length: number): Promise<void> {
  const free = Math.max(0, (await freeSpace(folder)) - (await awaitedBytes(folder, new Date())));
  if (length + MARGIN <= free) return;
  throw refused('disk-full-upload', { size: formatBytes(length), free: formatBytes(free), folder });
}
