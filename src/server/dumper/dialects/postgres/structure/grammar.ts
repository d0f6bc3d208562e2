import { RECORDS, type Constraint, type SchemaObject } from './structure';
import { as, holds, NotUnderstood, shape, words, type Kind, type Parser } from '../sql/parser';

/**
 * What each kind of SQL text in an archive may be: exactly one statement, or one part of one, of that kind and on the
 * thing that the record names. All throw NotUnderstood. docs/format.md has the same in words.
 */
export interface Grammar {
  expression(text: string): void;
  type(text: string): void;
  collation(text: string): void;
  query(text: string): void;
  partitionKey(text: string): void;
  partitionBound(text: string): void;
  constraint(pick: Pick<Constraint, 'name' | 'kind' | 'definition' | 'references'>): void;
  index(text: string, name: string, table: string): void;
  trigger(text: string, name: string, table: string): void;
  rule(text: string, name: string, table: string): void;
  policy(text: string, name: string, table: string): void;
  statistics(text: string, name: string, table: string): void;
  object(pick: Pick<SchemaObject, 'kind' | 'name' | 'identity' | 'definition'>): void;
  /** The statements of a foreign key that an undo puts back: the key itself, and its comment. */
  foreignKey(text: string, name: string, table: string): string[];
}

const no = (why: string): never => {
  throw new NotUnderstood(why);
};

const CONSTRAINTS = {
  primary: 'CONSTR_PRIMARY',
  unique: 'CONSTR_UNIQUE',
  check: 'CONSTR_CHECK',
  exclusion: 'CONSTR_EXCLUSION',
  foreign: 'CONSTR_FOREIGN',
  'not-null': 'CONSTR_NOTNULL',
} as const;

/** What a query may not do, however deep it is in it. */
const WRITES: ReadonlySet<string> = new Set<Kind | 'intoClause'>([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'IntoClause',
  'intoClause',
]);

/** What was found right is right again: a thousand tables have the same few types. */
function once(rule: (text: string) => void): (text: string) => void {
  const right = new Set<string>();
  return (text) => {
    if (right.has(text)) return;
    rule(text);
    right.add(text);
  };
}

type Named = { readonly schemaname?: string; readonly catalogname?: string; readonly relname?: string };

export function grammarOf(parser: Parser): Grammar {
  const only = <K extends Kind>(text: string, kind: K) => {
    const [first, ...more] = parser.statements(text);
    if (more.length > 0) no('it is more than one statement');
    return as(first?.node, kind) ?? no('it is another kind of statement');
  };

  /** The single value of a SELECT that has nothing else. */
  const value = (text: string) => {
    const { targetList, limitOption, op, ...more } = only(`SELECT ${text}`, 'SelectStmt');
    const target = as(targetList?.[0], 'ResTarget');
    const alone =
      targetList?.length === 1 &&
      limitOption === 'LIMIT_OPTION_DEFAULT' &&
      op === 'SETOP_NONE' &&
      Object.keys(more).length === 0 &&
      target?.name === undefined &&
      target?.indirection === undefined;
    return (alone ? target?.val : undefined) ?? no('it is more than one value');
  };

  const unqualified = (reference: Named | undefined, name: string) => {
    if (!reference || reference.schemaname !== undefined || reference.catalogname !== undefined)
      no('it is on something of another schema');
    if (reference?.relname !== name) no(`it is on ${reference?.relname ?? 'nothing'}`);
  };
  const called = (names: string | readonly string[] | undefined, name: string) => {
    const list = typeof names === 'string' ? [names] : (names ?? []);
    if (list.length > 1) no('it makes something in another schema');
    if (list[0] !== name) no(`it makes ${list[0] ?? 'nothing'}`);
  };
  const never = (is: unknown, what: string) => {
    if (is !== undefined && is !== false) no(`it has ${what}`);
  };

  /** ALTER TABLE with a single part. */
  const altering = (text: string, subtype: string) => {
    const { cmds, objtype, relation } = only(text, 'AlterTableStmt');
    const command = as(cmds?.[0], 'AlterTableCmd');
    if (cmds?.length !== 1 || command?.subtype !== subtype || objtype !== 'OBJECT_TABLE')
      no('it is more than one part of ALTER TABLE');
    return { def: command?.def, relation };
  };

  const constraint: Grammar['constraint'] = ({ name, kind, definition, references }) => {
    const { def } = altering(`ALTER TABLE t ADD CONSTRAINT n ${definition}`, 'AT_AddConstraint');
    const constraint = as(def, 'Constraint') ?? no('it is no constraint');
    if (constraint.conname !== 'n' || constraint.contype !== CONSTRAINTS[kind])
      no(`${name} is no ${kind} constraint`);
    never(constraint.indexname, 'an index of its own');
    never(constraint.indexspace, 'a tablespace');
    if (kind === 'foreign' && references !== undefined) unqualified(constraint.pktable, references);
  };

  const inputs = (list: readonly unknown[] | undefined): string[] =>
    (list ?? []).flatMap((item) => {
      const parameter = as(item as Parameters<typeof as>[0], 'FunctionParameter');
      const gives = parameter?.mode === 'FUNC_PARAM_OUT' || parameter?.mode === 'FUNC_PARAM_TABLE';
      return parameter && !gives ? [shape(parameter.argType)] : [];
    });

  const routine: Grammar['object'] = ({ kind, name, identity, definition }) => {
    let names: string[];
    if (kind === 'aggregate') {
      const statement = only(definition, 'DefineStmt');
      if (statement.kind !== 'OBJECT_AGGREGATE' || statement.oldstyle) no('it is no aggregate');
      never(statement.replace, 'OR REPLACE');
      called(words(statement.defnames), name);
      names = inputs(as(statement.args?.[0], 'List')?.items);
    } else {
      const statement = only(definition, 'CreateFunctionStmt');
      if ((statement.is_procedure ?? false) !== (kind === 'procedure')) no(`it is no ${kind}`);
      called(words(statement.funcname), name);
      names = inputs(statement.parameters);
    }
    const { objtype, object } = only(`COMMENT ON ROUTINE ${identity} IS NULL`, 'CommentStmt');
    const named = as(object, 'ObjectWithArgs');
    if (objtype !== 'OBJECT_ROUTINE' || !named || named.args_unspecified) no('its identity is none');
    called(words(named?.objname), name);
    const types = inputs(named?.objfuncargs);
    if (types.join() !== names.join()) no('its identity has other arguments');
  };

  const type: Grammar['object'] = ({ kind, name, identity, definition }) => {
    const { object } = only(`COMMENT ON TYPE ${identity} IS NULL`, 'CommentStmt');
    const named = as(object, 'TypeName');
    if (!named || named.arrayBounds || named.typmods || named.setof || named.pct_type)
      no('its identity is none');
    called(words(named?.names), name);
    if (kind === 'enum') called(words(only(definition, 'CreateEnumStmt').typeName), name);
    else if (kind === 'composite') {
      const made = only(definition, 'CompositeTypeStmt').typevar;
      called(
        [made?.catalogname, made?.schemaname, made?.relname].filter((name) => name !== undefined),
        name,
      );
    } else if (kind === 'domain') called(words(only(definition, 'CreateDomainStmt').domainname), name);
    else {
      const { typeName, params } = only(definition, 'CreateRangeStmt');
      called(words(typeName), name);
      for (const param of params ?? []) {
        const { defname, arg } = as(param, 'DefElem') ?? {};
        if (defname === 'multirange_type_name' && words(as(arg, 'TypeName')?.names).length !== 1)
          no('it makes something in another schema');
      }
    }
  };

  return {
    expression: once((text) => void value(text)),

    type: once((text) => {
      const cast = as(value(`NULL::${text}`), 'TypeCast');
      const { names, typmods, setof, pct_type } = cast?.typeName ?? {};
      const plain = (typmods ?? []).every((typmod) => as(typmod, 'A_Const') ?? as(typmod, 'ColumnRef'));
      if (!as(cast?.arg, 'A_Const')?.isnull || !names || setof || pct_type || !plain) no('it is no type');
    }),

    collation: once((text) => {
      const clause = as(value(`NULL COLLATE ${text}`), 'CollateClause');
      if (!as(clause?.arg, 'A_Const')?.isnull) no('it is no collation');
    }),

    query(text) {
      if (holds(only(text, 'SelectStmt'), WRITES)) no('it writes');
    },

    partitionKey(text) {
      const { partspec, tableElts, relation, oncommit, ...more } = only(
        `CREATE TABLE t (c int) PARTITION BY ${text}`,
        'CreateStmt',
      );
      if (
        !partspec ||
        tableElts?.length !== 1 ||
        !relation ||
        oncommit !== 'ONCOMMIT_NOOP' ||
        Object.keys(more).length > 0
      )
        no('it is no partition key');
    },

    partitionBound(text) {
      const { def } = altering(`ALTER TABLE ONLY p ATTACH PARTITION t ${text}`, 'AT_AttachPartition');
      if (!as(def, 'PartitionCmd')?.bound) no('it is no partition bound');
    },

    constraint,

    index(text, name, table) {
      const statement = only(text, 'IndexStmt');
      called(statement.idxname, name);
      unqualified(statement.relation, table);
      never(statement.concurrent, 'CONCURRENTLY');
      never(statement.if_not_exists, 'IF NOT EXISTS');
      never(statement.tableSpace, 'a tablespace');
    },

    trigger(text, name, table) {
      const statement = only(text, 'CreateTrigStmt');
      called(statement.trigname, name);
      unqualified(statement.relation, table);
      never(statement.replace, 'OR REPLACE');
    },

    rule(text, name, table) {
      const statement = only(text, 'RuleStmt');
      called(statement.rulename, name);
      unqualified(statement.relation, table);
      never(statement.replace, 'OR REPLACE');
    },

    policy(text, name, table) {
      const statement = only(text, 'CreatePolicyStmt');
      called(statement.policy_name, name);
      unqualified(statement.table, table);
    },

    statistics(text, name, table) {
      const { defnames, relations, if_not_exists } = only(text, 'CreateStatsStmt');
      called(words(defnames), name);
      if (relations?.length !== 1) no('it is on more than one table');
      unqualified(as(relations?.[0], 'RangeVar'), table);
      never(if_not_exists, 'IF NOT EXISTS');
    },

    object(node) {
      if (node.kind in RECORDS && node.definition !== '') no(`a ${node.kind} has no definition of its own`);
      if (node.kind === 'sequence') {
        const { object } = only(`COMMENT ON SEQUENCE ${node.identity} IS NULL`, 'CommentStmt');
        called(words(as(object, 'List')?.items), node.name);
      } else if (['function', 'procedure', 'aggregate'].includes(node.kind)) routine(node);
      else if (!(node.kind in RECORDS)) type(node);
    },

    foreignKey(text, name, table) {
      const [key, comment, ...more] = parser.statements(text);
      if (!key || more.length > 0) throw new NotUnderstood('it is not one foreign key');
      const { def, relation } = altering(key.text, 'AT_AddConstraint');
      const constraint = as(def, 'Constraint');
      unqualified(relation, table);
      called(constraint?.conname, name);
      if (constraint?.contype !== 'CONSTR_FOREIGN') no('it is no foreign key');
      if (!comment) return [key.text];
      const said = as(comment.node, 'CommentStmt');
      const on = words(as(said?.object, 'List')?.items);
      if (said?.objtype !== 'OBJECT_TABCONSTRAINT' || on.length !== 2 || on[0] !== table || on[1] !== name)
        no('its comment is on something else');
      return [key.text, comment.text];
    },
  };
}
