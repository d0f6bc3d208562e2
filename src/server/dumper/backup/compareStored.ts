import { createHash, type Hash } from 'node:crypto';
import type { Bytes } from '../../bytes';
import { refused } from '../../errors/errors';
import type { Outcome } from '../../storage/everywhere';
import { storageSource } from '../container/storageSource';
import type { ArchiveWriter } from '../archive/writeArchive';

/** The same bytes, seen on their way. */
export async function* hashing(body: Bytes, digest: Hash): Bytes {
  for await (const piece of body) {
    digest.update(piece);
    yield piece;
  }
}

/** Larger ones are read back by `verify`, when somebody wants that. */
const MOST_READ_BACK = 1 << 30;

/**
 * How it was seen that a storage has what was sent: by the digest that the service itself has computed, by reading
 * every byte back, or by size, directory, manifest and signature alone.
 */
export type Compared = 'digest' | 'bytes' | 'directory';

export type ComparedOutcome =
  | (Extract<Outcome, { stored: unknown }> & { readonly compared: Compared })
  | Extract<Outcome, { error: unknown }>;

interface Expected {
  readonly manifestSha256: string;
  readonly archiveSha256: string;
  readonly reopen: ArchiveWriter['reopen'];
  readonly signal: AbortSignal | undefined;
}

/**
 * What a storage has must be what was sent, or it is not a backup: it is removed and counts as failed. Whatever the
 * service says, its directory, its manifest and its signature are read back from it.
 */
export async function compareStored(outcome: Outcome, expected: Expected): Promise<ComparedOutcome> {
  if ('error' in outcome) return outcome;
  const { storage, stored } = outcome;
  const { manifestSha256, archiveSha256, reopen, signal } = expected;
  try {
    const source = await storageSource(storage, stored.key, signal);
    if (source.size !== stored.size) {
      throw refused('stored-confirmed', {
        storage: storage.name,
        stored: stored.size,
        sent: source.size,
      });
    }
    const back = await reopen(source);
    if (back.manifestSha256 !== manifestSha256) {
      throw refused('stored-other', { storage: storage.name, key: stored.key });
    }
    if (stored.compared === 'digest') return { ...outcome, compared: 'digest' };
    // What this machine's disk confirmed would only be read from its memory.
    if (!storage.remote || stored.size > MOST_READ_BACK) return { ...outcome, compared: 'directory' };
    const digest = createHash('sha256');
    for await (const piece of storage.get(stored.key, undefined, signal)) digest.update(piece);
    if (digest.digest('hex') !== archiveSha256) {
      throw refused('stored-bytes', { storage: storage.name, key: stored.key });
    }
    return { ...outcome, compared: 'bytes' };
  } catch (error) {
    await storage.remove(stored.key).catch(() => undefined);
    return { storage, error };
  }
}
