import * as z from 'zod';
import type { BackupItem } from '../../api/api';
import { again, refused } from '../../errors/errors';
import type { Host } from '../../host';
import { inTurn } from '../inTurn';
import type { StoredItem } from './storedItem';

/**
 * What people say of backups: a note, and a pin that keeps one until it is unpinned. By the digest of the manifest, so
 * that copies bear them under whatever name; what cannot be read has none, and is known by its name.
 */
const Mark = z.object({
  /** The name that it had when it was marked. */
  name: z.string(),
  pinned: z.object({ at: z.iso.datetime(), by: z.string().optional() }).optional(),
  note: z.string().optional(),
});
type Mark = z.infer<typeof Mark>;
const Marks = z.record(z.string(), Mark);
type Marks = z.infer<typeof Marks>;

type Where = Pick<Host, 'settings' | 'exclusive' | 'user'>;
type Marked = Pick<StoredItem, 'name' | 'manifestSha256'>;

export interface MarkChange {
  readonly pinned?: boolean | undefined;
  /** Empty: none any more. */
  readonly note?: string | undefined;
}

const NAME = 'marks';
/** Notes kept at most; of those without a pin the oldest go, and pins never do. */
const KEEP = 2000;

const read = async ({ settings }: Pick<Host, 'settings'>): Promise<Marks> =>
  Marks.parse((await settings.get('settings', NAME)) ?? {});

/** Where its mark is, the newest last. What lies under the name of a marked one may well be what is left of that. */
function keysOf(marks: Marks, { name, manifestSha256 }: Marked): string[] {
  if (manifestSha256 !== undefined) return [manifestSha256];
  const same = Object.keys(marks).filter((key) => marks[key]?.name === name);
  return same.length > 0 ? same : [`name ${name}`];
}

function markOf(marks: Marks, item: Marked): Mark | undefined {
  const those = keysOf(marks, item).flatMap((key) => (Object.hasOwn(marks, key) ? (marks[key] ?? []) : []));
  return those.findLast(({ pinned }) => pinned) ?? those.at(-1);
}

/** Rejects with BACKUP_PINNED if there is no room for another pin. */
export function markBackup(host: Where, item: Marked, change: MarkChange, now: Date): Promise<void> {
  return inTurn(host, NAME, async () => {
    const marks = new Map(Object.entries(await read(host)));
    for (const key of keysOf(Object.fromEntries(marks), item)) {
      const before: Mark = marks.get(key) ?? { name: item.name };
      const { pinned: isPinned = before.pinned !== undefined, note = before.note ?? '' } = change;
      const pinned = before.pinned ?? {
        at: now.toISOString(),
        ...(host.user !== undefined && { by: host.user }),
      };
      // The newest last: the oldest are forgotten first.
      marks.delete(key);
      if (isPinned || note !== '')
        marks.set(key, { name: before.name, ...(isPinned && { pinned }), ...(note !== '' && { note }) });
    }
    await host.settings.save('settings', NAME, Object.fromEntries(bounded([...marks])));
  });
}

function bounded(marks: readonly [string, Mark][]): [string, Mark][] {
  const pins = marks.filter(([, { pinned }]) => pinned).length;
  if (pins > KEEP) throw refused('pins-full', { most: KEEP });
  const notes = marks.filter(([, { pinned }]) => !pinned);
  const forgotten = new Set(notes.slice(0, Math.max(0, marks.length - KEEP)));
  return marks.filter((mark) => !forgotten.has(mark));
}

/**
 * Nobody can pin it while `remove` runs. Rejects with BACKUP_PINNED, and where it cannot be told for now whether it is
 * pinned with why it cannot be read.
 */
export function removeUnlessPinned(
  host: Where,
  item: StoredItem,
  remove: () => Promise<void>,
): Promise<void> {
  return inTurn(host, NAME, async () => {
    await refusePinned(host, item);
    await remove();
  });
}

export async function refusePinned(host: Pick<Host, 'settings'>, item: StoredItem): Promise<void> {
  const marks = await read(host);
  if (markOf(marks, item)?.pinned) throw refused('backup-pinned', { backup: item.name }, { way: 'unpin' });
  const { error, manifestSha256 } = item;
  if (manifestSha256 !== undefined || error === undefined || again(error).exit === 3) return;
  if (Object.values(marks).some(({ pinned }) => pinned)) throw again(error);
}

/** The list with what was said of each. */
export async function withMarks<T extends Marked>(
  host: Pick<Host, 'settings'>,
  items: readonly T[],
): Promise<(T & Pick<BackupItem, 'pinned' | 'note'>)[]> {
  const marks = await read(host).catch((): Marks => ({}));
  return items.map((item) => {
    const { pinned, note } = markOf(marks, item) ?? {};
    return { ...item, ...(pinned && { pinned }), ...(note !== undefined && { note }) };
  });
}
