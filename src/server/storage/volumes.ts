import { stat as statFile } from 'node:fs/promises';
import type { Bytes } from '../bytes';
import { BackupError, refused } from '../errors/errors';
import { isUnknown, StorageFailure } from './failure';
import { cleanFolder, fileError, readFile, untilAborted } from './files';
import { checkKey, VOLUME } from './key';
import { spooled } from './spool';
import { newestFirst, type OnWait, type Storage, type Stored, type StoredObject } from './storage';
import { acrossVolumes, filesOf, foreign, inSlices, missing, type Slices } from './volumeBytes';
import {
  indexName,
  MOST_INDEX,
  parseIndex,
  partOf,
  volumeName,
  writeIndex,
  type Volume,
  type VolumeIndex,
} from './volumeIndex';
import { DAY } from '../durations';

export interface VolumesOptions {
  /** Bytes of a volume; undefined: nothing is split, what others have split can be read. */
  readonly bytes?: number | undefined;
  /** Where one volume is kept while it is sent. */
  readonly spool: string;
  readonly now?: () => number;
}

/**
 * A storage for archives that are larger than the files it takes: numbered volumes, and an index that is written
 * last. Without an index volumes are nothing; a volume's name holds its digest, so that an upload that is tried again
 * goes on at the first volume that is missing.
 */
export function volumes(inner: Storage, options: VolumesOptions): Storage {
  const { bytes, spool, now = Date.now } = options;
  /** By archive: an index never changes while it is there. */
  const known = new Map<string, { readonly index: VolumeIndex; readonly stamp: string }>();
  const busy = new Set<string>();

  const readIndex = async (
    key: string,
    object?: StoredObject,
    signal?: AbortSignal,
  ): Promise<VolumeIndex | undefined> => {
    const stamp = object && `${object.size}/${object.modifiedAt.getTime()}`;
    const before = known.get(key);
    if (before && (stamp === undefined || before.stamp === stamp)) return before.index;
    try {
      const pieces: Uint8Array[] = [];
      let came = 0;
      for await (const piece of inner.get(indexName(key), undefined, signal)) {
        pieces.push(piece);
        // One that is larger is refused, and need not be fetched to its end for that.
        if ((came += piece.length) > MOST_INDEX) break;
      }
      const index = await parseIndex(Buffer.concat(pieces), key, inner.name);
      known.set(key, { index, stamp: stamp ?? '' });
      return index;
    } catch (error) {
      if (isUnknown(error)) return undefined;
      throw error;
    }
  };

  /** Both ways of being there. */
  const refuseTaken = async (key: string, signal?: AbortSignal): Promise<void> => {
    for (const name of [key, indexName(key)]) {
      const part = await inner.stat(name, signal).catch((error: unknown) => {
        if (isUnknown(error)) return undefined;
        throw error;
      });
      if (part) throw taken(key, inner.name);
    }
  };

  const putFile = async (
    name: string,
    file: string,
    signal: AbortSignal | undefined,
    onWait: OnWait | undefined,
  ): Promise<Stored> =>
    (await inner.adopt?.(name, file, signal, onWait)) ??
    (await inner.put(name, readFile(file), signal, onWait));

  const putVolumes = async (
    key: string,
    source: Slices,
    limit: number,
    signal: AbortSignal | undefined,
    onWait: OnWait | undefined,
  ): Promise<Stored> => {
    const sent: string[] = [];
    let compared: Stored['compared'] = 'digest';
    let there: Map<string, number> | undefined;
    const list: Volume[] = [];
    let single: Stored | undefined;
    try {
      for (let number = 1; single === undefined; number += 1) {
        const more = await spooled(spool, source.next(limit), signal, async ({ file, size, sha256 }) => {
          const last = await source.ended();
          if (number === 1 && last) {
            single = await putFile(key, file, signal, onWait);
            return false;
          }
          there ??= new Map((await inner.list(signal)).map((object) => [object.key, object.size]));
          const name = volumeName(key, number, sha256);
          list.push({ name, size, sha256 });
          if (there.get(name) !== size) {
            if (there.has(name)) await inner.remove(name, signal);
            const put = await putFile(name, file, signal, onWait).catch((error: unknown) => {
              // The same bytes under the same name are the same volume.
              if (!(error instanceof BackupError) || error.code !== 'BACKUP_EXISTS') throw error;
              return undefined;
            });
            if (put?.compared !== 'digest') compared = 'size';
            sent.push(name);
          } else compared = 'size';
          return !last;
        });
        if (!more) break;
      }
      if (single) return single;
      await refuseTaken(key, signal);
      await checkVolumes(key, list, undefined, signal);
      const { size, body } = writeIndex(key, list);
      const stored = await inner.put(indexName(key), body(), signal, onWait);
      // What a killed writer of this name has left has other bytes, and would be taken along by its name.
      for (const name of there?.keys() ?? []) {
        if (partOf(name)?.archive !== key || list.some((item) => item.name === name)) continue;
        await inner.remove(name).catch(() => undefined);
      }
      return { key, size, modifiedAt: stored.modifiedAt, compared };
    } catch (error) {
      // A storage that fails keeps what it has, so that the next try can go on from there. Whatever else ends a
      // put leaves nothing, except what the archive of another writer consists of.
      if (!(error instanceof StorageFailure)) {
        known.delete(key);
        const others = (await readIndex(key).catch(() => undefined))?.volumes ?? [];
        for (const name of sent) {
          if (!others.some((other) => other.name === name)) await inner.remove(name).catch(() => undefined);
        }
      }
      throw error;
    }
  };

  /** Every volume is there in its size, or the one that is not is named. */
  const checkVolumes = async (
    key: string,
    wanted: readonly Volume[],
    objects?: StoredObject[],
    signal?: AbortSignal,
  ): Promise<void> => {
    const sizes = new Map((objects ?? (await inner.list(signal))).map((object) => [object.key, object.size]));
    for (const [i, { name, size }] of wanted.entries()) {
      const measured = sizes.get(name);
      if (measured === undefined) throw missing(key, inner.name, name, i, wanted.length);
      if (measured !== size) {
        throw foreign(
          key,
          inner.name,
          name,
          i,
          wanted.length,
          `has ${measured} bytes and should have ${size}`,
        );
      }
    }
  };

  const limited = async (
    key: string,
    body: Bytes,
    signal?: AbortSignal,
    onWait?: OnWait,
  ): Promise<Stored> => {
    checkArchive(key);
    signal?.throwIfAborted();
    busy.add(key);
    try {
      await refuseTaken(key, signal);
      if (bytes === undefined) return await inner.put(key, body, signal, onWait);
      const source = inSlices(untilAborted(body, signal));
      try {
        return await putVolumes(key, source, bytes, signal, onWait);
      } finally {
        source.close();
      }
    } finally {
      busy.delete(key);
    }
  };

  return {
    name: inner.name,
    kind: inner.kind,
    remote: inner.remote,

    put: limited,

    filesOf: (key, range) => filesOf(known.get(key)?.index, range),

    ...(inner.ignoresRanges && { ignoresRanges: inner.ignoresRanges.bind(inner) }),

    ...(inner.adopt && {
      async adopt(key: string, file: string, signal?: AbortSignal, onWait?: OnWait) {
        checkArchive(key);
        const { size } = await statFile(file).catch((error: unknown) => {
          throw fileError(error, file);
        });
        if (bytes !== undefined && size > bytes) {
          return limited(key, readFile(file), signal, onWait);
        }
        await refuseTaken(key, signal);
        return inner.adopt?.(key, file, signal, onWait);
      },
    }),

    async *get(key, range, signal) {
      checkArchive(key);
      for (let tries = 1; ; tries += 1) {
        const index =
          known.get(key)?.index ?? (tries > 1 ? await readIndex(key, undefined, signal) : undefined);
        let begun = false;
        try {
          const body = index ? acrossVolumes(inner, index, range, signal) : inner.get(key, range, signal);
          for await (const piece of body) {
            begun = true;
            yield piece;
          }
          return;
        } catch (error) {
          // Not as one file: then perhaps in volumes. Or it was removed and stored again by somebody else.
          if (begun || tries > 1 || !(isUnknown(error) || isMissing(error))) throw error;
          known.delete(key);
          if (!index && !(await readIndex(key, undefined, signal))) throw unknown(key, inner.name, error);
        }
      }
    },

    async stat(key, signal) {
      checkArchive(key);
      const single = await inner.stat(key, signal).catch((error: unknown) => {
        if (isUnknown(error)) return undefined;
        throw error;
      });
      if (single) return single;
      const objects = await inner.list(signal);
      const object = objects.find((object) => object.key === indexName(key));
      const index = object && (await readIndex(key, object, signal));
      if (!index) {
        known.delete(key);
        throw unknown(key, inner.name);
      }
      await checkVolumes(key, index.volumes, objects, signal);
      return { key, size: index.size, modifiedAt: object.modifiedAt };
    },

    async list(signal) {
      const objects = await inner.list(signal);
      const sizes = new Map(objects.map((object) => [object.key, object.size]));
      const partsOf = new Map<string, StoredObject>();
      for (const object of objects) {
        const part = partOf(object.key);
        if (!part) partsOf.set(object.key, object);
        else if (part.kind === 'index' && !partsOf.has(part.archive)) {
          const { archive: key } = part;
          // An index that cannot be read still stands for an archive: opening it says what is wrong.
          const index = await readIndex(key, object, signal).catch((error: unknown) => {
            if (error instanceof StorageFailure || signal?.aborted) throw error;
            return undefined;
          });
          // One that lacks volumes has another size, so that nobody goes on taking it for what it was.
          const size = (index?.volumes ?? []).reduce(
            (sum, volume) => sum + (sizes.get(volume.name) === volume.size ? volume.size : 0),
            0,
          );
          partsOf.set(key, { key, size, modifiedAt: object.modifiedAt });
        }
      }
      return [...partsOf.values()].filter((object) => !object.key.endsWith(VOLUME)).sort(newestFirst);
    },

    async remove(key, signal) {
      checkArchive(key);
      await inner.remove(key, signal);
      const parts = (await inner.list(signal))
        .map((object) => object.key)
        .filter((part) => partOf(part)?.archive === key);
      // Without its index an archive is gone; the rest is tidying up.
      if (parts.includes(indexName(key))) await inner.remove(indexName(key), signal);
      known.delete(key);
      for (const name of parts) if (name !== indexName(key)) await inner.remove(name, signal);
    },

    async clean(signal) {
      let freed = (await inner.clean(signal)) + (await cleanFolder(spool));
      const objects = await inner.list(signal);
      const byKey = new Map(objects.map((object) => [object.key, object]));
      for (const { key: name, size, modifiedAt } of objects) {
        const part = partOf(name);
        if (part?.kind !== 'volume' || busy.has(part.archive)) continue;
        if (now() - modifiedAt.getTime() < DAY) continue;
        const index = byKey.get(indexName(part.archive));
        if (index) {
          // An index that cannot be read may still name it.
          const read = await readIndex(part.archive, index, signal).catch(() => undefined);
          if (!read || read.volumes.some((volume) => volume.name === name)) continue;
        }
        await inner.remove(name, signal);
        freed += size;
      }
      return freed;
    },
  };
}

/** Volumes are the wrapper's own business: from outside there are only archives. */
function checkArchive(key: string): void {
  checkKey(key);
  if (!key.endsWith(VOLUME)) return;
  throw refused('name-of-backup', { name: JSON.stringify(key), endings: ['.ark'] });
}

const taken = (key: string, name: string): BackupError =>
  refused('backup-taken-there', { key, storage: name });

const unknown = (key: string, name: string, cause?: unknown): BackupError =>
  refused('backup-gone', { key, storage: name }, { cause });

const isMissing = (error: unknown): boolean =>
  error instanceof BackupError && error.code === 'VOLUME_MISSING';
