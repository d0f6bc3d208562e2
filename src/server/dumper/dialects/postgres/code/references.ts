import type { ElsewhereKind } from '../../../schema/missing';
import type { Parser } from '../sql/parser';

/** A thing of another schema, or a role, that a text names. */
export interface Reference {
  readonly kind: Exclude<ElsewhereKind, 'extension'>;
  readonly schema: string;
  readonly name: string;
}

export interface Named {
  readonly elsewhere: readonly Reference[];
  /** Names without a schema, of what may be the archive's own. */
  readonly own: ReadonlySet<string>;
  /** Those of them that are called, and what of the server's own is. */
  readonly calls: ReadonlySet<string>;
  /** Forms of SQL that not every server understands. */
  readonly forms: ReadonlySet<Form>;
}

/** By the server that has them first. */
export const FORMS = {
  'NULLS NOT DISTINCT': 15,
  'WITHOUT OVERLAPS': 18,
  PERIOD: 18,
  'NOT ENFORCED': 18,
} as const;
export type Form = keyof typeof FORMS;

function formOf({ contype, ...node }: Part): Form | undefined {
  if (node.nulls_not_distinct === true) return 'NULLS NOT DISTINCT';
  if (node.without_overlaps === true) return 'WITHOUT OVERLAPS';
  if (node.fk_with_period === true) return 'PERIOD';
  const mayBeNot = contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN';
  return mayBeNot && node.is_enforced !== true ? 'NOT ENFORCED' : undefined;
}

type Part = Readonly<Record<string, unknown>>;
const part = (value: unknown): Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Part) : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const namesIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((item) => text(part(part(item).String).sval)) : [];

const LISTS = {
  funcname: 'routine',
  names: 'type',
  collname: 'collation',
  opclass: 'operatorClass',
  name: 'operator',
} as const;
/** What a text says by name only to the server that reads it. */
const CONSTANTS: Readonly<Record<string, Reference['kind']>> = {
  regclass: 'relation',
  regconfig: 'textConfiguration',
  regdictionary: 'textDictionary',
  regtype: 'type',
  regproc: 'routine',
};
const SERVERS = /^(pg_.*|information_schema)$/;

/** What a text names, by PostgreSQL's own parser. A text that it does not understand names nothing. */
export function namedIn(parse: Parser, sql: string): Named {
  const elsewhere: Reference[] = [];
  const own = new Set<string>();
  const calls = new Set<string>();
  const forms = new Set<Form>();
  const add = (kind: Reference['kind'], schema: string, name: string) => {
    if (kind === 'routine' && (schema === '' || schema === 'pg_catalog')) calls.add(name);
    if (schema === '') own.add(name);
    else if (!SERVERS.test(schema)) elsewhere.push({ kind, schema, name });
  };
  const open: unknown[] = [];
  try {
    open.push(...parse.statements(sql).map((statement) => statement.node));
  } catch {
    return { elsewhere, own, calls, forms };
  }
  // Without recursion: what is nested deep is no reason to fail.
  while (open.length > 0) {
    const expression = open.pop();
    if (typeof expression !== 'object' || expression === null) continue;
    if (Array.isArray(expression)) {
      for (const each of expression) open.push(each);
      continue;
    }
    const node = part(expression);
    const form = formOf(node);
    if (form) forms.add(form);
    if (typeof node.relname === 'string') add('relation', text(node.schemaname), node.relname);
    if (node.roletype === 'ROLESPEC_CSTRING')
      elsewhere.push({ kind: 'role', schema: '', name: text(node.rolename) });
    for (const [list, kind] of Object.entries(LISTS)) {
      const [first = '', second] = namesIn(node[list]);
      if (first !== '') add(kind, second === undefined ? '' : first, second ?? first);
    }
    const constant = CONSTANTS[namesIn(part(node.typeName).names).at(-1) ?? ''];
    if (constant) {
      const value = text(part(part(part(node.arg).A_Const).sval).sval);
      const [, schema = '', name = ''] =
        /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/.exec(value) ?? [];
      if (name !== '') add(constant, bare(schema), bare(name));
    }
    open.push(...Object.values(node));
  }
  return { elsewhere, own, calls, forms };
}

const bare = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
