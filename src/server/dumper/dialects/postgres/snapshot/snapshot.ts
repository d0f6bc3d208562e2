import { SQLSTATE } from '../sql/sqlstate';
import type { Client } from 'pg';
import { throwIfCancelled, refused } from '../../../../errors/errors';
import type {
  AppHints,
  AppInfo,
  LentChunk,
  Sizes,
  Snapshot,
  SnapshotOptions,
  TablePart,
} from '../../../dialect';
import { hasRows, type Relation } from '../../../schema/structure';
import { toNeutral } from '../neutral/neutral';
import { parser } from '../sql/parser';
import { Turns } from '../../../rows/turns';
import { checkWorkers, workersFor } from '../../../rows/workers';
import { columnList, quote } from '../sql/quote';
import { cut, rows, type PostgresSettings } from '../connection/connection';
import { connectAgain, leave } from '../connection/looker';
import { databaseError, isOutdated } from '../connection/failure';
import { BufferPool, copyEach, copyOut } from './copyOut';
import { readNative } from './native';
import { describeSchema, type Description } from '../catalog/describe';
import { readApp, readFacts } from './facts';
import { readSizes } from './sizes';
import { namingHolders } from '../connection/locks';
import { typeShapes, unaltered } from './shapes';
import { fingerprint } from '../catalog/fingerprint';

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * One REPEATABLE READ transaction, exported to as many readers as wanted: all of them see the same moment. The
 * CSV leaves the server as it is written to the archive; no value is ever parsed here.
 */
export async function openSnapshot(settings: PostgresSettings, options: SnapshotOptions): Promise<Snapshot> {
  const leader = await connectAgain(settings, `snapshot ${options.job}`);
  const clients: Client[] = [];
  const stop = () => [leader, ...clients].forEach(cut);
  options.signal?.addEventListener('abort', stop, { once: true });
  const close = async () => {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all([leader, ...clients].map((client) => leave(settings, client)));
  };
  try {
    // It may have fired while there was nothing to cut yet; then nobody tells us any more.
    throwIfCancelled(options.signal);
    await leader.query(BEGIN);
    const [exported] = await rows<{ id: string }>(leader, 'SELECT pg_export_snapshot() AS id');
    const join = (reader: Client) =>
      reader.query(`${BEGIN}; SET TRANSACTION SNAPSHOT '${exported?.id ?? ''}'`);
    const another = async (): Promise<Client> => {
      const reader = await connectAgain(settings, `snapshot ${options.job}`);
      clients.push(reader);
      throwIfCancelled(options.signal);
      await join(reader);
      return reader;
    };
    checkWorkers(options.readers);
    const first = await another();
    /** Out of the snapshot for a moment, to see what holds now. */
    const now = async <T>(look: (client: Client) => Promise<T>): Promise<T> => {
      await first.query('ROLLBACK');
      const seen = await look(first);
      await join(first);
      return seen;
    };
    // What is looked at is locked by that. The leader must not have it: he is about to wait for locks himself.
    const { description, facts } = await namingHolders(first, settings.schema, () =>
      lookAt(first, settings.schema, options.app),
    );
    await now(() => Promise.resolve());
    while (clients.length < workersFor(options.readers, workOf(description))) await another();

    const readers = new Turns(clients);
    const alone = new Turns([leader]);
    let pool = new BufferPool(0);
    const tableOf = ({ name }: Relation) => `${quote(settings.schema)}.${quote(name)}`;
    const rowsOf = (relation: Relation) => `${tableOf(relation)}${columnList(relation)}`;
    const readerOf = async (
      relations: readonly Relation[],
    ): Promise<{ client: Client; leave: () => void }> => {
      const reader = await readers.take();
      if (await holds(reader, relations.map(tableOf)))
        return { client: reader, leave: () => readers.give(reader) };
      readers.give(reader);
      const client = await alone.take();
      return { client, leave: () => alone.give(client) };
    };

    return {
      facts,
      schema: toNeutral(description, await parser()),
      size: sizesOf(description),

      async hold(names) {
        if (names.length === 0) return true;
        const list = names.map((name) => `${quote(settings.schema)}.${quote(name)}`).join(', ');
        try {
          await namingHolders(leader, settings.schema, () =>
            leader.query(`LOCK TABLE ${list} IN ACCESS SHARE MODE`),
          );
          const marks = (client: Client) => fingerprint(client, settings.schema);
          if (!unaltered(await marks(first), await now(marks))) return false;
          // The catalog is read as of the snapshot, the function tells of now: they differ after TRUNCATE and its like.
          const rewritten = await rows(
            first,
            `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relname = ANY($2) AND c.relkind = 'r' AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)`,
            [settings.schema, names],
          );
          return rewritten.length === 0;
        } catch (error) {
          if (isOutdated(error)) return false;
          throw databaseError(error, 'holding the tables for the backup');
        }
      },

      async confirm() {
        try {
          // The leader must still be there: it is who has kept the tables as they were.
          if ((await typeShapes(leader)) === (await now(typeShapes))) return;
        } catch (error) {
          throw databaseError(error, 'reading');
        }
        throw refused('tables-types-altered', { database: settings.label });
      },

      async native() {
        const reader = await readers.take();
        try {
          return await readNative(reader, settings.schema);
        } catch (error) {
          throw databaseError(error, 'looking at the columns');
        } finally {
          readers.give(reader);
        }
      },

      async *read(
        relation: Relation,
        chunkBytes: number,
        form: 'csv' | 'native' = 'csv',
      ): AsyncGenerator<LentChunk, number, void> {
        if (pool.size !== chunkBytes) pool = new BufferPool(chunkBytes);
        const { client, leave: giveBack } = await readerOf([relation]);
        try {
          return yield* copyOut(client, rowsOf(relation), form, pool);
        } catch (error) {
          throwIfCancelled(options.signal);
          throw databaseError(error, `reading ${relation.name}`);
        } finally {
          giveBack();
        }
      },

      async *readEach(relations, chunkBytes): AsyncGenerator<TablePart, void, void> {
        if (pool.size !== chunkBytes) pool = new BufferPool(chunkBytes);
        const { client, leave: giveBack } = await readerOf(relations);
        const copying = copyEach(client, relations.map(rowsOf), pool);
        try {
          for await (const { at, ...part } of copying.parts) {
            const relation = relations[at];
            if (relation) yield { relation, ...part };
          }
        } catch (error) {
          throwIfCancelled(options.signal);
          throw databaseError(error, `reading ${relations[copying.at]?.name ?? 'rows'}`);
        } finally {
          giveBack();
        }
      },

      close,
    };
  } catch (error) {
    await close();
    throw databaseError(error, 'looking at the database');
  }
}

async function lookAt(client: Client, schema: string, app: AppHints) {
  const description = await describeSchema(client, schema);
  return { description, facts: await readFacts(client, schema, description, app) };
}

const sizesOf =
  ({ facts }: Description): Snapshot['size'] =>
  (name) => ({ rows: facts.get(name)?.estimate ?? -1, bytes: facts.get(name)?.bytes ?? 0 });

const workOf = ({ relations, facts }: Description) => {
  const tables = relations.filter(hasRows);
  const bytes = tables.reduce((sum, { name }) => sum + (facts.get(name)?.bytes ?? 0), 0);
  return { tables: tables.length, bytes };
};

/** The same facts for somebody who only looks: nothing is exported or held. */
export async function describeNow(
  client: Client,
  schema: string,
  app: AppHints,
): Promise<Pick<Snapshot, 'facts' | 'schema' | 'size'>> {
  try {
    await client.query(BEGIN);
    const { description, facts } = await namingHolders(client, schema, () => lookAt(client, schema, app));
    return { facts, schema: toNeutral(description, await parser()), size: sizesOf(description) };
  } catch (error) {
    throw databaseError(error, 'looking at the database');
  }
}

export async function sizesNow(client: Client, schema: string, hints: AppHints): Promise<Sizes> {
  try {
    await client.query(BEGIN);
    return await namingHolders(client, schema, () => readSizes(client, schema, hints));
  } catch (error) {
    throw databaseError(error, 'looking at the sizes of the tables');
  }
}

export async function appNow(
  client: Client,
  schema: string,
  hints: AppHints,
): Promise<{ version: string; app?: AppInfo }> {
  try {
    await client.query(BEGIN);
    return await namingHolders(client, schema, () => readApp(client, schema, hints));
  } catch (error) {
    throw databaseError(error, 'looking at the app');
  }
}

/**
 * The leader holds the tables already. But a reader that asks for one too would queue behind whoever waits for the
 * leader to let go, say an ALTER TABLE, and all three would wait for ever. So it does not wait: the leader reads.
 */
async function holds(reader: Client, tables: readonly string[]): Promise<boolean> {
  try {
    await reader.query(
      `SAVEPOINT before; LOCK TABLE ${tables.join(', ')} IN ACCESS SHARE MODE NOWAIT; RELEASE SAVEPOINT before`,
    );
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== SQLSTATE.lockNotAvailable)
      throw databaseError(error, 'reading');
    await reader.query('ROLLBACK TO SAVEPOINT before');
    return false;
  }
}
