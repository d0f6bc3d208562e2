import { setImmediate } from 'node:timers/promises';
import type { Bytes } from '../../../bytes';
import { damaged, refused, throwIfCancelled } from '../../../errors/errors';
import { quotedAt } from './strings';

/** A statement is one large row, or rows of a megabyte. */
const MOST = 64 * 1024 * 1024;

export interface Statement {
  /** Without its end; each byte is a character (latin1). */
  readonly text: string;
  /** Where it begins and ends in the dump, in bytes. */
  readonly from: number;
  readonly to: number;
}

/** What may hide the end of a statement, or be it. */
const SIGN = /['"`#;$]|--(?=[\s])|\/\*|DELIMITER[ \t]/g;

/**
 * The statements of a dump of mysqldump or mariadb-dump, one after the other; nothing in them is understood here but where
 * they end. Returns whether the dump says that it is complete. `doubled`: as quotedAt has it.
 */
export async function* statements(
  bytes: Bytes,
  doubled: boolean,
  signal?: AbortSignal,
): AsyncGenerator<Statement, boolean, void> {
  let [text, base, begin, at] = ['', 0, 0, 0];
  let [delimiter, complete] = [';', false];
  const dump = { ended: false };
  const pieces = bytes[Symbol.asyncIterator]();

  /** Goes on where it was; what is done with is let go. */
  const more = async (): Promise<boolean> => {
    throwIfCancelled(signal);
    await setImmediate();
    const next = dump.ended ? undefined : await pieces.next();
    if (!next || next.done) {
      dump.ended = true;
      return false;
    }
    base += begin;
    text = text.slice(begin) + Buffer.from(next.value).toString('latin1');
    at -= begin;
    begin = 0;
    if (text.length > MOST) throw refused('archive-line', { line: 1, entry: 'data', most: MOST });
    return true;
  };
  /** Where what begins here ends, or -1: more is needed. */
  const skip = (end: number, length: number): number => (end < 0 ? -1 : end + length);

  try {
    for (;;) {
      const scan = new RegExp(SIGN);
      scan.lastIndex = at;
      const sign = scan.exec(text);
      // A sign may be cut in two.
      if (!sign || (!dump.ended && sign.index > text.length - 16)) {
        at = sign ? sign.index : Math.max(at, text.length - 16);
        if (await more()) continue;
        if (!sign) break;
      }
      const [word] = sign;
      const start = sign.index;
      const atBegin = text.slice(begin, start).trim() === '';
      let end: number;
      if (text.startsWith(delimiter, start)) {
        const statement = text.slice(begin, start).trim();
        const [from, to] = [base + begin, base + start + delimiter.length];
        begin = at = start + delimiter.length;
        if (statement !== '') yield { text: statement, from, to };
        continue;
      }
      if (word === ';' || word === '$') {
        at = start + 1;
        continue;
      }
      if (word === "'") {
        const quoted = quotedAt(text, start, doubled);
        end = quoted.end;
      } else if (word === '"' || word === '`') end = skip(text.indexOf(word, start + 1), 1);
      else if (word === '/*') end = skip(text.indexOf('*/', start + 2), 2);
      else {
        end = skip(text.indexOf('\n', start), 1);
        if (end < 0 && dump.ended) end = text.length;
        const line = text.slice(start, end);
        if (word === '--' && /^-- Dump completed/.test(line)) complete = true;
        if (word.startsWith('DELIMITER')) {
          if (!atBegin) end = start + word.length;
          else if (end >= 0) delimiter = line.slice(word.length).trim() || ';';
        }
        // A comment before a statement is no part of it.
        if (end >= 0 && atBegin && !(word.startsWith('DELIMITER') && end === start + word.length))
          begin = end;
      }
      if (end < 0) {
        at = start;
        if (!(await more())) throw damaged('cut-part', { part: 'data' });
      } else at = end;
    }
  } finally {
    await pieces.return?.();
  }
  if (
    text
      .slice(begin)
      .replace(/\/\*[^]*?\*\//g, '')
      .trim() !== ''
  )
    throw damaged('cut-part', { part: 'data' });
  return complete;
}
