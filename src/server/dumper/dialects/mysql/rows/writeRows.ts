import { BackupError, refused, throwIfCancelled } from '../../../../errors/errors';
import type { RowChange, Texts, WriteRowsOptions } from '../../../dialect';
import { keyOf, sameTexts } from '../../../schema/rowKey';
import type { Relation } from '../../../schema/structure';
import { stepsOf, type RowStep } from '../../../rows/rowSteps';
import { inSeconds, run, type Client } from '../connection/connection';
import { databaseError, isLost, saidBy } from '../connection/failure';
import { loadedColumns, parameterOf, placeholder, type Parameter } from '../load/parameter';
import { list, quote } from '../sql/quote';
import { keep, makeKept } from './keptRows';
import { columnsOf } from '../structure/neutral';
import { equals, select } from './rowsBy';

/** One transaction on the connection that has the jobs' lock: whoever has it next finds this one ended. */
export async function writeRows(
  client: Client,
  job: string,
  changes: readonly RowChange[],
  { lockTimeoutMs, signal, keepUntil, replaces, record }: WriteRowsOptions,
): Promise<void> {
  let committing = false;
  try {
    await makeKept(client);
    await run(client, `SET SESSION innodb_lock_wait_timeout = ${inSeconds(lockTimeoutMs)}`);
    await run(client, `SET SESSION lock_wait_timeout = ${inSeconds(lockTimeoutMs)}`);
    await run(client, 'START TRANSACTION');
    for (const change of changes) {
      throwIfCancelled(signal);
      const [now, more] = await rowOf(client, change);
      if (more || !sameTexts(now, change.before)) throw refused('rows-changed', named(change));
    }
    for (const step of stepsOf(changes)) {
      throwIfCancelled(signal);
      await write(client, step);
    }
    const after: (Texts | undefined)[] = [];
    for (const change of changes) after.push((await rowOf(client, change))[0]);
    await keep(client, job, { entry: await record(after), keepUntil, replaces });
    throwIfCancelled(signal);
    committing = true;
    await run(client, 'COMMIT');
  } catch (error) {
    if (!committing) await run(client, 'ROLLBACK').catch(() => undefined);
    throw error instanceof BackupError ? error : databaseError(error);
  }
}

const named = ({ relation, called }: RowChange) => ({ collection: relation.name, key: called });

/** Locked, and so as it is and not as it was when the transaction began. */
const rowOf = (client: Client, { relation, key }: RowChange) =>
  select(client, { relation, by: keyOf(relation), values: key, most: 2 }, true);

async function write(client: Client, { change, does, values }: RowStep): Promise<void> {
  const { relation, key } = change;
  if (does === 'update' && values.size === 0) return;
  const columns = loadedColumns(relation).flatMap((column) => {
    const text = values.get(column.name);
    return text === undefined ? [] : [{ column, name: column.name, mark: placeholder(column.coding), text }];
  });
  const table = quote(relation.name);
  const by = keyOf(relation).map((column, at) => equals(relation, column, key[at] ?? '') ?? 'FALSE');
  const sql =
    does === 'insert'
      ? `INSERT INTO ${table} (${list(columns.map(({ name }) => name))}) VALUES (${columns.map(({ mark }) => mark).join(', ')})`
      : does === 'update'
        ? `UPDATE ${table} SET ${[...columns.map(({ name, mark }) => `${quote(name)} = ${mark}`), ...staying(relation, values)].join(', ')} WHERE ${by.join(' AND ')}`
        : `DELETE FROM ${table} WHERE ${by.join(' AND ')}`;
  let done: { matched: number };
  try {
    done = await execute(
      client,
      sql,
      columns.map(({ text, column }) => parameterOf(text === null ? null : Buffer.from(text), column)),
    );
  } catch (error) {
    throw refusedRow(error, change);
  }
  if (done.matched !== 1) throw refused('row-not-written', named(change));
}

/** What the server would write by itself stays as it is, unless it is among what is written. */
const staying = (relation: Relation, values: RowStep['values']): string[] =>
  columnsOf(relation)
    .filter(({ name, native }) => native.onUpdate !== undefined && !values.has(name))
    .map(({ name }) => `${quote(name)} = ${quote(name)}`);

/** Prepared: values go as bytes beside the statement, so none of them can be a part of it. */
function execute(client: Client, sql: string, values: Parameter[]): Promise<{ matched: number }> {
  return new Promise((resolve, reject) => {
    client.connection.execute(sql, values, (error: Error | null, result: unknown) => {
      if (error) reject(error);
      else resolve({ matched: (result as { affectedRows: number }).affectedRows });
    });
  });
}

/** The server's words, without the value: it may be one that nobody is to see. */
function refusedRow(error: unknown, change: RowChange): unknown {
  if (error instanceof BackupError || isLost(error) || !(error instanceof Error) || !isOfRow(error))
    return error;
  const said = saidBy(error)
    .replace(/(value: )'[^]*'( for column)/, "$1'…'$2")
    .replace(/(entry )'[^]*'( for key)/, "$1'…'$2")
    .replace(/ \([^]*\)$/, '');
  return refused('row-refused', { ...named(change), said }, { cause: error });
}

/** By the SQL standard: data, constraints, and what a trigger says; NOT NULL without a default, and what is no value at all. */
const isOfRow = (error: Error): boolean => {
  const { sqlState, errno } = error as { sqlState?: unknown; errno?: unknown };
  return (
    (typeof sqlState === 'string' && /^(22|23|45)/.test(sqlState)) ||
    (typeof errno === 'number' && [1364, 1366, 1265, 3819, 4025].includes(errno)) ||
    sqlState === undefined
  );
};
