import type { Bytes } from '../../bytes';
import { openBackup } from '../../dumper/legacy/open';
import { storageSource } from '../../dumper/container/storageSource';
import type { Keys, Recipients } from '../../dumper/container/cipher';
import type { DumpResult } from '../../dumper/backup/dump';
import { asBackupError, BackupError, refused, failureOf } from '../../errors/errors';
import { detailText, type Details } from '../../errors/details';
import type { Host } from '../../host';
import type { JobContext } from '../../jobs/jobs';
import { StorageFailure } from '../../storage/failure';
import type { Storage, StoredObject } from '../../storage/storage';

/** The storages that one backup goes to: without names the default one. */
export async function targets(host: Host, names: readonly string[]): Promise<Storage[]> {
  if (names.length === 0) return [await host.storages.find()];
  return Promise.all([...new Set(names)].map((name) => host.storages.find(name)));
}

/** The backup is whole in some of its storages, and stays there. */
export class PartlyStored extends BackupError {
  constructor(
    readonly result: DumpResult,
    readonly failed: readonly { readonly storage: string; readonly error: BackupError }[],
  ) {
    const lost = new Set(failed.map((target) => target.storage));
    const there = result.outcomes.map((outcome) => outcome.storage.name).filter((name) => !lost.has(name));
    const details: Details = {
      code: 'partly-stored',
      backup: result.stored.key,
      storages: there,
      failures: failed.map(({ storage, error }) =>
        failureOf(refused('storage-broken', { storage, why: failureOf(error) })),
      ),
    };
    super('TARGET_FAILED', detailText(details), { details });
  }
}

/**
 * A storage that failed gets the archive once more from one that has it; archives in volumes go on where they
 * stopped. What is whole stays in any case, but only all of them together are success. Returns those that have got it.
 */
export async function completeTargets(
  result: DumpResult,
  owner: Recipients | undefined,
  { note, signal }: JobContext,
): Promise<string[]> {
  const { outcomes, stored } = result;
  const keys = owner && 'passphrase' in owner ? { passphrase: owner.passphrase } : {};
  const whole = outcomes.find((outcome) => 'stored' in outcome);
  const failed: { storage: string; error: BackupError }[] = [];
  const late: string[] = [];
  for (const outcome of outcomes) {
    if (!whole || !('error' in outcome)) continue;
    const { name } = outcome.storage;
    const first = asBackupError(outcome.error);
    note(`! ${name}: ${first.message} [${first.code}]`);
    if (!(outcome.error instanceof StorageFailure) || !outcome.error.transient) {
      failed.push({ storage: name, error: first });
      continue;
    }
    note(`once more to ${name}, from ${whole.storage.name}`);
    await transferBackup(whole.storage, outcome.storage, stored.key, keys, signal).then(
      () => late.push(name),
      (error: unknown) => failed.push({ storage: name, error: asBackupError(error) }),
    );
  }
  if (failed.length > 0) throw new PartlyStored(result, failed);
  return late;
}

/** Takes a backup from one storage to another under the same name; what arrived is opened before it counts. */
export async function transferBackup(
  from: Storage,
  to: Storage,
  key: string,
  keys: Keys,
  signal: AbortSignal | undefined,
  onBytes: (sent: number) => void = () => undefined,
): Promise<StoredObject> {
  const { size } = await from.stat(key);
  const stored = await to.put(key, counted(from.get(key, undefined, signal), onBytes), signal);
  await compare(from, to, stored, size, keys);
  return stored;
}

async function* counted(bytes: Bytes, onBytes: (sent: number) => void): Bytes {
  let sent = 0;
  for await (const piece of bytes) {
    onBytes((sent += piece.length));
    yield piece;
  }
}

async function compare(
  from: Storage,
  to: Storage,
  stored: StoredObject,
  size: number,
  keys: Keys,
): Promise<void> {
  const open = async (storage: Storage) =>
    openBackup(await storageSource(storage, stored.key), keys, stored.key).catch((error: unknown) => {
      // Without the key only the container can be looked at; opening has checked that much.
      if (error instanceof BackupError && error.code === 'ARCHIVE_LOCKED') return undefined;
      throw error;
    });
  try {
    const [before, after] = [await open(from), await open(to)];
    if (stored.size === size && before?.manifestSha256 === after?.manifestSha256) return;
    throw refused('stored-other', { storage: to.name, key: stored.key });
  } catch (error) {
    await to.remove(stored.key).catch(() => undefined);
    throw error;
  }
}
