import { refused } from '../../errors/errors';
import type { Bytes } from '../../bytes';
import type { LentChunk, RowSource, StreamedChunk } from '../dialect';
import { CsvRows, type Field } from '../rows/csvFields';

/** A value in the text of one kind of database → the text that another has for it. Throws NoPlace. */
export type Convert = (text: string) => string;

/** There is no such value in the other database. */
export class NoPlace extends Error {}

export interface Conversion {
  readonly column: string;
  /** The type that it comes into, for people. */
  readonly type: string;
  readonly convert: Convert;
  /** It has a place or none; where it has, it stays as it is. */
  readonly same?: true;
}

/** Of a table: what becomes of each stored column; nothing of those that go as they are. */
export type Conversions = ReadonlyMap<string, readonly (Conversion | undefined)[]>;

/** The same rows, with these values as the other database writes them. Throws VALUE_UNFIT with the column and the value. */
export function converting(source: RowSource, conversions: Conversions): RowSource {
  return {
    bytes: (name) => source.bytes(name),
    async *chunks(name) {
      const columns = conversions.get(name);
      for await (const fetch of source.chunks(name))
        yield columns ? async () => convertChunk(await fetch(), name, columns) : fetch;
    },
  };
}

function convertChunk(
  chunk: LentChunk | StreamedChunk,
  name: string,
  columns: readonly (Conversion | undefined)[],
): LentChunk | StreamedChunk {
  if (!('data' in chunk)) return { ...chunk, pieces: convertPieces(chunk.pieces, name, columns) };
  const rows = converter(name, columns);
  const data = Buffer.concat([rows.add(chunk.data), rows.end()]);
  chunk.release();
  return { data, rows: chunk.rows, release: () => undefined };
}

async function* convertPieces(
  pieces: Bytes,
  name: string,
  columns: readonly (Conversion | undefined)[],
): Bytes {
  const rows = converter(name, columns);
  for await (const piece of pieces) yield rows.add(piece);
  yield rows.end();
}

/** Takes CSV that comes in pieces; each answer is what has been converted since the last. */
function converter(name: string, columns: readonly (Conversion | undefined)[]) {
  let made: Buffer[] = [];
  const reader = new CsvRows(columns.length, (row) => {
    for (const [at, field] of row.entries()) {
      if (at > 0) made.push(COMMA);
      if (field !== null) made.push(quoted(converted(field, name, columns[at])));
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
      reader.add(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      return taken();
    },
    end(): Buffer {
      reader.end();
      return taken();
    },
  };
}

const [COMMA, LINE, QUOTE] = [Buffer.from(','), Buffer.from('\n'), '"'];

function converted(field: Buffer, collection: string, conversion: Conversion | undefined): Buffer {
  if (!conversion) return field;
  const text = field.toString('utf8');
  try {
    return Buffer.from(conversion.convert(text));
  } catch (error) {
    if (!(error instanceof NoPlace)) throw error;
    const { column, type } = conversion;
    throw refused('value-no-place', { collection, column, value: text.slice(0, 80), type });
  }
}

/** In quotes also what needs none: so that nothing can pass for NULL. */
function quoted(field: NonNullable<Field>): Buffer {
  const plain = field.includes(QUOTE)
    ? Buffer.from(field.toString('latin1').replaceAll(QUOTE, '""'), 'latin1')
    : field;
  return Buffer.concat([Buffer.from(QUOTE), plain, Buffer.from(QUOTE)]);
}
