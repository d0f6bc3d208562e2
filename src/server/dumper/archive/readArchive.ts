import { createHash } from 'node:crypto';
import { sha256, type Bytes } from '../../bytes';
import { BackupError, damaged, failureOf, refused } from '../../errors/errors';
import { hashing, inTurns } from '../../turns';
import type { Archive, Outside, ReadEntry } from './archive';
import { checked } from './checked';
import { KEY_ENTRY, openSeal, refusePlain, type Keys, type Opener } from '../container/cipher';
import { checkEntries, MANIFEST_ENTRY, tooLarge } from './entries';
import type { Manifest } from './manifest';
import { MAX_MANIFEST, parseManifest } from './readManifest';
import { rowsOf } from './readRows';
import { MAX_SIGNATURE, readSignature, saysTheSame, SIGNATURE_ENTRY, type Signature } from './signature';
import { checkSummary, MAX_SUMMARY, parseSummary, SUMMARY_ENTRY } from './summary';
import { verifyEntries } from './verifyEntries';
import { withNeighbours } from '../container/neighbours';
import { entryPieces, readDirectory, readEntry, type ByteSource, type ZipEntry } from '../container/zip';

const MAX_KEY = 64 * 1024;
/** Larger entries are read piece by piece; several of this size may be in memory at once. */
const WHOLE = 16 * 1024 * 1024;

interface Container extends Outside {
  readonly directory: ReadonlyMap<string, ZipEntry>;
  readonly key: Buffer | undefined;
  /** The entry of the manifest. */
  readonly name: string;
  readonly stored: Buffer;
  /** The entry of the summary; none before format 4. */
  readonly summary: { readonly name: string; readonly stored: Buffer } | undefined;
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
    throw refused('archive-no-manifest', { entry: MANIFEST_ENTRY });
  }
  if (digestEntry.size !== 64 + 2 + name.length + 1) throw damaged('line', { entry: digestEntry.name });
  const small = (archive: ZipEntry, most: number): Promise<Buffer> => {
    if (archive.size <= most) return readEntry(source, archive);
    throw tooLarge(archive.name, archive.size, most);
  };
  const key = keyEntry && (await small(keyEntry, MAX_KEY));
  const stored = await small(entry, MAX_MANIFEST);
  const manifestSha256 = await inTurns(hashing(stored));
  const digest = (await readEntry(source, digestEntry)).toString('utf8');
  if (digest !== `${manifestSha256}  ${name}\n`)
    throw damaged('differs', { entry: name, by: digestEntry.name });
  const signatureEntry = directory.get(SIGNATURE_ENTRY);
  const signature = signatureEntry && readSignature(await small(signatureEntry, MAX_SIGNATURE));
  if (signature) {
    if (signature.manifest !== manifestSha256 || signature.keyEntry !== (key && sha256(key)))
      throw damaged('signature-other', { entry: SIGNATURE_ENTRY });
  }
  const summaryName = keyEntry ? `${SUMMARY_ENTRY}.age` : SUMMARY_ENTRY;
  const readSummary = async (expected: string) => {
    const summaryEntry = directory.get(summaryName);
    if (!summaryEntry) throw damaged('missing', { entry: summaryName });
    const stored = await small(summaryEntry, MAX_SUMMARY);
    if (sha256(stored) !== expected) throw damaged('differs', { entry: summaryName, by: SIGNATURE_ENTRY });
    return { name: summaryName, stored };
  };
  const summary = signature?.summary === undefined ? undefined : await readSummary(signature.summary);
  return {
    directory,
    key,
    name,
    stored,
    summary,
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

/** What was just written, with the key that it was sealed with. */
export const reopenArchive = async (source: ByteSource, open: Opener | undefined): Promise<Archive> =>
  readArchive(await readContainer(source), source, open);

async function readArchive(
  { directory, key, name, stored, summary, ...outside }: Container,
  source: ByteSource,
  open: Opener | undefined,
): Promise<Archive> {
  const manifest = await parseManifest(open ? await unseal(open, stored, name) : stored);
  checkSignature(manifest, outside.signature, outside.encrypted);
  const order = [
    ...(key ? [KEY_ENTRY] : []),
    ...manifest.entries,
    name,
    ...(summary ? [summary.name] : []),
    `${MANIFEST_ENTRY}.sha256`,
    ...(outside.signature ? [SIGNATURE_ENTRY] : []),
  ];
  await inTurns(checkEntries(manifest, directory, order));
  if (summary) {
    const plain = open ? await unseal(open, summary.stored, summary.name) : summary.stored;
    checkSummary(await parseSummary(plain), manifest);
  }

  const readBy =
    (small: ByteSource): ReadEntry =>
    ({ entry, sha256 }) =>
      readChecked(directory, { whole: source, small }, open, entry, sha256);
  const archive: Archive = {
    ...outside,
    format: 'ark',
    complete: true,
    manifest,
    fit() {
      return Promise.resolve({ archive: this, warnings: [] });
    },
    async check() {
      await checked(manifest);
    },
    async verify(options) {
      await checked(manifest);
      return verifyEntries(manifest, readBy(withNeighbours(source)), options);
    },
    rows() {
      return rowsOf(manifest, readBy(withNeighbours(source)));
    },
    read: readBy(source),
  };
  return archive;
}

/** An archive as it is, and the same for entries that are read as a whole. */
interface Source {
  readonly whole: ByteSource;
  readonly small: ByteSource;
}

/**
 * The plain bytes of an entry. A small one comes in one piece, after its digest was found right; a large one as it is
 * read, and throws at its end.
 */
async function* readChecked(
  directory: ReadonlyMap<string, ZipEntry>,
  { whole: source, small }: Source,
  open: Opener | undefined,
  name: string,
  expected: string,
): Bytes {
  const entry = directory.get(name);
  if (!entry) throw damaged('missing', { entry: name });
  try {
    if (entry.size > WHOLE) {
      const stored = hashed(entryPieces(source, entry), expected, name);
      yield* open ? unsealed(open.pieces(stored), name) : stored;
      return;
    }
    const bytes = await readEntry(small, entry);
    if (sha256(bytes) !== expected) throw differs(name);
    yield open ? await unseal(open, bytes, name) : bytes;
  } catch (error) {
    throw withFiles(error, source.filesOf?.(entry.offset, entry.offset + entry.before + entry.size) ?? []);
  }
}

/** An archive in volumes is put right file by file. */
function withFiles(error: unknown, files: readonly string[]): unknown {
  if (!(error instanceof BackupError) || error.code !== 'ARCHIVE_DAMAGED' || files.length === 0) return error;
  return refused('archive-damaged-in', { why: failureOf(error), files: [...files] }, { cause: error });
}

/** Every archive is signed since format 2, and what is signed beside the manifest is what stands in it. */
function checkSignature(manifest: Manifest, signature: Signature | undefined, encrypted: boolean): void {
  if (manifest.format >= 2 !== (signature !== undefined)) {
    throw damaged(signature ? 'signature-new' : 'signature-lost', { entry: SIGNATURE_ENTRY });
  }
  if (!signature) return;
  if (signature.format !== manifest.format || !saysTheSame(signature, manifest, encrypted))
    throw damaged('differs', { entry: SIGNATURE_ENTRY, by: MANIFEST_ENTRY });
}

const differs = (name: string): BackupError => damaged('differs', { entry: name, by: MANIFEST_ENTRY });

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
  return damaged('undecipherable', { entry: name }, error);
}
