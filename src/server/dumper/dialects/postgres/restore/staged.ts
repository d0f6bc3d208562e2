import type { Client } from 'pg';
import type { LentChunk, StagedRows } from '../../../dialect';
import { whole } from '../../../rows/workers';
import type { Relation as Neutral } from '../../../schema/structure';
import { connect, type PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { BufferPool, copyOut } from '../snapshot/copyOut';
import { columnList, quote } from '../sql/quote';
import { stageSchema } from '../sql/names';
import type { Relation } from '../structure/structure';
import { waitingStage } from '../swap/prepared';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Beside those of the live side, which are as large. */
const LOOK_CHUNK_BYTES = 1024 * 1024;

/** The rows of what is staged, as a backup would read them. */
export function readStaged(
  [client]: readonly Client[],
  schema: string,
  tables: readonly Relation[],
  name: string,
): AsyncIterable<LentChunk> {
  const table = tables.find((relation) => relation.name === name);
  if (!client || !table) throw new Error(`${name} is not staged`);
  return rowsOf(client, schema, table, CHUNK_BYTES);
}

const rowsOf = (
  client: Client,
  schema: string,
  table: { readonly name: string } & Parameters<typeof columnList>[0],
  chunkBytes: number,
): AsyncIterable<LentChunk> =>
  whole(
    copyOut(
      client,
      `${quote(schema)}.${quote(table.name)}${columnList(table)}`,
      'csv',
      new BufferPool(chunkBytes),
    ),
    table.name,
  );

/** Each table over a connection of its own for as long as it is read, so that several can be at once. */
export async function readPrepared<T>(
  settings: PostgresSettings,
  job: string,
  relations: readonly Neutral[],
  use: (staged: StagedRows) => Promise<T>,
): Promise<T> {
  const open: Client[] = [];
  const idle: Client[] = [];
  const take = async (): Promise<Client> => {
    const client = idle.pop() ?? (await connect(settings, `looking at ${job}`));
    if (!open.includes(client)) open.push(client);
    return client;
  };
  const schema = stageSchema(job);
  try {
    const first = await take();
    await waitingStage(first, job);
    idle.push(first);
    return await use(async function* (name) {
      const table = relations.find((relation) => relation.name === name);
      if (!table) throw new Error(`${name} is not prepared`);
      const client = await take();
      yield* rowsOf(client, schema, table, LOOK_CHUNK_BYTES);
      // One that was left in the middle is not asked for anything else.
      idle.push(client);
    });
  } catch (error) {
    throw databaseError(error, 'looking at what is prepared');
  } finally {
    await Promise.all(open.map((client) => client.end().catch(() => undefined)));
  }
}
