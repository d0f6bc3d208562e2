import type { Storage } from '../storage/storage';
import { damaged, type ByteSource } from './zip';

/** An object of a storage, read by ranges. */
export async function storageSource(
  storage: Storage,
  key: string,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { size } = await storage.stat(key, signal);
  return {
    size,
    async read(start, end) {
      const pieces: Uint8Array[] = [];
      for await (const piece of storage.get(key, { start, end }, signal)) pieces.push(piece);
      const all = Buffer.concat(pieces);
      if (all.length !== end - start)
        throw damaged(`it ends at ${start + all.length} bytes, within what was being read`);
      return all;
    },
  };
}
