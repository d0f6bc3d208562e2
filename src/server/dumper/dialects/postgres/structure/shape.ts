import type { Shape } from '../../../schema/structureChanges';
import type { Relation } from './structure';

/** Its parts as people read them. Those of the server's own, such as indexes of keys, are no parts of their own. */
export const shapeOf = ({ kind, columns, constraints, indexes, attachments, query }: Relation): Shape => ({
  kind,
  parts: [
    ...columns.map((column) => ({ what: 'column' as const, name: column.name, text: columnText(column) })),
    ...constraints.map(({ name, definition }) => ({ what: 'constraint' as const, name, text: definition })),
    ...indexes.flatMap(({ name, definition }) =>
      definition === undefined ? [] : [{ what: 'index' as const, name, text: definition }],
    ),
    ...attachments.map(({ name, definition }) => ({ what: 'trigger' as const, name, text: definition })),
  ],
  query,
});

const columnText = (column: Relation['columns'][number]): string =>
  [
    column.native,
    column.notNull && 'not null',
    column.default !== undefined && `default ${column.default}`,
    column.identity && 'identity',
  ]
    .filter(Boolean)
    .join(' ');
