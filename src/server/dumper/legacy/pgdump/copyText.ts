import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '../../../bytes';
import { damaged, refused, throwIfCancelled } from '../../../errors/errors';
import type { Column } from '../../dialects/postgres/structure/structure';
import { inUtc } from './utc';

/** One row is one line. */
const MAX_LINE = 64 * 1024 * 1024;
const LF = 10;
const END = '\\.';

/**
 * The lines of what COPY has written, each byte a character (latin1), so that nothing changes that is not looked at.
 * Throws ARCHIVE_DAMAGED where they end before `\.`, or go on after it.
 */
export async function* copyLines(text: Bytes, name: string, signal?: AbortSignal): AsyncGenerator<string[]> {
  let rest: Buffer[] = [];
  let waiting = 0;
  let lines = 0;
  let ended = false;
  for await (const bytes of text) {
    throwIfCancelled(signal);
    await setImmediate();
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const last = piece.lastIndexOf(LF);
    if (last < 0) rest.push(Buffer.from(piece));
    else {
      const whole = Buffer.concat([...rest, piece.subarray(0, last)]).toString('latin1');
      rest = last + 1 < piece.length ? [Buffer.from(piece.subarray(last + 1))] : [];
      waiting = 0;
      const batch = whole.split('\n');
      lines += batch.length;
      const end = ended ? 0 : batch.indexOf(END);
      if (end >= 0) {
        // Blank lines and nothing else come after it.
        if (batch.splice(end).some((line, at) => line !== '' && (ended || at > 0)))
          throw damaged('rows-after', { collection: name });
        ended = true;
      }
      if (batch.length > 0) yield batch;
    }
    waiting += piece.length - last - 1;
    if (waiting > MAX_LINE) throw refused('archive-line', { line: lines + 1, entry: name, most: MAX_LINE });
  }
  if (!ended || waiting > 0) throw damaged('rows-cut', { collection: name });
}

/** The fields of a line as they stand in it; null is NULL. Throws ARCHIVE_DAMAGED if there are not so many. */
export function fieldsOf(line: string, count: number, name: string): (string | null)[] {
  const fields: (string | null)[] = count === 0 && line === '' ? [] : line.split('\t');
  if (fields.length !== count)
    throw damaged('row-values', { collection: name, values: fields.length, columns: count });
  for (let i = 0; i < count; i += 1) {
    const field = fields[i] ?? '';
    if (field === '\\N') fields[i] = null;
    else if (field.includes('\\')) fields[i] = unescaped(field);
  }
  return fields;
}

/** As UTF-8 has it. */
export const wordsOf = (field: string): string => Buffer.from(field, 'latin1').toString('utf8');

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** What COPY puts a backslash before; it writes no numbers. */
const unescaped = (field: string): string =>
  field.replace(/\\([^])/g, (_, letter: string) => LETTERS[letter] ?? letter);

/** A field in the words of Ark's own archives, where those differ (docs/format.md); undefined: as it is. */
export function canonical({
  type,
  element,
}: Pick<Column, 'type' | 'element'>): ((field: string) => string) | undefined {
  if (type === 'timestamptz' || (type === 'array' && element === 'timestamptz')) return inUtc;
  if (type === 'binary') return (field) => (field.startsWith('\\x') ? field : hexOf(field));
  return undefined;
}

/** `bytea_output = escape`, which a server may have been set to. */
const hexOf = (field: string): string =>
  `\\x${Buffer.from(
    field.replace(/\\(\\|[0-3][0-7]{2})/g, (_, what: string) =>
      what === '\\' ? '\\' : String.fromCharCode(parseInt(what, 8)),
    ),
    'latin1',
  ).toString('hex')}`;

/** A field of CSV as PostgreSQL writes it. */
export function csvField(field: string): string {
  if (field === '') return '""';
  return /[",\n\r]/.test(field) || field === END ? `"${field.replaceAll('"', '""')}"` : field;
}
