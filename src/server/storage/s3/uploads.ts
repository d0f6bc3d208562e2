import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { deadFiles, partialName, writeFile } from '../files';

const Upload = z.strictObject({
  address: z.string(),
  bucket: z.string(),
  key: z.string(),
  uploadId: z.string(),
});
/** An upload in parts that a service holds open until somebody completes or gives it up. */
export type Upload = z.infer<typeof Upload>;

/**
 * The uploads in parts that this machine has begun and not ended. A service lists everybody's, without a mark of
 * whose they are; so only what is written here is ever given up, and that only after its writer is gone.
 */
export interface Uploads {
  /** Written down when this resolves; what it returns crosses it out. */
  begin(upload: Upload): Promise<() => Promise<void>>;
  /** Of writers that are gone. */
  abandoned(): Promise<readonly (Upload & { readonly crossOut: () => Promise<void> })[]>;
}

/** Beside the files on their way. */
export const unfinishedIn = (spool: string): Uploads => uploadsIn(join(spool, 'uploads'));

/** A file for each, with its writer in the name as unfinished files have it. */
export function uploadsIn(folder: string): Uploads {
  const crossOut = (file: string) => () => rm(file, { force: true });
  return {
    async begin(upload) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, partialName('upload'));
      await writeFile(file, text(upload));
      return crossOut(file);
    },
    async abandoned() {
      const parts = await Promise.all(
        (await deadFiles(folder)).map(async ({ file }) => {
          const upload = await readFile(file, 'utf8').then(
            (content) => Upload.safeParse(jsonOf(content)).data,
            () => undefined,
          );
          if (upload) return { ...upload, crossOut: crossOut(file) };
          // Nobody can give up what is not named.
          await rm(file, { force: true });
          return undefined;
        }),
      );
      return parts.filter((part) => part !== undefined);
    },
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body is asynchronous
async function* text(upload: Upload) {
  yield Buffer.from(JSON.stringify(upload));
}

/** A writer that was killed may have left half a line. */
function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
