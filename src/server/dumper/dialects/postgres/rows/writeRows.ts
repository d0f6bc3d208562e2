import { DatabaseError, type Client } from 'pg';
import { BackupError, refused, throwIfCancelled } from '../../../../errors/errors';
import type { RowChange, Texts, WriteRowsOptions } from '../../../dialect';
import { keyOf, sameTexts } from '../../../schema/rowKey';
import { stepsOf, type RowStep } from '../../../rows/rowSteps';
import { rows, type PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { quote } from '../sql/quote';
import { OWN_PATH } from '../sql/searchPath';
import { keep } from './keptRows';
import { appPath, columnsOf, only, select } from './rowsBy';

/** One transaction on the connection that has the jobs' lock: whoever has it next finds this one ended. */
export async function writeRows(
  { schema }: PostgresSettings,
  client: Client,
  job: string,
  changes: readonly RowChange[],
  { lockTimeoutMs, signal, keepUntil, replaces, record }: WriteRowsOptions,
): Promise<void> {
  let committing = false;
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${Math.round(lockTimeoutMs)}`);
    await client.query(appPath(schema));
    for (const change of changes) {
      throwIfCancelled(signal);
      const [now, more] = await rowOf(client, schema, change, true);
      if (more || !sameTexts(now, change.before)) throw refused('rows-changed', named(change));
    }
    for (const step of stepsOf(changes)) {
      throwIfCancelled(signal);
      await write(client, schema, step);
    }
    await moveCounters(client, schema, changes);
    // What waits until the end fails here, where it can still be said of which rows.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE').catch((error: unknown) => {
      throw isOfRow(error) ? refused('rows-refused', { said: saidOf(error) }, { cause: error }) : error;
    });
    const after: (Texts | undefined)[] = [];
    for (const change of changes) after.push((await rowOf(client, schema, change))[0]);
    const entry = await record(after);
    await client.query(`SET LOCAL search_path = ${OWN_PATH}`);
    await keep(client, job, { entry, keepUntil, replaces });
    throwIfCancelled(signal);
    committing = true;
    await client.query('COMMIT');
  } catch (error) {
    if (!committing) await client.query('ROLLBACK').catch(() => undefined);
    throw error instanceof BackupError ? error : databaseError(error, 'writing rows');
  }
}

const named = ({ relation, called }: RowChange) => ({ collection: relation.name, key: called });

/** By the key that it has afterwards: the database may hold two spellings of it for the same. */
const rowOf = (client: Client, schema: string, { relation, key }: RowChange, locked = false) =>
  select(client, schema, { relation, by: keyOf(relation), values: key, most: 2 }, locked);

async function write(client: Client, schema: string, { change, does, values }: RowStep): Promise<void> {
  const { relation, key } = change;
  const columns = [...values.keys()];
  if (does === 'update' && columns.length === 0) return;
  const table = `${quote(schema)}.${quote(relation.name)}`;
  const by = keyOf(relation)
    .map((column, at) => `${quote(column)} = $${columns.length + at + 1}`)
    .join(' AND ');
  const text =
    does === 'insert'
      ? columns.length === 0
        ? `INSERT INTO ${table} DEFAULT VALUES`
        : `INSERT INTO ${table} (${columns.map((name) => quote(name)).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`
      : does === 'update'
        ? `UPDATE ${only(schema, relation)} SET ${columns.map((name, at) => `${quote(name)} = $${at + 1}`).join(', ')} WHERE ${by}`
        : `DELETE FROM ${only(schema, relation)} WHERE ${by}`;
  const asked = { text, values: [...values.values(), ...(does === 'insert' ? [] : key)] };
  const { rowCount } = await client.query(asked).catch((error: unknown) => {
    throw refusedRow(error, change);
  });
  if (rowCount !== 1) throw refused('row-not-written', named(change));
}

/** Of these the server says what of the row it does not take; whatever else goes wrong is nothing of the row's. */
const OF_ROWS = /^(22|23|P0|44)/;

const isOfRow = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && OF_ROWS.test(error.code ?? '');

/** The value that is wrong may be one that nobody is to see. */
const saidOf = ({ code, message }: DatabaseError): string =>
  code?.startsWith('22') ? message.replace(/"[^]*"/, '"…"') : message;

const refusedRow = (error: unknown, change: RowChange): unknown =>
  isOfRow(error)
    ? refused('row-refused', { ...named(change), said: saidOf(error) }, { cause: error })
    : error;

/** So that the next number is a free one. Never back: others may have drawn numbers that no row has. */
async function moveCounters(client: Client, schema: string, changes: readonly RowChange[]): Promise<void> {
  for (const relation of new Set(changes.map((change) => change.relation))) {
    const table = `${quote(schema)}.${quote(relation.name)}`;
    for (const { column } of relation.counters) {
      if (!columnsOf(relation).includes(column)) continue;
      const numbers = changes.flatMap(({ relation: other, before, set }) => {
        const value = other === relation && !before ? set?.get(column) : undefined;
        return value != null && /^-?\d+$/.test(value) ? [BigInt(value)] : [];
      });
      if (numbers.length === 0) continue;
      const [counter] = await rows<{ oid: string; up: boolean }>(
        client,
        `SELECT s.seqrelid::regclass::text AS oid, s.seqincrement > 0 AS up FROM pg_catalog.pg_sequence s
         WHERE s.seqrelid = pg_catalog.pg_get_serial_sequence($1, $2)::regclass`,
        [table, column],
      );
      if (!counter) continue;
      const far = numbers.reduce((a, b) => (counter.up === a > b ? a : b));
      await client.query(
        `SELECT pg_catalog.setval($1::regclass, $2::bigint) FROM ${counter.oid} WHERE last_value ${counter.up ? '<' : '>'} $2::bigint OR (last_value = $2::bigint AND NOT is_called)`,
        [counter.oid, String(far)],
      );
    }
  }
}
