import { formatBytes, type Bytes } from '../../bytes';
import { storageFailure, type StorageFailure } from '../failure';

/** Equal parts and a shorter last one: some services take no others. */
export async function* inParts(
  body: Bytes,
  size: number,
  free: Buffer[],
): AsyncGenerator<Buffer, void, void> {
  // Parts that have been sent are filled again: garbage of this size is collected too late.
  const empty = () => free.pop() ?? Buffer.allocUnsafeSlow(size);
  let part = empty();
  let filled = 0;
  for await (const piece of body) {
    for (let at = 0; at < piece.length;) {
      const taking = Math.min(size - filled, piece.length - at);
      part.set(piece.subarray(at, at + taking), filled);
      at += taking;
      filled += taking;
      if (filled < size) continue;
      yield part;
      part = empty();
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

export const tooManyParts = (name: string, maxParts: number, partBytes: number): StorageFailure =>
  storageFailure({
    code: 'storage-parts',
    storage: name,
    parts: maxParts,
    size: formatBytes(partBytes),
  });
