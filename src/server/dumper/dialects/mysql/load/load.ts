import { BackupError, refused, throwIfCancelled } from '../../../../errors/errors';
import type { LentChunk, RowSource, StreamedChunk } from '../../../dialect';
import type { Relation } from '../../../schema/structure';
import { rows, run, type Client } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { list, quote } from '../sql/quote';
import { nativeOf } from '../structure/neutral';
import { CsvRows, type Field } from '../../../rows/csvFields';
import { loadingData, type LoadData } from './loadData';
import { loadedColumns, parameterOf, placeholder, type LoadedColumn, type Parameter } from './parameter';

/** Values of a statement at most: the protocol counts them in 16 bits. */
const MOST_VALUES = 65_535;
/** More are no quicker and need more memory: 400,000 rows took 8.6 s in statements of 50, 9.3 of 250 and 9.9 of 1,000. */
const MOST_ROWS = 50;
/** Bytes of values that are sent at once, if the server takes as much. */
const BATCH_BYTES = 1024 * 1024;

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  onRows(rows: number, bytes: number): void;
}

/** Fills a table that nobody else uses, in one transaction; returns how many rows the server has taken. */
export async function loadTable(
  client: Client,
  relation: Relation,
  table: string,
  source: RowSource,
  options: LoadOptions,
): Promise<number> {
  const loading = await Loading.into(client, relation, table);
  // With its checks of keys: without them MariaDB would write rows in bulk, and an error would empty the table.
  await run(client, 'START TRANSACTION');
  let loaded = 0;
  try {
    for await (const fetch of source.chunks(relation.name)) {
      throwIfCancelled(options.signal);
      const chunk = await fetch();
      try {
        await loading.chunk(chunk);
        options.onRows(chunk.rows, 'data' in chunk ? chunk.data.length : chunk.bytes);
        loaded += chunk.rows;
      } finally {
        chunk.release();
      }
    }
    const taken = await loading.end();
    if (taken !== loaded) throw refused('rows-not-taken', { collection: relation.name, taken, rows: loaded });
    await run(client, 'COMMIT');
  } catch (error) {
    throwIfCancelled(options.signal);
    throw databaseError(error);
  }
  return loaded;
}

interface Limits {
  readonly packet: string;
  readonly local: string;
}
/** What a session begins with is what it keeps. */
const limitsBySession = new WeakMap<Client, Limits>();

async function limitsOf(client: Client): Promise<Limits | undefined> {
  const known = limitsBySession.get(client);
  if (known) return known;
  const [asked] = await rows<Limits>(
    client,
    'SELECT @@max_allowed_packet AS packet, @@local_infile AS local',
  );
  if (asked) limitsBySession.set(client, asked);
  return asked;
}

/** By LOAD DATA as far as the server takes everything that way as it is, from there on by INSERT, which says what it refuses. */
class Loading {
  #taken = 0;
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    private readonly inserting: Inserting,
    private loadData: LoadData | undefined,
  ) {}

  static async into(client: Client, relation: Relation, table: string): Promise<Loading> {
    const columns = loadedColumns(relation);
    const limits = await limitsOf(client);
    const inserting = new Inserting(client, relation, table, columns, Number(limits?.packet));
    // What has no transactions cannot take rows back.
    const isInnodb = nativeOf(relation).engine?.toLowerCase() === 'innodb';
    const loadData = isInnodb && limits?.local === '1' ? loadingData(client, table, columns) : undefined;
    return new Loading(inserting, loadData);
  }

  /** Keeps nothing of the chunk; its rows may still be on their way. */
  async chunk(chunk: LentChunk | StreamedChunk): Promise<void> {
    const file = 'data' in chunk ? this.loadData?.ready(chunk.data) : undefined;
    // While the server takes some rows the next are made ready.
    if ('data' in chunk && file) {
      const csv = Buffer.from(chunk.data);
      await this.#sending;
      this.#sending = this.#send(file, csv, chunk.rows);
      // Whoever sends next, or ends, hears of it.
      this.#sending.catch(() => undefined);
    } else {
      this.loadData = undefined;
      await this.#sending;
      await this.inserting.chunk(chunk);
    }
  }

  async #send(file: Buffer, csv: Buffer, count: number): Promise<void> {
    if (await this.loadData?.take(file, count)) {
      this.#taken += count;
      return;
    }
    this.loadData = undefined;
    await this.inserting.chunk({ data: csv, rows: count, release: () => undefined });
  }

  /** How many rows the server has taken. */
  async end(): Promise<number> {
    await this.#sending;
    return this.#taken + (await this.inserting.end());
  }
}

/** While the server takes some rows the next are read and written as what it takes. */
class Inserting {
  #sending: Promise<number> = Promise.resolve(0);
  #taken = 0;
  #batch: Parameter[] = [];
  #rows = 0;
  #bytes = 0;

  readonly #head: string;
  readonly #row: string;

  constructor(
    private readonly client: Client,
    private readonly relation: Relation,
    table: string,
    private readonly columns: readonly LoadedColumn[],
    private readonly packet: number,
  ) {
    this.#head = `INSERT INTO ${quote(table)} (${list(columns.map(({ name }) => name))}) VALUES `;
    this.#row = `(${columns.map(({ coding }) => placeholder(coding)).join(',')})`;
  }

  /** Keeps nothing of the chunk; its last rows are still to be sent. */
  async chunk(chunk: LentChunk | StreamedChunk): Promise<void> {
    const ready: Field[][] = [];
    const csv = new CsvRows(this.columns.length, (row) => ready.push(row));
    const pass = async (piece: Uint8Array) => {
      this.#guarded(() => csv.add(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
      for (const row of ready.splice(0)) await this.#add(row);
    };
    if ('data' in chunk) await pass(chunk.data);
    else for await (const piece of chunk.pieces) await pass(piece);
    this.#guarded(() => csv.end());
  }

  /** How many rows the server has taken. */
  async end(): Promise<number> {
    await this.#send();
    this.#taken += await this.#sending;
    return this.#taken;
  }

  async #add(row: readonly Field[]): Promise<void> {
    const bytes = row.reduce((sum, field) => sum + (field?.length ?? 0) + 4, 0);
    // The server hangs up on what is larger.
    if (bytes + this.#head.length > this.packet)
      throw refused('row-too-large', { collection: this.relation.name, bytes, most: this.packet });
    const most = Math.min(MOST_ROWS, Math.floor(MOST_VALUES / Math.max(1, this.columns.length)));
    const room = Math.min(BATCH_BYTES, this.packet / 2);
    if (this.#rows >= most || (this.#rows > 0 && this.#bytes + bytes > room)) await this.#send();
    this.#guarded(() => {
      for (const [at, column] of this.columns.entries())
        this.#batch.push(parameterOf(row[at] ?? null, column));
    });
    this.#rows += 1;
    this.#bytes += bytes;
  }

  async #send(): Promise<void> {
    if (this.#rows === 0) return;
    const [values, count] = [this.#batch, this.#rows];
    [this.#batch, this.#rows, this.#bytes] = [[], 0, 0];
    this.#taken += await this.#sending;
    this.#sending = insert(this.client, this.#head + Array<string>(count).fill(this.#row).join(','), values);
    // Whoever sends next, or ends, hears of it.
    this.#sending.catch(() => undefined);
  }

  /** What is no CSV of these columns is no row of theirs. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (cause) {
      if (cause instanceof BackupError) throw cause;
      const said = cause instanceof Error ? cause.message : String(cause);
      throw refused('rows-unreadable', { collection: this.relation.name, said }, { cause });
    }
  }
}

/** Prepared: values go as bytes beside the statement, so none of them can be a part of it. */
function insert(client: Client, sql: string, values: Parameter[]): Promise<number> {
  return new Promise((resolve, reject) => {
    client.connection.execute(sql, values, (error: Error | null, result: unknown) => {
      if (error) reject(error);
      else resolve((result as { affectedRows: number }).affectedRows);
    });
  });
}
