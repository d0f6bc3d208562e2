import type { Client } from 'pg';
import type { LentChunk } from '../../../dialect';
import { whole } from '../../../rows/workers';
import { BufferPool, copyOut } from '../snapshot/copyOut';
import { columnList, quote } from '../sql/quote';
import type { Relation } from '../structure/structure';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** The rows of what is staged, as a backup would read them. */
export function readStaged(
  [client]: readonly Client[],
  schema: string,
  tables: readonly Relation[],
  name: string,
): AsyncIterable<LentChunk> {
  const table = tables.find((relation) => relation.name === name);
  if (!client || !table) throw new Error(`${name} is not staged`);
  const from = `${quote(schema)}.${quote(name)}${columnList(table)}`;
  return whole(copyOut(client, from, 'csv', new BufferPool(CHUNK_BYTES)), name);
}
