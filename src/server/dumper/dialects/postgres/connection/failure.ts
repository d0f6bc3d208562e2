import { DatabaseError, type Client, type Submittable } from 'pg';
import { asBackupError, BackupError, refused } from '../../../../errors/errors';
import { SQLSTATE } from '../sql/sqlstate';

/**
 * What goes wrong with a database, as a failure with a stable code. Nothing is read out of a sentence: the server's
 * answers have a SQLSTATE, and what is no answer of the server's is the connection's.
 */

/** The connection broke, or was broken already: pg says so by a bare Error and a sentence. */
export class ConnectionLost extends Error {}

/** What a query fails with that is not an answer of the server's is the end of its connection. */
function told(error: unknown): unknown {
  // A value that cannot be sent is a TypeError, and nothing of the connection's.
  if (!(error instanceof Error) || error instanceof DatabaseError || error instanceof TypeError) return error;
  return error instanceof ConnectionLost ? error : new ConnectionLost(error.message, { cause: error });
}

/** From here on every query of this client that dies with the connection fails with ConnectionLost. */
export function sayingWhenLost(client: Client): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const [first] = args;
    if (isSubmittable(first)) {
      const handleError = first.handleError.bind(first);
      first.handleError = (error, connection) => handleError(told(error) as Error, connection);
    }
    const result = query(...args);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw told(error);
    });
  }) as Client['query'];
}

type Answering = Submittable & { handleError(error: Error, connection: unknown): void };

const isSubmittable = (query: unknown): query is Answering =>
  typeof query === 'object' && query !== null && 'submit' in query && 'handleError' in query;

export const codeOf = (error: unknown): string | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
};

/**
 * What a look at the catalog, or a statement of a plan, fails with when others have dropped or altered what it is
 * about: a name that is gone, or an entry that the server's own functions no longer find (XX000).
 */
const GONE = new Set([
  SQLSTATE.undefinedColumn,
  SQLSTATE.undefinedTable,
  SQLSTATE.undefinedObject,
  SQLSTATE.undefinedFunction,
  SQLSTATE.invalidSchemaName,
  SQLSTATE.internalError,
]);

/** Whether it failed because others changed the structure meanwhile: what is there now can be looked at instead. */
export function isOutdated(error: unknown): boolean {
  const server = error instanceof BackupError ? error.cause : error;
  return server instanceof DatabaseError && GONE.has(server.code ?? '');
}
/** The server ends the session with these. Others of class 08 are about a message: one with a NUL in it is 08P01. */
const ENDED = new Set([
  SQLSTATE.adminShutdown,
  SQLSTATE.crashShutdown,
  SQLSTATE.cannotConnectNow,
  SQLSTATE.idleSessionTimeout,
  SQLSTATE.idleInTransactionTimeout,
  SQLSTATE.transactionTimeout,
]);

/** Turns what the server says into a failure with a stable code; `doing` completes "while …". */
export function databaseError(error: unknown, doing: string): BackupError {
  if (error instanceof BackupError) return error;
  const said = saidBy(error);
  const failed = (code: Said): BackupError => refused(code, { said }, { cause: error, doing });
  const lost = error instanceof DatabaseError ? ENDED.has(error.code ?? '') : error instanceof ConnectionLost;
  if (lost) return failed('database-lost');
  if (!(error instanceof DatabaseError)) return asBackupError(error);
  // Either kind of memory may have run out; the hint names the setting when it was the locks'.
  if (error.code === SQLSTATE.outOfMemory && (error.hint ?? '').includes('max_locks_per_transaction'))
    return refused('locks-out', {}, { cause: error, doing });
  return failed(SAID[error.code ?? ''] ?? 'database-refused');
}

/** The failures that tell what the server has said, and nothing else. */
type Said =
  | 'database-lost'
  | 'database-refused'
  | 'database-denied'
  | 'database-read-only'
  | 'database-disk-full'
  | 'database-character'
  | 'tables-stayed-locked'
  | 'tables-gave-up';
const SAID: Readonly<Record<string, Said>> = {
  [SQLSTATE.lockNotAvailable]: 'tables-stayed-locked',
  [SQLSTATE.deadlockDetected]: 'tables-stayed-locked',
  [SQLSTATE.insufficientPrivilege]: 'database-denied',
  [SQLSTATE.readOnlyTransaction]: 'database-read-only',
  // On a standby, what the primary has done meanwhile goes before what is read there.
  [SQLSTATE.serializationFailure]: 'tables-gave-up',
  [SQLSTATE.diskFull]: 'database-disk-full',
  // A character that a text of this database cannot have: NUL, or one outside its encoding.
  [SQLSTATE.protocolViolation]: 'database-character',
  [SQLSTATE.characterNotInRepertoire]: 'database-character',
  [SQLSTATE.untranslatableCharacter]: 'database-character',
};

function saidBy(error: unknown): string {
  const { message, detail } = error as Partial<DatabaseError>;
  return [message ?? String(error), detail].filter(Boolean).join(': ');
}
