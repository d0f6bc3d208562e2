import type { Client } from 'pg';
import type { Sequence } from '../structure/structure';
import { readSequences, type Place, type SequenceRow } from './catalog';
import { literal, quote } from '../sql/quote';
import { rows } from '../connection/connection';

interface Found {
  readonly oid: number;
  readonly owner: string;
  readonly sequence: Sequence;
}

/** Sequences by the table that owns them, and those that nobody owns, with their values. */
export async function describeSequences(
  client: Client,
  schema: Place,
): Promise<{ owned: Map<number, Found[]>; free: Found[] }> {
  const list = await readSequences(client, schema);
  const values = await readValues(client, list, schema.name);
  const owned = new Map<number, Found[]>();
  const free: Found[] = [];
  for (const row of list) {
    const value = values.get(row.name);
    const sequence: Found = {
      oid: row.oid,
      owner: row.owner,
      sequence: {
        name: row.name,
        type: row.type,
        start: row.start,
        increment: row.increment,
        min: row.min,
        max: row.max,
        cache: row.cache,
        cycle: row.cycle,
        last: value?.last ?? row.start,
        called: value?.called ?? false,
        ...(row.persistence === 'u' && { unlogged: true }),
        ...(row.comment !== null && { comment: row.comment }),
        ...(row.column !== null && { column: row.column }),
        ...(row.ownership === 'a' && row.identity && { apart: true as const }),
      },
    };
    if (row.relation === null) free.push(sequence);
    else owned.set(row.relation, [...(owned.get(row.relation) ?? []), sequence]);
  }
  return { owned, free };
}

/**
 * The server tells the last value of all that have given one out. It hides a value that was set but never given out, so
 * the others are asked each, many at a time.
 */
async function readValues(
  client: Client,
  list: readonly SequenceRow[],
  schema: string,
): Promise<Map<string, { last: string; called: boolean }>> {
  const values = new Map<string, { last: string; called: boolean }>();
  const told = await rows<{ at: string; last: string | null }>(
    client,
    'SELECT at::text, pg_catalog.pg_sequence_last_value(oid::regclass)::text AS last FROM unnest($1::oid[]) WITH ORDINALITY s(oid, at) ORDER BY s.at',
    [list.map(({ oid }) => oid)],
  );
  const silent: SequenceRow[] = [];
  for (const [at, row] of list.entries()) {
    const last = told[at]?.last ?? undefined;
    if (last === undefined) silent.push(row);
    else values.set(row.name, { last, called: true });
  }
  const BATCH = 200;
  for (let at = 0; at < silent.length; at += BATCH) {
    const parts = silent
      .slice(at, at + BATCH)
      .map(
        ({ name }) =>
          `SELECT ${literal(name)} AS name, last_value::text AS last, is_called AS called FROM ${quote(schema)}.${quote(name)}`,
      );
    const counters = await rows<{ name: string; last: string; called: boolean }>(
      client,
      parts.join(' UNION ALL '),
    );
    for (const { name, last, called } of counters) values.set(name, { last, called });
  }
  return values;
}
