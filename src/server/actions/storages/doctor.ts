import { randomBytes } from 'node:crypto';
import type { StorageTest } from '../../api/api';
import { BackupError, failureOf } from '../../errors/errors';
import { openDoor } from '../../outgoing';
import type { StorageCheck, StorageSettings } from '../../storage/checks';
import { kindOf } from '../../storage/kinds';
import { PATIENCE } from '../../storage/retrying';
import type { Storage } from '../../storage/storage';
import { openStorage, type Limits } from './storages';
import type { StorageRecord } from './storageRecord';

/** Enough that an upload may go in parts, and that limits of small proxies show. */
const PROBE = 6 * 1024 * 1024;
const SMALLER_MB = [4, 2, 1] as const;

/**
 * Does with a probe what a backup and a restore do with an archive. Where it fails, other settings are tried that
 * people usually mean, and those that work are proposed.
 */
export async function examine(
  name: string,
  record: StorageRecord,
  spool: string,
  limits: Limits = {},
): Promise<StorageTest> {
  const key = `ark-probe-${randomBytes(6).toString('hex')}.ark`;
  const first = await probe(await openQuickly(name, record, spool, limits), key, PROBE);
  const examined = (await kindOf(record).examine?.(name, record, {
    spool,
    door: openDoor(limits.reach),
    failure: first.failure,
  })) ?? { checks: [], alternatives: [] };
  // Nothing was tried yet: the question comes first.
  if (examined.trust) return { ok: false, checks: examined.checks, trust: examined.trust };
  const checks = [...first.checks, ...examined.checks];
  if (first.checks.every((check) => check.state !== 'failed')) {
    return {
      ok: checks.every((check) => check.state !== 'failed' && check.state !== 'danger'),
      checks,
      ...(examined.better && { proposal: examined.better }),
    };
  }
  const proposal = await firstThatWorks(name, record, spool, first.failure, examined.alternatives, limits);
  return { ok: false, checks, ...(proposal && { proposal: { ...examined.better, ...proposal } }) };
}

async function firstThatWorks(
  name: string,
  record: StorageRecord,
  spool: string,
  failure: unknown,
  alternatives: readonly StorageSettings[],
  limits: Limits,
): Promise<StorageSettings | undefined> {
  const tooLarge = failure instanceof BackupError && failure.code === 'STORAGE_TOO_LARGE';
  const tries = tooLarge ? SMALLER_MB.map((volumeMb): StorageSettings => ({ volumeMb })) : alternatives;
  for (const settings of tries) {
    const changed: StorageRecord = { ...record, ...settings };
    const key = `ark-probe-${randomBytes(6).toString('hex')}.ark`;
    try {
      const { checks } = await probe(await openQuickly(name, changed, spool, limits), key, PROBE);
      if (checks.every((check) => check.state !== 'failed')) return settings;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Whoever waits for a test wants to know soon. */
const openQuickly = (name: string, record: StorageRecord, spool: string, limits: Limits): Promise<Storage> =>
  openStorage(name, record, spool, {
    ...limits,
    patience: { ...PATIENCE, attempts: 2, longestMs: 5000, lastingMs: 0 },
    idleMs: 20_000,
  });

interface Probed {
  readonly checks: StorageCheck[];
  readonly failure: unknown;
}

async function probe(storage: Storage, key: string, size: number): Promise<Probed> {
  const checks: StorageCheck[] = [];
  let failure: unknown;
  const body = randomBytes(size);
  const step = async (
    what: string,
    done: string,
    work: () => Promise<string | undefined>,
  ): Promise<boolean> => {
    try {
      const wrong = await work();
      checks.push(
        wrong === undefined
          ? { what, state: 'ok', message: done }
          : { what, state: 'failed', message: wrong, code: 'STORED_DIFFERS' },
      );
      return wrong === undefined;
    } catch (error) {
      failure ??= error;
      checks.push({ what, state: 'failed', ...failureOf(error) });
      return false;
    }
  };
  const read = async (range?: { start: number; end: number }): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of storage.get(key, range)) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const listed = await step('reach', 'It answers, and lets us in.', async () => {
    await storage.list();
    return undefined;
  });
  const written =
    listed &&
    (await step('write', 'A file was written and confirmed.', async () => {
      await storage.put(key, pieces(body));
      return undefined;
    }));
  if (written) {
    await step('read', 'It came back as it was written.', async () =>
      (await read()).equals(body)
        ? undefined
        : `The file came back changed. Something between here and ${storage.name} changes files.`,
    );
    await step('range', 'A part of it could be read alone.', async () =>
      (await read({ start: 1_000_000, end: 1_000_100 })).equals(body.subarray(1_000_000, 1_000_100))
        ? undefined
        : 'A part of the file came back as something else.',
    );
    await step('list', 'It is in the list.', async () =>
      (await storage.list()).some((object) => object.key === key && object.size === size)
        ? undefined
        : `The file is not in the list. ${storage.name} does not list everything it has: move old backups to another folder.`,
    );
  }
  if (listed) {
    await step('remove', 'It could be removed.', async () => {
      await storage.remove(key);
      return (await storage.list()).some((object) => object.key === key)
        ? 'The file is still there after it was removed.'
        : undefined;
    });
  }
  return { checks, failure };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body is asynchronous
async function* pieces(body: Buffer): AsyncGenerator<Buffer, void, void> {
  for (let at = 0; at < body.length; at += 1 << 20) yield body.subarray(at, at + (1 << 20));
}
