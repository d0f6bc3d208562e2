import { escapeIdentifier, escapeLiteral } from 'pg';
import { storedColumns } from '../../../schema/structure';

export const quote = escapeIdentifier;

export const literal = escapeLiteral;

/** ` ("a", "b")` for COPY; nothing for a table without stored columns, which has rows all the same. */
export function columnList(relation: {
  readonly columns: readonly {
    readonly name: string;
    readonly generated?: 'stored' | 'virtual' | undefined;
  }[];
}): string {
  const columns = storedColumns(relation).map((column) => quote(column.name));
  return columns.length === 0 ? '' : ` (${columns.join(', ')})`;
}
