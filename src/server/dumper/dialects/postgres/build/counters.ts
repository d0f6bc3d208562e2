import type { SharedCounters } from '../../../dialect';
import { storedColumns } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import type { Step } from '../sql/step';
import { literal, quote } from '../sql/quote';
import { OWN_PATH } from '../sql/searchPath';
import { sql } from '../sql/sql';
import { goesBy, type SwapPlan } from '../plan/swapPlan';

/**
 * One table has the counters of all collections. When it has changed places, those of collections that have not are
 * taken over from the table that went aside: as they are now, under a number of their own where they have one.
 */
export function counterSteps(
  plan: SwapPlan,
  live: { readonly relations: readonly Relation[] },
  places: { readonly schema: string; readonly undo: string },
  counters: SharedCounters | undefined,
): Step[] {
  if (!counters) return [];
  const { table, column, collectionOf } = counters;
  const now = live.relations.find((relation) => relation.name === table && relation.kind === 'table');
  const coming = plan.relations.find((relation) => relation.name === table && relation.kind === 'table');
  if (!now || !coming) return [];
  const key = coming.sequences.find((sequence) => sequence.column !== undefined)?.column;
  const here = new Set(now.columns.map((column) => column.name));
  const columns = storedColumns(coming)
    .map((column) => column.name)
    .filter((name) => name !== key && here.has(name));
  if (!columns.includes(column)) return [];
  const changed = [...new Set([...plan.relations.map((relation) => relation.name), ...goesBy(plan)])].flatMap(
    (name) => collectionOf.get(name) ?? [],
  );
  const names = changed.map((name) => literal(name)).join(', ');
  const of = (row: string) => `${row}.${quote(column)}::pg_catalog.text`;
  const stays = (row: string) =>
    `(${of(row)} OPERATOR(pg_catalog.=) ANY (ARRAY[${names}]::pg_catalog.text[])) IS NOT TRUE`;
  const all = (row: string) =>
    `ROW(${columns.map((name) => `${row}.${quote(name)}`).join(', ')})::pg_catalog.text`;
  const came = `${quote(places.schema)}.${quote(table)}`;
  const went = `${quote(places.undo)}.${quote(table)}`;
  const lacks = (row: string, other: string) =>
    `${stays(row)} AND NOT EXISTS (SELECT FROM ${other} other WHERE ${all('other')} OPERATOR(pg_catalog.=) ${all(row)})`;
  const missing = `FROM ${went} kept WHERE ${lacks('kept', came)}`;
  const highest = (from: string) => `(SELECT pg_catalog.max(${quote(key ?? '')}) FROM ${from})`;
  return [
    {
      what: `the counters in ${table}`,
      statements: [
        sql`SET LOCAL search_path = ${OWN_PATH}`,
        sql`DELETE FROM ${came} came WHERE ${lacks('came', went)}`,
        ...(key === undefined
          ? []
          : [
              sql`SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(${literal(came)}, ${literal(key)}),
                GREATEST(${highest(came)}, ${highest(went)})) WHERE EXISTS (SELECT ${missing})`,
            ]),
        sql`INSERT INTO ${came} (${columns.map((name) => quote(name)).join(', ')}) SELECT ${columns.map((name) => `kept.${quote(name)}`).join(', ')} ${missing}`,
      ],
    },
  ];
}
