import { ZipArchive } from 'archiver';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Open } from 'unzipper';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256, whole } from '../../src/server/bytes';
import { createArchive } from '../../src/server/dumper/archive/writeArchive';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import { FORMAT } from '../../src/server/dumper/archive/format';
import type { Manifest } from '../../src/server/dumper/archive/manifest';
import {
  readDirectory,
  readEntry,
  readLast,
  type ByteSource,
  type ZipEntry,
} from '../../src/server/dumper/container/zip';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { BackupError, damaged } from '../../src/server/errors/errors';
import { older } from '../helpers/forged';
import { zipEntries } from '../helpers/zipEntries';

const AT = new Date('2026-11-20T10:15:00Z');

type Parts = readonly (readonly [name: string, bytes: Buffer])[];

/** As archive.ts writes: stored entries of known size, one after the other. */
async function pour(
  parts: Iterable<readonly [name: string, bytes: Buffer]>,
  take: (piece: Buffer) => void,
): Promise<void> {
  const zip = new ZipArchive({});
  const read = (async () => {
    for await (const piece of zip as AsyncIterable<Buffer>) take(piece);
  })();
  for (const [name, bytes] of parts) zip.append(bytes, { name, store: true, date: AT, mode: 0o644 });
  await zip.finalize();
  await read;
}

async function zipOf(parts: Iterable<readonly [name: string, bytes: Buffer]>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await pour(parts, (piece) => pieces.push(piece));
  return Buffer.concat(pieces);
}

const memory = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  read: (start, end) =>
    end > bytes.length || start < 0
      ? Promise.reject(damaged('cut-off', {}))
      : Promise.resolve(bytes.subarray(start, end)),
});

/** A file of gigabytes of which only the pieces that are not all zeros are kept. */
function sparse(): { take(piece: Buffer): void; source(): ByteSource } {
  const kept: { start: number; bytes: Buffer }[] = [];
  const zeros = Buffer.alloc(1 << 24);
  let size = 0;
  return {
    take(piece) {
      if (piece.length > zeros.length || !piece.equals(zeros.subarray(0, piece.length)))
        kept.push({ start: size, bytes: Buffer.from(piece) });
      size += piece.length;
    },
    source: () => ({
      size,
      read(start, end) {
        if (start < 0 || end > size) return Promise.reject(damaged('cut-off', {}));
        const all = Buffer.alloc(end - start);
        for (const { start: at, bytes } of kept) {
          if (at >= end || at + bytes.length <= start) continue;
          bytes.copy(all, Math.max(0, at - start), Math.max(0, start - at), Math.min(bytes.length, end - at));
        }
        return Promise.resolve(all);
      },
    }),
  };
}

const placesOf = (entries: readonly ZipEntry[]) =>
  entries.map(({ name, offset, size, before }) => ({ name, offset, size, before }));

const small: Parts = [
  ['data/orders/00001.csv.gz', gzipSync('1,"a ""quoted"" one"\n2,\n')],
  ['data/empty/00001.csv.gz', Buffer.alloc(0)],
  ['data/Bestellungen_ÄÖ_订单/00001.csv.gz', gzipSync('x\n')],
  [`data/${'n'.repeat(180)}/00001.csv.gz`, Buffer.alloc(100_000, 7)],
  ['ark.json', Buffer.from('{}')],
];

describe('what is written is read', () => {
  it('names, sizes and bytes, in order', async () => {
    const source = memory(await zipOf(small));
    const directory = await readDirectory(source);
    expect([...directory.keys()]).toEqual(small.map(([name]) => name));
    for (const [name, bytes] of small) {
      const entry = directory.get(name)!;
      expect(entry.size).toBe(bytes.length);
      expect((await readEntry(source, entry)).equals(bytes)).toBe(true);
    }
  });

  // Around the number that the old form of a ZIP cannot say; the last ones also by their names, without the others.
  it.each([1, 2, 4, 256, 65_534, 65_535, 65_536])('%i entries, and the last of them', async (count) => {
    const last = ['ark.json', 'x', 'ark.json.sig'].slice(-count);
    const names = [...Array.from({ length: count - last.length }, (_, i) => `data/${i}`), ...last];
    const source = memory(await zipOf(names.map((name) => [name, Buffer.from(name)] as const)));
    const all = [...(await readDirectory(source)).values()];
    expect(all.map(({ name }) => name)).toEqual(names);
    for (let i = 1; i <= last.length; i += 1) {
      const entries = (await readLast(source, last.slice(-i)))!;
      expect(placesOf(entries)).toEqual(placesOf(all.slice(-i)));
      for (const entry of entries) expect(String(await readEntry(source, entry))).toBe(entry.name);
    }
    const others = [
      ['ark.json'],
      ['y', 'ark.json.sig'],
      ['rk.json.sig'],
      ['zip/ark.json.sig'],
      ['z', ...names],
    ];
    for (const names of others) expect(await readLast(source, names)).toBeUndefined();
  });

  it('no last ones of an empty one', async () => {
    expect(await readLast(memory(await zipOf([])), ['ark.json'])).toBeUndefined();
  });

  it('an empty one', async () => {
    expect((await readDirectory(memory(await zipOf([])))).size).toBe(0);
  });

  it('sizes around every border of a buffer', async () => {
    const sizes = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, (1 << 20) - 1, 1 << 20, (1 << 24) + 1];
    const parts = sizes.map((size) => [`data/${size}`, Buffer.alloc(size, size % 251)] as const);
    const source = memory(await zipOf(parts));
    const directory = await readDirectory(source);
    for (const [name, bytes] of parts)
      expect((await readEntry(source, directory.get(name)!)).equals(bytes)).toBe(true);
  });

  it('an archive of more than 4 GiB', async () => {
    const store = sparse();
    const piece = Buffer.alloc(8 * 1024 * 1024);
    const differs = Buffer.alloc(1000, 'z');
    const count = 516;
    // One that differs, beyond 4 GiB.
    const parts = Array.from(
      { length: count },
      (_, i) => [`data/big/${i}`, i === count - 2 ? differs : piece] as const,
    );
    const [zeros, z] = [piece, differs].map((bytes) => ({ size: bytes.length, sha256: sha256(bytes) }));
    const chunks = parts.map(([entry, bytes]) => ({
      entry,
      rows: 0,
      bytes: 0,
      ...(bytes === piece ? zeros! : z!),
    }));
    // The format without a signature.
    const json = Buffer.from(JSON.stringify(older(manifestWith(chunks))));
    const digest = Buffer.from(`${sha256(json)}  ark.json\n`);
    await pour([...parts, ['ark.json', json], ['ark.json.sha256', digest]], (bytes) => store.take(bytes));
    const source = store.source();
    expect(source.size).toBeGreaterThan(2 ** 32);
    const archive = await openArchive(source);
    expect(archive.manifest.collections[0]?.chunks).toHaveLength(count);
    for (const i of [0, 511, 512, 513, count - 3, count - 2, count - 1])
      expect(await whole(archive.read(chunks[i]!))).toHaveLength(chunks[i]!.size);
    const entries = [...(await readDirectory(source)).values()];
    expect(entries.at(-1)!.offset).toBeGreaterThan(2 ** 32);
    expect(placesOf((await readLast(source, ['ark.json', 'ark.json.sha256']))!)).toEqual(
      placesOf(entries.slice(-2)),
    );
  });
});

function manifestWith(chunks: Manifest['collections'][number]['chunks']): Manifest {
  const order = { entries: chunks.map((chunk) => chunk.entry) };
  return {
    format: FORMAT,
    id: 'test',
    createdAt: AT.toISOString(),
    instance: 'test',
    ark: '0.0.0',
    database: {
      dialect: 'postgres',
      version: '18.0',
      schema: 'public',
      tablePrefix: '',
      underscored: false,
      timeZone: 'UTC',
      native: { postgres: { encoding: 'UTF8', extensions: [] } },
    },
    keys: {},
    selection: { groups: [], all: true },
    collections: [
      {
        name: 'big',
        group: 'unknown',
        rows: 0,
        structure: {
          name: 'big',
          kind: 'table',
          columns: [],
          parents: [],
          uniqueKeys: [],
          foreignKeys: [],
          indexes: [],
          counters: [],
          native: {
            postgres: {
              owner: 'postgres',
              columns: [],
              constraints: [],
              indexes: [],
              attachments: [],
              sequences: [],
              options: [],
              toastOptions: [],
            },
          },
        },
        chunks,
      },
    ],
    ...order,
    objects: [],
    order: [],
    needs: {},
    laterNeeds: {},
    notIncluded: [],
  };
}

/** What a general reader makes of it: every entry's bytes by name, or its refusal. */
async function unzipperReads(bytes: Buffer): Promise<Record<string, Buffer> | 'refused'> {
  try {
    const { files } = await Open.buffer(bytes);
    const found: Record<string, Buffer> = {};
    for (const file of files) found[file.path] = await file.buffer();
    return found;
  } catch {
    return 'refused';
  }
}

describe('why the reader is ours (docs/adr/0002)', () => {
  /** Each is a change of the file that `unzipper` does not see: it hands out all entries as if nothing were wrong. */
  const changes: [what: string, change: (zip: Buffer, entries: readonly Place[]) => Buffer][] = [
    ['bytes appended within a comment', (zip) => withComment(zip, 'anything at all')],
    [
      'a stub prepended, as self-extracting files have',
      (zip) => Buffer.concat([Buffer.from('#!/bin/sh\nexit\n'), zip]),
    ],
    ['the signature of a central record', (zip, [first]) => flipped(zip, first!.central)],
    ['the maker in a central record', (zip, [first]) => flipped(zip, first!.central + 4)],
    ['the time in a local header', (zip, [first]) => flipped(zip, first!.local + 10)],
    ['the checksum in a local header', (zip, [first]) => flipped(zip, first!.local + 14)],
    ['the size in a local header', (zip, [first]) => flipped(zip, first!.local + 22)],
    ['the name in a local header', (zip, [first]) => flipped(zip, first!.local + 30)],
    ['the checksum in a central record', (zip, [first]) => flipped(zip, first!.central + 16)],
    ['the time in a central record', (zip, [first]) => flipped(zip, first!.central + 12)],
    ['the attributes in a central record', (zip, [first]) => flipped(zip, first!.central + 38)],
    ['the disk number in the end record', (zip) => flipped(zip, zip.length - 22 + 6)],
    ['the size of the directory', (zip) => flipped(zip, zip.length - 22 + 12)],
    ['a gap before the directory', (zip, places) => withGap(zip, places)],
  ];

  it('unzipper accepts what readDirectory and readEntry refuse', async () => {
    const parts: Parts = small.filter(([, bytes]) => bytes.length > 0);
    const zip = await zipOf(parts);
    const whole = await unzipperReads(zip);
    expect(whole).toEqual(Object.fromEntries(parts));
    const table: { what: string; unzipper: string; ark: string }[] = [];
    for (const [what, change] of changes) {
      const changed = change(zip, await recordsOf(zip));
      expect(changed.equals(zip)).toBe(false);
      const seen = await unzipperReads(changed);
      const same = seen !== 'refused' && parts.every(([name, bytes]) => seen[name]?.equals(bytes));
      table.push({ what, unzipper: same ? 'accepts' : 'notices', ark: await arkReads(changed) });
    }
    if (process.env.ARK_FIGURES) console.table(table);
    expect(table.filter((row) => row.ark !== 'ARCHIVE_DAMAGED' && row.ark !== 'ARCHIVE_NOT_ARK')).toEqual([]);
    // Not one change alone: most of what a bad disk or a careless tool does goes by unseen.
    expect(table.filter((row) => row.unzipper === 'accepts').length).toBeGreaterThan(table.length / 2);
    expect(table.find((row) => row.what.includes('signature of a central'))?.unzipper).toBe('accepts');
  });

  it('unzipper accepts changed data without comparing the checksum', async () => {
    const zip = await zipOf([['a', Buffer.from('hello hello')]]);
    const changed = flipped(zip, zip.indexOf('hello'));
    const seen = await unzipperReads(changed);
    expect(seen).not.toBe('refused');
  });

  interface Place {
    readonly local: number;
    readonly central: number;
  }

  async function recordsOf(zip: Buffer): Promise<Place[]> {
    let central = zip.readUInt32LE(zip.length - 6);
    return [...(await readDirectory(memory(zip))).values()].map((entry) => {
      const place = { local: entry.offset, central };
      central += 46 + zip.readUInt16LE(central + 28) + zip.readUInt16LE(central + 30);
      return place;
    });
  }

  function flipped(zip: Buffer, at: number): Buffer {
    const copy = Buffer.from(zip);
    copy[at] = copy[at]! ^ 1;
    return copy;
  }

  function withComment(zip: Buffer, comment: string): Buffer {
    const copy = Buffer.concat([zip, Buffer.from(comment)]);
    copy.writeUInt16LE(comment.length, zip.length - 2);
    return copy;
  }

  function withGap(zip: Buffer, [first]: readonly Place[]): Buffer {
    const gap = Buffer.from('bytes of no entry');
    const copy = Buffer.concat([zip.subarray(0, first!.central), gap, zip.subarray(first!.central)]);
    copy.writeUInt32LE(first!.central + gap.length, copy.length - 6);
    return copy;
  }

  async function arkReads(zip: Buffer): Promise<string> {
    try {
      const source = memory(zip);
      for (const entry of (await readDirectory(source)).values()) await readEntry(source, entry);
      return 'accepts';
    } catch (error) {
      return error instanceof BackupError ? error.code : String(error);
    }
  }
});

describe('general tools read what we write', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ark-zip-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const csv = Buffer.from('1,"a, b"\n2,\n');

  async function ours(): Promise<Buffer> {
    const writer = createArchive(AT, newSigner().signer);
    const pieces: Uint8Array[] = [];
    const storing = (async () => {
      for await (const piece of writer.body) pieces.push(piece);
    })();
    await writer.add('data/orders/00001.csv.gz', gzipSync(csv));
    await writer.add('data/订单/00001.csv.gz', gzipSync(csv));
    await writer.finish({ ...manifestWith([]), format: FORMAT });
    await storing;
    return Buffer.concat(pieces);
  }

  it('yauzl, with its strict checks, and gunzip', async () => {
    const found = await zipEntries(await ours());
    expect(Object.keys(found)).toEqual([
      'data/orders/00001.csv.gz',
      'data/订单/00001.csv.gz',
      'ark.json',
      'summary.json',
      'ark.json.sha256',
      'ark.json.sig',
    ]);
    expect(gunzipSync(found['data/orders/00001.csv.gz']!).equals(csv)).toBe(true);
    expect(JSON.parse(found['ark.json']!.toString('utf8'))).toMatchObject({ format: FORMAT });
  });

  const has = (tool: string): boolean => {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  const tools = has('unzip') && has('sha256sum');
  const reason = tools ? '' : ' (skipped: no unzip or sha256sum on this machine; yauzl above reads the same)';
  (tools ? it : it.skip)(`unzip, gunzip and sha256sum -c${reason}`, async () => {
    const path = join(folder, 'ours.ark');
    await writeFile(path, await ours());
    expect(execFileSync('unzip', ['-t', path], { encoding: 'utf8' })).toContain('No errors detected');
    execFileSync('unzip', ['-q', path, '-d', folder], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    expect(gunzipSync(await readFile(join(folder, 'data/orders/00001.csv.gz'))).equals(csv)).toBe(true);
    expect(gunzipSync(await readFile(join(folder, 'data/订单/00001.csv.gz'))).equals(csv)).toBe(true);
    const said = execFileSync('sha256sum', ['-c', 'ark.json.sha256'], { cwd: folder, encoding: 'utf8' });
    expect(said).toBe('ark.json: OK\n');
  });
});
