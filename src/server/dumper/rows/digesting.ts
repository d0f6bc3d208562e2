import { refused } from '../../errors/errors';
import type { RowSource } from '../dialect';
import { RowDigest } from './rowDigest';

/** The same rows; `sent` learns of each table what went. Asked for again, a table begins anew. */
export const digesting = (source: RowSource, sent: Map<string, RowDigest>): RowSource => ({
  bytes: (name) => source.bytes(name),
  async *chunks(name) {
    const digest = new RowDigest();
    sent.set(name, digest);
    for await (const fetch of source.chunks(name)) {
      yield async () => {
        const chunk = await fetch();
        if (!('data' in chunk)) return { ...chunk, pieces: digest.reading(chunk.pieces) };
        digest.add(chunk.data);
        return chunk;
      };
    }
  },
});

/** Rejects with CHECK_FAILED where what was read of a table is not what went into it. */
export function refuseDifferent(name: string, digest: RowDigest, sent = new RowDigest()): void {
  if (digest.rows === sent.rows && digest.value === sent.value) return;
  throw digest.rows === sent.rows
    ? refused('contents-differ', { collection: name, rows: digest.rows })
    : refused('rows-differ', { collection: name, read: digest.rows, loaded: sent.rows });
}
