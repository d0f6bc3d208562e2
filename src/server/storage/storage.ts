import type { Bytes } from '../bytes';

/** One archive as a storage knows it. */
export interface StoredObject {
  /** The name inside the storage, without folders: `app-20261120-101500.ark`. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

/** A failure that may pass is waited for: why, and until when at most (milliseconds since 1970). */
export type OnWait = (why: Error, until: number) => void;

/** What a `put` has confirmed, and by what: the service's own digest of what it has, or its size alone. */
export interface Stored extends StoredObject {
  readonly compared: 'digest' | 'size';
}

/** From `start` (inclusive) to `end` (exclusive), in bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * A place that keeps archives. It knows nothing of what is in them. Guarantees, proved for each storage by
 * `__tests__/suites/storage.ts`:
 *
 * - **whole or not at all**: until `put` resolves, neither `get` nor `list` shows a part of the object. If `put`
 *   rejects, the object is not there, and one that was there before under the same key still is.
 * - **no overwriting**: `put` of a key that exists rejects with BACKUP_EXISTS.
 * - **read after write**: what `put` confirmed, `get`, `stat` and `list` show from then on.
 * - **names**: a key is one name, not a path; anything else is refused with NAME_INVALID before it is used.
 * - **an end**: whoever aborts the signal of a call is answered with its reason at once, and no request follows.
 * - **others**: what lies there and is not ours is neither listed, nor changed, nor removed.
 */
export interface Storage {
  readonly name: string;
  /** As kinds.ts has it. */
  readonly kind: string;
  /** Over the network: out of reach now and then, and slow to read from. */
  readonly remote: boolean;

  /**
   * Resolves when the storage has confirmed the whole object. What fails on the way and may pass is tried again for
   * a quarter of an hour (retrying.ts), and told to `onWait`; if the storage is away from the start, it rejects soon.
   */
  put(key: string, body: Bytes, signal?: AbortSignal, onWait?: OnWait): Promise<Stored>;

  /**
   * Takes over a whole file of this machine, where that spares a copy of it; the file itself stays where it is, so
   * this can be tried again. Same guarantees as `put`. Undefined: this file has to be `put`.
   */
  adopt?(key: string, file: string, signal?: AbortSignal, onWait?: OnWait): Promise<Stored | undefined>;

  /** The bytes of the object, or of a range of it. Rejects with BACKUP_UNKNOWN if there is none. */
  get(key: string, range?: Range, signal?: AbortSignal): Bytes;

  /** The files that these bytes of an object lie in, where they have other names than the object. */
  filesOf?(key: string, range: Range): readonly string[];

  /** Whether its server has been seen to send the whole object for a range: each range costs all that is before it. */
  ignoresRanges?(): boolean;

  /** Rejects with BACKUP_UNKNOWN if there is none. */
  stat(key: string, signal?: AbortSignal): Promise<StoredObject>;

  /** Whole objects only, newest first. */
  list(signal?: AbortSignal): Promise<StoredObject[]>;

  /** Removing what is not there is no error: it is what was wanted. */
  remove(key: string, signal?: AbortSignal): Promise<void>;

  /** Removes what killed writers of ours left behind, and nothing else; returns the bytes freed. */
  clean(signal?: AbortSignal): Promise<number>;
}

export const bySize = (object: StoredObject): Stored => ({ ...object, compared: 'size' });

/** The order of `list`; within one second the later name is likely the newer one. */
export const newestFirst = (a: StoredObject, b: StoredObject): number =>
  b.modifiedAt.getTime() - a.modifiedAt.getTime() || (a.key < b.key ? 1 : -1);

/** On the network a listing may know milliseconds where a single answer does not: one object has one time. */
export const wholeSeconds = (time: Date | undefined): Date =>
  new Date(Math.floor((time?.getTime() ?? 0) / 1000) * 1000);
