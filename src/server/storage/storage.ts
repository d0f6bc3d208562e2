import type { Bytes } from '../bytes';

/** One archive as a storage knows it. */
export interface StoredObject {
  /** The name inside the storage, without folders: `app-20261120-101500.ark`. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
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
 */
export interface Storage {
  readonly name: string;
  readonly kind: 'local' | 's3' | 'webdav';

  /** Resolves when the storage has confirmed the whole object. */
  put(key: string, body: Bytes, signal?: AbortSignal): Promise<StoredObject>;

  /**
   * Takes over a whole file of this machine, where that spares a copy of it; the file itself stays where it is, so
   * this can be tried again. Same guarantees as `put`. Undefined: this file has to be `put`.
   */
  adopt?(key: string, file: string, signal?: AbortSignal): Promise<StoredObject | undefined>;

  /** The bytes of the object, or of a range of it. Rejects with BACKUP_UNKNOWN if there is none. */
  get(key: string, range?: Range, signal?: AbortSignal): Bytes;

  /** Rejects with BACKUP_UNKNOWN if there is none. */
  stat(key: string): Promise<StoredObject>;

  /** Whole objects only, newest first. */
  list(): Promise<StoredObject[]>;

  /** Removing what is not there is no error: it is what was wanted. */
  remove(key: string): Promise<void>;

  /** Removes what killed writers left behind; returns the bytes freed. */
  clean(): Promise<number>;
}

/** The order of `list`; within one second the later name is likely the newer one. */
export const newestFirst = (a: StoredObject, b: StoredObject): number =>
  b.modifiedAt.getTime() - a.modifiedAt.getTime() || (a.key < b.key ? 1 : -1);

/** On the network a listing may know milliseconds where a single answer does not: one object has one time. */
export const wholeSeconds = (time: Date | undefined): Date =>
  new Date(Math.floor((time?.getTime() ?? 0) / 1000) * 1000);
