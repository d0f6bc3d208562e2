import { refused, throwIfCancelled } from '../../errors/errors';
import type { Bytes } from '../../bytes';
import type { LentChunk, RowSource, StreamedChunk } from '../dialect';
import { CsvRows, readsAs, type Field } from '../rows/csvFields';
import { ValueChanges } from './valueChanges';

/** A value in the text of one kind of database → the text that another has for it. Throws NoPlace. */
export type Convert = (text: string) => string;

/** There is no such value in the other database; `near` comes closest, null where only nothing does. */
export class NoPlace extends Error {
  constructor(readonly near?: string | null) {
    super('a value has no place');
  }
}

export interface Conversion {
  readonly column: string;
  /** The type that it comes into, for people. */
  readonly type: string;
  readonly nullable: boolean;
  readonly convert: Convert;
  /** It has a place or none; where it has, it stays as it is. */
  readonly same?: true;
}

/** Of a table: what becomes of each stored column; nothing of those that go as they are. */
export type Conversions = ReadonlyMap<string, readonly (Conversion | undefined)[]>;

/**
 * The same rows, with these values as the other database writes them. What has no place becomes what comes closest if
 * that is allowed; else it throws VALUE_UNFIT with the column and the value.
 */
export function converting(source: RowSource, conversions: Conversions, allowChanges: boolean): RowSource {
  return {
    bytes: (name) => source.bytes(name),
    async *chunks(name) {
      const columns = conversions.get(name);
      for await (const fetch of source.chunks(name))
        yield columns ? async () => convertChunk(await fetch(), { name, columns, allowChanges }) : fetch;
    },
  };
}

/** The values of these tables that have no place: counted by column, each with an example. Reads all of their rows. */
export async function valueChanges(
  source: RowSource,
  conversions: Conversions,
  tables: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<ValueChanges> {
  const changes = new ValueChanges();
  for (const [name, columns] of conversions) {
    if (!tables.has(name)) continue;
    const look = (row: readonly Field[]): void => {
      for (const [at, field] of row.entries()) {
        const conversion = columns[at];
        if (field === null || !conversion) continue;
        const text = field.toString('utf8');
        const near = placed(field, text, conversion);
        if (typeof near === 'object') changes.add(name, conversion, text, near.near);
      }
    };
    for await (const fetch of source.chunks(name)) {
      throwIfCancelled(signal);
      const chunk = await fetch();
      const rows = new CsvRows(columns.length, look);
      try {
        if ('data' in chunk) rows.add(bufferOf(chunk.data));
        else for await (const piece of chunk.pieces) rows.add(bufferOf(piece));
        rows.end();
      } finally {
        chunk.release();
      }
    }
  }
  return changes;
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** What a field, which reads as this text, is there, or that it has no place. */
function placed(field: Buffer, text: string, { convert }: Conversion): string | NoPlace {
  try {
    const value = convert(text);
    // MariaDB has half surrogate pairs, which are no UTF-8.
    return readsAs(field, text) ? value : new NoPlace(value);
  } catch (error) {
    if (error instanceof NoPlace) return error;
    throw error;
  }
}

interface Wanted {
  readonly name: string;
  readonly columns: readonly (Conversion | undefined)[];
  readonly allowChanges: boolean;
}

function convertChunk(chunk: LentChunk | StreamedChunk, wanted: Wanted): LentChunk | StreamedChunk {
  if (!('data' in chunk)) return { ...chunk, pieces: convertPieces(chunk.pieces, wanted) };
  // Most rows come as they are, and need not be written anew.
  if (!wanted.columns.some((column) => column && !column.same) && !changes(chunk.data, wanted)) return chunk;
  const rows = converter(wanted);
  const data = Buffer.concat([rows.add(chunk.data), rows.end()]);
  chunk.release();
  return { data, rows: chunk.rows, release: () => undefined };
}

function changes(csv: Uint8Array, { columns }: Wanted): boolean {
  let some = false;
  const rows = new CsvRows(columns.length, (row) => {
    some ||= row.some((field, at) => {
      const conversion = columns[at];
      if (!conversion || field === null) return false;
      const text = field.toString('utf8');
      return placed(field, text, conversion) !== text;
    });
  });
  rows.add(bufferOf(csv));
  rows.end();
  return some;
}

async function* convertPieces(pieces: Bytes, wanted: Wanted): Bytes {
  const rows = converter(wanted);
  for await (const piece of pieces) yield rows.add(piece);
  yield rows.end();
}

/** Takes CSV that comes in pieces; each answer is what has been converted since the last. */
function converter(wanted: Wanted) {
  let made: Buffer[] = [];
  const reader = new CsvRows(wanted.columns.length, (row) => {
    for (const [at, field] of row.entries()) {
      if (at > 0) made.push(COMMA);
      const value = field && converted(field, wanted, wanted.columns[at]);
      if (value !== null) made.push(quoted(value));
    }
    made.push(LINE);
  });
  const taken = (): Buffer => {
    const all = Buffer.concat(made);
    made = [];
    return all;
  };
  return {
    add(piece: Uint8Array): Buffer {
      reader.add(bufferOf(piece));
      return taken();
    },
    end(): Buffer {
      reader.end();
      return taken();
    },
  };
}

const [COMMA, LINE, QUOTE] = [Buffer.from(','), Buffer.from('\n'), '"'];

function converted(
  field: Buffer,
  { name: collection, allowChanges }: Wanted,
  conversion: Conversion | undefined,
): Field {
  if (!conversion) return field;
  const text = field.toString('utf8');
  const value = placed(field, text, conversion);
  if (typeof value === 'string') return value === text ? field : Buffer.from(value);
  const { near } = value;
  const { column, type, nullable } = conversion;
  if (!allowChanges || near === undefined || (near === null && !nullable))
    throw refused('value-no-place', { collection, column, value: text.slice(0, 80), type });
  return near === null ? null : Buffer.from(near);
}

/** In quotes also what needs none: so that nothing can pass for NULL. */
function quoted(field: NonNullable<Field>): Buffer {
  const plain = field.includes(QUOTE)
    ? Buffer.from(field.toString('latin1').replaceAll(QUOTE, '""'), 'latin1')
    : field;
  return Buffer.concat([Buffer.from(QUOTE), plain, Buffer.from(QUOTE)]);
}
