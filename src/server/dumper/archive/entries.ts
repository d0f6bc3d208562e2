import { BackupError, refused, damaged } from '../../errors/errors';
import type { Steps } from '../../turns';
import { STRUCTURE_ONLY } from './format';
import type { FilePart, Manifest } from './manifest';
import { type ZipEntry } from '../container/zip';

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

/** Entries that hold uploaded files and the key. */
export function* filePartsOf({ files = [], keyFile }: Manifest): Generator<FilePart, void, void> {
  for (const folder of files) for (const file of folder.files) yield* file.parts;
  if (keyFile) yield keyFile;
}

/** Exactly the entries that the manifest lists, no more and no fewer, and of the listed sizes. */
export function* checkEntries(
  manifest: Manifest,
  directory: ReadonlyMap<string, ZipEntry>,
  order: readonly string[],
): Steps<void> {
  const expected = new Set<string>();
  const expect = (entry: string, size: number, collection?: string): void => {
    if (expected.has(entry)) throw damaged('twice', { entry });
    expected.add(entry);
    const zipEntry = directory.get(entry);
    if (!zipEntry)
      throw collection === undefined
        ? damaged('missing', { entry })
        : damaged('missing-of', { entry, collection });
    if (zipEntry.size !== size) throw damaged('size', { entry });
  };
  const names = new Set<string>();
  for (const collection of manifest.collections) {
    if (names.has(collection.name)) throw damaged('twice', { entry: collection.name });
    names.add(collection.name);
    let rows = 0;
    for (const chunk of collection.chunks) {
      expect(chunk.entry, chunk.size, collection.name);
      if (chunk.bytes > MAX_CHUNK) {
        throw refused('archive-chunk', { entry: chunk.entry, size: chunk.bytes, most: MAX_CHUNK });
      }
      rows += chunk.rows;
      yield;
    }
    if (rows !== collection.rows)
      throw damaged('collection-rows', { collection: collection.name, rows, announced: collection.rows });
    yield;
  }
  for (const part of filePartsOf(manifest)) {
    expect(part.entry, part.size);
    if (part.size > MAX_CHUNK) throw tooLarge(part.entry, part.size, MAX_CHUNK);
    yield;
  }
  yield* checkPaths(manifest);
  const known = new Set(order);
  for (const name of directory.keys()) {
    if (!known.has(name)) throw damaged('unlisted', { entry: name });
    yield;
  }
  let at = 0;
  for (const name of directory.keys()) {
    if (name !== order[at]) throw damaged('order', {});
    at += 1;
    yield;
  }
  if (at !== order.length) throw damaged('order', {});
  for (const name of manifest.entries) {
    if (!expected.has(name)) throw damaged('unowned', {});
    yield;
  }
  if (manifest.entries.length !== expected.size) throw damaged('unowned', {});
  for (const { name, structureOnly, chunks } of manifest.collections) {
    if (structureOnly && (chunks.length > 0 || manifest.format < STRUCTURE_ONLY))
      throw damaged('structure-only', { collection: name });
    yield;
  }
  for (const { name } of manifest.structures ?? []) {
    if (manifest.format < STRUCTURE_ONLY) throw damaged('structure-only', { collection: name });
    yield;
  }
}

/** No path twice, and none that is a file here and a folder there. */
export function* checkPaths({ files = [] }: Pick<Manifest, 'files'>): Steps<void> {
  const storages = new Set<string>();
  for (const folder of files) {
    if (storages.has(folder.storage)) throw damaged('twice', { entry: folder.storage });
    storages.add(folder.storage);
    const paths = new Set<string>();
    for (const { path } of folder.files) {
      if (paths.has(path)) throw damaged('twice', { entry: path });
      paths.add(path);
      yield;
    }
    for (const path of paths) {
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
        const above = path.slice(0, at);
        if (paths.has(above)) throw damaged('both', { path: above });
      }
      yield;
    }
  }
}
