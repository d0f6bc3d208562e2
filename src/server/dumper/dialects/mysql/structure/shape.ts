import { isDeepStrictEqual } from 'node:util';
import type { Relation } from '../../../schema/structure';
import type { Shape } from '../../../schema/structureChanges';
import { nativeOf } from './neutral';
import type { ColumnNative, IndexNative } from './structure';

/** Its parts as people read them. */
export function shapeOf(relation: Relation): Shape {
  const { kind, columns, foreignKeys } = relation;
  const native = nativeOf(relation);
  return {
    kind,
    parts: [
      ...columns.map((column, at) => ({
        what: 'column' as const,
        name: column.name,
        text: columnText(native.columns[at], column.nullable),
      })),
      ...foreignKeys.map(({ name, columns, references, referencedColumns, onDelete, onUpdate }) => ({
        what: 'constraint' as const,
        name,
        text: `foreign key (${columns.join(', ')}) references ${references} (${referencedColumns.join(', ')}) on delete ${onDelete} on update ${onUpdate}`,
      })),
      ...native.checks.map(({ name, clause }) => ({
        what: 'constraint' as const,
        name,
        text: `check (${clause})`,
      })),
      ...native.indexes.map((index) => ({
        what: 'index' as const,
        name: index.name,
        text: indexText(index),
      })),
      ...native.triggers.map(({ name, timing, event, body }) => ({
        what: 'trigger' as const,
        name,
        text: `${timing} ${event}: ${body}`,
      })),
    ],
    query: native.view?.query,
  };
}

function columnText(column: ColumnNative | undefined, nullable: boolean): string {
  if (!column) return '';
  const { columnType, collation, default: value, generation, autoIncrement } = column;
  return [
    columnType,
    collation,
    !nullable && 'not null',
    value &&
      `default ${value.kind === 'now' ? 'now' : value.kind === 'expression' ? value.text : value.value}`,
    generation !== undefined && `as (${generation})`,
    autoIncrement && 'auto_increment',
  ]
    .filter(Boolean)
    .join(' ');
}

const indexText = ({ kind, parts }: IndexNative): string =>
  `${kind} (${parts
    .map(
      ({ column, expression, length, descending }) =>
        `${column ?? expression ?? ''}${length === undefined ? '' : `(${length})`}${descending ? ' desc' : ''}`,
    )
    .join(', ')})`;

/** Whether an app's definitions describe one as well as the other. */
export function sameStructure(now: Relation, then: Relation): boolean {
  const parts = (relation: Relation) => {
    const { columns } = nativeOf(relation);
    return relation.columns.map(({ name, nullable }, at) => columnText(columns[at], nullable) + name).sort();
  };
  return now.kind === then.kind && isDeepStrictEqual(parts(now), parts(then));
}
