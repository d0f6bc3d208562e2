import { ZipArchive } from 'archiver';
import { once } from 'node:events';
import pLimit from 'p-limit';
import type { Bytes } from '../bytes';
import { sha256 } from '../bytes';
import { createHash } from 'node:crypto';
import { asBackupError, BackupError } from '../errors';
import type { Storage } from '../storage/storage';
import type { PreviewResult, RowSource } from './dialect';
import type { Schema } from './structure';
import type { VerifyOptions } from './verify';
import { KEY_ENTRY, openSeal, refusePlain, type Keys, type Opener, type Seal } from './cipher';
import { FORMAT, Manifest, refuseTooMany, type FilePart } from './manifest';
import { parsing, shaping } from '../json';
import { hashing, inTurns, type Steps } from '../turns';
import { unreadableJson } from './unreadable';
import { readSignature, signed, SIGNATURE_ENTRY, type Signature, type Signer } from './signature';
import { damaged, entryPieces, readDirectory, readEntry, type ByteSource, type ZipEntry } from './zip';

const MANIFEST_ENTRY = 'ark.json';
/** A terabyte of rows needs some 30 MiB, a thousand tables 2 MiB, 100,000 uploaded files 40 MiB. */
const MAX_MANIFEST = 64 * 1024 * 1024;
/** Of those that are larger one is taken apart at a time: that takes several times their memory. */
const LARGE_MANIFEST = 8 * 1024 * 1024;
const MAX_KEY = 64 * 1024;
const MAX_SIGNATURE = 64 * 1024;
/** Larger entries are read piece by piece; several of this size may be in memory at once. */
const WHOLE = 16 * 1024 * 1024;
/** PostgreSQL sends no row of more than 1 GiB; a chunk is at most one such row and what came before it. */
const MAX_CHUNK = 1024 * 1024 * 1024 + 64 * 1024 * 1024;
/** Bytes that may wait for a slow storage before the next entry has to wait too. */
const WINDOW = 8 * 1024 * 1024;

export interface ArchiveWriter {
  /** The archive as it grows: give it to a storage. */
  readonly body: Bytes;
  /**
   * Adds one entry under a name; in an encrypted archive under an opaque one. Resolves with what was stored once
   * the storage has taken nearly all of it.
   */
  add(name: string, data: Uint8Array): Promise<{ entry: string; size: number; sha256: string }>;
  /** Writes the manifest, its signature and the directory. After this the archive is whole. */
  finish(manifest: Manifest): Promise<{ manifestSha256: string }>;
  /** The same archive where it was stored, without the key of its owner. */
  readonly reopen: (source: ByteSource) => Promise<Archive>;
  /** Makes the body fail, so that no storage takes half an archive for a whole one. */
  abort(error: Error): void;
}

export function createArchive(at: Date, signer: Signer, seal?: Seal): ArchiveWriter {
  const zip = new ZipArchive({});
  let added = 0;
  let taken = 0;
  let entries = 0;
  const written: string[] = [];
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  zip.on('error', (error: Error) => {
    failure ??= error;
    wake?.();
  });

  async function* body(): Bytes {
    for await (const piece of zip as AsyncIterable<Buffer>) {
      taken += piece.length;
      wake?.();
      yield piece;
    }
    if (failure) throw asBackupError(failure);
  }

  // The ZIP is one file: entries are written one after the other, whoever finishes first.
  let last: Promise<unknown> = Promise.resolve();
  const append = (name: string, data: Uint8Array): Promise<void> => {
    const turn = last.then(async () => {
      if (failure) throw asBackupError(failure);
      if (/^(data|files)\//.test(name)) written.push(name);
      const done = once(zip, 'entry');
      zip.append(Buffer.from(data.buffer, data.byteOffset, data.length), {
        name,
        store: true,
        date: at,
        mode: 0o644,
      });
      await done;
      added += data.length;
      while (added - taken > WINDOW) {
        await new Promise<void>((resolve) => (wake = resolve));
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by an event meanwhile
        if (failure) throw asBackupError(failure);
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  if (seal) void append(KEY_ENTRY, seal.key).catch(() => undefined);

  return {
    body: body(),

    async add(name, data) {
      entries += 1;
      const entry = seal ? `data/${String(entries).padStart(6, '0')}.age` : name;
      const stored = seal ? await seal.seal(data) : data;
      const digest = sha256(stored);
      await append(entry, stored);
      return { entry, size: stored.length, sha256: digest };
    },

    async finish(manifest) {
      const whole = { ...manifest, entries: written };
      refuseTooMany(whole);
      const plain = Buffer.from(JSON.stringify(whole));
      const name = seal ? `${MANIFEST_ENTRY}.age` : MANIFEST_ENTRY;
      const stored = seal ? await seal.seal(plain) : plain;
      if (stored.length > MAX_MANIFEST) throw tooLarge(name, stored.length, MAX_MANIFEST);
      const manifestSha256 = sha256(stored);
      await append(name, stored);
      // As `sha256sum -c` reads it.
      await append(`${MANIFEST_ENTRY}.sha256`, Buffer.from(`${manifestSha256}  ${name}\n`));
      const { id, createdAt, instance, origin } = manifest;
      const keyEntry = seal && sha256(seal.key);
      const about = {
        manifest: manifestSha256,
        keyEntry,
        id,
        createdAt,
        ...namesOf({ instance, origin }, seal !== undefined),
      };
      await append(SIGNATURE_ENTRY, signed(about, signer));
      await zip.finalize();
      return { manifestSha256 };
    },

    reopen: async (source) => readArchive(await readContainer(source), source, seal?.opener),

    abort(error) {
      failure ??= error;
      zip.destroy(error);
      wake?.();
    },
  };
}

export interface Archive {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly encrypted: boolean;
  readonly size: number;
  /** Who vouches for it, checked; none in format 1. */
  readonly signature?: Signature | undefined;
  /**
   * The plain bytes of an entry. A small one comes in one piece, after its digest was found right; a large one comes
   * as it is read, and throws at its end if it was not what the manifest says: nothing may count before that.
   */
  read(entry: string, expectedSha256: string): Bytes;
  /** Only where another program wrote it: there are no entries of Ark's to read, and rows come this way. */
  readonly legacy?: Legacy;
}

/** An archive of another program, which shows itself as one of Ark's. */
export interface Legacy {
  readonly format: 'nbdump';
  /** The same archive as it would be in this database, and what there is to say of that. */
  fit(
    live: Pick<Schema, 'relations'>,
    timeZone: string,
  ): Promise<{
    readonly archive: Archive;
    readonly warnings: PreviewResult['warnings'];
  }>;
  /** Reads all of it that `options` names; once fitted, also whether every value can be taken. */
  verify(options: Omit<VerifyOptions, 'unpack'>): Promise<{ entries: number; bytes: number }>;
  rows(): RowSource;
}

/** What anybody can see of an archive, also without its key. */
export type Outside = Pick<Archive, 'manifestSha256' | 'encrypted' | 'size' | 'signature'>;

interface Container extends Outside {
  readonly directory: ReadonlyMap<string, ZipEntry>;
  readonly key: Buffer | undefined;
  /** The entry of the manifest. */
  readonly name: string;
  readonly stored: Buffer;
}

/** The container and who vouches for it, without opening it. */
export const readOutside = (source: ByteSource): Promise<Outside> => readContainer(source);

async function readContainer(source: ByteSource): Promise<Container> {
  const directory = await readDirectory(source);
  const keyEntry = directory.get(KEY_ENTRY);
  const name = keyEntry ? `${MANIFEST_ENTRY}.age` : MANIFEST_ENTRY;
  const entry = directory.get(name);
  const digestEntry = directory.get(`${MANIFEST_ENTRY}.sha256`);
  if (!entry || !digestEntry) {
    throw new BackupError(
      'ARCHIVE_NOT_ARK',
      `This ZIP file is not an archive of Ark: it has no ${MANIFEST_ENTRY}.`,
    );
  }
  if (digestEntry.size !== 64 + 2 + name.length + 1) throw damaged(`${digestEntry.name} is not one line`);
  const small = (one: ZipEntry, most: number): Promise<Buffer> => {
    if (one.size <= most) return readEntry(source, one);
    throw tooLarge(one.name, one.size, most);
  };
  const key = keyEntry && (await small(keyEntry, MAX_KEY));
  const stored = await small(entry, MAX_MANIFEST);
  const manifestSha256 = await inTurns(hashing(stored));
  const digest = (await readEntry(source, digestEntry)).toString('utf8');
  if (digest !== `${manifestSha256}  ${name}\n`) throw damaged(`${name} is not what its digest says`);
  const signatureEntry = directory.get(SIGNATURE_ENTRY);
  const signature = signatureEntry && readSignature(await small(signatureEntry, MAX_SIGNATURE));
  if (signature) {
    if (signature.manifest !== manifestSha256 || signature.keyEntry !== (key && sha256(key)))
      throw damaged(`${SIGNATURE_ENTRY} is of another archive`);
  }
  return {
    directory,
    key,
    name,
    stored,
    manifestSha256,
    encrypted: key !== undefined,
    size: source.size,
    signature,
  };
}

/**
 * Opens an archive by its end: directory and manifest, a few ranges whatever its size. Everything about it that
 * can be known without reading the rows is checked here.
 */
export async function openArchive(source: ByteSource, keys: Keys = {}): Promise<Archive> {
  const container = await readContainer(source);
  const { key } = container;
  if (!key) refusePlain(keys);
  return readArchive(container, source, key && (await openSeal(key, keys)));
}

async function readArchive(
  { directory, key, name, stored, ...outside }: Container,
  source: ByteSource,
  open: Opener | undefined,
): Promise<Archive> {
  const manifest = await parseManifest(open ? await unseal(open, stored, name) : stored);
  checkSignature(manifest, outside.signature, outside.encrypted);
  const order = [
    ...(key ? [KEY_ENTRY] : []),
    ...manifest.entries,
    name,
    `${MANIFEST_ENTRY}.sha256`,
    ...(outside.signature ? [SIGNATURE_ENTRY] : []),
  ];
  await inTurns(checkEntries(manifest, directory, order));

  return {
    manifest,
    ...outside,
    async *read(wanted, expected) {
      const found = directory.get(wanted);
      if (!found) throw damaged(`${wanted} is missing`);
      if (found.size > WHOLE) {
        const stored = hashed(entryPieces(source, found), expected, wanted);
        yield* open ? unsealed(open.pieces(stored), wanted) : stored;
        return;
      }
      const bytes = await readEntry(source, found);
      if (sha256(bytes) !== expected) throw differs(wanted);
      yield open ? await unseal(open, bytes, wanted) : bytes;
    },
  };
}

const tooLarge = (name: string, size: number, most: number): BackupError =>
  new BackupError('ARCHIVE_TOO_LARGE', `Its ${name} has ${size} bytes; at most ${most} are read.`);

/** Names are for whoever can open it: of a locked archive everybody can tell which key has signed it, and no more. */
const namesOf = ({ instance, origin }: Pick<Manifest, 'instance' | 'origin'>, encrypted: boolean) =>
  encrypted ? { instance: '', schedule: undefined } : { instance, schedule: origin?.schedule };

/** Every archive is signed since format 2, and what is signed beside the manifest is what stands in it. */
function checkSignature(manifest: Manifest, signature: Signature | undefined, encrypted: boolean): void {
  if (manifest.format >= 2 !== (signature !== undefined)) {
    throw damaged(
      signature
        ? `${SIGNATURE_ENTRY} is in it, and its format has none`
        : `it has lost its signature, ${SIGNATURE_ENTRY}`,
    );
  }
  if (!signature) return;
  const { id, createdAt } = manifest;
  const { instance, schedule } = namesOf(manifest, encrypted);
  const same =
    signature.id === id &&
    signature.createdAt === createdAt &&
    signature.instance === instance &&
    signature.schedule === schedule;
  if (!same) throw damaged(`${SIGNATURE_ENTRY} says something else than ${MANIFEST_ENTRY}`);
}

const differs = (name: string): BackupError => damaged(`${name} is not what the manifest says`);

async function* hashed(pieces: Bytes, expected: string, name: string): Bytes {
  const hash = createHash('sha256');
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== expected) throw differs(name);
}

async function unseal(open: Opener, data: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await open.whole(data);
  } catch (error) {
    throw undecipherable(error, name);
  }
}

async function* unsealed(pieces: Bytes, name: string): Bytes {
  try {
    yield* pieces;
  } catch (error) {
    throw undecipherable(error, name);
  }
}

function undecipherable(error: unknown, name: string): BackupError {
  if (error instanceof BackupError) return error;
  return new BackupError(
    'ARCHIVE_DAMAGED',
    `The archive is damaged: ${name} cannot be decrypted with its own key.`,
    { cause: error },
  );
}

function* parsedManifest(bytes: Uint8Array): Steps<Manifest> {
  const json = yield* parsing(bytes);
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > FORMAT) {
    throw new BackupError(
      'ARCHIVE_TOO_NEW',
      `The archive has format ${format}, and this Ark reads up to ${FORMAT}. Update Ark and try again.`,
    );
  }
  return yield* shaping(Manifest, json);
}

const alone = pLimit(1);

async function parseManifest(bytes: Uint8Array): Promise<Manifest> {
  const parse = () => inTurns(parsedManifest(bytes));
  try {
    const manifest = await (bytes.length > LARGE_MANIFEST ? alone(parse) : parse());
    refuseTooMany(manifest);
    return manifest;
  } catch (error) {
    throw unreadableJson(MANIFEST_ENTRY, error);
  }
}

/**
 * What is published can be read again: the reader's own way is taken through it. It holds what the app and its database
 * say of themselves, which may be anything.
 */
export async function refuseUnreadable(manifest: Manifest): Promise<void> {
  try {
    await parseManifest(Buffer.from(JSON.stringify(manifest)));
  } catch (error) {
    if (error instanceof BackupError && error.code !== 'ARCHIVE_DAMAGED') throw error;
    const { cause } = error as Error;
    throw new BackupError(
      'STRUCTURE_UNKNOWN',
      `What the app or its database says of itself cannot be in a backup: ${cause instanceof Error ? cause.message : String(error)}. Nothing was written. Please report it.`,
      { cause: error },
    );
  }
}

/** Exactly the entries that the manifest lists, no more and no fewer, and of the listed sizes. */
function* checkEntries(
  manifest: Manifest,
  directory: ReadonlyMap<string, ZipEntry>,
  order: readonly string[],
): Steps<void> {
  const expected = new Set<string>();
  const expect = (entry: string, size: number, of: string): void => {
    if (expected.has(entry)) throw damaged(`${entry} is listed twice`);
    expected.add(entry);
    const found = directory.get(entry);
    if (!found) throw damaged(`${entry}${of} is missing`);
    if (found.size !== size) throw damaged(`${entry} has another size than the manifest says`);
  };
  const names = new Set<string>();
  for (const collection of manifest.collections) {
    if (names.has(collection.name)) throw damaged(`the collection ${collection.name} is in it twice`);
    names.add(collection.name);
    let rows = 0;
    for (const chunk of collection.chunks) {
      expect(chunk.entry, chunk.size, ` of ${collection.name}`);
      if (chunk.bytes > MAX_CHUNK) {
        throw new BackupError(
          'ARCHIVE_TOO_LARGE',
          `${chunk.entry} claims ${chunk.bytes} bytes; at most ${MAX_CHUNK} are unpacked.`,
        );
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

/** Entries that hold uploaded files and the key. */
export function* filePartsOf({ files = [], keyFile }: Manifest): Generator<FilePart, void, void> {
  for (const folder of files) for (const file of folder.files) yield* file.parts;
  if (keyFile) yield keyFile;
}

/** No path twice, and none that is a file here and a folder there. */
function* checkPaths({ files = [] }: Manifest): Steps<void> {
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

/** An object of a storage, read by ranges. */
export async function storageSource(
  storage: Storage,
  key: string,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { size } = await storage.stat(key, signal);
  return {
    size,
    async read(start, end) {
      const pieces: Uint8Array[] = [];
      for await (const piece of storage.get(key, { start, end }, signal)) pieces.push(piece);
      const all = Buffer.concat(pieces);
      if (all.length !== end - start)
        throw damaged(`it ends at ${start + all.length} bytes, within what was being read`);
      return all;
    },
  };
}

/** Where the chunks of a collection go: letters of its name that a path cannot have are written as %XX. */
export function chunkName(collection: string, number: number): string {
  const safe = collection.replace(/[^\p{L}\p{N}_-]/gu, (c) =>
    encodeURIComponent(c).replace(/[.!'()*~]/g, hex),
  );
  return `data/${safe}/${String(number).padStart(5, '0')}.csv.gz`;
}

const hex = (c: string): string => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
