import { randomBytes } from 'node:crypto';
import { stat as statFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Bytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import {
  isUnknown,
  networkFailure,
  refuseCompressed,
  stalled,
  StorageFailure,
  storageFailure,
} from '../failure';
import { fileError, readFile } from '../files';
import { checkKey, isOurs } from '../key';
import type { Entry } from './multistatus';
import { reading } from '../reading';
import { PATIENCE, persistent, retry, type Patience } from '../retrying';
import { spooled } from '../spool';
import { bySize, newestFirst, type OnWait, type Storage, type Stored, type StoredObject } from '../storage';
import { davClient, type DavSettings } from './client';
import { quiet, webdavFolder } from './folder';
import { DAY, HOUR, MINUTE } from '../../durations';

export interface WebdavOptions extends DavSettings {
  /** Folder below the URL; made when first needed. */
  readonly path?: string | undefined;
  /** Where a file is kept while it is sent: a server wants to know its length first. */
  readonly spool: string;
  readonly idleMs?: number | undefined;
  /** How long a server may think after it has got everything. */
  readonly finishMs?: number | undefined;
  readonly patience?: Patience | undefined;
}

const IDLE_MS = 120_000;
const FINISH_MS = 15 * MINUTE;
/** Whoever gives up once everything is sent is answered when the server has, or after so long. */
const LAST_MS = 3000;
/** A server may go on for a moment with a request whose answer nobody waits for. */
const SETTLED_MS = 500;
/** Nextcloud forbids names that end in `.part`. */
const UNFINISHED = '.arkpart';
const LOCK = '.arklock';

/**
 * Archives as files of a WebDAV folder. A file is sent under a name that no list shows, with its length said first,
 * looked at, and only then given its name.
 */
export function webdavStorage(name: string, options: WebdavOptions): Storage {
  const idleMs = options.idleMs ?? IDLE_MS;
  const finishMs = options.finishMs ?? FINISH_MS;
  const patience = options.patience ?? PATIENCE;
  const { clock } = patience;
  // Gateways with a cache know a new file only after a while.
  const looks = patience.attempts + 3;
  const untilNextLook = (look: number): number => Math.min(30_000, patience.longestMs, 500 * 2 ** look);
  const dav = davClient(name, options, idleMs, clock);
  const folder = webdavFolder(name, dav, options.path ?? '');
  const { base, folders } = folder;
  const { address } = dav;
  const at = (key: string) => `${base}/${key}`;

  const { lookAt, lookIn, folderReady } = folder;
  /** By key, as last seen: an object does not change while it is there. */
  const sizes = new Map<string, number>();
  const stat = async (key: string, signal?: AbortSignal): Promise<StoredObject> => {
    const answer = await lookAt(at(checkKey(key)), `Asking for ${key} in`, signal).catch(
      quiet(folders.length > 0 ? [409] : []),
    );
    if (!answer || answer.folder) throw refused('backup-gone', { key, storage: name });
    sizes.set(key, answer.size);
    return { key, size: answer.size, modifiedAt: answer.modifiedAt };
  };
  const refuseTaken = async (key: string, signal?: AbortSignal): Promise<void> => {
    const present = await stat(key, signal).catch((error: unknown) => {
      if (isUnknown(error)) return undefined;
      throw error;
    });
    if (present) throw taken(key, name);
  };

  const removePath = async (path: string, what: string, signal?: AbortSignal): Promise<void> => {
    const answer = await dav.ask({ method: 'DELETE', path, what, signal, fine: [404, 410] });
    answer.body?.resume();
  };

  const sendFile = async (path: string, file: string, size: number, key: string, signal?: AbortSignal) => {
    let alive: () => void = () => undefined;
    const flowing = Readable.from(
      each(readFile(file), () => alive()),
      { objectMode: false },
    );
    // What goes wrong with it is told by the request.
    flowing.on('error', () => undefined);
    // Once everything is sent a server may take long to answer: some compute digests first, some pass it on.
    const over = new AbortController();
    let finish: NodeJS.Timeout | undefined;
    let last: NodeJS.Timeout | undefined;
    // It may be making the file just then, which could not be removed before it is there.
    const giveUp = () => {
      if (flowing.readableEnded) last = setTimeout(() => over.abort(signal?.reason), LAST_MS).unref();
      else over.abort(signal?.reason);
    };
    signal?.throwIfAborted();
    signal?.addEventListener('abort', giveUp, { once: true });
    flowing.on('end', () => {
      // Given up just then.
      if (flowing.destroyed) return;
      finish = setTimeout(() => over.abort(stalled(name, address, finishMs)), finishMs).unref();
    });
    try {
      const answer = await dav.ask({
        method: 'PUT',
        path,
        body: flowing,
        what: `Sending ${key} to`,
        headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) },
        signal: over.signal,
        patience: (push) => {
          alive = push;
          flowing.on('end', () => {
            if (flowing.destroyed) return;
            const timer = setInterval(push, idleMs / 2).unref();
            flowing.on('close', () => clearInterval(timer));
          });
        },
      });
      answer.body?.resume();
    } finally {
      signal?.removeEventListener('abort', giveUp);
      clearTimeout(last);
      clearTimeout(finish);
      flowing.destroy();
    }
  };

  /** Looks until it is there in its whole size, or for long enough. */
  const arrived = async (path: string, size: number, key: string, signal?: AbortSignal): Promise<void> => {
    let entry: Entry | undefined;
    for (let look = 1; look <= looks; look += 1) {
      entry = await lookAt(path, `Looking at ${key} in`, signal);
      if (entry?.size === size) return;
      if (look < looks) await clock.sleep(untilNextLook(look), signal);
    }
    throw storageFailure(
      entry
        ? { code: 'stored-size', storage: name, key, stored: entry.size, sent: size }
        : { code: 'stored-absent', storage: name, key, address },
      { transient: true },
    );
  };

  const rename = async (from: string, key: string): Promise<void> => {
    const to = at(key);
    const Destination = `${dav.url}${to.split('/').map(encodeURIComponent).join('/')}`;
    const answer = await dav
      .ask({
        method: 'MOVE',
        path: from,
        headers: { Destination, Overwrite: 'F' },
        what: `Giving ${key} its name in`,
        fine: [412],
      })
      .catch(async (error: unknown) => {
        // No answer, or one of a proxy that did not want to wait: what is there tells.
        const moved =
          error instanceof StorageFailure &&
          error.transient &&
          (await lookAt(to, 'Looking at').catch(() => undefined));
        if (moved && !(await lookAt(from, 'Looking at'))) return undefined;
        throw error;
      });
    answer?.body?.resume();
    if (answer?.status === 412) throw taken(key, name);
  };

  /**
   * Of several writers of one name one at a time: to make a folder is the one thing that all servers do at most once.
   * Volumes are named after their content and need no such care.
   */
  const alone = async (
    key: string,
    signal: AbortSignal | undefined,
    work: () => Promise<void>,
  ): Promise<void> => {
    if (/-[0-9a-f]{12}\.arkv$/.test(key)) return work();
    const path = `${at(key)}${LOCK}/`;
    for (let look = 1; ; look += 1) {
      const answer = await dav.ask({
        method: 'MKCOL',
        path,
        what: `Reserving ${key} in`,
        fine: [403, 405, 406, 409, 423, 500, 501],
      });
      answer.body?.resume();
      if (answer.status < 400) {
        try {
          await work();
          return;
        } finally {
          await removePath(path, 'Removing a mark from').catch(() => undefined);
        }
      }
      // A server that makes no folders of such names has to do without.
      if (answer.status !== 405) return work();
      // Some say so of every folder, of those too that are not there.
      if (!(await lookAt(path, `Looking at ${key} in`, signal))) return work();
      await refuseTaken(key, signal);
      if (look >= looks) {
        throw storageFailure({ code: 'storage-storing', storage: name, key, folder: `${key}${LOCK}` });
      }
      await clock.sleep(untilNextLook(look), signal);
    }
  };

  /** What was confirmed has to be listed: from then on a listing is all that others see. */
  const listed = async (key: string, size: number, signal?: AbortSignal): Promise<StoredObject> => {
    let entries: Entry[] = [];
    for (let look = 1; look <= looks; look += 1) {
      entries = await lookIn('Listing', signal);
      const listedEntry = entries.find((entry) => entry.name === key);
      if (listedEntry?.size === size) return { key, size, modifiedAt: listedEntry.modifiedAt };
      if (look < looks) await clock.sleep(untilNextLook(look), signal);
    }
    throw storageFailure({ code: 'listing-lacks', storage: name, key, count: entries.length });
  };

  const storeOnce = async (key: string, file: string, signal: AbortSignal | undefined): Promise<Stored> => {
    const { size } = await statFile(file).catch((error: unknown) => {
      throw fileError(error, file);
    });
    await refuseTaken(key, signal);
    await folderReady(signal);
    const part = `${base}/${key}.${randomBytes(4).toString('hex')}${UNFINISHED}`;
    let answered = false;
    try {
      await sendFile(part, file, size, key, signal).catch((error: unknown) => {
        // Digest's sign-ins run out; a new one is had by now, and the file goes again from its start.
        if (!(error instanceof StorageFailure && error.transient && error.httpStatus === 401)) throw error;
        return sendFile(part, file, size, key, signal).catch((again: unknown) => {
          if (!(again instanceof StorageFailure) || again.httpStatus !== 401) throw again;
          // Whoever is never let in need not try for long.
          throw new StorageFailure(again.message, { cause: again, status: 401, details: again.details });
        });
      });
      answered = true;
      await arrived(part, size, key, signal);
      signal?.throwIfAborted();
      await alone(key, signal, async () => {
        // A server may ignore that it must not overwrite.
        await refuseTaken(key, signal);
        await rename(part, key);
      });
    } catch (error) {
      if (error instanceof StorageFailure && error.httpStatus === 409) folder.forget();
      const away = () => removePath(part, 'Removing an unfinished file from').catch(() => undefined);
      await away();
      if (!answered && (error as Partial<StorageFailure>).httpStatus === undefined) {
        await clock.sleep(SETTLED_MS);
        await away();
      }
      throw error;
    }
    try {
      return bySize(await listed(key, size, signal));
    } catch (error) {
      await removePath(at(key), `Removing ${key} from`).catch(() => undefined);
      throw error;
    }
  };

  /** A file can be sent again from its start; what an attempt has left is gone before the next. */
  const store = (key: string, file: string, signal?: AbortSignal, onWait?: OnWait): Promise<Stored> =>
    retry(() => storeOnce(key, file, signal), persistent(patience), signal, onWait);

  let rangesIgnored = false;
  return {
    name,
    kind: 'webdav',
    remote: true,

    ignoresRanges: () => rangesIgnored,

    async adopt(key, file, signal, onWait) {
      // Away from the start, it is told soon.
      await retry(() => refuseTaken(key, signal), patience, signal);
      return store(key, file, signal, onWait);
    },

    async put(key, body, signal, onWait) {
      await retry(() => refuseTaken(key, signal), patience, signal);
      return spooled(options.spool, body, signal, ({ file }) => store(key, file, signal, onWait));
    },

    async *get(key, range, signal) {
      checkKey(key);
      if (range && range.end <= range.start) {
        await stat(key, signal);
        return;
      }
      signal?.throwIfAborted();
      // What servers answer to a range that goes beyond the end differs widely, so none is asked for.
      const size = range && (sizes.get(key) ?? (await stat(key, signal)).size);
      const end = Math.min(range?.end ?? 0, size ?? 0);
      if (range && range.start >= end) return;
      const answer = await dav.ask({
        method: 'GET',
        path: at(key),
        what: `Reading ${key} from`,
        headers: range ? { Range: `bytes=${range.start}-${end - 1}` } : {},
        signal,
        fine: [404, 409, 410, 416],
      });
      const { status, body, headers } = answer;
      if (status >= 400 || !body) {
        body?.resume();
        // Beyond the end there is nothing.
        if (status === 416) return;
        throw refused('backup-gone', { key, storage: name });
      }
      if (range && status !== 206) rangesIgnored = true;
      const length = headers.get('content-length');
      refuseCompressed(headers.get('content-encoding') ?? undefined, name, address);
      yield* reading(body, {
        signal,
        idleMs,
        expected: length === null ? undefined : Number(length),
        slice: status === 206 ? undefined : range,
        stalled: () => stalled(name, address, idleMs),
        broken: (cause) => networkFailure(name, address, cause),
      });
    },

    stat,

    async list(signal) {
      const entries = await lookIn('Listing', signal);
      return entries
        .filter((entry) => !entry.folder && isOurs(entry.name))
        .map(({ name: key, size, modifiedAt }) => ({ key, size, modifiedAt }))
        .sort(newestFirst);
    },

    async remove(key, signal) {
      await removePath(at(checkKey(key)), `Removing ${key} from`, signal);
      sizes.delete(key);
    },

    async clean(signal) {
      let freed = 0;
      for (const entry of await lookIn('Listing', signal)) {
        const age = clock.now() - entry.modifiedAt.getTime();
        if (entry.folder && entry.name.endsWith(LOCK) && age > HOUR) {
          await removePath(`${base}/${entry.name}/`, 'Removing a mark from', signal);
        }
        if (entry.folder || !entry.name.endsWith(UNFINISHED) || age < DAY) continue;
        await removePath(`${base}/${entry.name}`, 'Removing an unfinished file from', signal);
        freed += entry.size;
      }
      return freed;
    },
  };
}

const taken = (key: string, name: string): BackupError =>
  refused('backup-taken-there', { key, storage: name });

async function* each(body: Bytes, onPiece: () => void): Bytes {
  for await (const piece of body) {
    onPiece();
    yield piece;
  }
}
