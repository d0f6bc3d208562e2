import { asBackupError, BackupError, refused } from '../../../../errors/errors';
import { ERRNO } from '../sql/errno';

/** What goes wrong with a database, by the server's own numbers: nothing is read out of a sentence. */

const errnoOf = (error: unknown): number | undefined => {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
};

export const isErrno = (error: unknown, ...numbers: readonly number[]): boolean => {
  const number = errnoOf(error instanceof BackupError ? error.cause : error);
  return number !== undefined && numbers.includes(number);
};

export const saidBy = (error: unknown): string => {
  const { sqlMessage, message, code } = (error ?? {}) as {
    sqlMessage?: string;
    message?: string;
    code?: string;
  };
  return [sqlMessage, message, code].find((text) => text !== undefined && text !== '') ?? String(error);
};

/** What mysql2 fails with that is no answer of the server's has no number of it, or none above zero. */
const isAnswer = (error: unknown): boolean => {
  const { sqlState } = (error ?? {}) as { sqlState?: unknown };
  return typeof sqlState === 'string' && errnoOf(error) !== undefined;
};

export function connectError(error: unknown, database: string): BackupError {
  if (error instanceof BackupError) return error;
  const told = { database, said: saidBy(error) };
  const cause = { cause: error };
  switch (errnoOf(error)) {
    case ERRNO.accessDenied:
      return refused('database-login', told, cause);
    case ERRNO.unknownDatabase:
    case ERRNO.accessDeniedToDatabase:
      return refused('database-name', told, cause);
    case ERRNO.tooManyConnections:
    case ERRNO.userConnections:
    case ERRNO.userLimit:
      return refused('database-crowded', told, cause);
    default:
      return refused('database-away', told, cause);
  }
}

/** Lost while a session was in use: only the server knows whether the last statement has happened. */
export const isLost = (error: unknown): boolean => {
  const thrown = error instanceof BackupError ? error.cause : error;
  if (!(thrown instanceof Error)) return false;
  if (isErrno(thrown, ERRNO.serverShutdown, ERRNO.connectionKilled)) return true;
  const { code, fatal } = thrown as { code?: unknown; fatal?: unknown };
  return (
    !isAnswer(thrown) && (fatal === true || (typeof code === 'string' && /^(E[A-Z]+|PROTOCOL_)/.test(code)))
  );
};

/** Turns what the server says into a failure with a stable code. */
export function databaseError(error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const told = { said: saidBy(error) };
  const cause = { cause: error };
  if (isLost(error)) return refused('database-lost', told, cause);
  if (!isAnswer(error)) return asBackupError(error);
  switch (errnoOf(error)) {
    case ERRNO.lockWaitTimeout:
    case ERRNO.deadlock:
      return refused('tables-stayed-locked', told, cause);
    case ERRNO.accessDeniedToDatabase:
    case ERRNO.tableDenied:
    case ERRNO.columnDenied:
    case ERRNO.specificAccessDenied:
      return refused('server-denied', told, cause);
    case ERRNO.readOnlyMode:
    case ERRNO.optionPreventsStatement:
    case ERRNO.readOnlyTransaction:
      return refused('database-read-only', told, cause);
    case ERRNO.diskFull:
    case ERRNO.tableFull:
      return refused('database-disk-full', told, cause);
    case ERRNO.wrongValue:
    case ERRNO.dataTooLong:
    case ERRNO.dataTruncated:
      return refused('database-character', told, cause);
    default:
      return refused('database-refused', told, cause);
  }
}

/** This account may not. */
export const isDenied = (error: unknown): boolean =>
  isErrno(
    error,
    ERRNO.accessDeniedToDatabase,
    ERRNO.tableDenied,
    ERRNO.columnDenied,
    ERRNO.specificAccessDenied,
    ERRNO.routineDenied,
    ERRNO.triggersNotTrusted,
    ERRNO.readOnlyMode,
    ERRNO.optionPreventsStatement,
    ERRNO.readOnlyTransaction,
  );

/** Others have dropped or altered what a statement names. */
export const isOutdated = (error: unknown): boolean =>
  isErrno(error, ERRNO.noSuchTable, ERRNO.badField, ERRNO.definitionChanged);
