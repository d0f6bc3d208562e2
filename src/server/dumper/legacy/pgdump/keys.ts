import type { Constraint as ConstraintNode, IndexStmt } from 'libpg-query';
import { quote } from '../../dialects/postgres/sql/quote';
import { as, words } from '../../dialects/postgres/sql/parser';
import type { Constraint, Index, Relation } from '../../dialects/postgres/structure/structure';

const list = (names: readonly string[]): string => `(${names.map(quote).join(', ')})`;

const has = ({ columns }: Relation, names: readonly string[]): boolean =>
  names.length > 0 && names.every((name) => columns.some((column) => column.name === name));

/** A primary or unique key over whole columns; undefined for any other constraint. */
export function keyOf(made: ConstraintNode, relation: Relation): Constraint | undefined {
  const kind = made.contype === 'CONSTR_PRIMARY' ? 'primary' : made.contype === 'CONSTR_UNIQUE' && 'unique';
  const columns = words(made.keys);
  const odd = made.including ?? made.options ?? made.indexname ?? made.indexspace;
  if (!kind || !made.conname || odd !== undefined || !has(relation, columns)) return undefined;
  const nulls = made.nulls_not_distinct ? ' NULLS NOT DISTINCT' : '';
  const definition = `${kind === 'primary' ? 'PRIMARY KEY' : `UNIQUE${nulls}`} ${list(columns)}${deferred(made)}`;
  return { name: made.conname, kind, definition, validated: true, columns };
}

const deferred = ({ deferrable, initdeferred }: ConstraintNode): string =>
  deferrable ? ` DEFERRABLE${initdeferred ? ' INITIALLY DEFERRED' : ''}` : '';

const ACTIONS = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
} as const satisfies Readonly<Record<string, Constraint['onDelete']>>;
const isAction = (letter: string): letter is keyof typeof ACTIONS => Object.hasOwn(ACTIONS, letter);

/** A foreign key to a table of the same dump. */
export function foreignKeyOf(
  made: ConstraintNode,
  relation: Relation,
  references: Relation,
): Constraint | undefined {
  const [columns, referencedColumns] = [words(made.fk_attrs), words(made.pk_attrs)];
  const { fk_upd_action: update = 'a', fk_del_action: remove = 'a', fk_matchtype: match = 's' } = made;
  const odd = made.fk_del_set_cols !== undefined || match !== 's';
  const fits = has(relation, columns) && has(references, referencedColumns);
  if (odd || !fits || !made.conname || !isAction(update) || !isAction(remove)) return undefined;
  const [onUpdate, onDelete] = [ACTIONS[update], ACTIONS[remove]];
  const validated = made.skip_validation !== true;
  const definition = [
    `FOREIGN KEY ${list(columns)} REFERENCES ${quote(references.name)}${list(referencedColumns)}`,
    ...(update === 'a' ? [] : [`ON UPDATE ${onUpdate.toUpperCase()}`]),
    ...(remove === 'a' ? [] : [`ON DELETE ${onDelete.toUpperCase()}`]),
  ].join(' ');
  return {
    name: made.conname,
    kind: 'foreign',
    definition: `${definition}${deferred(made)}${validated ? '' : ' NOT VALID'}`,
    validated,
    references: references.name,
    columns,
    referencedColumns,
    onUpdate,
    onDelete,
  };
}

const METHODS = new Set(['btree', 'hash', 'gin', 'gist', 'brin', 'spgist']);
/** Classes of the server itself that somebody has to ask for. */
const CLASSES = new Set(['text_pattern_ops', 'varchar_pattern_ops', 'bpchar_pattern_ops', 'jsonb_path_ops']);

/** An index over whole columns of all rows. */
export function indexOf(made: IndexStmt, relation: Relation): Index | undefined {
  const { idxname, accessMethod = 'btree', indexParams = [] } = made;
  const odd = made.whereClause ?? made.indexIncludingParams ?? made.options ?? made.tableSpace;
  if (!idxname || odd !== undefined || !METHODS.has(accessMethod)) return undefined;
  const columns: string[] = [];
  const parts: string[] = [];
  for (const node of indexParams) {
    const {
      name,
      expr,
      collation,
      opclass,
      opclassopts,
      ordering,
      nulls_ordering: nulls,
    } = as(node, 'IndexElem') ?? {};
    const [first = '', second] = words(opclass);
    const known =
      opclass === undefined ||
      (CLASSES.has(second ?? first) &&
        [undefined, 'pg_catalog'].includes(second === undefined ? undefined : first));
    if (name === undefined || expr || collation || opclassopts || !known) return undefined;
    columns.push(name);
    parts.push(
      [
        quote(name),
        ...(opclass ? [second ?? first] : []),
        ...(ordering === 'SORTBY_DESC' ? ['DESC'] : []),
        ...(nulls === 'SORTBY_NULLS_FIRST' ? ['NULLS FIRST'] : []),
        ...(nulls === 'SORTBY_NULLS_LAST' ? ['NULLS LAST'] : []),
      ].join(' '),
    );
  }
  if (!has(relation, columns)) return undefined;
  const unique = made.unique ?? false;
  return {
    name: idxname,
    unique,
    columns,
    definition: `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quote(idxname)} ON ${quote(relation.name)} USING ${accessMethod} (${parts.join(', ')})${made.nulls_not_distinct ? ' NULLS NOT DISTINCT' : ''}`,
  };
}
