import { cleaned } from '../../cleaned';
import { BackupError, refused } from '../../errors/errors';
import type { Reason } from '../../errors/reasons';
import { networkFailure, refusalOf, stalled, storageFailure, type StorageFailure } from '../failure';

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
  const fail = (reason: Reason, transient = false) =>
    refusalOf({
      what,
      storage: name,
      address,
      reason,
      cause: error,
      transient,
      providerCode: String(status),
    });
  if (status === STATUS.NO_SUCH_FILE) return fail({ code: 'no-folder' });
  if (status === STATUS.PERMISSION_DENIED) return fail({ code: 'folder-owner' });
  if (FULL.has(status)) return full(what, name, address, error);
  if (LOST.has(status)) return fail({ code: 'cut' }, true);
  return fail({ code: 'server-says', answer: cleaned((error as Error).message), status });
}

export const full = (what: string, name: string, address: string, cause: unknown): StorageFailure =>
  refusalOf({ what, storage: name, address, reason: { code: 'no-space' }, cause });

export const cut = (name: string, address: string, cause?: unknown): StorageFailure =>
  storageFailure({ code: 'storage-cut', storage: name, address }, { cause, transient: true });

/** Why nobody was let in. */
export function loginFailure(name: string, address: string, error: unknown, waitedMs: number): BackupError {
  if (error instanceof BackupError) return error;
  const { level, message } = error as Error & { level?: unknown };
  const said = cleaned(message);
  if (/connection (?:lost|closed|ended)/i.test(said)) return networkFailure(name, address, error);
  if (level === 'client-timeout') return stalled(name, address, waitedMs);
  if (level === 'client-authentication')
    return storageFailure({ code: 'storage-sign-in', storage: name, address }, { cause: error });
  if (/cannot parse privatekey/i.test(said))
    return refused('field-key', { field: 'privateKey', why: said }, { cause: error });
  if (level === 'protocol' || level === 'handshake')
    return storageFailure({ code: 'storage-no-ssh', storage: name, address, why: said }, { cause: error });
  return networkFailure(name, address, error);
}
