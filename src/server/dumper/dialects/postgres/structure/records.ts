import type { Collation } from './collation';
import type { Named, Operator, OperatorFamily } from './operator';
import { objectKey } from '../../../schema/structure';
import type { SchemaObject } from './structure';
import type { TextConfiguration, TextDictionary } from './textSearch';
import { literal, quote } from '../sql/quote';
import { sql, type Statement } from '../sql/sql';

/** The name as SQL wants it; a record has no other. */
export function identityOf({ name, operator, operatorFamily, operatorClass }: SchemaObject): string {
  if (operator) return `${name}(${operator.left ?? 'NONE'}, ${operator.right ?? 'NONE'})`;
  const method = operatorFamily?.method ?? operatorClass?.method;
  return method === undefined ? quote(name) : `${quote(name)} USING ${quote(method)}`;
}

/** Where a record is made: its own place, and what else is made there. */
export interface Making {
  readonly schema: string;
  /** Keys. */
  readonly made: ReadonlySet<string>;
}

/** What an archive has as a record and not as SQL: the statements are Ark's own, and everything in them is quoted or checked. */
export function createRecord(object: SchemaObject, making?: Making): Statement[] {
  const { collation, operator, operatorFamily, operatorClass, textDictionary, textConfiguration } = object;
  const at = making ? `${quote(making.schema)}.` : '';
  if (collation) return [createCollation(`${at}${object.identity}`, collation)];
  if (operator) return [createOperator(`${at}${object.name}`, operator, making)];
  if (operatorFamily) {
    const name = `OPERATOR FAMILY ${at}${object.identity}`;
    const added = membersOf(operatorFamily);
    return [sql`CREATE ${name}`, ...(added.length > 0 ? [sql`ALTER ${name} ADD ${added.join(', ')}`] : [])];
  }
  if (textDictionary) return [createDictionary(`${at}${object.identity}`, textDictionary)];
  if (textConfiguration) return createConfiguration(`${at}${object.identity}`, textConfiguration, making);
  if (!operatorClass) return [];
  const { family, type, storage, method } = operatorClass;
  const members = [...membersOf(operatorClass), ...(storage === undefined ? [] : [`STORAGE ${storage}`])];
  return [
    sql`CREATE OPERATOR CLASS ${at}${quote(object.name)} ${operatorClass.default ? 'DEFAULT ' : ''}FOR TYPE ${type} USING ${quote(method)} FAMILY ${familyAt(family, method, making)} AS ${
      // One without members says what it stores: the grammar wants something.
      members.length > 0 ? members.join(', ') : `STORAGE ${type}`
    }`,
  ];
}

const familyAt = (family: string, method: string, making?: Making): string => {
  const key = objectKey({ kind: 'operator family', identity: `${quote(family)} USING ${quote(method)}` });
  return making?.made.has(key) ? `${quote(making.schema)}.${quote(family)}` : quote(family);
};

const nameOf = ({ schema, name }: Named): string =>
  schema === undefined ? quote(name) : `${quote(schema)}.${quote(name)}`;
const symbol = ({ schema, name }: Named): string =>
  schema === undefined ? name : `${quote(schema)}.${name}`;

function membersOf({ operators, functions }: Pick<OperatorFamily, 'operators' | 'functions'>): string[] {
  return [
    ...operators.map(
      ({ number, name, left, right, orderBy }) =>
        `OPERATOR ${number} ${symbol(name)} (${left}, ${right})${orderBy ? ` FOR ORDER BY ${nameOf(orderBy)}` : ''}`,
    ),
    ...functions.map(
      ({ number, name, arguments: types, left, right }) =>
        `FUNCTION ${number} (${left}, ${right}) ${nameOf(name)}(${types.join(', ')})`,
    ),
  ];
}

/** Two that name each other cannot both be first: the server remembers the name of one that is still to come, where that will be. */
function createOperator(place: string, operator: Operator, making?: Making): Statement {
  const { left, right, commutator, negator, restrict, join, hashes, merges } = operator;
  const other = (named: Named, sides: Pick<Operator, 'left' | 'right'>): string => {
    const key = objectKey({
      kind: 'operator',
      identity: identityOf({ name: named.name, operator: { ...operator, ...sides } } as SchemaObject),
    });
    const comes = named.schema === undefined && making?.made.has(key);
    return `OPERATOR(${symbol(comes ? { schema: making?.schema, name: named.name } : named)})`;
  };
  const said = [
    left !== undefined && `LEFTARG = ${left}`,
    right !== undefined && `RIGHTARG = ${right}`,
    commutator && `COMMUTATOR = ${other(commutator, { left: right, right: left })}`,
    negator && `NEGATOR = ${other(negator, { left, right })}`,
    restrict && `RESTRICT = ${nameOf(restrict)}`,
    join && `JOIN = ${nameOf(join)}`,
    hashes && 'HASHES',
    merges && 'MERGES',
  ].filter(Boolean);
  return sql`CREATE OPERATOR ${place} (FUNCTION = ${[nameOf(operator.function), ...said].join(', ')})`;
}

function createCollation(name: string, collation: Collation): Statement {
  const { provider, locale, collate, ctype, deterministic, rules } = collation;
  const said = [
    ['LOCALE', locale],
    ['LC_COLLATE', collate],
    ['LC_CTYPE', ctype],
    ['RULES', rules],
  ].flatMap(([option, value]) => (value === undefined ? [] : [`, ${option} = ${literal(value)}`]));
  return sql`CREATE COLLATION ${name} (PROVIDER = ${provider}${said.join('')}${deterministic ? '' : ', DETERMINISTIC = false'})`;
}

function createDictionary(name: string, { template, options }: TextDictionary): Statement {
  const said = options.map(
    (option) => `, ${quote(option.name)} = ${option.number ? option.value : literal(option.value)}`,
  );
  return sql`CREATE TEXT SEARCH DICTIONARY ${name} (TEMPLATE = ${nameOf(template)}${said.join('')})`;
}

function createConfiguration(
  name: string,
  { parser, mappings }: TextConfiguration,
  making?: Making,
): Statement[] {
  const dictionary = (named: Named): string => {
    const key = objectKey({ kind: 'text search dictionary', identity: quote(named.name) });
    const comes = making && named.schema === undefined && making.made.has(key);
    return nameOf(comes ? { schema: making.schema, name: named.name } : named);
  };
  return [
    sql`CREATE TEXT SEARCH CONFIGURATION ${name} (PARSER = ${nameOf(parser)})`,
    ...mappings.map(
      ({ token, dictionaries }) =>
        sql`ALTER TEXT SEARCH CONFIGURATION ${name} ADD MAPPING FOR ${quote(token)} WITH ${dictionaries.map(dictionary).join(', ')}`,
    ),
  ];
}

/** What an object is, in one text; nothing is made by it. */
export const wholeText = (object: SchemaObject): string =>
  [
    ...createRecord(object).map(({ text }) => text),
    object.definition,
    ...(object.notValid ?? []).map(
      (constraint) =>
        `CONSTRAINT ${quote(constraint.name)} ${constraint.definition.replace(/ NOT VALID$/, '')}`,
    ),
  ]
    .filter((statement) => statement !== '')
    .join(' ');
