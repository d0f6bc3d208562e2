/**
 * A thousand tables have a thousand texts that differ only in names: `nextval('orders_id_seq'::regclass)`. To take one
 * apart costs a third of a millisecond, so a text is taken apart once for all that are the same but for names.
 */
export interface NamesOut {
  /** The text, another name in the place of each. */
  readonly text: string;
  /** By the name that stands there the one that stood there. */
  readonly names: ReadonlyMap<string, string>;
}

const LONGEST_NAME = 63;
/** In any letters: the grammar makes them small. */
const STAND_IN = /ark_(?:name|text)_\d/i;
/** Words that the grammar knows and that look as names do here. */
const KEYWORD = /^(?:current|session|system|json|merge|xml)_/;

/** A quoted name, a quoted text, a word, a sign; in quotes only what says nothing but itself. */
const PART = /"[\w .-]+"|'[\w ."-]*'|\w+|[^]/g;

/**
 * Undefined where a name might be more than a name: only one line of printable ASCII without comments, dollars and backslashes is
 * looked at, no prefix before a quote (`E''`, `U&""`), and a word is a name only where no keyword could be meant: it
 * has a digit or an underscore. What the server would cut or write in small letters stays, and so it is looked at whole.
 */
export function namesOut(text: string): NamesOut | undefined {
  if (!/^[\x20-\x7e]*$/.test(text) || /--|\/\*|[$\\;]/.test(text) || STAND_IN.test(text)) return undefined;
  const standIns = new Map<string, string>();
  const standIn = (kind: 'name' | 'text', name: string): string => {
    const place = `${kind} ${name}`;
    const known = standIns.get(place) ?? `ark_${kind}_${standIns.size}`;
    standIns.set(place, known);
    return known;
  };
  let before = '';
  let result = '';
  for (const [part] of text.matchAll(PART)) {
    if (part === '"' || part === "'") return undefined;
    const quote = part.startsWith('"') ? '"' : part.startsWith("'") ? "'" : '';
    // A prefix, or a quote that is doubled.
    if (quote && /[\w&"']$/.test(before)) return undefined;
    if (!quote && /^\w/.test(part) && /["']$/.test(before)) return undefined;
    before = part;
    if (quote === "'") result += `'${standIn('text', part.slice(1, -1))}'`;
    else if (quote) {
      if (part.length - 2 > LONGEST_NAME) return undefined;
      result += standIn('name', part.slice(1, -1));
    } else if (isName(part)) result += standIn('name', part);
    else result += part;
  }
  const names = new Map([...standIns].map(([place, other]) => [other, place.slice('name '.length)]));
  return { text: result, names };
}

const isName = (word: string): boolean =>
  word.length <= LONGEST_NAME && /^[a-z_][a-z\d_]*$/.test(word) && /[\d_]/.test(word) && !KEYWORD.test(word);

/** Where in its text a part stands. */
export const PLACE = /^(?:location|stmt_len|stmt_location|(?:rexpr_)?list_(?:start|end))$/;

/** The same tree with the names that stood there, and without places in a text. */
export function withNames(node: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof node === 'string') return names.get(node) ?? node;
  if (Array.isArray(node)) return node.map((each) => withNames(each, names));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) if (!PLACE.test(key)) copy[key] = withNames(value, names);
  return copy;
}
