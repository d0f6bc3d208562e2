import { wordsOf } from './strings';
import { Tokens, type Token } from './tokens';

export interface TableColumn {
  readonly name: string;
  /** Lower case, without what is in brackets. */
  readonly type: string;
  readonly numbers: readonly number[];
  readonly unsigned: boolean;
  /** Compares bytes. */
  readonly binary: boolean;
  /** MariaDB has JSON as text that is checked. */
  readonly json: boolean;
  readonly notNull: boolean;
  readonly counts: boolean;
  readonly generated: boolean;
  /** `now`: the moment; `other`: nothing that is known. */
  readonly default?: { readonly value: string } | 'now' | 'other';
  readonly comment?: string;
}

export interface TableKey {
  readonly kind: 'primary' | 'unique' | 'index' | 'other';
  readonly name: string;
  readonly columns: readonly string[];
  /** Of some column only the first letters count. */
  readonly prefix: boolean;
}

export interface TableForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: string;
  readonly referencedColumns: readonly string[];
  readonly onDelete: string;
  readonly onUpdate: string;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly keys: readonly TableKey[];
  readonly foreignKeys: readonly TableForeignKey[];
  readonly checks: readonly string[];
  /** The next number that is given out. */
  readonly next?: string;
  readonly partitioned: boolean;
}

/** What a CREATE TABLE of mysqldump says, as data; undefined: it is not one that is understood. */
export function readCreateTable(text: string, doubled: boolean): Table | undefined {
  const tokens = new Tokens(text, doubled).all();
  const [create, table, name, open] = tokens;
  if (word(create) !== 'create' || word(table) !== 'table' || name?.kind !== 'name' || open?.value !== '(')
    return undefined;
  const { items, end } = itemsOf(tokens, 3);
  const made = { columns: [] as TableColumn[], keys: [] as TableKey[], foreignKeys: [] as TableForeignKey[] };
  const checks: string[] = [];
  for (const item of items) {
    const [first] = item;
    if (first?.kind === 'name') {
      const column = columnOf(item);
      if (!column) return undefined;
      made.columns.push(column);
      continue;
    }
    const constraint = word(first) === 'constraint' ? item.slice(2) : item;
    const label = word(first) === 'constraint' ? said(item[1]) : '';
    switch (word(constraint[0])) {
      case 'foreign': {
        const key = foreignKeyOf(label, constraint);
        if (!key) return undefined;
        made.foreignKeys.push(key);
        break;
      }
      case 'check':
        checks.push(label);
        break;
      default:
        made.keys.push(keyOf(constraint));
    }
  }
  const options = tokens.slice(end + 1);
  const next = options.findIndex((token) => word(token) === 'auto_increment');
  return {
    name: said(name),
    ...made,
    checks,
    ...(next >= 0 && options[next + 2]?.kind === 'number' && { next: options[next + 2]?.value ?? '' }),
    partitioned: options.some((token) => word(token) === 'partition'),
  };
}

const word = (token: Token | undefined): string => (token?.kind === 'word' ? token.value.toLowerCase() : '');
const said = (token: Token | undefined): string => wordsOf(token?.value ?? '');

/** What stands between the commas of a list, and where its bracket closes. */
function itemsOf(tokens: readonly Token[], open: number): { items: Token[][]; end: number } {
  const items: Token[][] = [[]];
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    const sign = token.kind === 'sign' ? token.value : '';
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth === 0) return { items, end: at };
    if (depth === 1 && sign === ',') items.push([]);
    else if (at > open) items.at(-1)?.push(token);
  }
  return { items: [], end: tokens.length };
}

/** The names in the brackets that open at a place. */
function namesAt(tokens: readonly Token[], open: number): { names: string[]; prefix: boolean; end: number } {
  const { items, end } = itemsOf(tokens, open);
  const names = items.flatMap(([first]) => (first?.kind === 'name' ? [said(first)] : []));
  return {
    names: names.length === items.length ? names : [],
    prefix: items.some((item) => item.some((token) => token.value === '(')),
    end,
  };
}

function columnOf(item: readonly Token[]): TableColumn | undefined {
  const [name, type, ...rest] = item;
  if (!name || type?.kind !== 'word') return undefined;
  let at = 0;
  const numbers: number[] = [];
  if (rest[0]?.value === '(') {
    const { items, end } = itemsOf(rest, 0);
    for (const [first] of items) if (first?.kind === 'number') numbers.push(Number(first.value));
    at = end + 1;
  }
  const words = new Set<string>();
  let fallback: TableColumn['default'];
  let comment: string | undefined;
  let binary = false;
  for (; at < rest.length; at += 1) {
    const token = rest[at];
    if (token?.value === '(') {
      at = itemsOf(rest, at).end;
      continue;
    }
    const is = word(token);
    const previous = word(rest[at - 1]);
    if (is === 'default') {
      fallback = defaultAt(rest, at + 1);
      at += 1;
    } else if (is === 'comment') comment = said(rest[at + 1]);
    else if (previous === 'collate') binary = /_bin$|^binary$/.test(is);
    else if (is === 'check')
      words.add(JSON.stringify(rest[at + 2]?.value) === '"json_valid"' ? 'json' : 'check');
    else if (is === 'null' && previous === 'not') words.add('not null');
    else if (is !== '') words.add(is);
  }
  const kind = word(type);
  return {
    name: said(name),
    type: kind,
    numbers,
    unsigned: words.has('unsigned'),
    binary,
    json: kind === 'json' || words.has('json'),
    notNull: words.has('not null'),
    counts: words.has('auto_increment'),
    generated: words.has('generated') || words.has('as'),
    ...(fallback !== undefined && { default: fallback }),
    ...(comment !== undefined && { comment }),
  };
}

function defaultAt(tokens: readonly Token[], at: number): TableColumn['default'] | undefined {
  const token = tokens[at];
  if (token?.kind === 'text' || token?.kind === 'number') return { value: said(token) };
  switch (word(token)) {
    case 'null':
      return undefined;
    case 'current_timestamp':
      return 'now';
    case 'b':
      return tokens[at + 1]?.kind === 'text' ? { value: String(parseInt(said(tokens[at + 1]), 2)) } : 'other';
    default:
      return 'other';
  }
}

function keyOf(item: readonly Token[]): TableKey {
  const kinds = { primary: 'primary', unique: 'unique', key: 'index', index: 'index' } as const;
  const first = word(item[0]);
  const kind =
    first === 'primary' || first === 'unique' || first === 'key' || first === 'index'
      ? kinds[first]
      : 'other';
  const name = item.find((token) => token.kind === 'name' || token.value === '(');
  const open = item.findIndex((token) => token.value === '(');
  const { names, prefix } = namesAt(item, open);
  return {
    kind: names.length > 0 ? kind : 'other',
    name: name?.kind === 'name' ? said(name) : 'PRIMARY',
    columns: names,
    prefix,
  };
}

function foreignKeyOf(name: string, item: readonly Token[]): TableForeignKey | undefined {
  const here = namesAt(item, 2);
  const [references, table, open] = item.slice(here.end + 1);
  if (word(references) !== 'references' || table?.kind !== 'name' || open?.value !== '(') return undefined;
  const there = namesAt(item, here.end + 3);
  const rules = { delete: 'no action', update: 'no action' };
  const rest = item.slice(there.end + 1).map(word);
  rest.forEach((is, at) => {
    if (rest[at - 1] !== 'on' || (is !== 'delete' && is !== 'update')) return;
    const [first = '', second = ''] = rest.slice(at + 1);
    rules[is] = first === 'set' || first === 'no' ? `${first} ${second}` : first;
  });
  return {
    name,
    columns: here.names,
    references: said(table),
    referencedColumns: there.names,
    onDelete: rules.delete,
    onUpdate: rules.update,
  };
}
