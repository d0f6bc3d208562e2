import { z } from 'zod';
import type { Host } from '../host';
import type { BackupItem } from './api';

/** What was proven of backups, by the archive's own id: its copies in other storages are proven along. */
const Proof = z.object({ verifiedAt: z.iso.datetime().optional(), rehearsedAt: z.iso.datetime().optional() });
type Proof = z.infer<typeof Proof>;
const Proofs = z.record(z.string(), Proof);

const KEEP = 2000;

type Where = Pick<Host, 'settings'>;

type Place = Pick<BackupItem, 'storage' | 'name' | 'size'>;

/** Of an encrypted one the list does not know the id. */
const placeOf = ({ storage, name, size }: Place): string => [storage, name, size].join('/');

const read = async ({ settings }: Where): Promise<Record<string, Proof>> =>
  Proofs.catch({}).parse(await settings.get('settings', 'proofs'));

/** Writers of this process one after the other, so that none is lost. */
let last: Promise<void> = Promise.resolve();

export function rememberProof(
  host: Where,
  archive: { readonly id: string; readonly places: readonly Place[] },
  proof: Proof,
): Promise<void> {
  last = last
    .catch(() => undefined)
    .then(async () => {
      const all = await read(host);
      const keys = [archive.id, ...archive.places.map(placeOf)];
      for (const key of keys) {
        const before = all[key];
        // The newest last: the oldest are forgotten first.
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a record by id
        delete all[key];
        all[key] = { ...before, ...proof };
      }
      const kept = Object.entries(all).slice(-KEEP);
      await host.settings.save('settings', 'proofs', Object.fromEntries(kept));
    });
  return last;
}

/** The list with what was proven of each. */
export async function withProofs(host: Where, items: readonly BackupItem[]): Promise<BackupItem[]> {
  const all = await read(host);
  return items.map((item) => {
    const found = { ...all[placeOf(item)], ...(item.id === undefined ? {} : all[item.id]) };
    const { verifiedAt = item.verifiedAt, rehearsedAt } = found;
    return {
      ...item,
      ...(verifiedAt !== undefined && { verifiedAt }),
      ...(rehearsedAt !== undefined && { rehearsedAt }),
    };
  });
}
