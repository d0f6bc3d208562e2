import type { Relation } from '../../src/server/dumper/schema/structure';
import type { Row } from './memoryDatabase';

export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const list = (names: readonly string[]): string => names.map(quoted).join(', ');
export const literal = (value: string | null): string =>
  value === null ? 'NULL' : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

type Column = Relation['columns'][number];
const TYPES: Partial<Record<Column['type'], string>> = {
  int32: 'int',
  int64: 'bigint',
  text: 'varchar',
  decimal: 'decimal',
  boolean: 'tinyint(1)',
  json: 'json',
  timestamptz: 'timestamp(6)',
};

/** A value of CSV as an app would write it. */
const written = ({ type }: Column, value: string | null): string => {
  if (value === null) return 'NULL';
  if (type === 'boolean') return value === 't' ? '1' : '0';
  return literal(type === 'timestamptz' ? value.replace(/\+00$/, '') : value);
};

export const insertRow = ({ name, columns }: Relation, row: Row): string =>
  `INSERT INTO ${quoted(name)} VALUES (${row.map((value, at) => written(columns[at]!, value)).join(', ')})`;

/** The statements that make a table of the neutral core on MySQL or MariaDB, as an app would write them. */
export function createTable(relation: Relation, rows: readonly Row[]): string[] {
  const { name, columns, primaryKey, uniqueKeys, foreignKeys, indexes, counters } = relation;
  const next = counters[0]?.next;
  const parts = [
    ...columns.map((column) => {
      const { name: title, type, length, precision, scale, nullable, default: value } = column;
      const size = length ?? (precision === undefined ? undefined : `${precision},${scale ?? 0}`);
      const native = type === 'text' && length === undefined ? 'longtext' : (TYPES[type] ?? type);
      const fallback = {
        value: () => ` DEFAULT ${written(column, value?.kind === 'value' ? value.value : null)}`,
        now: () => ' DEFAULT CURRENT_TIMESTAMP(6)',
        next: () => ' AUTO_INCREMENT',
        expression: () => '',
      }[value?.kind ?? 'expression']();
      return `${quoted(title)} ${native}${size === undefined ? '' : `(${size})`}${nullable ? ' NULL' : ' NOT NULL'}${fallback}`;
    }),
    ...(primaryKey ? [`PRIMARY KEY (${list(primaryKey.columns)})`] : []),
    ...uniqueKeys.map((key) => `UNIQUE KEY ${quoted(key.name)} (${list(key.columns)})`),
    ...indexes.map((index) => `KEY ${quoted(index.name)} (${list(index.columns ?? [])})`),
    ...foreignKeys.map(
      (key) =>
        `CONSTRAINT ${quoted(key.name)} FOREIGN KEY (${list(key.columns)}) REFERENCES ${quoted(key.references)} (${list(key.referencedColumns)}) ON DELETE ${key.onDelete} ON UPDATE ${key.onUpdate}`,
    ),
  ];
  return [
    `CREATE TABLE ${quoted(name)} (${parts.join(', ')}) COLLATE utf8mb4_bin`,
    ...rows.map((row) => insertRow(relation, row)),
    ...(next === undefined ? [] : [`ALTER TABLE ${quoted(name)} AUTO_INCREMENT = ${next}`]),
  ];
}
