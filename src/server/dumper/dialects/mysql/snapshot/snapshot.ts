import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { AppHints, Snapshot, SnapshotOptions } from '../../../dialect';
import { checkWorkers, readingEach } from '../../../rows/workers';
import { hasRows, storedColumns, type Relation } from '../../../schema/structure';
import { describe, fingerprint, type Description } from '../catalog/describe';
import { listTables, readFacts } from '../catalog/facts';
import { connect, cut, end, rows, run, type Client, type MysqlSettings } from '../connection/connection';
import { databaseError, isErrno, isOutdated } from '../connection/failure';
import { ERRNO } from '../sql/errno';
import { quote } from '../sql/quote';
import { codingOf } from '../structure/columnType';
import { columnsOf } from '../structure/neutral';
import { readRows } from './readRows';
import { Turns } from '../../../rows/turns';

/** Under another isolation level this is no snapshot, and only MySQL says so: connection.ts has set it. */
const BEGIN = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';
/** While the lock that joins several readers is waited for, everybody else waits behind it. */
const [LOCK_SECONDS, TRIES] = [1, 3];
/** Tables that are opened by one question. */
const TOUCHED = 50;

/**
 * A transaction of each reader, all begun while nothing could be written; with one reader nothing is locked at all. The
 * text protocol's bytes become CSV without becoming values in between.
 */
export async function openSnapshot(settings: MysqlSettings, options: SnapshotOptions): Promise<Snapshot> {
  const clients: Client[] = [];
  const stop = () => clients.forEach(cut);
  options.signal?.addEventListener('abort', stop, { once: true });
  const close = async () => {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all(clients.map(end));
  };
  try {
    throwIfCancelled(options.signal);
    for (let i = 0; i < checkWorkers(options.readers); i += 1) {
      clients.push(await connect(settings));
      throwIfCancelled(options.signal);
    }
    const [first] = clients;
    if (!first) throw new Error('no connection');
    const description = await beginTogether(settings, clients);
    const facts = await readFacts(first, description, options.app);
    const marks = new Map(
      description.schema.relations.map((relation) => [relation.name, fingerprint(relation)]),
    );
    for (const client of clients) await run(client, 'SET @ark_snapshot = ?', [options.job]);
    const readers = new Turns(clients);
    const read: Snapshot['read'] = async function* (relation, chunkBytes) {
      const client = await readers.take();
      try {
        return yield* readRows(client, selectOf(relation), codingsOf(relation), chunkBytes);
      } catch (error) {
        throwIfCancelled(options.signal);
        if (isErrno(error, ERRNO.definitionChanged))
          throw refused('tables-rewritten', { database: settings.label });
        throw databaseError(error);
      } finally {
        readers.give(client);
      }
    };
    return {
      facts,
      schema: description.schema,
      size: (name) => description.sizes.get(name) ?? { rows: -1, bytes: 0 },

      async hold(names) {
        const tables = description.schema.relations.filter(
          (relation) => names.includes(relation.name) && hasRows(relation),
        );
        try {
          // Each of them: who asks for a table later would queue behind whoever waits for the others to let it go.
          for (const client of clients)
            for (let at = 0; at < tables.length; at += TOUCHED)
              await run(
                client,
                tables
                  .slice(at, at + TOUCHED)
                  .map(({ name }) => `(SELECT 1 FROM ${quote(name)} LIMIT 0)`)
                  .join(' UNION ALL '),
              );
          const now = new Map(
            (await describe(first)).schema.relations.map((relation) => [
              relation.name,
              fingerprint(relation),
            ]),
          );
          return names.every((name) => now.get(name) === marks.get(name));
        } catch (error) {
          if (isOutdated(error)) return false;
          throw databaseError(error);
        }
      },

      async confirm() {
        for (const client of clients) {
          const [row] = await rows<{ job: string | null }>(client, 'SELECT @ark_snapshot AS job').catch(
            (error: unknown) => {
              throw databaseError(error);
            },
          );
          if (row?.job !== options.job) throw refused('database-lost', { said: 'another session answers' });
        }
      },

      native: () => Promise.resolve(undefined),

      read,
      readEach: readingEach(read),

      close,
    };
  } catch (error) {
    await close();
    throwIfCancelled(options.signal);
    throw databaseError(error);
  }
}

/**
 * All readers see one moment: they begin while a lock keeps everybody from writing, for as long as that takes, which is
 * milliseconds. Where it cannot be had, or may not, one reader has to do. Rejects if nobody can begin.
 */
async function beginTogether(settings: MysqlSettings, clients: Client[]): Promise<Description> {
  const [first] = clients;
  if (!first) throw new Error('no connection');
  if (clients.length > 1) {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const description = await beginLocked(settings, clients);
      if (description) return description;
    }
    for (const spare of clients.splice(1)) await end(spare);
  }
  await run(first, BEGIN);
  return describe(first);
}

async function beginLocked(
  settings: MysqlSettings,
  clients: readonly Client[],
): Promise<Description | undefined> {
  const leader = await connect(settings);
  try {
    await run(leader, `SET SESSION lock_wait_timeout = ${LOCK_SECONDS}`);
    const tables = (await listTables(leader)).filter(({ type }) => type === 'BASE TABLE');
    if (tables.length > 0)
      await run(leader, `LOCK TABLES ${tables.map(({ name }) => `${quote(name)} READ`).join(', ')}`);
    for (const client of clients) await run(client, BEGIN);
    const [first] = clients;
    // What was created between the two is not locked, and is none of this moment.
    return first && (await describe(first));
  } catch (error) {
    for (const client of clients) await run(client, 'ROLLBACK');
    if (!isErrno(error, ERRNO.lockWaitTimeout, ERRNO.noSuchTable, ...DENIED)) throw error;
    return undefined;
  } finally {
    await end(leader);
  }
}

const DENIED = [ERRNO.accessDeniedToDatabase, ERRNO.tableDenied, ERRNO.specificAccessDenied];

const codingsOf = (relation: Relation) =>
  storedOf(relation).map(({ type, native }) => codingOf(type, native));

function storedOf(relation: Relation) {
  const stored = new Set(storedColumns(relation).map(({ name }) => name));
  return columnsOf(relation).filter(({ name }) => stored.has(name));
}

/** By name: a star leaves out what is invisible. What has a key comes in its order, which costs nothing. */
export function selectOf(relation: Relation, table = relation.name, where?: string): string {
  const columns = storedOf(relation).map(({ name, type, native }) => {
    switch (codingOf(type, native)) {
      // As it is it comes with six digits.
      case 'float':
        return `CAST(${quote(name)} AS DOUBLE)`;
      case 'bit':
      case 'plainNumber':
        return `${quote(name)} + 0`;
      default:
        return quote(name);
    }
  });
  const key = relation.primaryKey?.columns.map(quote).join(', ');
  const list = columns.length > 0 ? columns.join(', ') : 'NULL';
  const which = where === undefined ? '' : ` WHERE ${where}`;
  return `SELECT ${list} FROM ${quote(table)}${which}${key === undefined ? '' : ` ORDER BY ${key}`}`;
}

export { codingsOf };

/** The same facts for somebody who only looks: nothing is held. */
export async function describeNow(
  client: Client,
  hints: AppHints,
): Promise<Pick<Snapshot, 'facts' | 'schema' | 'size'>> {
  const description = await describe(client);
  return {
    facts: await readFacts(client, description, hints),
    schema: description.schema,
    size: (name) => description.sizes.get(name) ?? { rows: -1, bytes: 0 },
  };
}
