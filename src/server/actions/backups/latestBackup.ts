import { refused, type BackupError } from '../../errors/errors';
import type { Host } from '../../host';
import { knownMakers } from '../trust/maker';
import type { Catalog } from './catalog';
import { instancesBy } from './instanceOf';
import type { StorageTrouble } from './listBackups';
import { makerOfStored, ownBackups } from './ownBackups';
import type { StoredItem } from './storedItem';

type Where = Pick<Host, 'settings' | 'storages' | 'jobs' | 'exclusive'>;

/** What `latest` may turn out to be. */
export type Latest =
  | {
      readonly is: 'backup';
      readonly backup: StoredItem;
      readonly instance: string;
      /** Newer files that cannot be read, so that nobody knows what they were. */
      readonly passedOver: readonly StoredItem[];
    }
  /** Another storage that does not answer may have a newer one. */
  | { readonly is: 'unsure'; readonly failed: readonly StorageTrouble[] }
  /** Several instances keep their backups by this folder, and none was named. */
  | { readonly is: 'several'; readonly instances: readonly string[] }
  | { readonly is: 'none'; readonly error: BackupError };

/**
 * The newest good backup that an instance of this data folder has made, by its signature or its own records and never
 * by what an archive says of itself. Without `instance` it must be the only one that has made any.
 */
export async function latestBackup(
  where: Where,
  catalog: Catalog,
  { instance, storage }: { readonly instance?: string | undefined; readonly storage?: string | undefined },
  now: Date,
): Promise<Latest> {
  const { items, failed } = await catalog.list(where, storage);
  if (failed.length > 0) return { is: 'unsure', failed };
  const [makers, instanceOf] = await Promise.all([knownMakers(where), instancesBy(where)]);
  const own = items.flatMap((item) => {
    const { instance: of } = instanceOf(item);
    if (item.state === 'damaged' || of === undefined) return [];
    return [{ item, maker: makerOfStored(item, makers), of }];
  });
  const makersHere = [...new Set(own.filter(({ maker }) => maker.kind === 'own').map(({ of }) => of))].sort();
  if (instance === undefined && makersHere.length > 1) return { is: 'several', instances: makersHere };
  const wanted = instance ?? makersHere[0];
  const looked = [...new Set(storage === undefined ? await namesOf(where) : [storage])];
  if (wanted === undefined) return { is: 'none', error: refused('latest-none', { storages: looked }) };
  const known = await ownBackups({ ...where, instance: wanted });
  const good = own.flatMap(({ item, maker, of }) => {
    const ours = of === wanted ? known.ownOf({ ...item, maker }) : undefined;
    const at = ours === undefined ? NaN : Date.parse(ours.createdAt);
    // What bears a time that has not come is not newer than anything.
    return at <= now.getTime() ? [{ item, at }] : [];
  });
  const [newest] = good.sort((a, b) => b.at - a.at);
  if (!newest)
    return {
      is: 'none',
      error: refused('latest-none-of', { instance: wanted, storages: looked }),
    };
  const passedOver = items.filter(
    (item) => item.state === 'damaged' && Date.parse(item.createdAt) > newest.at,
  );
  return { is: 'backup', backup: newest.item, instance: wanted, passedOver };
}

const namesOf = async ({ storages }: Where): Promise<string[]> =>
  (await storages.list()).map(({ name }) => name);
