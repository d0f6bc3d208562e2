import {
  detailText,
  errorOf,
  type DetailCode,
  type DetailFields,
  type Details,
  type Failure,
} from './details';
import type { Damage } from './damages';
import { plainReason } from './reasons';

/**
 * Every failure that Ark foresees has a stable code. The message is free: it says what happened, where, and
 * what to do. `docs/errors.md` lists the codes for users; a test keeps the two lists equal.
 *
 * `exit` is the exit code of the command line: 1 failed and nothing changed, 2 wrong usage,
 * 3 the archive is damaged or cannot be opened. `status` is the HTTP status of the same failure.
 */
export const ERRORS = {
  // What the caller asked for
  USAGE: { exit: 2, status: 400 },
  DATABASE_URL_INVALID: { exit: 2, status: 400 },
  GROUP_UNKNOWN: { exit: 2, status: 400 },
  COLLECTION_UNKNOWN: { exit: 2, status: 400 },
  NAME_INVALID: { exit: 2, status: 400 },
  STORAGE_UNKNOWN: { exit: 2, status: 404 },
  STORAGE_INVALID: { exit: 2, status: 400 },
  STORAGE_EXISTS: { exit: 2, status: 409 },
  NOTHING_SELECTED: { exit: 2, status: 400 },
  CONFIRMATION_NEEDED: { exit: 2, status: 409 },
  MORE_WOULD_BE_LOST: { exit: 1, status: 409 },
  ROWS_WOULD_GO: { exit: 1, status: 409 },
  TRUST_UNKNOWN: { exit: 2, status: 404 },
  CODE_NOT_ALLOWED: { exit: 2, status: 409 },
  LOOK_REFUSED: { exit: 2, status: 422 },

  // The archive
  ARCHIVE_DAMAGED: { exit: 3, status: 422 },
  ARCHIVE_NOT_ARK: { exit: 3, status: 422 },
  ARCHIVE_EMPTY: { exit: 3, status: 422 },
  ARCHIVE_TOO_NEW: { exit: 3, status: 422 },
  ARCHIVE_LOCKED: { exit: 3, status: 422 },
  ARCHIVE_KEY_WRONG: { exit: 3, status: 422 },
  ARCHIVE_TOO_LARGE: { exit: 3, status: 422 },
  ARCHIVE_NBDATA: { exit: 3, status: 422 },
  ARCHIVE_NOT_ENCRYPTED: { exit: 3, status: 422 },

  // The database
  DATABASE_UNREACHABLE: { exit: 1, status: 502 },
  DATABASE_LOGIN_REFUSED: { exit: 1, status: 502 },
  DATABASE_UNKNOWN: { exit: 1, status: 502 },
  DATABASE_TOO_OLD: { exit: 1, status: 422 },
  DATABASE_POOLED: { exit: 1, status: 422 },
  DATABASE_CROWDED: { exit: 1, status: 503 },
  DATABASE_READ_ONLY: { exit: 1, status: 422 },
  DATABASE_LOST: { exit: 1, status: 502 },
  DATABASE_REFUSED: { exit: 1, status: 422 },
  SCHEMA_NOT_ALLOWED: { exit: 1, status: 403 },
  TABLE_LOCKED: { exit: 1, status: 409 },
  TOO_MANY_LOCKS: { exit: 1, status: 422 },
  DATABASE_FULL: { exit: 1, status: 507 },

  // What stands between an archive and a database
  DIALECT_DIFFERS: { exit: 1, status: 422 },
  PREFIX_DIFFERS: { exit: 1, status: 422 },
  EXTENSION_MISSING: { exit: 1, status: 422 },
  TYPE_IN_USE: { exit: 1, status: 409 },
  NAME_TAKEN: { exit: 1, status: 409 },
  FOREIGN_KEY_BROKEN: { exit: 1, status: 409 },
  DEPENDENT_WOULD_BREAK: { exit: 1, status: 409 },
  FILES_NOT_MOVABLE: { exit: 1, status: 422 },
  FILES_UNKNOWN: { exit: 1, status: 422 },
  APP_REFUSED: { exit: 1, status: 422 },
  APP_TOO_OLD: { exit: 1, status: 422 },
  REQUIRED_MISSING: { exit: 1, status: 422 },
  DEFINITIONS_DIFFER: { exit: 1, status: 409 },
  CHECK_FAILED: { exit: 1, status: 422 },
  VALUE_UNFIT: { exit: 1, status: 422 },
  STRUCTURE_UNKNOWN: { exit: 1, status: 422 },
  ROW_UNKNOWN: { exit: 1, status: 404 },
  ROWS_CHANGED: { exit: 1, status: 409 },
  ROWS_REFUSED: { exit: 1, status: 409 },

  // Storages
  BACKUP_UNKNOWN: { exit: 1, status: 404 },
  BACKUP_EXISTS: { exit: 1, status: 409 },
  BACKUP_PINNED: { exit: 1, status: 409 },
  STORAGE_FULL: { exit: 1, status: 507 },
  STORAGE_UNAVAILABLE: { exit: 1, status: 502 },
  STORAGE_REFUSED: { exit: 1, status: 403 },
  STORAGE_LOGIN_REFUSED: { exit: 1, status: 502 },
  STORAGE_SETTINGS_WRONG: { exit: 1, status: 422 },
  STORAGE_TOO_LARGE: { exit: 1, status: 422 },
  STORAGE_LISTING_CUT: { exit: 1, status: 502 },
  STORAGE_ANSWER_WRONG: { exit: 1, status: 502 },
  STORAGE_OVERWRITES: { exit: 1, status: 422 },
  HOST_KEY_UNKNOWN: { exit: 1, status: 422 },
  HOST_KEY_CHANGED: { exit: 1, status: 502 },
  ADDRESS_NOT_ALLOWED: { exit: 1, status: 403 },
  STORED_DIFFERS: { exit: 1, status: 502 },
  VOLUME_MISSING: { exit: 3, status: 422 },
  VOLUME_FOREIGN: { exit: 3, status: 422 },
  TARGET_FAILED: { exit: 1, status: 502 },
  FILE_UNUSABLE: { exit: 1, status: 422 },
  SECRET_UNREADABLE: { exit: 1, status: 422 },

  // Jobs
  JOB_BUSY: { exit: 1, status: 409 },
  JOB_CANCELLED: { exit: 1, status: 409 },
  JOB_UNKNOWN: { exit: 1, status: 404 },
  UNDO_UNKNOWN: { exit: 1, status: 404 },
  PREPARED_UNKNOWN: { exit: 1, status: 404 },
  PREPARED_VOID: { exit: 1, status: 409 },
  SCHEDULE_UNKNOWN: { exit: 2, status: 404 },
  SCHEDULE_EXISTS: { exit: 2, status: 409 },
  RUN_KILLED: { exit: 1, status: 500 },
  INSTANCE_COPIED: { exit: 1, status: 409 },
  PRUNE_FAILED: { exit: 1, status: 502 },
  ALARM_FAILED: { exit: 1, status: 502 },

  // The console
  UNAUTHORIZED: { exit: 1, status: 401 },
  REQUEST_FORBIDDEN: { exit: 1, status: 403 },
  ACTION_UNKNOWN: { exit: 1, status: 404 },
  METHOD_WRONG: { exit: 1, status: 405 },
  LENGTH_MISSING: { exit: 1, status: 411 },
  BODY_TOO_LARGE: { exit: 1, status: 413 },
  CONTENT_TYPE_WRONG: { exit: 1, status: 415 },
  UPLOAD_INCOMPLETE: { exit: 1, status: 400 },
  UPLOAD_UNKNOWN: { exit: 1, status: 404 },
  UPLOAD_OFFSET: { exit: 1, status: 409 },
  UPLOAD_BUSY: { exit: 1, status: 409 },
  UPLOAD_DIFFERS: { exit: 1, status: 409 },
  UPLOAD_PIECE_WRONG: { exit: 1, status: 400 },
  UPLOADS_MANY: { exit: 1, status: 409 },
  CONSOLE_STOPPING: { exit: 1, status: 503 },
  PORT_TAKEN: { exit: 1, status: 500 },
  FOLDER_IN_USE: { exit: 1, status: 409 },

  INTERNAL: { exit: 1, status: 500 },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/**
 * What fails with these may tell nothing besides: what the code means is all there is to say (`all`), or it is told to
 * programs and at the terminal, in English (`call`).
 */
export const BARE = {
  ARCHIVE_EMPTY: 'all',
  ARCHIVE_KEY_WRONG: 'all',
  ARCHIVE_LOCKED: 'all',
  ARCHIVE_NOT_ENCRYPTED: 'all',
  CONFIRMATION_NEEDED: 'all',
  CONSOLE_STOPPING: 'all',
  JOB_CANCELLED: 'all',
  LENGTH_MISSING: 'all',
  RUN_KILLED: 'all',
  SECRET_UNREADABLE: 'all',
  UPLOAD_BUSY: 'all',
  UPLOAD_DIFFERS: 'all',
  UPLOAD_UNKNOWN: 'all',
  UPLOADS_MANY: 'all',
  ACTION_UNKNOWN: 'call',
  CONTENT_TYPE_WRONG: 'call',
  METHOD_WRONG: 'call',
  UPLOAD_PIECE_WRONG: 'call',
  USAGE: 'call',
} as const satisfies Partial<Record<ErrorCode, 'all' | 'call'>>;
export type BareCode = keyof typeof BARE;

/** How whoever knows what it means goes on: each door has its own words for it, so no message has. */
export type Way =
  | 'allowPlain'
  | 'allowCode'
  | 'allowBreaks'
  | 'allowChanges'
  | 'giveKey'
  | 'otherPort'
  | 'ownDatabase'
  | 'seeList'
  | 'tellCopy'
  | 'trustKey'
  | 'unpin'
  | 'withoutFiles';

interface FailureOptions {
  readonly cause?: unknown;
  readonly way?: Way | undefined;
  /** Of what was being done the log hears besides; completes "while …". */
  readonly doing?: string | undefined;
}

/** A failure that Ark foresaw. `code` is for programs, `message` for people, `cause` for whoever debugs. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly way: Way | undefined;
  /** What the message tells, for programs and for other languages. */
  readonly details: Details | undefined;

  constructor(code: BareCode, message: string, options?: FailureOptions);
  constructor(code: ErrorCode, message: string, options: FailureOptions & { details: Details });
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: FailureOptions & { details?: Details | undefined } = {},
  ) {
    super(message, options);
    this.way = options.way;
    this.details = options.details;
  }

  get exit(): number {
    return ERRORS[this.code].exit;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** A failure whose details are values; its message is made of them. */
export function refused<C extends DetailCode>(
  code: C,
  fields: DetailFields<C>,
  options: FailureOptions = {},
): BackupError {
  // The compiler does not see that a code and its fields are one of all that there are.
  return refusedWith({ code, ...fields } as unknown as Details, options);
}

/** A lock of others, with whoever can be seen of them. */
export const refusedLocked = (
  code: 'tables-not-seen' | 'tables-locked',
  seen: DetailFields<'tables-locked'>,
  options: FailureOptions,
): BackupError =>
  seen.holders.length > 0 ? refused(code, seen, options) : refused(`${code}-hidden`, {}, options);

export const refusedWith = (details: Details, options: FailureOptions = {}): BackupError =>
  new BackupError(
    codeOf(details),
    options.doing === undefined ? detailText(details) : `${detailText(details)} (while ${options.doing})`,
    { ...options, details },
  );

/** What fails with these details. */
export const codeOf = (details: Details): ErrorCode => knownCode(errorOf(details));
const knownCode = (code: string): ErrorCode =>
  Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL';

type Sought = { [C in DetailCode]: `${C}-near` extends DetailCode ? C : never }[DetailCode];
/** Of a name that there is not. `near`: names like it, which may have been meant; then `CODE-near` tells. */
export const refusedNear = <C extends Sought>(
  code: C,
  fields: DetailFields<C>,
  near: readonly string[],
  options: FailureOptions = {},
): BackupError =>
  near.length === 0
    ? refused(code, fields, options)
    : refusedWith({ code: `${code}-near`, ...fields, near } as unknown as Details, options);

/** Of an archive that is not as it was written. */
export const damaged = <C extends Damage['code']>(
  code: C,
  fields: Omit<Extract<Damage, { code: C }>, 'code'>,
  cause?: unknown,
): BackupError =>
  // The compiler does not see that a code and its fields are one of all that there are.
  refused('archive-damaged', { damage: { code, ...fields } as unknown as Damage }, { cause });

/** One that was kept or sent, and is thrown anew; what an older Ark has kept may have no details. */
export function again({ code, message, details }: Failure): BackupError {
  return new BackupError(knownCode(code), message, { details: details as Details });
}

/** A failure as it is kept and sent. */
export function failureOf(error: unknown): Failure & { code: ErrorCode } {
  const { code, message, details } = asBackupError(error);
  return { code, message, ...(details && { details }) };
}

/** What a system says of a file or folder; anything else it says is repeated as it is. */
const SYSTEM = {
  ENOENT: 'file-none',
  ENOTDIR: 'file-in-the-way',
  EEXIST: 'file-taken',
  EISDIR: 'file-is-folder',
  ELOOP: 'file-links',
  ENAMETOOLONG: 'file-name-long',
  EACCES: 'file-denied',
  EPERM: 'file-not-owned',
  EROFS: 'file-read-only',
} as const;
const isOfFile = (code: string): code is keyof typeof SYSTEM => Object.hasOwn(SYSTEM, code);

/** A failure of the system's that is about a file; it has its path. */
function fileFailure(error: unknown): BackupError | undefined {
  const { code, path, syscall } = (error ?? {}) as { code?: unknown; path?: unknown; syscall?: unknown };
  if (typeof code !== 'string' || typeof path !== 'string' || typeof syscall !== 'string') return undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return refused('disk-full-there', { path }, { cause: error });
  }
  return isOfFile(code)
    ? refused('file-unusable', { path, reason: plainReason(SYSTEM[code]) }, { cause: error })
    : undefined;
}

/** What went wrong, as a BackupError: an unforeseen error keeps its own message under the code INTERNAL. */
export function asBackupError(error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const details = { code: 'unforeseen', said: message } as const;
  return fileFailure(error) ?? new BackupError('INTERNAL', message, { cause: error, details });
}

/** Throws JOB_CANCELLED once the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new BackupError('JOB_CANCELLED', 'The job was cancelled. Nothing was changed.');
}
