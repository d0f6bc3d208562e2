import { cleaned } from '../../cleaned';
import { BackupError, type ErrorCode, refused } from '../../errors';
import { networkFailure, stalled, StorageFailure } from '../failure';

/** What a server answers by number; the rest it says in words of its own. */
export const STATUS = { EOF: 1, NO_SUCH_FILE: 2, PERMISSION_DENIED: 3, FAILURE: 4, UNSUPPORTED: 8 } as const;
const FULL = new Set<unknown>([14, 15]);
const LOST = new Set<unknown>([6, 7]);

export const statusOf = (error: unknown): number | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return !(error instanceof BackupError) && typeof code === 'number' ? code : undefined;
};

export const isNone = (error: unknown): boolean => statusOf(error) === STATUS.NO_SUCH_FILE;

/** A refusal of the server's, in words. */
export function sftpFailure(what: string, name: string, address: string, error: unknown): unknown {
  const status = statusOf(error);
  if (status === undefined) return error;
  const fail = (code: ErrorCode, why: string, transient = false) =>
    new StorageFailure(code, `${what} ${name} failed: ${why}, at ${address}.`, {
      cause: error,
      transient,
      providerCode: String(status),
    });
  if (status === STATUS.NO_SUCH_FILE)
    return fail('STORAGE_SETTINGS_WRONG', 'there is no such folder, and it could not be made');
  if (status === STATUS.PERMISSION_DENIED)
    return fail('STORAGE_REFUSED', 'the server does not allow it. Check who owns the folder');
  if (FULL.has(status)) return full(what, name, address, error);
  if (LOST.has(status)) return fail('STORAGE_UNAVAILABLE', 'the connection was cut', true);
  return fail('STORAGE_REFUSED', `the server says "${cleaned((error as Error).message)}" (${status})`);
}

export const full = (what: string, name: string, address: string, cause: unknown): StorageFailure =>
  new StorageFailure(
    'STORAGE_FULL',
    `${what} ${name} failed: no space is left, at ${address}. Free some space there.`,
    {
      cause,
    },
  );

export const cut = (name: string, address: string, cause?: unknown): StorageFailure =>
  new StorageFailure(
    'STORAGE_UNAVAILABLE',
    `${name} cannot be reached at ${address}: the connection was cut.`,
    { cause, transient: true },
  );

/** Why nobody was let in. */
export function loginFailure(name: string, address: string, error: unknown, waitedMs: number): BackupError {
  if (error instanceof BackupError) return error;
  const { level, message } = error as Error & { level?: unknown };
  const said = cleaned(message);
  if (/connection (?:lost|closed|ended)/i.test(said)) return networkFailure(name, address, error);
  if (level === 'client-timeout') return stalled(name, address, waitedMs);
  if (level === 'client-authentication')
    return new StorageFailure(
      'STORAGE_LOGIN_REFUSED',
      `${name} refused the sign-in at ${address}. Check user, password and private key, and which ways of signing in the server allows.`,
      { cause: error },
    );
  if (/cannot parse privatekey/i.test(said))
    return refused('field-key', { field: 'privateKey', why: said }, { cause: error });
  if (level === 'protocol' || level === 'handshake')
    return new StorageFailure(
      'STORAGE_SETTINGS_WRONG',
      `${name} at ${address} does not speak SSH as Ark does (${said}). Check host and port.`,
      { cause: error },
    );
  return networkFailure(name, address, error);
}
