import { setImmediate as nextTurn } from 'node:timers/promises';
import { BackupError } from '../errors/errors';

/**
 * XML from a storage, read as it comes: no document types, so no entities but the five, and nothing grows beyond what
 * was sent. A hostile server can waste as much time as it takes to send the bytes, in small pieces, and no more.
 */
export interface XmlHandler {
  /** Names without their namespace's prefix, from the root to the element itself. */
  open?(path: readonly string[]): void;
  text?(path: readonly string[], text: string): void;
  close?(path: readonly string[]): void;
}

const MOST_XML = 32 * 1024 * 1024;
const LONGEST_PIECE = 64 * 1024;
const DEEPEST = 32;
/** Characters that are read before others have their turn. */
const TURN = 64 * 1024;

const FIVE: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** What came is not what is read here; `cut` where it only ends too early. */
export class XmlFault extends Error {
  constructor(
    message: string,
    readonly cut = false,
  ) {
    super(message);
  }
}

/** The name of the root element. */
export async function readXml(
  body: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  most = MOST_XML,
): Promise<string> {
  const parser = xmlParser(handler);
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > most) throw new XmlFault(`it is larger than ${most / 1024 / 1024} MB`);
    for (let at = 0; at < piece.length; at += TURN) {
      parser.write(decoder.decode(piece.subarray(at, at + TURN), { stream: true }));
      await nextTurn();
    }
  }
  return parser.end();
}

function xmlParser(handler: XmlHandler) {
  const path: string[] = [];
  let root: string | undefined;
  let rest = '';

  const text = (raw: string): void => {
    if (path.length > 0) handler.text?.(path, raw);
    else if (raw.trim() !== '') throw new XmlFault('it is not XML');
  };
  const open = (name: string): void => {
    if (path.length === 0 && root !== undefined) throw new XmlFault('it has more than one root');
    if (path.length >= DEEPEST) throw new XmlFault(`its elements are nested more than ${DEEPEST} deep`);
    root ??= name;
    path.push(name);
    handler.open?.(path);
  };
  const close = (name: string): void => {
    if (path.at(-1) !== name) throw new XmlFault('its elements do not end where they should');
    handler.close?.(path);
    path.pop();
  };
  const tag = (inner: string): void => {
    const [, end, name, empty] = /^(\/?)(?:[^\s/>:]+:)?([^\s/>:]+)[\s\S]*?(\/?)$/.exec(inner) ?? [];
    if (name === undefined) throw new XmlFault('it is not XML');
    if (end !== '/') open(name);
    if (end === '/' || empty === '/') close(name);
  };

  /** Takes the piece that begins at `from`; where it ends, or -1 if its end has not come yet. */
  const take = (from: number): number => {
    if (rest[from] !== '<') {
      const next = rest.indexOf('<', from);
      if (next >= 0) text(decoded(rest.slice(from, next)));
      return next;
    }
    for (const [begins, ends, use] of MARKUP) {
      const said = rest.slice(from, from + begins.length);
      if (said !== begins) {
        if (begins.startsWith(said)) return -1;
        continue;
      }
      const end = rest.indexOf(ends, from + begins.length);
      if (end < 0) return -1;
      if (use === 'text') text(rest.slice(from + begins.length, end));
      return end + ends.length;
    }
    if (rest.startsWith('<!', from))
      throw new XmlFault('it brings a document type (DTD), which no storage needs');
    const end = endOfTag(rest, from + 1);
    if (end < 0) return -1;
    tag(rest.slice(from + 1, end));
    return end + 1;
  };

  return {
    write(more: string): void {
      rest += more;
      let at = 0;
      while (at < rest.length) {
        const next = take(at);
        if (next < 0) break;
        at = next;
      }
      rest = rest.slice(at);
      if (rest.length > LONGEST_PIECE) throw new XmlFault('a value in it is longer than any that is needed');
    },
    end(): string {
      if (root === undefined) throw new XmlFault('it is not XML');
      if (path.length > 0) throw new XmlFault('it ends in the middle', true);
      text(rest);
      return root;
    },
  };
}

const MARKUP = [
  ['<!--', '-->', 'nothing'],
  ['<![CDATA[', ']]>', 'text'],
  ['<?', '?>', 'nothing'],
] as const;

/** Attributes may have ">" in their values. */
function endOfTag(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '>') return at;
  }
  return -1;
}

function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));|&/gi,
    (_, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined && Object.hasOwn(FIVE, name)) return FIVE[name] ?? '';
      const point = decimal !== undefined ? Number(decimal) : hex !== undefined ? parseInt(hex, 16) : -1;
      if (point < 0 || point > 0x10ffff) throw new XmlFault('it uses an entity that is none of the five');
      return String.fromCodePoint(point);
    },
  );
}

/** In words, for whoever set the storage up. */
export const unreadable = (what: string, address: string, fault: XmlFault): BackupError =>
  new BackupError(
    'STORAGE_ANSWER_WRONG',
    `${what} failed: what ${address} answered cannot be used, because ${fault.message}. Check that it is the storage's own address, or move old backups to another folder.`,
    { details: { code: 'answer-unreadable', address, why: fault.message } },
  );
