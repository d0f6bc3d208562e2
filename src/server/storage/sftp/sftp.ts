import type { FileEntry, Stats } from 'ssh2';
import type { Bytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import { storageFailure } from '../failure';
import { isDead, partialName, untilAborted } from '../files';
import { checkKey, isOurs } from '../key';
import { PATIENCE, persistent, retry, type Patience } from '../retrying';
import { bySize, newestFirst, type Storage, type StoredObject } from '../storage';
import { sshClient, type Session } from './client';
import { isNone, sftpFailure, STATUS, statusOf } from './failure';
import { refuseOverwriting } from './overwrites';
import { publish } from './publish';
import type { SshSettings } from './signIn';
import { outOfSpace } from './space';
import { inBatches, readAhead, writeBatch } from './transfer';

export interface SftpOptions extends SshSettings {
  /** From the root with a slash before it; below the user's own folder without. Made when first needed. */
  readonly path?: string | undefined;
  readonly idleMs?: number | undefined;
  readonly patience?: Patience | undefined;
}

const IDLE_MS = 120_000;
const MOST_LISTED = 50_000;
const TIDY_MS = 5_000;
/** The unfinished files of this process, wherever they are: the name of a process says nothing after a restart. */
const writing = new Set<string>();

const attributesOf = (entry: FileEntry | Stats): { size: number; modifiedAt: Date; file: boolean } => {
  const { mode, size, mtime } = 'attrs' in entry ? entry.attrs : entry;
  return { size, modifiedAt: new Date(mtime * 1000), file: (mode & 0o170000) === 0o100000 };
};

/**
 * Archives as files of a folder on a server that speaks SFTP. A file is written under a name that no list shows, and
 * published by a hard link, which fails if the name exists.
 */
export function sftpStorage(name: string, options: SftpOptions): Storage {
  const patience = options.patience ?? PATIENCE;
  const client = sshClient(name, options, options.idleMs ?? IDLE_MS);
  const { address } = client;
  const folder = (options.path ?? '').replace(/\/+$/, '') || (options.path?.startsWith('/') ? '/' : '.');
  const at = (key: string) => `${folder === '/' ? '' : folder}/${key}`;

  /** With a connection; what the server refuses is put into words. */
  const using = async <T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> => {
    const session = await client.begin(signal);
    try {
      return await work(session);
    } catch (error) {
      throw sftpFailure(what, name, address, error);
    } finally {
      client.end();
    }
  };
  const unknown = (key: string) => refused('backup-gone', { key, storage: name });
  const find = async (session: Session, key: string, signal?: AbortSignal): Promise<StoredObject> => {
    const stats = await session
      .ask<Stats>(signal, (done) => session.sftp.lstat(at(key), done))
      .catch((error: unknown) => {
        throw isNone(error) ? unknown(key) : error;
      });
    const { file, size, modifiedAt } = attributesOf(stats);
    if (!file) throw unknown(key);
    return { key, size, modifiedAt };
  };
  const refuseTaken = (key: string, signal?: AbortSignal): Promise<void> =>
    using(`Asking for ${key} in`, signal, async (session) => {
      const there = await session
        .ask<Stats>(signal, (done) => session.sftp.lstat(at(key), done))
        .catch((error: unknown) => {
          if (isNone(error)) return undefined;
          throw error;
        });
      if (there) throw refused('backup-taken-there', { key, storage: name });
    });

  const makeFolder = async (session: Session, signal: AbortSignal | undefined): Promise<void> => {
    const parts = folder.split('/');
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = parts.slice(0, depth).join('/');
      if (path === '' || path === '.') continue;
      // One that is there already is refused without a reason.
      await session
        .ask(signal, (done) => session.sftp.mkdir(path, { mode: 0o700 }, done))
        .catch((error: unknown) => {
          if (statusOf(error) === undefined || depth === parts.length) return;
        });
    }
  };

  const create = async (session: Session, path: string, signal: AbortSignal | undefined): Promise<Buffer> => {
    const open = () => session.ask<Buffer>(signal, (done) => session.sftp.open(path, 'w', 0o600, done));
    return open().catch(async (error: unknown) => {
      if (!isNone(error)) throw error;
      await makeFolder(session, signal);
      return open();
    });
  };

  /** A name that no list shows, and that nobody cleans away meanwhile. */
  const unfinished = async <T>(key: string, work: (path: string) => Promise<T>): Promise<T> => {
    const part = partialName(key);
    writing.add(part);
    try {
      return await work(at(part));
    } finally {
      writing.delete(part);
    }
  };

  /** Before anything is renamed on a server that has no hard links. */
  const mayRename = (session: Session, signal: AbortSignal | undefined): Promise<void> =>
    unfinished('probe', (from) =>
      unfinished('probe', (to) => refuseOverwriting(session, [from, to], signal, name, address)),
    );

  const entries = (signal: AbortSignal | undefined): Promise<FileEntry[]> =>
    using('Listing', signal, async (session) => {
      const handle = await session
        .ask<Buffer>(signal, (done) => session.sftp.opendir(folder, done))
        .catch((error: unknown) => {
          if (isNone(error)) return undefined;
          throw error;
        });
      const entries: FileEntry[] = [];
      if (!handle) return entries;
      try {
        for (;;) {
          const more = await session
            .ask<FileEntry[]>(signal, (done) => session.sftp.readdir(handle, done))
            .catch((error: unknown) => {
              if (statusOf(error) === 1) return undefined;
              throw error;
            });
          if (!more) return entries;
          entries.push(...more);
          if (entries.length > MOST_LISTED)
            throw storageFailure({ code: 'listing-long', storage: name, address, most: MOST_LISTED });
        }
      } finally {
        await session
          .ask(AbortSignal.timeout(TIDY_MS), (done) => session.sftp.close(handle, done))
          .catch(() => undefined);
      }
    });

  const removePath = (path: string, what: string, signal?: AbortSignal): Promise<void> =>
    using(what, signal, async (session) => {
      await session
        .ask(signal, (done) => session.sftp.unlink(path, done))
        .catch((error: unknown) => {
          if (!isNone(error)) throw error;
        });
    });

  return {
    name,
    kind: 'sftp',
    remote: true,

    async put(key, body, signal, onWait) {
      checkKey(key);
      await retry(() => refuseTaken(key, signal), patience, signal);
      const what = `Writing ${key} to`;
      const step = <T>(work: (session: Session, attempt: number) => Promise<T>): Promise<T> =>
        retry(
          (attempt) =>
            using(what, signal, (session) =>
              work(session, attempt).catch(async (error: unknown) => {
                throw (await outOfSpace(session, folder, error, what, name, address)) ?? error;
              }),
            ),
          persistent(patience),
          signal,
          onWait,
        );
      await unfinished(key, async (path) => {
        let open: { readonly session: Session; readonly handle: Buffer } | undefined;
        let size = 0;
        /** A connection that is new opens the file anew; what was confirmed is in it. */
        const opened = async (session: Session): Promise<Buffer> => {
          if (open?.session !== session) {
            const handle =
              size === 0
                ? await create(session, path, signal)
                : await session.ask<Buffer>(signal, (done) => session.sftp.open(path, 'r+', done));
            open = { session, handle };
          }
          return open.handle;
        };
        try {
          for await (const batch of inBatches(untilAborted(body, signal))) {
            await step(async (session) => writeBatch(session, await opened(session), batch, size, signal));
            size += batch.reduce((sum, piece) => sum + piece.length, 0);
          }
          signal?.throwIfAborted();
          await step(async (session) => {
            const handle = await opened(session);
            // On the disk, where the server can say so.
            await session
              .ask(signal, (done) => session.sftp.ext_openssh_fsync(handle, done))
              .catch((error: unknown) => {
                if (error instanceof BackupError || signal?.aborted || statusOf(error) === STATUS.FAILURE)
                  throw error;
              });
            await session.ask(signal, (done) => session.sftp.close(handle, done));
            open = undefined;
          });
          await step((session, attempt) =>
            publish({
              session,
              from: path,
              to: at(key),
              size,
              again: attempt > 1,
              key,
              name,
              signal,
              mayRename: () => mayRename(session, signal),
            }),
          );
        } catch (error) {
          const soon = AbortSignal.timeout(TIDY_MS);
          const left = open;
          // What is removed while it is open takes its space until the connection ends.
          if (left)
            await left.session
              .ask(soon, (done) => left.session.sftp.close(left.handle, done))
              .catch(() => undefined);
          await removePath(path, 'Removing an unfinished file from', soon).catch(() => undefined);
          throw error;
        }
      });
      return bySize(await retry(() => using(what, undefined, (session) => find(session, key)), patience));
    },

    async *get(key, range, signal): Bytes {
      checkKey(key);
      const session = await client.begin(signal);
      try {
        const { size } = await find(session, key, signal);
        const start = range?.start ?? 0;
        const end = Math.min(range?.end ?? size, size);
        if (start >= end) return;
        const handle = await session.ask<Buffer>(signal, (done) => session.sftp.open(at(key), 'r', done));
        try {
          yield* readAhead(session, handle, { start, end }, signal, name, address);
        } finally {
          void session.ask(undefined, (done) => session.sftp.close(handle, done)).catch(() => undefined);
        }
      } catch (error) {
        throw isNone(error) ? unknown(key) : sftpFailure(`Reading ${key} from`, name, address, error);
      } finally {
        client.end();
      }
    },

    async stat(key, signal) {
      checkKey(key);
      return using(`Asking for ${key} in`, signal, (session) => find(session, key, signal));
    },

    async list(signal) {
      return (await entries(signal))
        .filter((entry) => isOurs(entry.filename) && attributesOf(entry).file)
        .map((entry) => {
          const { size, modifiedAt } = attributesOf(entry);
          return { key: entry.filename, size, modifiedAt };
        })
        .sort(newestFirst);
    },

    async remove(key, signal) {
      checkKey(key);
      await using(`Removing ${key} from`, signal, async (session) => {
        const there = await find(session, key, signal).catch((error: unknown) => {
          // Nothing, or something that somebody else has put there.
          if (error instanceof BackupError && error.code === 'BACKUP_UNKNOWN') return undefined;
          throw error;
        });
        if (!there) return;
        await session
          .ask(signal, (done) => session.sftp.unlink(at(key), done))
          .catch((error: unknown) => {
            if (!isNone(error)) throw error;
          });
      });
    },

    async clean(signal) {
      let freed = 0;
      for (const entry of await entries(signal)) {
        const { file, size, modifiedAt } = attributesOf(entry);
        if (!file || !isDead(entry.filename, modifiedAt, () => writing.has(entry.filename))) continue;
        await removePath(at(entry.filename), 'Removing an unfinished file from', signal);
        freed += size;
      }
      return freed;
    },
  };
}
