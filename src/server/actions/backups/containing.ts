import pMap from 'p-map';
import type { Containing } from '../../api/api';
import { openBackup } from '../../dumper/legacy/open';
import { storageSource } from '../../dumper/container/storageSource';
import { throwIfCancelled } from '../../errors/errors';
import type { Host } from '../../host';
import { soon } from '../soon';
import type { Catalog } from './catalog';
import type { StoredItem } from './storedItem';

/** What the collections of a backup are called: by their tables, by the app, and for people. */
type Named = readonly (readonly string[])[];

/**
 * A manifest never changes, and most backups of an app have the same collections: one list is kept for all of them.
 * Beyond so many characters all are forgotten and read again.
 */
const MOST_CHARACTERS = 4 * 1024 * 1024;
interface Known {
  readonly byManifest: Map<string, Named>;
  readonly lists: Map<string, Named>;
  characters: number;
}
const known = new WeakMap<Catalog, Known>();
const READING = 2;
/** Names that are told of one backup. */
const TOLD = 5;

export interface ContainingAsked {
  /** A part of a name or title, in small or capital letters. */
  readonly collection: string;
  readonly storage?: string | undefined;
  /** After that no other backup is begun; what is known already is answered all the same. */
  readonly ms?: number;
}

/** In which backups a collection is, and which could not be asked. What was read is known when it is asked again. */
export async function containing(
  host: Pick<Host, 'storages'>,
  catalog: Catalog,
  { collection, storage, ms = Infinity }: ContainingAsked,
  signal?: AbortSignal,
): Promise<Containing> {
  const { items, failed } = await catalog.list(host, storage);
  const wanted = collection.trim().toLowerCase();
  const until = performance.now() + ms;
  const has: Containing['has'][number][] = [];
  const unseen: Containing['unseen'][number][] = [];
  await pMap(
    items,
    async (item) => {
      throwIfCancelled(signal);
      const place = { name: item.name, storage: item.storage };
      if (item.state === 'locked') return void unseen.push({ ...place, why: 'locked' });
      if (item.state === 'damaged') return void unseen.push({ ...place, why: 'unreadable' });
      const named =
        lookUp(catalog, item) ?? (performance.now() < until ? await read(host, catalog, item) : 'later');
      if (named === 'later' || named === undefined)
        return void unseen.push({ ...place, why: named ?? 'unreadable' });
      const names = named
        .filter((called) => called.some((name) => name.toLowerCase().includes(wanted)))
        .map(([name = '']) => name);
      if (names.length > 0) has.push({ ...place, collections: names.slice(0, TOLD), of: names.length });
    },
    { concurrency: READING },
  );
  throwIfCancelled(signal);
  return { has, unseen, failed: [...failed] };
}

const lookUp = (catalog: Catalog, { manifestSha256 }: StoredItem): Named | undefined =>
  manifestSha256 === undefined ? undefined : known.get(catalog)?.byManifest.get(manifestSha256);

/** Undefined: it cannot be read. */
async function read(
  host: Pick<Host, 'storages'>,
  catalog: Catalog,
  item: StoredItem,
): Promise<Named | undefined> {
  const opened = await soon(item.storage, async (late) => {
    const storage = await host.storages.find(item.storage);
    return openBackup(await storageSource(storage, item.name, late), {}, item.name);
  }).catch(() => undefined);
  if (!opened) return undefined;
  const named = opened.manifest.collections.map(({ name, collection, title }) =>
    [name, collection, title].filter((text) => text !== undefined),
  );
  return remember(catalog, opened.manifestSha256, named);
}

function remember(catalog: Catalog, manifestSha256: string, named: Named): Named {
  const text = JSON.stringify(named);
  let all = known.get(catalog);
  if (!all || all.characters + text.length > MOST_CHARACTERS)
    known.set(catalog, (all = { byManifest: new Map(), lists: new Map(), characters: 0 }));
  const list = all.lists.get(text) ?? named;
  if (list === named) {
    all.lists.set(text, named);
    all.characters += text.length;
  }
  all.characters += manifestSha256.length;
  all.byManifest.set(manifestSha256, list);
  return list;
}
