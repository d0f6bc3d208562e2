import type { Holds } from '../../dumper/backup/holds';
import type { Host } from '../../host';
import type { BackupItem } from '../../api/api';
import type { StoredItem } from './storedItem';
import { instanceId } from '../trust/instance';
import { readMade } from '../trust/madeBook';
import { makerBy, type KnownMakers, type Maker } from '../../dumper/archive/maker';
import { knownMakers } from '../trust/maker';
import { withMarks } from './marks';
import { withProofs } from './proofs';
import { suddenlyPlain } from '../trust/suddenlyPlain';

/** What is known of a backup that this instance made, whatever the backup says of itself. */
export interface Own {
  readonly createdAt: string;
  /** Undefined: made by hand. */
  readonly schedule: string | undefined;
  /** `job`: only the record of a job tells of it, which is not enough to delete anything. */
  readonly by: 'signature' | 'book' | 'job';
  /** Of one that cannot be read without its key. */
  readonly holds?: Holds;
}

export interface OwnBackups {
  /** Undefined: somebody else made it, or it cannot be told. */
  ownOf(item: Omit<BackupItem, 'mine'>): Own | undefined;
  /** Whether this instance put something there under that name. */
  isOurPlace(item: Pick<BackupItem, 'storage' | 'name'>): boolean;
  /**
   * Whether this instance's key has signed it and this instance did not make it: its data folder was copied, with key
   * and number, or came back from an older copy. By the records of jobs, as far back as they reach: an archive has the
   * number of the job that made it.
   */
  isStray(item: Pick<BackupItem, 'id' | 'maker' | 'state'>): boolean;
  /** Whether it lies under a name that this instance gave it: copies and what was put back lie under others. */
  isInPlace(item: Pick<BackupItem, 'id' | 'name'>): boolean;
}

type Where = Pick<Host, 'settings' | 'instance' | 'jobs' | 'exclusive'>;

/** By its own signature; where archives had none yet, by its own records. */
export async function ownBackups(host: Where): Promise<OwnBackups> {
  const [all, jobs, number] = await Promise.all([readMade(host), host.jobs.list(), instanceId(host)]);
  const made = all.filter((item) => item.instance === host.instance && item.instanceId === number);
  const namesOf = new Map<string, Set<string>>();
  for (const { id, name } of made)
    if (id !== undefined) namesOf.set(id, (namesOf.get(id) ?? new Set()).add(name));
  const byId = new Map(made.map((item) => [item.id, item]));
  const places = new Set(made.map((item) => `${item.storage}/${item.name}`));
  const inBook = new Map(made.map((item) => [`${item.storage}/${item.name}/${item.size}`, item]));
  const jobsMade = new Map<string, string>();
  for (const { kind, state, result, id, startedAt } of jobs) {
    if (kind !== 'backup' || state !== 'done' || namesOf.has(id)) continue;
    const { name = '', size = 0 } = (result ?? {}) as { name?: string; size?: number };
    jobsMade.set(`${id}/${name}/${size}`, startedAt);
    jobsMade.set(`/${name}/${size}`, startedAt);
  }
  const ids = new Set([...jobs.map((job) => job.id), ...namesOf.keys()]);
  const [oldest] = jobs.map((job) => secondOf(job.id)).sort();
  const isStray: OwnBackups['isStray'] = ({ id = '', maker, state }) =>
    state !== 'damaged' &&
    maker.kind === 'own' &&
    maker.fingerprint !== undefined &&
    oldest !== undefined &&
    !ids.has(id) &&
    secondOf(id) > oldest;
  return {
    isStray,
    ownOf({ state, maker, format, storage, name, size, id = '', instance, createdAt, origin }) {
      if (state === 'damaged' || isStray({ id, maker, state })) return undefined;
      const record = inBook.get(`${storage}/${name}/${size}`);
      const booked =
        record && ({ createdAt: record.createdAt, schedule: record.schedule, by: 'book' } as const);
      if (maker.kind === 'own' && maker.fingerprint === undefined) return booked;
      if (maker.kind === 'own' && state === 'locked') {
        // It names neither the instance nor the schedule to whoever has no key: by its number our own records do.
        const { schedule, holds } = byId.get(id) ?? {};
        return { createdAt, schedule, by: 'signature', ...(holds && { holds }) };
      }
      if (maker.kind === 'own') {
        if (instance !== host.instance) return undefined;
        return { createdAt, schedule: origin?.schedule, by: 'signature' };
      }
      if (maker.kind !== 'unknown' || (format ?? 'ark') !== 'ark') return undefined;
      // What is in the book with its digest is known by that, or it is something else.
      if (record?.manifestSha256 === undefined && booked) return booked;
      const at = jobsMade.get(`${id}/${name}/${size}`);
      return at === undefined ? undefined : { createdAt: at, schedule: undefined, by: 'job' };
    },
    isOurPlace: ({ storage, name }) => places.has(`${storage}/${name}`),
    isInPlace({ id = '', name }) {
      return namesOf.get(id)?.has(name) ?? true;
    },
  };
}

/** The second in which a job began, of a number that `newJobId` gave; '' for anything else. */
const secondOf = (id: string): string => /^\d{8}_\d{6}(?=_[0-9a-f]{6}$)/.exec(id)?.[0] ?? '';

/** What storages have, with who made each and what was proven of it. */
export async function backupItems(host: Where, stored: readonly StoredItem[]): Promise<BackupItem[]> {
  const [makers, own, suspect] = await Promise.all([
    knownMakers(host),
    ownBackups(host),
    suddenlyPlain(host),
  ]);
  const items = (await withMarks(host, stored)).map(({ signedBy, manifestSha256, ...item }) => {
    const maker = makerOfStored({ signedBy, manifestSha256, ...item }, makers);
    const ours = own.ownOf({ ...item, maker });
    const holds = item.holds ?? ours?.holds;
    const mine = ours !== undefined;
    const plain = item.state === 'ok' && suspect({ ...item, maker });
    return {
      item: { ...item, maker, mine, ...(holds && { holds }), ...(plain && { suddenlyPlain: plain }) },
      manifestSha256,
    };
  });
  return withProofs(host, items);
}

/** The same of one. */
export async function backupItem(host: Where, stored: StoredItem): Promise<BackupItem> {
  const [item] = await backupItems(host, [stored]);
  if (!item) throw new Error('one comes back for each');
  return item;
}

/** Who made a backup, by what the catalog remembers of it. */
export const makerOfStored = (
  { signedBy, manifestSha256, state }: Pick<StoredItem, 'signedBy' | 'manifestSha256' | 'state'>,
  known: KnownMakers,
): Maker =>
  makerBy(
    {
      signature: signedBy === undefined ? undefined : { fingerprint: signedBy },
      // Of what is locked, the digest does not cover the entry with its key.
      manifestSha256: state === 'ok' ? manifestSha256 : undefined,
    },
    known,
  );
