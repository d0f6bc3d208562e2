import type { Node } from 'libpg-query';
import builtIn from './builtIn.json';

/** What names in an expression can mean, beside the server's own. */
export interface Known {
  /** Names of routines that the archive has: one of them may be meant instead of the server's. */
  readonly routines: ReadonlySet<string>;
  /** The archive's sequences: to take their next value is what they are for. */
  readonly sequences: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
  /** Names of the archive's operators and operator classes. */
  readonly operators: ReadonlySet<string>;
  readonly classes: ReadonlySet<string>;
}

const FUNCTIONS = new Set(builtIn.functions);
const OPERATORS = new Set(builtIn.operators);
/** Volatile, and yet they only answer with a new value. */
const VALUES = new Set([
  'clock_timestamp',
  'gen_random_uuid',
  'random',
  'random_normal',
  'timeofday',
  'uuidv4',
  'uuidv7',
]);
const COUNTERS = new Set(['nextval', 'currval']);
/** Not volatile, and yet they read whole tables and run what stands in their views. */
const READS = /^(table|schema|database)_to_xml/;

/** What the newest server that Ark knows has of its own, and an older one may lack. */
export const SERVERS: Readonly<Record<'routine' | 'type', readonly string[]>> = {
  routine: [...new Set([...builtIn.functions, ...VALUES])],
  type: builtIn.types,
};

type Part = Readonly<Record<string, unknown>>;
const part = (value: unknown): Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Part) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The names in a list of String nodes. */
const namesOf = (value: unknown): string[] =>
  list(value).flatMap((item) => {
    const { sval } = part(part(item).String);
    return typeof sval === 'string' ? [sval] : [];
  });

/** Every node, with its kind. Without recursion: what is nested deep is no reason to fail. */
function* nodesIn(tree: Node): Generator<[kind: string, node: Part], void, void> {
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (Array.isArray(node)) for (const each of node) open.push(each);
    else {
      for (const [kind, value] of Object.entries(part(node))) {
        if (typeof value !== 'object' || value === null) continue;
        if (!Array.isArray(value)) yield [kind, part(value)];
        open.push(value);
      }
    }
  }
}

/**
 * Whether something in a parse tree calls anything but a function of the server's own that only computes: immutable or
 * stable, or one of a few that give a new value. Functions hide: in operators, in field selections (`row.f` calls `f`
 * where there is no such field), in subqueries, in the parameters of a type.
 */
export function callsCode(tree: Node, known: Known): boolean {
  for (const [kind, node] of nodesIn(tree)) if (isCode(kind, node, known)) return true;
  return false;
}

function isCode(kind: string, node: Part, known: Known): boolean {
  switch (kind) {
    case 'FuncCall':
      return !isHarmless(namesOf(node.funcname), list(node.args), known);
    case 'A_Expr':
      return !isOwnOperator(namesOf(node.name), known);
    case 'SubLink':
      return true;
    case 'ColumnRef': {
      const names = namesOf(node.fields);
      const last = names.at(-1) ?? '';
      return names.length > 1 && !known.columns.has(last) && !isHarmless([last], [], known);
    }
    case 'A_Indirection':
      return namesOf(node.indirection).some((name) => !isHarmless([name], [], known));
    case 'Constraint':
      // EXCLUDE: pairs of what is compared and by which operator.
      return list(node.exclusions).some((exclusion) => {
        const [, operator] = list(part(part(exclusion).List).items);
        return !isOwnOperator(namesOf(part(part(operator).List).items), known);
      });
    case 'DefElem':
      return (
        ['canonical', 'subtype_diff'].includes(String(node.defname)) &&
        !isHarmless(namesOf(part(part(node.arg).TypeName).names), [], known)
      );
    default:
      return false;
  }
}

function isHarmless(names: readonly string[], args: readonly unknown[], known: Known): boolean {
  const [name = '', schema, ...more] = [...names].reverse();
  if (more.length > 0 || (schema !== undefined && schema !== 'pg_catalog')) return false;
  if (schema === undefined && known.routines.has(name)) return false;
  if (COUNTERS.has(name)) return known.sequences.has(sequenceIn(args[0]) ?? '');
  return VALUES.has(name) || (FUNCTIONS.has(name) && !READS.test(name));
}

/** The server's own; a name that the archive has an operator of is taken for that one. */
const isOwnOperator = (names: readonly string[], { operators }: Known): boolean => {
  const [name = '', schema, ...more] = [...names].reverse();
  if (!OPERATORS.has(name) || more.length > 0) return false;
  return schema === undefined ? !operators.has(name) : schema === 'pg_catalog';
};

/** Whether an index, a key or a range runs one of the archive's operator classes: by name, or because its column's type has one. */
export function usesClass(tree: Node, { classes }: Known, columns: Iterable<string>): boolean {
  for (const [kind, node] of nodesIn(tree)) {
    const names = ['IndexElem', 'PartitionElem'].includes(kind) ? namesOf(node.opclass) : [];
    if (kind === 'DefElem' && node.defname === 'subtype_opclass')
      names.push(...namesOf(part(part(node.arg).TypeName).names));
    if (names.some((name) => classes.has(name))) return true;
  }
  return [...columns].some((column) => mentions(tree, column));
}

/** `'"Orders_id_seq"'::regclass` → `Orders_id_seq`; nothing for what only shows when it runs, or is elsewhere. */
function sequenceIn(arg: unknown): string | undefined {
  const cast = part(part(arg).TypeCast);
  const { sval } = part(part(part(cast.arg ?? arg).A_Const).sval);
  if (typeof sval !== 'string') return undefined;
  const match = /^(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))$/u.exec(sval);
  return match?.[1]?.replaceAll('""', '"') ?? match?.[2]?.toLowerCase();
}

/** Whether a statement names a column, in an expression or in a list of columns. */
export function mentions(tree: Node, column: string): boolean {
  for (const [kind, node] of nodesIn(tree)) {
    if (kind === 'ColumnRef' && namesOf(node.fields).at(-1) === column) return true;
    if (['IndexElem', 'StatsElem', 'PartitionElem'].includes(kind) && node.name === column) return true;
    if (kind !== 'Constraint') continue;
    const lists = [node.keys, node.including, node.fk_attrs, node.pk_attrs];
    if (lists.some((list) => namesOf(list).includes(column))) return true;
  }
  return false;
}

/** SECURITY DEFINER and the language, as a routine's own statement says. */
export function aboutRoutine(tree: Node): { definer?: true; language?: string } {
  const facts: { definer?: true; language?: string } = {};
  for (const [kind, node] of nodesIn(tree)) {
    if (kind !== 'DefElem') continue;
    if (node.defname === 'security' && part(part(node.arg).Boolean).boolval === true) facts.definer = true;
    const { sval } = part(part(node.arg).String);
    if (node.defname === 'language' && typeof sval === 'string') facts.language = sval;
  }
  return facts;
}
