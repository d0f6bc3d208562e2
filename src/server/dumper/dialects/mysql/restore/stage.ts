import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { Blemish } from '../../../schema/blemish';
import type { LentChunk, RowSource } from '../../../dialect';
import type { Relation } from '../../../schema/structure';
import { rows, run, runAll, type Client } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { addIndexes, createTable, type Making } from '../ddl/ddl';
import { loadTable } from '../load/load';
import { largestFirst } from '../../../rows/largestFirst';
import { sideBySide, whole } from '../../../rows/workers';
import type { KeyOf, SwapPlan } from '../plan/plan';
import { quote } from '../sql/quote';
import { readRows } from '../snapshot/readRows';
import { codingsOf, selectOf } from '../snapshot/snapshot';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Of CSV: to alter a table takes longer than to keep the indexes of so much up to date. */
const FEW_BYTES = 64 * 1024;

export interface StageOptions {
  readonly signal?: AbortSignal | undefined;
  onStage(stage: 'stage' | 'load' | 'finish'): void;
  onRows(rows: number, bytes: number): void;
}

export interface Staged {
  readonly rows: ReadonlyMap<string, number>;
  readonly blemishes: readonly Blemish[];
  /** Keys that hold, of those that were planned. */
  readonly keys: readonly KeyOf[];
}

/**
 * Tables under names of their own, filled, with their indexes, and without keys to others: such a key would keep rows of
 * live tables from being deleted. Whether its keys will hold is asked instead.
 */
export async function stage(
  clients: readonly Client[],
  plan: Pick<SwapPlan, 'tables' | 'keys' | 'repointed' | 'aside'>,
  nameOf: (table: string) => string,
  source: RowSource,
  options: StageOptions,
): Promise<Staged> {
  const [main] = clients;
  if (!main) throw new Error('no connection');
  options.onStage('stage');
  const making = ({ name }: Relation): Making => ({ indexed: source.bytes(name) <= FEW_BYTES });
  const unmade = [...plan.tables];
  await sideBySide(clients, async (client, failed) => {
    for (let relation = unmade.shift(); relation && !failed(); relation = unmade.shift()) {
      throwIfCancelled(options.signal);
      const sql = createTable(relation, nameOf(relation.name), client.server.flavor, making(relation));
      await run(client, sql).catch(told);
    }
  });
  options.onStage('load');
  const counts = new Map<string, number>();
  const queue = largestFirst(plan.tables, ({ name }) => source.bytes(name));
  await sideBySide(clients, async (client, failed) => {
    for (let relation = queue.shift(); relation && !failed(); relation = queue.shift()) {
      const table = nameOf(relation.name);
      counts.set(relation.name, await loadTable(client, relation, table, source, options));
      throwIfCancelled(options.signal);
      await runAll(client, addIndexes(relation, table, client.server.flavor, making(relation))).catch(told);
    }
  });
  options.onStage('finish');
  return { rows: counts, ...(await keysThatHold(main, plan, nameOf)) };
}

/** Asks the rows that are staged, and those of live tables that they point at. */
export async function keysThatHold(
  main: Client,
  plan: Pick<SwapPlan, 'tables' | 'keys' | 'repointed'>,
  nameOf: (table: string) => string,
): Promise<Pick<Staged, 'keys' | 'blemishes'>> {
  const coming = new Set(plan.tables.map(({ name }) => name));
  const now = (table: string) => (coming.has(table) ? nameOf(table) : table);
  const blemishes: Blemish[] = [];
  const keys: KeyOf[] = [];
  for (const each of plan.keys) {
    const orphans = await countOrphans(main, each, now);
    if (orphans === 0) keys.push(each);
    // Of a part of a backup the other table would have to come too; of the whole it was so where it is from.
    else if (!coming.has(each.key.references)) throw broken(each, orphans);
    else
      blemishes.push({
        kind: 'foreign',
        collection: each.table,
        name: each.key.name,
        outcome: 'left out',
        rows: orphans,
      });
  }
  for (const each of plan.repointed) {
    const orphans = await countOrphans(main, each, now);
    if (orphans > 0) throw broken(each, orphans);
  }
  return { blemishes, keys };
}

const told = (error: unknown): never => {
  throw databaseError(error);
};

const broken = ({ table, key }: KeyOf, orphans: number) =>
  refused('key-broken', {
    said: `${key.name} of ${table}: ${orphans} rows point at rows of ${key.references} that will not be there.`,
  });

async function countOrphans(
  client: Client,
  { table, key }: KeyOf,
  now: (table: string) => string,
): Promise<number> {
  const pairs = key.columns.map((column, at) => [column, key.referencedColumns[at] ?? ''] as const);
  const [row] = await rows<{ count: string }>(
    client,
    `SELECT COUNT(*) AS count FROM ${quote(now(table))} child WHERE ${pairs
      .map(([column]) => `child.${quote(column)} IS NOT NULL`)
      .join(' AND ')} AND NOT EXISTS (SELECT 1 FROM ${quote(now(key.references))} parent WHERE ${pairs
      .map(([column, referenced]) => `parent.${quote(referenced)} = child.${quote(column)}`)
      .join(' AND ')})`,
  ).catch(told);
  return Number(row?.count);
}

/** The rows of what is staged, as a backup would read them. */
export function readStaged(
  [client]: readonly Client[],
  tables: readonly Relation[],
  nameOf: (table: string) => string,
  name: string,
): AsyncIterable<LentChunk> {
  const relation = tables.find((table) => table.name === name);
  if (!client || !relation) throw new Error(`${name} is not staged`);
  return whole(readRows(client, selectOf(relation, nameOf(name)), codingsOf(relation), CHUNK_BYTES), name);
}

/** Names for what is staged, none of them made of a live one. */
export function naming(tables: readonly Relation[], name: (at: number) => string): (table: string) => string {
  const names = new Map(tables.map((table, at) => [table.name, name(at)]));
  return (table) => {
    const staged = names.get(table);
    if (staged === undefined) throw new Error(`${table} is not staged`);
    return staged;
  };
}
