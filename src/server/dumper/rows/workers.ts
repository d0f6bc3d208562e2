import { refused } from '../../errors/errors';
import type { LentChunk } from '../dialect';

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
  if (rows === sent) return;
  throw sent === undefined
    ? refused('read-cut', { collection: name, rows })
    : refused('read-short', { collection: name, rows, sent });
}
