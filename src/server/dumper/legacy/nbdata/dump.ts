import type { LentChunk } from '../../dialect';
import type { Relation, SchemaObject } from '../../dialects/postgres/structure/structure';
import type { NotIncluded } from '../../schema/notIncluded';
import type { DialectName } from '../../schema/types';

/** The database in a backup of the Backup manager, whichever program wrote it out. */
export interface Dump {
  readonly dialect: DialectName;
  /** Of the server that it is from. */
  readonly version: string;
  /** Each after its parents. */
  readonly relations: readonly Relation[];
  readonly objects: readonly SchemaObject[];
  readonly notIncluded: readonly NotIncluded[];
  /** By table. Bytes are those of the rows once unpacked. */
  readonly sizes: ReadonlyMap<string, { readonly rows: number; readonly bytes: number }>;
  /** The values of some columns as texts, row by row; null for what is NULL or no column. For small tables. */
  records(table: string, columns: readonly string[]): AsyncGenerator<(string | null)[]>;
  /** The rows of a table as chunks of CSV for `relation`. Columns that the dump does not have are NULL. */
  chunks(table: string, relation: Relation, signal?: AbortSignal): AsyncGenerator<LentChunk>;
  /**
   * Reads the rows of these tables and makes what a database would get of them, in the order of the file. Throws
   * ARCHIVE_DAMAGED, and VALUE_UNFIT where a value cannot be taken.
   */
  verify(tables: ReadonlyMap<string, Relation>, options: VerifyRows): Promise<void>;
}

export interface VerifyRows {
  readonly signal?: AbortSignal | undefined;
  readonly onRows: (rows: number, bytes: number) => void;
}
