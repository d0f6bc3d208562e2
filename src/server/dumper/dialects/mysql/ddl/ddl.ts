import type { ForeignKey, Relation, SchemaObject } from '../../../schema/structure';
import { list, literal, quote } from '../sql/quote';
import { writeColumnType } from '../structure/columnType';
import { columnsOf, nativeOf, type WholeColumn } from '../structure/neutral';
import { objectText } from '../structure/objectText';
import type { CheckNative, Flavor, IndexNative, NativeDefault, TriggerNative } from '../structure/structure';

/**
 * Every text here is made of values: nothing that an archive says is run as it stands but expressions, bodies and
 * queries, which checkSchema.ts has looked at.
 */

/** An index that a column with a counter cannot be without. */
const servesCounter = (index: IndexNative, counting: string | undefined): boolean =>
  counting !== undefined && index.kind !== 'fulltext' && index.parts[0]?.column === counting;

/** Whether a table is made with all indexes that it can be made with: of few rows they are no quicker made later. */
export interface Making {
  readonly indexed: boolean;
}

/** Without keys to others, and without the indexes that come once its rows are in. */
export function createTable(relation: Relation, name: string, flavor: Flavor, making: Making): string {
  const native = nativeOf(relation);
  const columns = columnsOf(relation);
  const counting = columns.find((column) => column.native.autoIncrement)?.name;
  const { first } = indexesOf(relation, making);
  const next = relation.counters.find((counter) => counter.column === counting)?.next;
  const parts = [
    ...columns.map((column) => columnText(column, native.checks, flavor)),
    ...first.map((index) => indexText(index, flavor)),
    ...native.checks.filter((check) => !check.ofColumn).map((check) => checkText(check)),
  ];
  const options = [
    ...(native.engine === undefined ? [] : [`ENGINE=${native.engine}`]),
    ...(native.collation === undefined ? [] : [`COLLATE=${native.collation}`]),
    ...(native.rowFormat === undefined ? [] : [`ROW_FORMAT=${native.rowFormat}`]),
    ...(relation.comment === undefined ? [] : [`COMMENT=${literal(relation.comment)}`]),
    ...(next === undefined ? [] : [`AUTO_INCREMENT=${BigInt(next)}`]),
  ];
  return `CREATE TABLE ${quote(name)} (${parts.join(', ')}) ${options.join(' ')}`;
}

const isAlone = ({ kind }: IndexNative): boolean => kind === 'fulltext' || kind === 'spatial';

/** Those a table is made with, and those that come once its rows are in. */
function indexesOf(
  relation: Relation,
  { indexed }: Making,
): { readonly first: readonly IndexNative[]; readonly later: readonly IndexNative[] } {
  const { indexes, columns } = nativeOf(relation);
  const counting = relation.columns[columns.findIndex((column) => column.autoIncrement)]?.name;
  const primary = indexes.filter(({ kind }) => kind === 'primary');
  const served = primary.some((index) => servesCounter(index, counting));
  const serving = served ? [] : indexes.filter((index) => servesCounter(index, counting)).slice(0, 1);
  const others = indexed ? indexes.filter((index) => !isAlone(index)) : [];
  const first = [...new Set([...primary, ...serving, ...others])];
  return { first, later: indexes.filter((index) => !first.includes(index)) };
}

/** All of a table at once; what has to be built by itself comes by itself. */
export function addIndexes(relation: Relation, name: string, flavor: Flavor, making: Making): string[] {
  const { later } = indexesOf(relation, making);
  const together = later.filter((index) => !isAlone(index));
  const add = (indexes: readonly IndexNative[]): string =>
    `ALTER TABLE ${quote(name)} ${indexes.map((index) => `ADD ${indexText(index, flavor)}`).join(', ')}`;
  return [
    ...(together.length > 0 ? [add(together)] : []),
    ...later.filter(isAlone).map((index) => add([index])),
  ];
}

const KINDS: Readonly<Record<IndexNative['kind'], string>> = {
  primary: 'PRIMARY KEY',
  unique: 'UNIQUE KEY',
  index: 'KEY',
  fulltext: 'FULLTEXT KEY',
  spatial: 'SPATIAL KEY',
};

function indexText({ name, kind, using, parts, comment, invisible }: IndexNative, flavor: Flavor): string {
  const texts = parts.map(({ column, length, descending, expression }) => {
    const of = column === undefined ? `(${expression})` : quote(column);
    return `${of}${length === undefined ? '' : `(${length})`}${descending ? ' DESC' : ''}`;
  });
  return [
    KINDS[kind],
    ...(kind === 'primary' ? [] : [quote(name)]),
    `(${texts.join(', ')})`,
    ...(using === undefined ? [] : [`USING ${using}`]),
    ...(comment === undefined ? [] : [`COMMENT ${literal(comment)}`]),
    ...(invisible ? [flavor === 'mariadb' ? 'IGNORED' : 'INVISIBLE'] : []),
  ].join(' ');
}

const checkText = ({ name, clause, enforced }: CheckNative): string =>
  `CONSTRAINT ${quote(name)} CHECK (${clause})${enforced === false ? ' NOT ENFORCED' : ''}`;

function columnText(
  { name, core, native, type }: WholeColumn,
  checks: readonly CheckNative[],
  flavor: Flavor,
): string {
  const isMaria = flavor === 'mariadb';
  const json = native.json ?? type.base === 'json';
  const written = json ? (isMaria ? 'longtext' : 'json') : writeColumnType(type);
  const charset = json ? (isMaria ? 'utf8mb4' : undefined) : native.charset;
  const collation = json ? (isMaria ? (native.collation ?? 'utf8mb4_bin') : undefined) : native.collation;
  const check = checks.find((each) => each.ofColumn && each.name === name);
  const isJsonHere = json && isMaria;
  return [
    quote(name),
    written,
    ...(native.compressed && isMaria ? ['COMPRESSED'] : []),
    ...(charset === undefined ? [] : [`CHARACTER SET ${charset}`]),
    ...(collation === undefined ? [] : [`COLLATE ${collation}`]),
    ...(native.generation === undefined
      ? [core.nullable ? 'NULL' : 'NOT NULL']
      : [
          `GENERATED ALWAYS AS (${native.generation}) ${core.generated === 'virtual' ? 'VIRTUAL' : 'STORED'}`,
          ...(core.nullable || isMaria ? [] : ['NOT NULL']),
        ]),
    ...(native.srid === undefined || isMaria ? [] : [`SRID ${native.srid}`]),
    ...(native.default === undefined ? [] : [`DEFAULT ${defaultText(native.default)}`]),
    ...(native.onUpdate === undefined ? [] : [`ON UPDATE ${moment(native.onUpdate)}`]),
    ...(native.autoIncrement ? ['AUTO_INCREMENT'] : []),
    ...(native.invisible ? ['INVISIBLE'] : []),
    ...(core.comment === undefined ? [] : [`COMMENT ${literal(core.comment)}`]),
    ...(isJsonHere ? [`CHECK (json_valid(${quote(name)}))`] : check ? [`CHECK (${check.clause})`] : []),
  ].join(' ');
}

const moment = (digits: number): string => `CURRENT_TIMESTAMP${digits > 0 ? `(${digits})` : ''}`;

function defaultText(value: NativeDefault): string {
  switch (value.kind) {
    case 'value':
      return literal(value.value);
    case 'number':
      return value.value;
    case 'now':
      return moment(value.digits);
    case 'expression':
      return `(${value.text})`;
  }
}

export function addForeignKey(table: string, key: ForeignKey, flavor: Flavor): string {
  const { name, columns, references, referencedColumns, onDelete, onUpdate } = key;
  // MariaDB restricts where nothing is said, and where it is said it may make "no action" of it.
  const action = (event: string, what: ForeignKey['onDelete']): string =>
    what === 'restrict' && flavor === 'mariadb' ? '' : ` ON ${event} ${what.toUpperCase()}`;
  return `ALTER TABLE ${quote(table)} ADD CONSTRAINT ${quote(name)} FOREIGN KEY (${list(columns)}) REFERENCES ${quote(references)} (${list(referencedColumns)})${action('DELETE', onDelete)}${action('UPDATE', onUpdate)}`;
}

export const dropForeignKey = (table: string, name: string): string =>
  `ALTER TABLE ${quote(table)} DROP FOREIGN KEY ${quote(name)}`;

/** As the one who restores: nobody may make something that runs as somebody else. */
export const createTrigger = (table: string, { name, timing, event, body }: TriggerNative): string =>
  `CREATE DEFINER=CURRENT_USER TRIGGER ${quote(name)} ${timing} ${event} ON ${quote(table)} FOR EACH ROW ${body}`;

/** As the one who restores, as triggers are. `resting`: an event that does not run yet. */
export const createObject = (
  object: SchemaObject,
  name: string,
  how?: { readonly resting: boolean },
): string => `CREATE DEFINER=CURRENT_USER ${objectText(object, name, how)}`;

export const dropObject = ({ kind }: Pick<SchemaObject, 'kind'>, name: string): string =>
  `DROP ${kind === 'event' ? 'EVENT' : kind === 'procedure' ? 'PROCEDURE' : 'FUNCTION'} IF EXISTS ${quote(name)}`;

export function createView(relation: Relation): string {
  const { view } = nativeOf(relation);
  if (!view) throw new Error(`${relation.name} is no view`);
  const { query, security, checkOption } = view;
  const check = checkOption === 'NONE' ? '' : ` WITH ${checkOption} CHECK OPTION`;
  return `CREATE OR REPLACE DEFINER=CURRENT_USER SQL SECURITY ${security} VIEW ${quote(relation.name)} AS ${query}${check}`;
}
