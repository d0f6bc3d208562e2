import type { Client } from 'pg';
import { throwIfCancelled } from '../../../errors';
import type { AppHints, LentChunk, Snapshot, SnapshotOptions } from '../../dialect';
import type { Relation } from '../../structure';
import { columnList, connect, cut, databaseError, quote, rows, type PostgresSettings } from './connection';
import { BufferPool, copyOut } from './copyOut';
import { describeSchema, type Description } from './describe';
import { readFacts } from './facts';

/**
 * One REPEATABLE READ transaction, exported to as many readers as wanted: all of them see the same moment. The
 * CSV leaves the server as it is written to the archive; no value is ever parsed here.
 */
export async function openSnapshot(settings: PostgresSettings, options: SnapshotOptions): Promise<Snapshot> {
  const leader = await connect(settings, `job ${options.job}`);
  const readers: Client[] = [];
  const stop = () => [leader, ...readers].forEach(cut);
  options.signal?.addEventListener('abort', stop, { once: true });
  const close = async () => {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all([leader, ...readers].map((client) => client.end().catch(() => undefined)));
  };
  try {
    // It may have fired while there was nothing to cut yet; then nobody tells us any more.
    throwIfCancelled(options.signal);
    await leader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [exported] = await rows<{ id: string }>(leader, 'SELECT pg_export_snapshot() AS id');
    const description = await describeSchema(leader, settings.schema);
    const facts = await readFacts(leader, settings.schema, description, options.app);
    for (let i = 0; i < options.readers; i += 1) {
      const reader = await connect(settings, `job ${options.job}`);
      readers.push(reader);
      throwIfCancelled(options.signal);
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await reader.query(`SET TRANSACTION SNAPSHOT '${exported?.id ?? ''}'`);
    }

    const free = [...readers];
    const waiting: ((client: Client) => void)[] = [];
    const take = async (): Promise<Client> =>
      free.pop() ?? (await new Promise<Client>((resolve) => waiting.push(resolve)));
    const give = (client: Client) => {
      const next = waiting.shift();
      if (next) next(client);
      else free.push(client);
    };
    let pool = new BufferPool(0);

    return {
      facts,
      schema: description,
      size: sizesOf(description),

      async hold(names) {
        if (names.length === 0) return;
        const list = names.map((name) => `${quote(settings.schema)}.${quote(name)}`).join(', ');
        try {
          await leader.query(`SET LOCAL lock_timeout = '30s'; LOCK TABLE ${list} IN ACCESS SHARE MODE`);
        } catch (error) {
          throw databaseError(error, 'holding the tables for the backup');
        }
      },

      async *read(relation: Relation, chunkBytes: number): AsyncGenerator<LentChunk, void, void> {
        if (pool.size !== chunkBytes) pool = new BufferPool(chunkBytes);
        const client = await take();
        const table = `${quote(settings.schema)}.${quote(relation.name)}`;
        try {
          yield* copyOut(client, `COPY ${table}${columnList(relation)} TO STDOUT (FORMAT csv)`, pool);
        } catch (error) {
          options.signal?.throwIfAborted();
          throw databaseError(error, `reading ${relation.name}`);
        } finally {
          give(client);
        }
      },

      close,
    };
  } catch (error) {
    await close();
    throw databaseError(error, 'looking at the database');
  }
}

const sizesOf =
  ({ facts }: Description): Snapshot['size'] =>
  (name) => ({ rows: facts.get(name)?.estimate ?? -1, bytes: facts.get(name)?.bytes ?? 0 });

/** The same facts for somebody who only looks: nothing is exported or held. */
export async function describeNow(
  client: Client,
  schema: string,
  app: AppHints,
): Promise<Pick<Snapshot, 'facts' | 'schema' | 'size'>> {
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const description = await describeSchema(client, schema);
    const facts = await readFacts(client, schema, description, app);
    return { facts, schema: description, size: sizesOf(description) };
  } catch (error) {
    throw databaseError(error, 'looking at the database');
  }
}
