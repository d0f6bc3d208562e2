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
   * Takes over a whole file from the same disk, where that spares a copy; the file itself stays where it is. Same
   * guarantees as `put`. Undefined: this file has to be `put`.
   */
  adopt?(key: string, file: string): Promise<StoredObject | undefined>;

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
