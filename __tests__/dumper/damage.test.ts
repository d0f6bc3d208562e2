import { ZipArchive } from 'archiver';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import type { Archive } from '../../src/server/dumper/archive/archive';
import type { Keys, Recipients } from '../../src/server/dumper/container/cipher';
import { dump } from '../../src/server/dumper/backup/dump';
import { newJobId } from '../../src/server/dumper/job';
import { FORMAT } from '../../src/server/dumper/archive/format';
import type { Manifest } from '../../src/server/dumper/archive/manifest';
import { readDirectory, type ByteSource, type ZipEntry } from '../../src/server/dumper/container/zip';
import { newSigner, signed, type Statement } from '../../src/server/dumper/archive/signature';
import { BackupError, damaged } from '../../src/server/errors/errors';
import { localStorage } from '../../src/server/storage/local/local';
import { hostOf, newDataFolder, restoreAll } from '../helpers/ark';
import { digest, type DatabaseDigest } from '../helpers/digest';
import { summaryBytesOf } from '../helpers/forged';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

/**
 * Nothing that is not exactly what was written may reach a database. A small archive of a real database is damaged
 * at every byte, cut at every place and rebuilt as a valid ZIP with other content: each is refused with exit code 3.
 */
const { signer } = newSigner();
const AT = new Date('2026-11-20T10:15:00Z');
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** A small archive, what it was made from, and what opens it. */
interface Sample {
  readonly bytes: Buffer;
  readonly keys: Keys;
  readonly owner: Recipients | undefined;
  /** In the order of the file. */
  readonly entries: readonly ZipEntry[];
  readonly manifest: Manifest;
}

/** `ARK_FIGURES=1` prints how many damages of each kind were tried, and with which codes they were refused. */
const figures = (...what: unknown[]): void => {
  if (process.env.ARK_FIGURES) console.log(...what);
};

let data: Awaited<ReturnType<typeof newDataFolder>>;
let database: TestDatabase;
let before: DatabaseDigest;
let plain: Sample;
let later: Sample;
let sealed: Sample;
let sealedLater: Sample;

beforeAll(async () => {
  data = await newDataFolder();
  database = await newDatabase();
  await database.sql(`
    CREATE TABLE a (id integer, v text);
    INSERT INTO a SELECT g, md5(g::text) FROM generate_series(1, 60) g;
    CREATE TABLE b (n numeric);
    INSERT INTO b VALUES (1.5), (NULL);
    CREATE TABLE c (t text);`);
  plain = await sample('plain');
  const identity = await generateX25519Identity();
  const owner = { recipients: [await identityToRecipient(identity)] };
  const keys = { identities: [identity] };
  sealed = await sample('sealed', keys, owner);
  await database.sql(`UPDATE a SET v = md5(v) WHERE id % 7 = 0; UPDATE b SET n = 2.5 WHERE n = 1.5;`);
  later = await sample('later');
  sealedLater = await sample('sealed-later', keys, owner);
  before = await digest(database.url);
});
afterAll(async () => {
  await database.drop();
  await data.remove();
});

async function sample(name: string, keys: Keys = {}, owner?: Recipients): Promise<Sample> {
  const host = hostOf(database.url, data.folder);
  await dump(host.database, localStorage(data.folder), `${name}.ark`, {
    job: newJobId(),
    selection: { all: true },
    app: {},
    instance: 'test',
    version: '0.0.0',
    signer,
    readers: 1,
    chunkBytes: 700,
    ...(owner && { encryptFor: owner }),
  });
  const bytes = readFileSync(join(data.folder, `${name}.ark`));
  const { manifest } = await openArchive(memory(bytes), keys);
  return { bytes, keys, owner, manifest, entries: [...(await readDirectory(memory(bytes))).values()] };
}

interface Watched extends ByteSource {
  largest: number;
}

/** Bytes in memory, behaving as a file does. */
function memory(bytes: Buffer): Watched {
  return {
    size: bytes.length,
    largest: 0,
    read(start, end) {
      this.largest = Math.max(this.largest, end - start);
      if (start < 0 || end > bytes.length || end < start) return Promise.reject(damaged('cut-off', {}));
      return Promise.resolve(Buffer.from(bytes.subarray(start, end)));
    },
  };
}

/** The code with which it is refused, or `accepted`. */
async function outcome(source: ByteSource, keys: Keys): Promise<string> {
  try {
    await (await openArchive(source, keys)).verify({ unpack: true });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof BackupError)) return `not foreseen: ${String(error)}`;
    return error.exit === 3 ? error.code : `exit ${error.exit}: ${error.code} ${error.message}`;
  }
}

/** Each change must be refused; what was not is listed by name. Returns how often which code came. */
async function refused(
  changes: Iterable<readonly [what: string, bytes: Buffer]>,
  keys: Keys,
): Promise<{ tried: number; codes: Record<string, number>; wrong: string[] }> {
  const codes: Record<string, number> = {};
  const wrong: string[] = [];
  let tried = 0;
  for (const [what, bytes] of changes) {
    const found = await outcome(memory(bytes), keys);
    tried += 1;
    codes[found] = (codes[found] ?? 0) + 1;
    if (!found.startsWith('ARCHIVE_')) wrong.push(`${what}: ${found}`);
  }
  return { tried, codes, wrong };
}

type Parts = [name: string, bytes: Uint8Array][];

const content = (sample: Sample, entry: ZipEntry): Buffer => {
  const start = entry.offset + entry.before;
  return sample.bytes.subarray(start, start + entry.size);
};
const partsOf = (sample: Sample): Parts =>
  sample.entries.map((entry) => [entry.name, content(sample, entry)]);

/** A valid ZIP, written just as Ark writes its own. */
async function zipOf(parts: Parts): Promise<Buffer> {
  const zip = new ZipArchive({});
  const pieces: Buffer[] = [];
  const read = (async () => {
    for await (const piece of zip as AsyncIterable<Buffer>) pieces.push(piece);
  })();
  for (const [name, bytes] of parts) {
    zip.append(Buffer.from(bytes), { name, store: true, date: AT, mode: 0o644 });
  }
  await zip.finalize();
  await read;
  return Buffer.concat(pieces);
}

const isData = (name: string): boolean => name.startsWith('data/');

const statementOf = ({ format, id, createdAt, instance, origin }: Manifest): Statement => ({
  format,
  manifest: '',
  summary: undefined,
  keyEntry: undefined,
  id,
  createdAt,
  instance,
  schedule: origin?.schedule,
});

/** Another manifest in a container that is right in every way. */
function withManifest(sample: Sample, manifest: unknown, replace: Record<string, Uint8Array> = {}): Parts {
  const json = Buffer.from(JSON.stringify(manifest));
  const summary = summaryBytesOf(manifest);
  return partsOf(sample).map(([name, bytes]) => {
    if (name === 'ark.json') return [name, json];
    if (name === 'summary.json') return [name, summary];
    if (name === 'ark.json.sha256') return [name, Buffer.from(`${sha256(json)}  ark.json\n`)];
    if (name === 'ark.json.sig') {
      const digests = { manifest: sha256(json), summary: sha256(summary) };
      return [name, signed({ ...statementOf(sample.manifest), ...digests }, signer)];
    }
    return [name, replace[name] ?? bytes];
  });
}

/** The manifest with one chunk replaced by other bytes, with the right digests of those. */
function withChunk(sample: Sample, packed: Uint8Array, bytes: number): Parts {
  const target = sample.manifest.collections.flatMap((each) => each.chunks)[0]!;
  const manifest = {
    ...sample.manifest,
    collections: sample.manifest.collections.map((each) => ({
      ...each,
      chunks: each.chunks.map((chunk) =>
        chunk === target ? { ...chunk, bytes, size: packed.length, sha256: sha256(packed) } : chunk,
      ),
    })),
  };
  return withManifest(sample, manifest, { [target.entry]: packed });
}

function* flips(bytes: Buffer, bit: (at: number) => number): Generator<[string, Buffer]> {
  const copy = Buffer.from(bytes);
  for (let at = 0; at < copy.length; at += 1) {
    const was = copy[at]!;
    copy[at] = was ^ bit(at);
    yield [`byte ${at} flipped`, copy];
    copy[at] = was;
  }
}

function* cuts({ bytes, entries }: Sample): Generator<[string, Buffer]> {
  const places = new Set<number>([0, 1, 3, 4, 21, 22, bytes.length - 1, bytes.length - 22]);
  for (let percent = 0; percent < 100; percent += 1) places.add(Math.floor((bytes.length * percent) / 100));
  for (const entry of entries) {
    const borders = [entry.offset, entry.offset + entry.before, entry.offset + entry.before + entry.size];
    for (const border of borders) for (const near of [-1, 0, 1]) places.add(border + near);
  }
  for (const at of [...places].filter((place) => place >= 0 && place < bytes.length).sort((x, y) => x - y))
    yield [`cut at ${at}`, bytes.subarray(0, at)];
}

function around({ bytes, entries }: Sample): [string, Buffer][] {
  const middle = entries[1]!;
  const from = middle.offset + 3;
  const zeroed = (start: number, end: number) => Buffer.from(bytes).fill(0, start, end);
  return [
    ['a byte appended', Buffer.concat([bytes, Buffer.of(0)])],
    ['a block of zeros appended', Buffer.concat([bytes, Buffer.alloc(4096)])],
    ['itself appended', Buffer.concat([bytes, bytes])],
    ['an end record appended', Buffer.concat([bytes, bytes.subarray(-22)])],
    ['a byte prepended', Buffer.concat([Buffer.of(0), bytes])],
    ['a local header prepended', Buffer.concat([bytes.subarray(0, 40), bytes])],
    ['a shell stub prepended', Buffer.concat([Buffer.from('#!/bin/sh\n'), bytes])],
    ['its last 100 bytes zero', zeroed(bytes.length - 100, bytes.length)],
    ['its second half zero', zeroed(bytes.length >> 1, bytes.length)],
    ['all zero', Buffer.alloc(bytes.length)],
    ['a hole of zeros', zeroed(from, from + 64)],
    ['64 bytes missing', Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 64)])],
    ['a byte missing', Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1)])],
    ['a byte added', Buffer.concat([bytes.subarray(0, from), Buffer.of(7), bytes.subarray(from)])],
    ['line ends changed', Buffer.from(bytes.toString('latin1').replace(/\n/g, '\r\n'), 'latin1')],
  ];
}

/** Valid ZIPs, made by archiver as Ark's are, that are not what one backup wrote. */
async function rebuilt(sample: Sample, other: Sample): Promise<[string, Buffer][]> {
  const parts = partsOf(sample);
  const otherParts = new Map(partsOf(other));
  const dataNames = parts.map(([name]) => name).filter(isData);
  const [first, second] = [dataNames[0]!, dataNames[1]!];
  const manifestName = sample.owner ? 'ark.json.age' : 'ark.json';
  const summaryName = sample.owner ? 'summary.json.age' : 'summary.json';
  const taken = (...names: string[]): Parts =>
    parts.map(([name, bytes]) => [name, names.includes(name) ? otherParts.get(name)! : bytes]);
  const contentOf = new Map(parts);
  const crossed: Parts = parts.map(([name, bytes]) => {
    if (name === first) return [name, contentOf.get(second)!];
    return [name, name === second ? contentOf.get(first)! : bytes];
  });
  // Same-named entries that differ: equal ones would be no damage.
  const differing = dataNames.filter((name) => {
    const theirs = otherParts.get(name);
    return theirs !== undefined && !Buffer.from(theirs).equals(Buffer.from(contentOf.get(name)!));
  });
  expect(differing.length).toBeGreaterThan(0);
  const made: [string, Parts][] = [
    ['two entries crossed', crossed],
    ...differing.map((name): [string, Parts] => [`${name} of another archive`, taken(name)]),
    ['the manifest of another archive', taken(manifestName)],
    ['the manifest and its digest of another archive', taken(manifestName, 'ark.json.sha256')],
    ['the digest of another archive', taken('ark.json.sha256')],
    ['the signature of another archive', taken('ark.json.sig')],
    ['the summary of another archive', taken(summaryName)],
    ['the digest and the signature of another archive', taken('ark.json.sha256', 'ark.json.sig')],
    ['the signature before the digest', [...parts.slice(0, -2), parts.at(-1)!, parts.at(-2)!]],
    ...parts.map(([name], i): [string, Parts] => [`without ${name}`, parts.filter((_, at) => at !== i)]),
    ['an entry more', [...parts, ['data/more.csv.gz', gzipSync('1\n')]]],
    ['an entry more, in front', [['README.txt', Buffer.from('hello')], ...parts]],
    ['an entry with a path out of the folder', [...parts, ['../../etc/cron.d/evil', Buffer.from('x')]]],
    ['an absolute name', [...parts, ['/etc/evil', Buffer.from('x')]]],
    ['a folder entry', [...parts, ['data/', Buffer.alloc(0)]]],
    ['an entry twice', [...parts.slice(0, 2), parts[0]!, ...parts.slice(2)]],
    ['the manifest twice', [...parts, [manifestName, contentOf.get(manifestName)!]]],
    ['the summary twice', [...parts, [summaryName, contentOf.get(summaryName)!]]],
    ['the digest twice', [...parts, ['ark.json.sha256', contentOf.get('ark.json.sha256')!]]],
    ['an empty chunk', parts.map(([name, bytes]) => [name, name === first ? Buffer.alloc(0) : bytes])],
  ];
  if (sample.owner) made.push(['the key of another archive', taken('key.age')]);
  return Promise.all(made.map(async ([what, list]) => [what, await zipOf(list)] as [string, Buffer]));
}

/** The end record in its ZIP64 form, claiming what it likes. */
function withClaims(bytes: Buffer, claims: { entries?: bigint; size?: bigint; offset?: bigint }): Buffer {
  const end = bytes.subarray(-22);
  const wide = Buffer.alloc(56 + 20 + 22);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(45, 12);
  wide.writeUInt16LE(45, 14);
  wide.writeBigUInt64LE(claims.entries ?? BigInt(end.readUInt16LE(10)), 24);
  wide.writeBigUInt64LE(claims.entries ?? BigInt(end.readUInt16LE(10)), 32);
  wide.writeBigUInt64LE(claims.size ?? BigInt(end.readUInt32LE(12)), 40);
  wide.writeBigUInt64LE(claims.offset ?? BigInt(end.readUInt32LE(16)), 48);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(bytes.length - 22), 64);
  wide.writeUInt32LE(1, 72);
  wide.writeUInt32LE(0x06054b50, 76);
  wide.fill(0xff, 84, 96);
  return Buffer.concat([bytes.subarray(0, -22), wide]);
}

it('the samples are small, have several chunks, and are accepted as they are', async () => {
  for (const sample of [plain, later, sealed, sealedLater]) {
    expect(sample.bytes.length).toBeLessThan(20_000);
    expect(sample.manifest.collections.flatMap((each) => each.chunks).length).toBeGreaterThan(3);
    expect(await outcome(memory(sample.bytes), sample.keys)).toBe('accepted');
    // What archiver makes of the same entries is accepted too: so the refusals below are about the entries.
    expect(await outcome(memory(await zipOf(partsOf(sample))), sample.keys)).toBe('accepted');
  }
});

describe.each(['plain', 'encrypted'])('%s', (kind) => {
  const one = () => (kind === 'plain' ? plain : sealed);
  const other = () => (kind === 'plain' ? later : sealedLater);

  it('one bit flipped in any byte', async () => {
    const found = await refused(
      flips(one().bytes, (at) => 1 << (at % 8)),
      one().keys,
    );
    expect(found.wrong).toEqual([]);
    expect(found.tried).toBe(one().bytes.length);
    figures(`${kind}: ${found.tried} bytes flipped`, found.codes);
  });

  it('cut anywhere', async () => {
    const found = await refused(cuts(one()), one().keys);
    expect(found.wrong).toEqual([]);
    expect(found.tried).toBeGreaterThan(100);
    figures(`${kind}: ${found.tried} cuts`, found.codes);
  });

  it('appended to, prepended to, with holes', async () => {
    const found = await refused(around(one()), one().keys);
    expect(found.wrong).toEqual([]);
  });

  it('rebuilt as a valid ZIP with entries swapped, removed, added or twice', async () => {
    const found = await refused(await rebuilt(one(), other()), one().keys);
    expect(found.wrong).toEqual([]);
    figures(`${kind}: ${found.tried} rebuilt`, found.codes);
  });

  it('rebuilt as a valid ZIP with the entries in another order', async () => {
    const parts = partsOf(one());
    const reordered: [string, Parts][] = [
      ['reversed', [...parts].reverse()],
      ['two chunks changed places', [parts[1]!, parts[0]!, ...parts.slice(2)]],
      ['the manifest first', [...parts.slice(-4), ...parts.slice(0, -4)]],
    ];
    const made = await Promise.all(
      reordered.map(async ([what, list]) => [what, await zipOf(list)] as [string, Buffer]),
    );
    expect((await refused(made, one().keys)).wrong).toEqual([]);
  });

  it('claims more entries than it has', async () => {
    const { bytes } = one();
    const inEnd = (at: number, value: number) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt16LE(value, copy.length - 22 + at);
      return copy;
    };
    const both = (value: number) => {
      const copy = inEnd(8, value);
      copy.writeUInt16LE(value, copy.length - 12);
      return copy;
    };
    const claims: [string, Buffer][] = [
      ['0 entries', both(0)],
      ['one fewer', both(one().entries.length - 1)],
      ['one more', both(one().entries.length + 1)],
      ['65,534 entries', both(0xfffe)],
      ['65,535 entries', both(0xffff)],
      ['the two counts differ', inEnd(8, 3)],
      ['2^32 entries', withClaims(bytes, { entries: 2n ** 32n })],
      ['2^64-1 entries', withClaims(bytes, { entries: 2n ** 64n - 1n })],
      ['a directory of 2^63 bytes', withClaims(bytes, { size: 2n ** 63n })],
      ['a directory at 2^64-1', withClaims(bytes, { offset: 2n ** 64n - 1n })],
      ['offset and size that wrap', withClaims(bytes, { offset: 2n ** 64n - 100n, size: 200n })],
      ['ZIP64 without need, inconsistent', withClaims(bytes, { entries: 0n })],
    ];
    for (const [what, claimed] of claims) {
      const source = memory(claimed);
      expect([what, await outcome(source, one().keys)]).toEqual([what, expect.stringMatching(/^ARCHIVE_/)]);
      expect(source.largest).toBeLessThan(bytes.length + 1);
    }
    const many = withClaims(bytes, { entries: 2n ** 32n });
    expect(await outcome(memory(many), one().keys)).toBe('ARCHIVE_TOO_LARGE');
  });
});

describe('what a container cannot show', () => {
  const codeOf = async (parts: Parts, keys: Keys = {}) => outcome(memory(await zipOf(parts)), keys);

  it('a manifest of a newer format', async () => {
    expect(await codeOf(withManifest(plain, { ...plain.manifest, format: FORMAT + 1 }))).toBe(
      'ARCHIVE_TOO_NEW',
    );
    expect(await codeOf(withManifest(plain, { format: 999, all: 'different' }))).toBe('ARCHIVE_TOO_NEW');
  });

  it.each([
    ['null', null],
    ['a number', 7],
    ['an empty object', {}],
    ['a list', []],
    ['format 0', { format: 0 }],
    ['format as text', { format: '1' }],
    ['a format between two', { format: 0.5 }],
  ])('a manifest that is %s', async (_, manifest) => {
    expect(await codeOf(withManifest(plain, manifest))).toBe('ARCHIVE_DAMAGED');
  });

  it('a manifest whose numbers do not add up', async () => {
    const [first, ...rest] = plain.manifest.collections;
    const changed = (collection: object) => ({ ...plain.manifest, collections: [collection, ...rest] });
    const chunk = first!.chunks[0]!;
    const wrong: [string, object][] = [
      ['a row more', { ...first, rows: first!.rows + 1 }],
      ['a negative count', { ...first, rows: -1 }],
      ['a chunk listed twice', { ...first, chunks: [...first!.chunks, chunk] }],
      ['a chunk not listed', { ...first, chunks: first!.chunks.slice(1), rows: first!.rows - chunk.rows }],
      ['a digest that is none', { ...first, chunks: [{ ...chunk, sha256: 'x' }, ...first!.chunks.slice(1)] }],
      [
        'a byte more',
        { ...first, chunks: [{ ...chunk, bytes: chunk.bytes + 1 }, ...first!.chunks.slice(1)] },
      ],
      [
        'a byte fewer',
        { ...first, chunks: [{ ...chunk, bytes: chunk.bytes - 1 }, ...first!.chunks.slice(1)] },
      ],
      ['an entry of the container as chunk', { ...first, chunks: [{ ...chunk, entry: 'ark.json' }] }],
    ];
    for (const [what, collection] of wrong)
      expect([what, await codeOf(withManifest(plain, changed(collection)))]).toEqual([
        what,
        'ARCHIVE_DAMAGED',
      ]);
  });

  it('a chunk that is no gzip, or half of one', async () => {
    const chunk = plain.manifest.collections.flatMap((each) => each.chunks)[0]!;
    const text = Buffer.from('1,a\n');
    expect(await codeOf(withChunk(plain, text, text.length))).toBe('ARCHIVE_DAMAGED');
    const half = gzipSync(Buffer.alloc(1000, 'x')).subarray(0, 20);
    expect(await codeOf(withChunk(plain, half, 1000))).toBe('ARCHIVE_DAMAGED');
    expect(await codeOf(withChunk(plain, Buffer.alloc(0), chunk.bytes))).toBe('ARCHIVE_DAMAGED');
  });

  it('a key entry that holds no key', async () => {
    const encrypter = new Encrypter();
    for (const recipient of (sealed.owner as { recipients: string[] }).recipients)
      encrypter.addRecipient(recipient);
    const noKey = await encrypter.encrypt('not an identity');
    const parts = partsOf(sealed).map(([name, bytes]): Parts[number] => [
      name,
      name === 'key.age' ? noKey : bytes,
    ]);
    expect(await codeOf(parts, sealed.keys)).toMatch(/^ARCHIVE_/);
  });

  it.each([
    ['nothing at all', Buffer.alloc(0), 'ARCHIVE_EMPTY'],
    ['one byte', Buffer.from('P'), 'ARCHIVE_NOT_ARK'],
    ['text', Buffer.from('-- PostgreSQL database dump\n'.repeat(100)), 'ARCHIVE_NOT_ARK'],
    ['gzip', gzipSync('hello'), 'ARCHIVE_NOT_ARK'],
    ['only the first bytes of a ZIP', Buffer.from('PK\x03\x04'), 'ARCHIVE_DAMAGED'],
  ])('%s', async (_, bytes, code) => {
    expect(await outcome(memory(bytes), {})).toBe(code);
  });

  it('an ordinary ZIP, an empty one, and one with hostile names', async () => {
    expect(await codeOf([['a.txt', Buffer.from('hello')]])).toBe('ARCHIVE_NOT_ARK');
    expect(await codeOf([])).toBe('ARCHIVE_NOT_ARK');
    const hostile: Parts = [
      '../../etc/passwd',
      '/etc/passwd',
      'C:\\x',
      '__proto__',
      'constructor',
      'a\0b',
      '',
    ].map((name) => [name || 'x'.repeat(60_000), Buffer.from('x')]);
    expect(await codeOf(hostile)).toMatch(/^ARCHIVE_/);
    const zip = new ZipArchive({});
    const pieces: Buffer[] = [];
    zip.on('data', (piece) => pieces.push(piece));
    zip.append('deflated '.repeat(100), { name: 'ark.json' });
    await zip.finalize();
    expect(await outcome(memory(Buffer.concat(pieces)), {})).toMatch(/^ARCHIVE_/);
  });
});

describe('made to do harm', () => {
  /** The most memory in use while it runs, above what was in use before. */
  async function peak<T>(work: () => Promise<T>): Promise<{ result: T; bytes: number }> {
    const start = process.memoryUsage().rss;
    let most = start;
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
    try {
      const result = await work();
      return { result, bytes: Math.max(most, process.memoryUsage().rss) - start };
    } finally {
      clearInterval(timer);
    }
  }
  const MB = 1_000_000;
  const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024), { level: 9 });
  // Members of gzip one after the other are one gzip file: 2 GiB of zeros in 2 MB, without making them.
  const bomb = Buffer.concat(Array.from({ length: 128 }, () => zeros));

  it('a chunk that unpacks to more than announced', async () => {
    const zip = await zipOf(withChunk(plain, bomb, 1000));
    const { result, bytes } = await peak(() => outcome(memory(zip), {}));
    expect(result).toBe('ARCHIVE_DAMAGED');
    expect(bytes).toBeLessThan(200 * MB);
  });

  it('a chunk that announces more than a machine has', async () => {
    for (const claim of [2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const zip = await zipOf(withChunk(plain, zeros, claim));
      const { result, bytes } = await peak(() => outcome(memory(zip), {}));
      expect(result).toMatch(/^ARCHIVE_/);
      expect(bytes).toBeLessThan(200 * MB);
    }
  });

  it('a chunk of 2 GiB that announces itself', async () => {
    const zip = await zipOf(withChunk(plain, bomb, 2 ** 31));
    const { result, bytes } = await peak(() => outcome(memory(zip), {}));
    expect(result).toMatch(/^ARCHIVE_/);
    expect(bytes).toBeLessThan(300 * MB);
  });

  it.each(['summary.json', 'ark.json.sha256', 'ark.json.sig', 'key.age'])('a huge %s', async (name) => {
    const sample = name === 'key.age' ? sealed : plain;
    const parts = partsOf(sample).map(([each, bytes]): Parts[number] => [
      each,
      each === name ? Buffer.concat([bytes, Buffer.alloc(64 * MB, 0x61)]) : bytes,
    ]);
    const source = memory(await zipOf(parts));
    expect(await outcome(source, sample.keys)).toMatch(/^ARCHIVE_/);
    // Both are small by nature; reading a huge one would take as much memory as it pleases.
    expect(source.largest).toBeLessThan(MB);
  });
});

describe('through the restore', () => {
  const stages = () =>
    database.query<{ name: string }>(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'ark\\_%'`);

  const unchanged = async () => {
    expect(await digest(database.url)).toEqual(before);
    expect(await stages()).toEqual([]);
  };

  async function restoreOutcome(path: string, keys: Keys): Promise<string> {
    const host = hostOf(database.url, data.folder);
    try {
      await restoreAll(host, await findArchive(host, path, keys));
      return 'accepted';
    } catch (error) {
      return error instanceof BackupError ? `${error.exit} ${error.code}` : String(error);
    }
  }

  it('a sample of every kind of damage changes nothing', async () => {
    const at = (sample: Sample, position: number): Buffer => {
      const copy = Buffer.from(sample.bytes);
      copy[position] = copy[position]! ^ 0x10;
      return copy;
    };
    const places = (sample: Sample): [string, Buffer][] => {
      const [first, second] = sample.entries;
      const [manifest, summary, digestEntry, last] = [
        sample.entries.at(-4)!,
        sample.entries.at(-3)!,
        sample.entries.at(-2)!,
        sample.entries.at(-1)!,
      ];
      const directory = last.offset + last.before + last.size;
      return [
        ['in a local header', at(sample, second!.offset + 10)],
        ['in a name', at(sample, first!.offset + 33)],
        ['in data', at(sample, first!.offset + first!.before + (first!.size >> 1))],
        ['in the manifest', at(sample, manifest.offset + manifest.before + 100)],
        ['in the summary', at(sample, summary.offset + summary.before + 20)],
        ['in the digest', at(sample, digestEntry.offset + digestEntry.before + 10)],
        ['in the signature', at(sample, last.offset + last.before + last.size - 20)],
        ['in the directory', at(sample, directory + 20)],
        ['in the end record', at(sample, sample.bytes.length - 5)],
        ['cut in the middle', sample.bytes.subarray(0, sample.bytes.length >> 1)],
        ['the last byte cut off', sample.bytes.subarray(0, -1)],
        ['nothing left', Buffer.alloc(0)],
      ];
    };
    const cases: [Sample, string, Buffer][] = [];
    for (const [one, other] of [
      [plain, later],
      [sealed, sealedLater],
    ] as const) {
      for (const [what, bytes] of places(one)) cases.push([one, what, bytes]);
      for (const [what, bytes] of around(one).slice(0, 5)) cases.push([one, what, bytes]);
      for (const [what, bytes] of (await rebuilt(one, other)).slice(0, 5)) cases.push([one, what, bytes]);
    }
    cases.push([plain, 'no gzip', await zipOf(withChunk(plain, Buffer.from('1,a\n'), 4))]);
    cases.push([plain, 'a longer chunk', await zipOf(withChunk(plain, gzipSync('1,a\n2,b\n'), 4))]);
    expect(cases.length).toBeGreaterThan(25);
    const wrong: string[] = [];
    for (const [i, [one, what, bytes]] of cases.entries()) {
      const path = join(data.folder, `damaged-${i}.ark`);
      await writeFile(path, bytes);
      const found = await restoreOutcome(path, one.keys);
      if (!found.startsWith('3 ARCHIVE_')) wrong.push(`${what}: ${found}`);
      expect(await stages()).toEqual([]);
    }
    expect(wrong).toEqual([]);
    await unchanged();
    figures(`${cases.length} damaged archives through the restore`);
  });

  it('an archive that goes bad between the check and the load changes nothing', async () => {
    let bad = false;
    const source = memory(plain.bytes);
    const opened = await openArchive({
      size: source.size,
      async read(start, end) {
        const bytes = Buffer.from(await source.read(start, end));
        if (bad) bytes[bytes.length - 9] = bytes[bytes.length - 9]! ^ 1;
        return bytes;
      },
    });
    const archive: Archive = {
      ...opened,
      async verify(options) {
        const verified = await opened.verify(options);
        bad = true;
        return verified;
      },
    };
    const host = hostOf(database.url, data.folder);
    await expect(restoreAll(host, archive)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED', exit: 3 });
    expect(bad).toBe(true);
    await unchanged();
  });

  it('rows that are not what the manifest announces change nothing', async () => {
    const first = plain.manifest.collections.find((collection) => collection.chunks.length > 0)!;
    const csv = Buffer.from('1,a\n');
    const parts = withChunk(plain, gzipSync(csv), csv.length);
    expect(first.chunks[0]!.rows).toBeGreaterThan(1);
    const path = join(data.folder, 'fewer-rows.ark');
    await writeFile(path, await zipOf(parts));
    expect(await restoreOutcome(path, {})).toMatch(/^(1 CHECK_FAILED|3 ARCHIVE_DAMAGED)$/);
    await unchanged();
  });

  it('a refused file is not kept open', async () => {
    const path = join(data.folder, 'refused.ark');
    await writeFile(path, plain.bytes.subarray(0, -1));
    const host = hostOf(database.url, data.folder);
    for (let i = 0; i < 10; i += 1)
      await expect(findArchive(host, path)).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    const opened = readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });
    expect(opened).toEqual([]);
  });

  it('the undamaged archive is restored', async () => {
    const path = join(data.folder, 'sealed.ark');
    expect(await restoreOutcome(path, sealed.keys)).toBe('accepted');
    expect((await digest(database.url)).tables).not.toEqual(before.tables);
  });
});
