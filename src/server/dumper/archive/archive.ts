import type { Bytes } from '../../bytes';
import type { Database, PreviewResult, RowSource } from '../dialect';
import type { Manifest } from './manifest';
import type { ReportProgress } from '../progress';
import type { Signature } from './signature';

/**
 * A backup that can be read, whoever wrote it. Opening it has checked all that can be known without reading its rows;
 * what is read is checked on the way, and nothing of it counts before its end has come.
 */
export interface Archive extends Outside {
  /** Who wrote it: Ark, or one of NocoBase's own plugins, backup-restore or the Backup manager. */
  readonly format: 'ark' | 'nbdump' | 'nbdata';
  readonly manifest: Manifest;
  /** Whether it needs no database to be complete: one of another program takes what it lacks from the app's own. */
  readonly complete: boolean;
  /** The same archive as it would be in that database and time zone, and what there is to say of that. */
  fit(database: Pick<Database, 'dialect' | 'structure'>, timeZone: string): Promise<Fitted>;
  /** Says before anything is asked of it that it cannot be used. Throws ARCHIVE_DAMAGED. */
  check(): Promise<void>;
  /**
   * Reads all of it that `options` names and compares it with what it says of itself; once fitted also whether every
   * value can be taken. Throws ARCHIVE_DAMAGED.
   */
  verify(options: VerifyOptions): Promise<{ entries: number; bytes: number }>;
  /** The rows, for a database; each chunk is checked as it is read. */
  rows(): RowSource;
  /**
   * The plain bytes of an entry that the manifest names, an uploaded file's or a chunk's. Throws at its end if they
   * were not what the manifest says. An `.nbdump` has none.
   */
  readonly read: ReadEntry;
}

export type ReadEntry = (part: { readonly entry: string; readonly sha256: string }) => Bytes;

export interface Fitted {
  readonly archive: Archive;
  readonly warnings: PreviewResult['warnings'];
}

export interface VerifyOptions {
  /** Also unpack every chunk and count its bytes and rows; a restore does that anyway while it loads. */
  readonly unpack: boolean;
  /** Only these collections; all without it. */
  readonly only?: ReadonlySet<string>;
  /** Without it the uploaded files too. */
  readonly files?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
}

/** What anybody can see of an archive, also without its key. */
export interface Outside {
  readonly manifestSha256: string;
  readonly encrypted: boolean;
  /** Bytes of the file. */
  readonly size: number;
  /** Who vouches for it, checked; none in format 1. */
  readonly signature?: Signature | undefined;
}
