import type { Node } from 'libpg-query';
import { namesOut, PLACE, withNames } from './namesOut';

/**
 * PostgreSQL's own parser (libpg_query, WebAssembly): what a text is, is never guessed with expressions of our own.
 * It is loaded once, when the first archive is looked into; the bundle carries its `.wasm` beside it (build.mjs).
 */
export interface Parser {
  /** The statements of a text; where in it a part stands may be missing. Throws NotUnderstood. */
  statements(text: string): Parsed[];
  /** The same with the places of its parts. */
  placed(text: string): Parsed[];
}

export interface Parsed {
  readonly node: Node;
  readonly text: string;
}

/** A text is not what it has to be; the message completes "because …". */
export class NotUnderstood extends Error {}

/**
 * How much is parsed in one go, while everybody waits: a part takes 2 to 5 µs, and a text that was made to take long has
 * nothing but parts. Views and lists that people have made are far below; the body of a function is one part.
 */
const MOST_PARTS = 20_000;
const MOST_TEXT = 1024 * 1024;

/** Short texts are remembered, so many characters of them: trees are some fifty times as large. */
const [REMEMBERED, REMEMBERED_TEXT] = [512 * 1024, 1024];

let loaded: Promise<Parser> | undefined;

export const parser = (): Promise<Parser> => (loaded ??= load());

async function load(): Promise<Parser> {
  const { loadModule, parseSync, scanSync } = await import('./libpgQuery');
  await loadModule();
  const understood = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      // A text that nests deeper than the parser's stack is none that a server wrote.
      throw new NotUnderstood(error instanceof Error ? error.message : String(error), { cause: error });
    }
  };
  const parsed = new Map<string, Parsed[]>();
  let remembered = 0;
  // Whoever checks a structure, and whoever plans with it, asks for the same texts again.
  const remember = (text: string, script: Parsed[]): Parsed[] => {
    if ((remembered += text.length) > REMEMBERED) {
      parsed.clear();
      remembered = text.length;
    }
    parsed.set(text, script);
    return script;
  };
  const likeOthers = (text: string): Parsed[] | undefined => {
    const named = namesOut(text);
    if (!named) return undefined;
    try {
      const script = parsed.get(named.text) ?? remember(named.text, parse(named.text));
      const [first, ...more] = script;
      if (!first || more.length > 0) return undefined;
      return [{ node: withNames(first.node, named.names) as Node, text: text.trim() }];
    } catch {
      // What is wrong with it is said of the text itself.
      return undefined;
    }
  };
  return {
    statements(text) {
      const known = parsed.get(text);
      if (known) return known;
      if (text.length > REMEMBERED_TEXT) return parse(text);
      return remember(text, likeOthers(text) ?? parse(text));
    },
    placed: parse,
  };

  function parse(text: string): Parsed[] {
    if (text.includes('\0')) throw new NotUnderstood('it has a zero byte');
    if (text.length > MOST_TEXT) throw new NotUnderstood(`it has more than ${MOST_TEXT} characters`);
    if (hasMoreParts(text, MOST_PARTS))
      throw new NotUnderstood(`it has more than ${MOST_PARTS} words and signs`);
    // What a server prints has no comments; in the middle of a statement one would hide what comes after it.
    if (/--|\/\*/.test(text)) {
      const { tokens } = understood(() => scanSync(text));
      if (tokens.some((token) => token.tokenName.endsWith('_COMMENT')))
        throw new NotUnderstood('it has a comment');
    }
    const bytes = Buffer.from(text);
    return (understood(() => parseSync(text)).stmts ?? []).flatMap(({ stmt, stmt_location, stmt_len }) => {
      const start = stmt_location ?? 0;
      const end = stmt_len ? start + stmt_len : bytes.length;
      return stmt ? [{ node: stmt, text: bytes.toString('utf8', start, end).trim() }] : [];
    });
  }
}

/** What begins at a place, as PostgreSQL's scanner has it; to what does not end the parser says so. */
const PART = new RegExp(
  [
    String.raw`[ \t\n\r\f\v]+`,
    String.raw`--|/\*`,
    // A text may go on in the next line, and then the backslash still counts.
    String.raw`[eE]'(?:[^'\\]+|\\[^]|'(?:[ \t\n\r\f\v]*[\n\r][ \t\n\r\f\v]*)?')*'?`,
    String.raw`'[^']*'?`,
    String.raw`"[^"]*"?`,
    String.raw`\$(?:[A-Za-z_\u0080-\u{10ffff}][\w\u0080-\u{10ffff}]*)?\$`,
    String.raw`[\w\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*`,
    '[^]',
  ].join('|'),
  'uy',
);

/** Whether a text has more words and signs; what is in quotes or dollars is one. */
function hasMoreParts(text: string, most: number): boolean {
  const part = new RegExp(PART);
  let parts = 0;
  for (let at = 0; at < text.length && parts <= most;) {
    part.lastIndex = at;
    const [word = ''] = part.exec(text) ?? [];
    if (word === '--' || word === '/*') throw new NotUnderstood('it has a comment');
    at += word.length;
    if (/^[ \t\n\r\f\v]/.test(word)) continue;
    parts += 1;
    if (word.length < 2 || !word.startsWith('$')) continue;
    const end = text.indexOf(word, at);
    if (end < 0) return false;
    at = end + word.length;
  }
  return parts > most;
}

type Together<N> = (N extends unknown ? (node: N) => void : never) extends (node: infer All) => void
  ? All
  : never;
type Nodes = Together<Node>;
export type Kind = keyof Nodes;

/** The node as one of a kind; undefined if it is of another. */
export const as = <K extends Kind>(node: Node | undefined, kind: K): Nodes[K] | undefined =>
  node && Object.hasOwn(node, kind) ? (node as Nodes)[kind] : undefined;

/** Names as they stand in a list, such as schema and table. */
export const words = (nodes: readonly Node[] | undefined): string[] =>
  (nodes ?? []).map((node) => as(node, 'String')?.sval ?? '');

/** A node without the places where its parts stood, to compare what was written in two texts. */
export const shape = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (PLACE.test(key) ? undefined : value));

/** Whether a node of one of these kinds is anywhere in it. Without recursion: what is nested deep is no reason to fail. */
export function holds(node: unknown, kinds: ReadonlySet<string>): boolean {
  const open: unknown[] = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    for (const [key, value] of Object.entries(next)) {
      if (kinds.has(key)) return true;
      if (value !== undefined && value !== null) open.push(value);
    }
  }
  return false;
}

/** The only statement of a text. */
export function statementIn(parse: Parser, text: string): Node | undefined {
  try {
    const [first, ...more] = parse.statements(text);
    return more.length > 0 ? undefined : first?.node;
  } catch {
    return undefined;
  }
}
