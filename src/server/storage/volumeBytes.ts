import { createHash } from 'node:crypto';
import type { Bytes } from '../bytes';
import { BackupError, refused } from '../errors/errors';
import { isUnknown } from './failure';
import type { Range, Storage } from './storage';
import type { VolumeIndex } from './volumeIndex';

/** One body as several, and several as one. */

export async function* acrossVolumes(
  inner: Storage,
  index: VolumeIndex,
  range: Range | undefined,
  signal: AbortSignal | undefined,
): Bytes {
  const { start, end } = { start: range?.start ?? 0, end: Math.min(range?.end ?? index.size, index.size) };
  let at = 0;
  for (const [i, { name, size, sha256 }] of index.volumes.entries()) {
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, size)];
    at += size;
    if (from >= to) continue;
    let taken = 0;
    const whole = from === 0 && to === size;
    const hash = createHash('sha256');
    try {
      for await (const piece of inner.get(name, whole ? undefined : { start: from, end: to }, signal)) {
        taken += piece.length;
        if (whole) hash.update(piece);
        yield piece;
      }
    } catch (error) {
      if (isUnknown(error)) throw missing(index.key, inner.name, name, i, index.volumes.length);
      throw error;
    }
    const how =
      taken !== to - from
        ? `gave ${taken} bytes where ${to - from} were expected`
        : whole && hash.digest('hex') !== sha256
          ? 'has other bytes than were stored'
          : undefined;
    if (how !== undefined) throw foreign(index.key, inner.name, name, i, index.volumes.length, how);
  }
}

/** The volumes that a range lies in; none where it is one file. */
export function filesOf(index: VolumeIndex | undefined, { start, end }: Range): string[] {
  let at = 0;
  return (index?.volumes ?? []).flatMap(({ name, size }) => {
    const from = at;
    at += size;
    return from < end && at > start ? [name] : [];
  });
}

export interface Slices {
  /** The next so many bytes, or what there is. */
  next(limit: number): Bytes;
  /** Nothing comes any more. */
  ended(): Promise<boolean>;
  close(): void;
}

/** One body in slices, each read to its end before the next is asked for. */
export function inSlices(body: Bytes): Slices {
  const pieces = body[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let done = false;
  const fill = async () => {
    while (rest.length === 0 && !done) {
      const next = await pieces.next();
      if (next.done) done = true;
      else rest = next.value;
    }
  };
  return {
    async *next(limit) {
      for (let left = limit; left > 0;) {
        await fill();
        if (rest.length === 0) return;
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        yield piece;
      }
    },
    async ended() {
      await fill();
      return rest.length === 0;
    },
    close() {
      // Not awaited: a body that stalls answers only once its own piece has come.
      void pieces.return?.().catch(() => undefined);
    },
  };
}

export const missing = (key: string, storage: string, name: string, i: number, count: number): BackupError =>
  refused('volume-gone', { volume: i + 1, volumes: count, key, file: name, storage });

export const foreign = (
  key: string,
  storage: string,
  name: string,
  i: number,
  count: number,
  how: string,
): BackupError =>
  new BackupError(
    'VOLUME_FOREIGN',
    `Volume ${i + 1} of ${count} of ${key}, the file ${name} in ${storage}, ${how}: it is not the one that belongs there. Put the right one back, or use another backup.`,
    { details: { code: 'volume-foreign', volume: i + 1, volumes: count, key, file: name, storage } },
  );
