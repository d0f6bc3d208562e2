import { damaged } from '../../errors/errors';
import { onePass } from '../../storage/onePass';
import type { Storage } from '../../storage/storage';
import { type ByteSource } from './zip';

/** An object of a storage, read by ranges. */
export async function storageSource(
  storage: Storage,
  key: string,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { size } = await storage.stat(key, signal);
  return rangesOf(storage, key, size, signal);
}

/** The same of an object whose size is known. */
export function rangesOf(storage: Storage, key: string, size: number, signal?: AbortSignal): ByteSource {
  const inOrder = onePass(() => storage.get(key, undefined, signal), size);
  const range = async (start: number, end: number): Promise<Uint8Array> => {
    if (storage.ignoresRanges?.()) return inOrder.read(start, end);
    const pieces: Uint8Array[] = [];
    for await (const piece of storage.get(key, { start, end }, signal)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return {
    size,
    filesOf: (start, end) => storage.filesOf?.(key, { start, end }) ?? [],
    async read(start, end) {
      const all = await range(start, end);
      if (all.length !== end - start) throw damaged('cut-within', { at: start + all.length });
      return Buffer.from(all.buffer, all.byteOffset, all.length);
    },
  };
}
