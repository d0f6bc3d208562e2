import { relationFromNeutral } from '../dialects/postgres/neutral/neutral';
import type { Column, Relation } from '../dialects/postgres/structure/structure';
import { parser, type Parser } from '../dialects/postgres/sql/parser';
import type { Database, PreviewResult } from '../dialect';
import { fitTables } from './fit';
import { isUnknown } from './structure';

/** As what the tables of an old backup come into a database. */
export interface Place {
  readonly relations: readonly Relation[];
  readonly warnings: PreviewResult['warnings'];
  /** To know what defaults mean, for another kind of database than the one that they are written for. */
  readonly parse?: Parser;
}

/**
 * Like the live tables in PostgreSQL. For any other database they are made from what the backup keeps of them, which goes
 * by way of the core that all have (across/): then nothing of the live ones comes into it.
 * `coordinates`: rows have shapes as lists of numbers, and lists as JSON.
 */
export async function placeIn(
  database: Pick<Database, 'dialect' | 'structure'>,
  relations: readonly Relation[],
  { whole = false, coordinates }: { readonly whole?: boolean; readonly coordinates: boolean },
): Promise<Place> {
  if (database.dialect === 'postgres') {
    const { relations: live } = await database.structure();
    return fitTables(relations, live.map(relationFromNeutral), { whole });
  }
  const known = relations.map((relation) => ({
    ...relation,
    columns: relation.columns.map((column) => ({
      ...column,
      ...bounds(column),
      ...(coordinates && asJson(column, database.dialect)),
    })),
  }));
  return { ...fitTables(known, [], { whole }), parse: await parser() };
}

/** What the core wants to know of a type, and an old backup says in PostgreSQL's words. */
function bounds({ native }: Column): Partial<Column> {
  const [, text, decimal, scale = '0'] =
    /^(?:character(?: varying)?\((\d+)\)|numeric\((\d+)(?:,(\d+))?\))$/.exec(native) ?? [];
  if (text !== undefined) return { length: Number(text) };
  return decimal === undefined ? {} : { precision: Number(decimal), scale: Number(scale) };
}

const JSON_TYPE = { type: 'json', native: 'json' } as const;

/** Lists NocoBase has as JSON wherever there are no arrays, and shapes on all but PostgreSQL and MySQL. */
function asJson(column: Column, dialect: Database['dialect']): Partial<Column> {
  if (column.type === 'array') {
    const isCount = /^(?:bigint|integer|smallint)\[\]$/.test(column.native);
    return { ...JSON_TYPE, ...(isCount && { element: 'int64' as const }) };
  }
  if (column.native === 'circle') return JSON_TYPE;
  const isShape = column.type === 'other' && !isUnknown(column);
  return isShape && dialect !== 'mysql' && /^(?:point|path|polygon)$/.test(column.native) ? JSON_TYPE : {};
}
