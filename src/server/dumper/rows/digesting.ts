import type { Bytes } from '../../bytes';
import { refused } from '../../errors/errors';
import type { RowSource } from '../dialect';
import { RowDigest } from './rowDigest';

/** What sums up rows that pass by. */
interface Digest {
  add(csv: Uint8Array): void;
  reading(pieces: Bytes): Bytes;
}

/** The same rows; `sent` learns of each table what went. Asked for again, a table begins anew. */
export const digestingBy = <D extends Digest>(
  source: RowSource,
  sent: Map<string, D>,
  digestOf: (name: string) => D,
): RowSource => ({
  bytes: (name) => source.bytes(name),
  async *chunks(name) {
    const digest = digestOf(name);
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

export const digesting = (source: RowSource, sent: Map<string, RowDigest>): RowSource =>
  digestingBy(source, sent, () => new RowDigest());

/** Rejects with CHECK_FAILED where what was read of a table is not what went into it. */
export function refuseDifferent(name: string, digest: RowDigest, sent = new RowDigest()): void {
  if (digest.rows === sent.rows && digest.value === sent.value) return;
  throw digest.rows === sent.rows
    ? refused('contents-differ', { collection: name, rows: digest.rows })
    : refused('rows-differ', { collection: name, read: digest.rows, loaded: sent.rows });
}
