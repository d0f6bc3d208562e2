import type { Bytes } from '../../bytes';

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * The rows of CSV as PostgreSQL writes it, of each only the fields at `wanted` (positions from 0), as text; null where
 * a field is empty and not quoted. Memory holds one field.
 */
export async function* csvRows(body: Bytes, wanted: readonly number[]): AsyncGenerator<(string | null)[]> {
  const most = Math.max(...wanted);
  let row: (string | null)[] = [];
  let field: Buffer[] = [];
  let [at, quoted, wasQuoted, afterQuote] = [0, false, false, false];
  const end = () => {
    if (at <= most && wanted.includes(at)) {
      const text = Buffer.concat(field).toString('utf8');
      row[at] = text === '' && !wasQuoted ? null : text;
    }
    field = [];
    at += 1;
    wasQuoted = afterQuote = false;
  };
  const done = () => {
    end();
    const values = wanted.map((column) => row[column] ?? null);
    row = [];
    at = 0;
    return values;
  };
  let open = false;
  for await (const piece of body) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    // Where what has not been taken yet begins.
    let from = 0;
    const take = (to: number) => {
      if (to > from && wanted.includes(at)) field.push(Buffer.from(bytes.subarray(from, to)));
      from = to + 1;
    };
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = bytes[i];
      open = true;
      if (byte === QUOTE) {
        if (quoted) {
          take(i);
          quoted = false;
          afterQuote = true;
        } else {
          // A doubled quote inside a field is one quote of it.
          if (afterQuote) field.push(Buffer.from([QUOTE]));
          quoted = wasQuoted = true;
          afterQuote = false;
          from = i + 1;
        }
      } else if (!quoted && (byte === COMMA || byte === LF)) {
        take(i);
        if (byte === COMMA) end();
        else {
          yield done();
          open = false;
        }
      }
    }
    take(bytes.length);
  }
  if (open) yield done();
}
