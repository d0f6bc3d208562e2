import { storedColumns } from '../schema/structure';
import { MASKED } from './cells';
import { readChunks } from './chunks';
import type { Look, LookColumn } from './look';
import { lookInto } from './look';
import type { LookRow } from './page';

/** Bytes of CSV of a collection that is read as a whole only to say what its rows are called. */
const MOST = 16 * 1024 * 1024;
const LABEL = 200;

/** What the rows are called that the rows of a page lead to. */
export interface Called {
  /** By column, and the value there. */
  readonly labels: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Collections too large to be read for that. */
  readonly tooLarge: readonly string[];
}

/** Reads each collection that the rows lead to once, until all keys on the page were met. */
export async function calledRows(
  { archive, columns }: Look,
  rows: readonly LookRow[],
  signal?: AbortSignal,
): Promise<Called> {
  const labels = new Map<string, ReadonlyMap<string, string>>();
  const tooLarge = new Set<string>();
  const leading = columns.flatMap((column, at) =>
    column.leadsTo ? [{ column, at, leadsTo: column.leadsTo }] : [],
  );
  const byPlace = new Map<string, typeof leading>();
  for (const link of leading) {
    const place = JSON.stringify(link.leadsTo);
    byPlace.set(place, [...(byPlace.get(place) ?? []), link]);
  }
  for (const links of byPlace.values()) {
    const [first] = links;
    if (!first) continue;
    const keys = new Set(
      links.flatMap(({ at }) =>
        rows.flatMap(({ cells }) => {
          const cell = cells[at];
          return cell && cell !== MASKED && cell.cut === undefined ? [cell.text] : [];
        }),
      ),
    );
    if (keys.size === 0) continue;
    const { collection } = first.leadsTo;
    if (archive.manifest.collections.some(({ name, structureOnly }) => name === collection && structureOnly))
      continue;
    if (archive.rows().bytes(collection) > MOST) {
      tooLarge.add(collection);
      continue;
    }
    const called = await readLabels(archive, first.leadsTo, keys, signal);
    for (const { column } of links) labels.set(column.name, called);
  }
  return { labels, tooLarge: [...tooLarge] };
}

async function readLabels(
  archive: Look['archive'],
  { collection, key, label }: NonNullable<LookColumn['leadsTo']>,
  keys: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const called = new Map<string, string>();
  const there = await lookInto(archive, collection, signal);
  const names = storedColumns(there.collection.structure).map(({ name }) => name);
  const [keyAt, labelAt] = [names.indexOf(key), names.indexOf(label)];
  const reading = readChunks(archive, there.collection, {
    from: 0,
    // Only these two are read, and neither if nobody may see it.
    masked: there.columns.map(({ mask }, at) => mask !== undefined || (at !== keyAt && at !== labelAt)),
    most: LABEL,
    signal,
    take(cells) {
      const own = cells[keyAt];
      const name = cells[labelAt];
      if (!own || own === MASKED || !name || name === MASKED || !keys.has(own.text)) return;
      called.set(own.text, name.text);
    },
  });
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- each chunk is taken as it passes by
  for await (const _ of reading) if (called.size >= keys.size) break;
  return called;
}
