import { refused } from '../../errors/errors';
import type { LentChunk, Snapshot, TablePart } from '../dialect';

/** With no worker at all, work would be done by nobody and called done. */
export function checkWorkers(count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`${count} connections cannot read or load anything`);
}

/** What one connection does before another has signed in. */
const [TABLES_EACH, BYTES_EACH] = [40, 4 * 1024 * 1024];

/** As many connections as the work is worth, and no more than allowed. */
export function workersFor(most: number, work: { readonly tables: number; readonly bytes: number }): number {
  const worth = Math.ceil(Math.max(1, work.tables / TABLES_EACH, work.bytes / BYTES_EACH));
  return Math.min(checkWorkers(most), worth);
}

/** Waits for all of them, and rejects with what the first failed with; `failed` tells the others to stop. */
export async function sideBySide<C>(
  clients: readonly C[],
  work: (client: C, failed: () => boolean) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    clients.map((client) =>
      work(client, () => failure !== undefined).catch((error: unknown) => {
        failure ??= { error };
      }),
    ),
  );
  if (failure) throw failure.error;
}

/** What is read of a table, or a failure: the server says at the end how many rows it has sent. */
export async function* whole(
  reading: AsyncGenerator<LentChunk, number, void>,
  name: string,
): AsyncGenerator<LentChunk, void, void> {
  let rows = 0;
  let sent: number | undefined;
  const counted = async function* () {
    sent = yield* reading;
  };
  for await (const chunk of counted()) {
    rows += chunk.rows;
    yield chunk;
  }
  refuseShort(name, rows, sent);
}

/** The same of several tables, each of which has to come to its end. */
export async function* wholeEach(
  relations: readonly TablePart['relation'][],
  reading: AsyncGenerator<TablePart, void, void>,
): AsyncGenerator<TablePart, void, void> {
  const rows = new Map(relations.map((relation) => [relation, 0]));
  for await (const part of reading) {
    const { relation } = part;
    const before = rows.get(relation);
    if (before === undefined) throw new Error(`${relation.name} comes unasked, or twice`);
    if ('chunk' in part) rows.set(relation, before + part.chunk.rows);
    else {
      refuseShort(relation.name, before, part.sent);
      rows.delete(relation);
    }
    yield part;
  }
  for (const [{ name }, read] of rows) refuseShort(name, read, undefined);
}

function refuseShort(collection: string, rows: number, sent: number | undefined): void {
  if (sent === undefined) throw refused('read-cut', { collection, rows });
  if (rows !== sent) throw refused('read-short', { collection, rows, sent });
}

/** Where nothing is gained by asking for several tables at once. */
export const readingEach = (read: Snapshot['read']): Snapshot['readEach'] =>
  async function* (relations, chunkBytes) {
    for (const relation of relations) {
      const reading = read(relation, chunkBytes);
      let next = await reading.next();
      for (; !next.done; next = await reading.next()) yield { relation, chunk: next.value };
      yield { relation, sent: next.value };
    }
  };
