import type { Archive, Outside } from '../../dumper/archive/archive';
import { readSummary } from '../../dumper/archive/readSummary';
import { summaryOf, type Summary } from '../../dumper/archive/summary';
import { holdsOf } from '../../dumper/backup/holds';
import { rangesOf, storageSource } from '../../dumper/container/storageSource';
import { openBackup } from '../../dumper/legacy/open';
import { asBackupError } from '../../errors/errors';
import type { Storage, StoredObject } from '../../storage/storage';
import { soon } from '../soon';
import { unreadable, type ReadItem } from './unreadable';

/** What an archive says of itself, or why it cannot be asked. */
export async function readItem(storage: Storage, object: StoredObject): Promise<ReadItem> {
  return soon(storage.name, (signal) => openItem(storage, object, signal)).catch((cause: unknown) =>
    unreadable(storage, object, asBackupError(cause)),
  );
}

async function openItem(storage: Storage, object: StoredObject, signal: AbortSignal): Promise<ReadItem> {
  if (object.key.endsWith('.ark')) {
    const outline = await readSummary(rangesOf(storage, object.key, object.size, signal));
    if (outline?.summary) return itemBy(storage, object, { ...outline, summary: outline.summary });
    if (outline) return lockedItem(storage, object, outline);
  }
  const source = await storageSource(storage, object.key, signal);
  try {
    return itemOf(storage, object, await openBackup(source, {}, object.key));
  } catch (cause) {
    const error = asBackupError(cause);
    if (error.code !== 'ARCHIVE_LOCKED') throw error;
  }
  if (object.key.endsWith('.nbdata')) return { ...lockedFacts(storage, object), format: 'nbdata' };
  const { readOutside } = await import('../../dumper/archive/readArchive');
  return lockedItem(storage, object, await readOutside(source));
}

/** What was signed of it can be read without its key. */
function lockedItem(
  storage: Storage,
  object: StoredObject,
  { signature, manifestSha256 }: Outside,
): ReadItem {
  const facts = lockedFacts(storage, object);
  if (!signature) return { ...facts, manifestSha256 };
  const { id, createdAt, instance, schedule, fingerprint } = signature;
  return {
    ...facts,
    createdAt,
    ...(instance !== '' && { instance }),
    id,
    ...(schedule !== undefined && { origin: { schedule } }),
    signedBy: fingerprint,
    manifestSha256,
  };
}

const lockedFacts = (storage: Storage, { key, size, modifiedAt }: StoredObject) => ({
  name: key,
  storage: storage.name,
  size,
  groups: [],
  encrypted: true,
  createdAt: modifiedAt.toISOString(),
  state: 'locked' as const,
});

export const itemOf = (storage: Storage, object: StoredObject, archive: Archive): ReadItem =>
  itemBy(storage, object, { ...archive, summary: summaryOf(archive.manifest) });

type Said = Pick<Archive, 'encrypted' | 'manifestSha256' | 'signature'> & {
  readonly format?: Archive['format'];
  readonly summary: Summary;
};

function itemBy(
  storage: Storage,
  object: StoredObject,
  { format = 'ark', summary, encrypted, signature, manifestSha256 }: Said,
): ReadItem {
  const { id, createdAt, createdBy, instance, origin, groups, files } = summary;
  return {
    name: object.key,
    storage: storage.name,
    size: object.size,
    createdAt,
    ...(createdBy !== undefined && { createdBy }),
    ...(instance !== '' && { instance }),
    id,
    ...(origin && { origin }),
    encrypted,
    groups,
    ...(files && { files }),
    state: 'ok',
    ...(format !== 'ark' && { format }),
    ...(signature && { signedBy: signature.fingerprint }),
    manifestSha256,
    holds: holdsOf(summary),
  };
}
