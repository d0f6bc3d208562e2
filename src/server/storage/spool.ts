import { randomBytes } from 'node:crypto';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../bytes';
import { makeFolder, partialName, writeFile } from './files';

export interface Spooled {
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Keeps a body on disk while it is used: for servers that want to know the length first, and to be able to send it
 * again. What a killed process left there is removed like every unfinished file.
 */
export async function spooled<T>(
  folder: string,
  body: Bytes,
  signal: AbortSignal | undefined,
  use: (spooled: Spooled) => Promise<T>,
): Promise<T> {
  await makeFolder(folder);
  const file = join(folder, partialName(randomBytes(6).toString('hex')));
  const hash = createHash('sha256');
  let size = 0;
  async function* counted(): Bytes {
    for await (const piece of body) {
      hash.update(piece);
      size += piece.length;
      yield piece;
    }
  }
  try {
    await writeFile(file, counted(), signal);
    return await use({ file, size, sha256: hash.digest('hex') });
  } finally {
    await rm(file, { force: true });
  }
}
