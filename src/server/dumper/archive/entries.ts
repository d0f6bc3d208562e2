import { BackupError, refused } from '../../errors/errors';
import type { Steps } from '../../turns';
import { filePartsOf, type Manifest } from './manifest';
import { damaged, type ZipEntry } from '../container/zip';

export const MANIFEST_ENTRY = 'ark.json';
/** PostgreSQL sends no row of more than 1 GiB; a chunk is at most one such row and what came before it. */
const MAX_CHUNK = 1024 * 1024 * 1024 + 64 * 1024 * 1024;

/** Where the chunks of a collection go: letters of its name that a path cannot have are written as %XX. */
export function chunkName(collection: string, number: number): string {
  const safe = collection.replace(/[^\p{L}\p{N}_-]/gu, (c) =>
    encodeURIComponent(c).replace(/[.!'()*~]/g, hex),
  );
  return `data/${safe}/${String(number).padStart(5, '0')}.csv.gz`;
}

const hex = (c: string): string => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;

export const tooLarge = (name: string, size: number, most: number): BackupError =>
  refused('archive-entry', { entry: name, size, most });

/** Names are for whoever can open it: of a locked archive everybody can tell which key has signed it, and no more. */
export const namesOf = ({ instance, origin }: Pick<Manifest, 'instance' | 'origin'>, encrypted: boolean) =>
  encrypted ? { instance: '', schedule: undefined } : { instance, schedule: origin?.schedule };

/** Exactly the entries that the manifest lists, no more and no fewer, and of the listed sizes. */
export function* checkEntries(
  manifest: Manifest,
  directory: ReadonlyMap<string, ZipEntry>,
  order: readonly string[],
): Steps<void> {
  const expected = new Set<string>();
  const expect = (entry: string, size: number, of: string): void => {
    if (expected.has(entry)) throw damaged(`${entry} is listed twice`);
    expected.add(entry);
    const zipEntry = directory.get(entry);
    if (!zipEntry) throw damaged(`${entry}${of} is missing`);
    if (zipEntry.size !== size) throw damaged(`${entry} has another size than the manifest says`);
  };
  const names = new Set<string>();
  for (const collection of manifest.collections) {
    if (names.has(collection.name)) throw damaged(`the collection ${collection.name} is in it twice`);
    names.add(collection.name);
    let rows = 0;
    for (const chunk of collection.chunks) {
      expect(chunk.entry, chunk.size, ` of ${collection.name}`);
      if (chunk.bytes > MAX_CHUNK) {
        throw refused('archive-chunk', { entry: chunk.entry, size: chunk.bytes, most: MAX_CHUNK });
      }
      rows += chunk.rows;
      yield;
    }
    if (rows !== collection.rows)
      throw damaged(`${collection.name} has ${rows} rows in chunks, not ${collection.rows}`);
    yield;
  }
  for (const part of filePartsOf(manifest)) {
    expect(part.entry, part.size, '');
    if (part.size > MAX_CHUNK) throw tooLarge(part.entry, part.size, MAX_CHUNK);
    yield;
  }
  yield* checkPaths(manifest);
  const known = new Set(order);
  for (const name of directory.keys()) {
    if (!known.has(name)) throw damaged(`${name} is in it but not in its manifest`);
    yield;
  }
  let at = 0;
  for (const name of directory.keys()) {
    if (name !== order[at]) throw damaged('its entries are not in the order in which they were written');
    at += 1;
    yield;
  }
  if (at !== order.length) throw damaged('its entries are not in the order in which they were written');
  for (const name of manifest.entries) {
    if (!expected.has(name)) throw damaged('it has entries that belong to no collection');
    yield;
  }
  if (manifest.entries.length !== expected.size) throw damaged('it has entries that belong to no collection');
}

/** No path twice, and none that is a file here and a folder there. */
export function* checkPaths({ files = [] }: Pick<Manifest, 'files'>): Steps<void> {
  const storages = new Set<string>();
  for (const folder of files) {
    if (storages.has(folder.storage)) throw damaged(`the files of ${folder.storage} are in it twice`);
    storages.add(folder.storage);
    const paths = new Set<string>();
    for (const { path } of folder.files) {
      if (paths.has(path)) throw damaged(`the file ${path} is in it twice`);
      paths.add(path);
      yield;
    }
    for (const path of paths) {
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
        const above = path.slice(0, at);
        if (paths.has(above)) throw damaged(`${above} is both a file and a folder`);
      }
      yield;
    }
  }
}
