import type { LentChunk } from '../../../dialect';
import type { Coding } from '../structure/columnType';
import { cut, rows, type Client } from '../connection/connection';
import { CsvWriter } from './csvWriter';

/** What of a packet of mysql2's is needed: the bytes of one row. It is used again for the next. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
}
type Handler = (this: RawQuery, packet: Packet, connection: unknown) => unknown;
interface RawQuery {
  row: Handler;
  on(event: 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

/** Chunks that wait to be taken; with more the server is held up. */
const WAITING = 1;

/**
 * The rows of a query as chunks of whole rows of CSV; returns how many the server says it has sent. mysql2 would make a
 * value of each field, and some of these would be wrong (a bigint, a float); so its own handler of rows is taken away
 * for this one query, and the bytes of each row go from the packet straight into CSV. __tests__ knows of each version
 * of mysql2 whether it still asks the handler that is put here.
 */
export async function* readRows(
  client: Client,
  sql: string,
  codings: readonly Coding[],
  chunkBytes: number,
): AsyncGenerator<LentChunk, number, void> {
  const { connection } = client;
  const ready: LentChunk[] = [];
  let wake: (() => void) | undefined;
  const done: { ended?: true; failure?: Error } = {};
  const tell = () => wake?.();
  const writer = new CsvWriter(codings, chunkBytes, (chunk) => {
    ready.push(chunk);
    if (ready.length > WAITING) connection.pause();
    tell();
  });
  // A query on a session that was cut is told of by the connection alone, and at once.
  const lost = (error: Error) => {
    done.failure ??= error;
    tell();
  };
  connection.on('error', lost);
  const query = connection.query(sql) as unknown as RawQuery;
  const prototype = Object.getPrototypeOf(query) as RawQuery;
  const rest = prototype.row;
  const onRow: Handler = function (this: RawQuery, packet, from) {
    if (packet.isEOF()) return rest.call(this, packet, from);
    writer.row(packet.buffer, packet.offset, packet.end);
    return onRow;
  };
  query.row = onRow;
  query.on('end', () => {
    done.ended = true;
    tell();
  });
  query.on('error', (error) => {
    done.failure = error;
    tell();
  });
  let whole = false;
  try {
    for (;;) {
      const chunk = ready.shift();
      if (chunk) {
        if (ready.length === 0) connection.resume();
        yield chunk;
      } else if (done.failure) throw done.failure;
      else if (done.ended) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    const last = writer.end();
    if (last) yield last;
    const [sent] = await rows<{ rows: string }>(client, 'SELECT FOUND_ROWS() AS `rows`');
    whole = true;
    return Number(sent?.rows);
  } finally {
    connection.off('error', lost);
    // What nobody takes any more would be waited for by whoever uses the session next.
    if (!whole) cut(client);
  }
}
