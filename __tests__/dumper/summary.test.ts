import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bytes } from '../../src/server/bytes';
import { itemOf, readItem } from '../../src/server/actions/backups/readItem';
import { FORMAT } from '../../src/server/dumper/archive/format';
import type { Manifest } from '../../src/server/dumper/archive/manifest';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import { refuseUnreadable } from '../../src/server/dumper/archive/readManifest';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { MAX_SUMMARY, Summary, summaryOf } from '../../src/server/dumper/archive/summary';
import { createArchive } from '../../src/server/dumper/archive/writeArchive';
import { newSeal } from '../../src/server/dumper/container/cipher';
import { readDirectory } from '../../src/server/dumper/container/zip';
import { BackupError, failureOf } from '../../src/server/errors/errors';
import { localStorage } from '../../src/server/storage/local/local';
import { volumes } from '../../src/server/storage/volumes';
import type { Range, Storage, StoredObject } from '../../src/server/storage/storage';
import { containerOf, endOf, summaryBytesOf, takenApart, type Written } from '../helpers/forged';
import { inMemory } from '../helpers/nbdump';

/** What a list shows of an archive it reads from the summary alone; it is what the archive says, or damage. */
const READ = join(__dirname, '..', 'archives', 'read');
const fixtures = readdirSync(READ).filter((name) => name.endsWith('.ark'));
const fixture = (name: string): Buffer => readFileSync(join(READ, name));

interface Watched extends Storage {
  readonly asked: string[];
  readonly ranges: Range[];
}

/** A storage with one object, which says what it was asked for. */
function watched(bytes: Buffer): Watched {
  const [asked, ranges]: [string[], Range[]] = [[], []];
  const stored = (): StoredObject => ({ key: 'a.ark', size: bytes.length, modifiedAt: new Date(0) });
  const note = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(value);
  };
  return {
    name: 'memory',
    kind: 's3',
    remote: true,
    asked,
    ranges,
    put: () => Promise.reject(new Error('nothing is put')),
    async *get(_, range = { start: 0, end: bytes.length }) {
      ranges.push(await note('get', range));
      yield Buffer.from(bytes.subarray(range.start, range.end));
    },
    stat: () => note('stat', stored()),
    list: () => note('list', [stored()]),
    remove: () => Promise.reject(new Error('nothing is removed')),
    clean: () => Promise.resolve(0),
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body comes by and by
async function* pieces(bytes: Buffer): Bytes {
  yield bytes;
}

const objectOf = (bytes: Buffer): StoredObject => ({
  key: 'a.ark',
  size: bytes.length,
  modifiedAt: new Date(0),
});
const listed = (bytes: Buffer) => readItem(watched(bytes), objectOf(bytes));

/** Undefined: it is accepted. */
const failureOfOpening = async (bytes: Buffer): Promise<ReturnType<typeof failureOf> | undefined> => {
  try {
    await openArchive(inMemory(bytes));
    return undefined;
  } catch (error) {
    if (error instanceof BackupError && error.exit === 3) return failureOf(error);
    throw error;
  }
};

let plain: Written;
/** It has all that a summary can say. */
let full: Manifest;
beforeAll(async () => {
  plain = await takenApart(fixture(`format-${FORMAT}.ark`));
  const { manifest } = await openArchive(inMemory(fixture(`format-${FORMAT}.ark`)));
  full = {
    ...manifest,
    createdBy: 'Ann "the\u202e admin"\u001b[2J',
    origin: { instance: 'drawn', schedule: 'nightly\n' },
    collections: manifest.collections.map((collection, i) =>
      i % 2 === 0 ? { ...collection, group: 'user' } : collection,
    ),
    files: [
      { storage: 'local', files: [{ path: 'a', size: 7, modifiedAt: manifest.createdAt, parts: [] }] },
      { storage: '../<b>', files: [] },
    ],
    notIncluded: [
      { what: 'table', name: 'x', reason: 'any', why: { code: 'not-chosen', group: 'log' } },
      { what: 'table', name: 'y', reason: 'group "user" or collection not chosen' },
      { what: 'table', name: 'z', reason: 'any', why: { code: 'not-chosen', group: 'log' } },
    ],
    keys: { salt: `${'a'.repeat(22)}==`, aesKeyFingerprint: 'f'.repeat(32) },
  };
});

const asForged = (manifest: Manifest) => manifest as unknown as Record<string, unknown>;

/** An archive with that manifest, and the key of an app. */
async function withKey(manifest: Manifest, last = endOf): Promise<Buffer> {
  const keyFile = { entry: 'files/aes_key', size: 3, sha256: sha256Of('key') };
  const entries = [...manifest.entries, keyFile.entry];
  const whole = asForged({ ...manifest, keyFile, entries });
  return containerOf([...plain.data, [keyFile.entry, Buffer.from('key')], ...last(whole)]);
}
const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

it.each(fixtures.filter((name) => !name.includes('passphrase')))(
  '%s: the list says what the opened archive says',
  async (name) => {
    const bytes = fixture(name);
    const opened = await openArchive(inMemory(bytes));
    const item = await listed(bytes);
    expect(item).toEqual(itemOf(watched(bytes), objectOf(bytes), opened));
    expect(item).toMatchObject({ state: 'ok', id: opened.manifest.id });
  },
);

it.each(fixtures.filter((name) => name.includes('passphrase')))(
  '%s: the list says what is signed of it',
  async (name) => {
    const item = await listed(fixture(name));
    const { manifest, signature } = await openArchive(inMemory(fixture(name)), {
      passphrase: 'correct horse',
    });
    expect(item).toMatchObject({
      state: 'locked',
      encrypted: true,
      ...(signature && { id: manifest.id, createdAt: manifest.createdAt, signedBy: signature.fingerprint }),
    });
    expect(item.instance).toBeUndefined();
  },
);

it('the list says all that a summary can say', async () => {
  const bytes = await withKey(full);
  const opened = await openArchive(inMemory(bytes));
  const said = summaryOf(opened.manifest);
  expect(Object.keys(said).sort()).toEqual(Object.keys(Summary.shape).sort());
  const item = await listed(bytes);
  expect(item).toEqual(itemOf(watched(bytes), objectOf(bytes), opened));
  expect(item).toMatchObject({
    createdBy: full.createdBy,
    origin: full.origin,
    files: [
      { storage: 'local', files: 1, bytes: 7 },
      { storage: '../<b>', files: 0, bytes: 0 },
    ],
    holds: { aesKey: true, keyIs: { fingerprint: 'f'.repeat(32) } },
  });
  expect(item.groups.map(({ group }) => group).sort()).toEqual(['unknown', 'user']);
  expect(item.holds?.groups).not.toContain('log');
  expect(item.holds?.groups).not.toContain('user');
});

/** As Ark writes one, of so many entries. */
async function written(entries: number, encrypted: boolean): Promise<Buffer> {
  const seal = encrypted ? await newSeal({ passphrase: 'correct horse' }) : undefined;
  const writer = createArchive(new Date(), newSigner().signer, seal);
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    for await (const piece of writer.body) pieces.push(piece);
  })();
  const chunks = [];
  for (let i = 0; i < entries; i += 1)
    chunks.push({ ...(await writer.add(`data/t/${i}.csv.gz`, randomBytes(40))), rows: 0, bytes: 0 });
  const [like] = full.collections;
  await writer.finish({ ...full, collections: [{ ...like!, rows: 0, chunks }] });
  await reading;
  return Buffer.concat(pieces);
}

describe.each([
  ['plain', false],
  ['encrypted', true],
] as const)('%s', (_, encrypted) => {
  it.each([
    [10, 1],
    [700, 2],
  ])('the list reads little of an archive of %i entries', async (entries, most) => {
    const bytes = await written(entries, encrypted);
    const storage = watched(bytes);
    const item = await readItem(storage, objectOf(bytes));
    expect(item.state).toBe(encrypted ? 'locked' : 'ok');
    expect(storage.asked).toEqual(Array.from({ length: most }, () => 'get'));
    expect(storage.ranges.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(40_000);
    if (most === 1) return;
    const manifest = (await readDirectory(inMemory(bytes))).get(encrypted ? 'ark.json.age' : 'ark.json')!;
    const manifestEnd = manifest.offset + manifest.before + manifest.size;
    for (const { start } of storage.ranges) expect(start).toBeGreaterThanOrEqual(manifestEnd);
  });
});

it('the list says as much of an archive in volumes, and names the one that is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ark-summary-'));
  try {
    const inner = localStorage(folder);
    const storage = volumes(inner, { bytes: 7000, spool: join(folder, 'spool') });
    const bytes = await written(100, false);
    await storage.put('a.ark', pieces(bytes));
    const parts = (await inner.list()).filter(({ size }) => size === 7000);
    expect(parts.length).toBeGreaterThan(1);
    const [object] = await storage.list();
    expect(await readItem(storage, object!)).toEqual({
      ...(await listed(bytes)),
      storage: storage.name,
    });
    for (const part of parts) {
      const content = await readFile(join(folder, part.key));
      await rm(join(folder, part.key));
      const [less] = await storage.list();
      expect(await readItem(storage, less!)).toMatchObject({
        state: 'damaged',
        error: { code: 'VOLUME_MISSING', message: expect.stringContaining(part.key) as string },
      });
      await writeFile(join(folder, part.key), content);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('a manifest that is damaged is for whoever opens it', async () => {
  const bytes = await written(700, false);
  const { offset, before } = (await readDirectory(inMemory(bytes))).get('ark.json')!;
  bytes[offset + before + 100] = bytes[offset + before + 100]! ^ 1;
  expect((await listed(bytes)).state).toBe('ok');
  expect(await failureOfOpening(bytes)).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
});

it('a bit flipped in anything that the list reads is seen by it', async () => {
  const bytes = fixture(`format-${FORMAT}.ark`);
  const entries = [...(await readDirectory(inMemory(bytes))).values()];
  const [{ offset, record }, last] = [entries.at(-3)!, entries.at(-1)!];
  const directory = last.offset + last.before + last.size;
  const places = [
    [offset, directory],
    [directory + record.at, bytes.length],
  ] as const;
  const unseen: number[] = [];
  for (const [start, end] of places) {
    for (let at = start; at < end; at += 1) {
      const copy = Buffer.from(bytes);
      copy[at] = copy[at]! ^ (1 << (at % 8));
      if ((await listed(copy)).state !== 'damaged') unseen.push(at);
    }
  }
  expect(unseen).toEqual([]);
});

type Said = Record<string, unknown>;
/** Everything that can be said otherwise with the same shape, by its place. */
function* otherwise(
  value: unknown,
  path: readonly string[] = [],
): Generator<[string, (said: unknown) => unknown]> {
  const place = path.join('.');
  if (typeof value === 'string') {
    // Where no other text is of the shape, one that is.
    const other = /^\d{4}-/.test(value) ? '2001-01-01T00:00:00.000Z' : value === 'user' ? 'log' : `${value} `;
    yield [place, () => (value === 'unknown' ? 'custom' : other)];
  } else if (typeof value === 'number') yield [place, () => value + 1];
  else if (typeof value === 'boolean') yield [place, () => !value];
  else if (Array.isArray(value)) {
    yield [`${place} shorter`, (said) => (said as unknown[]).slice(1)];
    yield [`${place} longer`, (said) => [...(said as unknown[]), (said as unknown[])[0]]];
    if (value.length > 1) yield [`${place} reversed`, (said) => [...(said as unknown[])].reverse()];
    for (const [i, item] of value.entries())
      for (const [what, change] of otherwise(item, [...path, String(i)]))
        yield [what, (said) => (said as unknown[]).with(i, change((said as unknown[])[i]))];
  } else {
    for (const [key, item] of Object.entries(value as Said)) {
      for (const [what, change] of otherwise(item, [...path, key]))
        yield [what, (said) => ({ ...(said as Said), [key]: change((said as Said)[key]) })];
      yield [
        `${[...path, key].join('.')} absent`,
        (said) => Object.fromEntries(Object.entries(said as Said).filter(([name]) => name !== key)),
      ];
    }
  }
}

/** Every digest and the signature are right; the summary says what it likes. */
const saying = (summary: (whole: Said) => Buffer): Promise<Buffer> =>
  withKey(full, (manifest) => endOf(manifest, summary(manifest)));

it('a summary that says anything other than the manifest is refused, by the field', async () => {
  const said = JSON.parse(summaryBytesOf(asForged({ ...full, keyFile: full.keyFile })).toString()) as Said;
  const whole = { ...said, aesKey: true, keyIs: { salt: full.keys.salt, fingerprint: 'f'.repeat(32) } };
  const wrong: string[] = [];
  let tried = 0;
  for (const [what, change] of otherwise(whole)) {
    const bytes = await saying(() => Buffer.from(JSON.stringify(change(whole))));
    const failure = await failureOfOpening(bytes);
    const { damage } = (failure?.details ?? {}) as {
      damage?: { code: string; field?: string; where?: string };
    };
    const [field] = what.split(/[. ]/);
    const named =
      damage?.code === 'summary' ? damage.field === field : damage?.where?.split('.')[0] === field;
    if (!named) wrong.push(`${what}: ${JSON.stringify(failure)}`);
    // What is signed beside it is seen by the list too.
    const item = await listed(bytes);
    const signed = /^(id|createdAt|instance|origin\.schedule|origin absent)/.test(what);
    if (signed && item.state !== 'damaged') wrong.push(`${what}: listed`);
    tried += 1;
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThan(40);
  const bytes = await saying(() => Buffer.from(JSON.stringify(whole)));
  expect(await failureOfOpening(bytes)).toBeUndefined();
});

const hostile: [string, () => Promise<Buffer>, object][] = [
  ['nothing', () => saying(() => Buffer.alloc(0)), { code: 'unread' }],
  ['no JSON', () => saying(() => Buffer.from('{"id":')), { code: 'unread' }],
  ['half of it', () => saying((manifest) => summaryBytesOf(manifest).subarray(0, -1)), { code: 'unread' }],
  [
    'more than it',
    () => saying((manifest) => Buffer.concat([summaryBytesOf(manifest), Buffer.from('}')])),
    { code: 'unread' },
  ],
  ...['null', '7', '"x"', '[]', '{}', '{"__proto__":{}}'].map(
    (json): [string, () => Promise<Buffer>, object] => [
      json,
      () => saying(() => Buffer.from(json)),
      { code: 'shape' },
    ],
  ),
  ['zeros', () => saying(() => Buffer.alloc(1000)), { code: 'unread' }],
  [
    'its entry missing',
    () => withKey(full, (manifest) => endOf(manifest).filter(([name]) => name !== 'summary.json')),
    { code: 'missing', entry: 'summary.json' },
  ],
  [
    'its entry twice',
    () =>
      withKey(full, (manifest) =>
        endOf(manifest).flatMap((entry) => (entry[0] === 'summary.json' ? [entry, entry] : [entry])),
      ),
    { code: 'twice' },
  ],
  [
    'that of another archive',
    () =>
      withKey(full, (manifest) =>
        endOf(manifest).map(([name, bytes]) => [
          name,
          name === 'summary.json' ? summaryBytesOf(asForged({ ...full, id: 'x' })) : bytes,
        ]),
      ),
    { code: 'differs', entry: 'summary.json', by: 'ark.json.sig' },
  ],
  [
    'no digest of it signed',
    () => withKey(full, (manifest) => endOf(manifest, undefined, { summary: undefined })),
    { code: 'signature-wrong' },
  ],
  [
    'an empty digest of it signed',
    () => withKey(full, (manifest) => endOf(manifest, undefined, { summary: '' })),
    { code: 'differs' },
  ],
  [
    'not signed at all',
    () => withKey(full, (manifest) => endOf(manifest).filter(([name]) => name !== 'ark.json.sig')),
    { code: 'signature-lost' },
  ],
  [
    'a format that has none, which signs it',
    () => withKey({ ...full, format: 3 }, (manifest) => endOf(manifest, undefined, { format: 3 })),
    { code: 'signature-wrong' },
  ],
  [
    'a format that has none, which does not sign it',
    () =>
      withKey({ ...full, format: 3 }, (manifest) =>
        endOf(manifest, undefined, { format: 3, summary: undefined }),
      ),
    { code: 'unlisted', entry: 'summary.json' },
  ],
  [
    'before the manifest',
    () =>
      withKey(full, (manifest) => {
        const [first, second, ...rest] = endOf(manifest);
        return [second!, first!, ...rest];
      }),
    { code: 'order' },
  ],
  [
    'after the signature',
    () =>
      withKey(full, (manifest) => {
        const [first, second, ...rest] = endOf(manifest);
        return [first!, ...rest, second!];
      }),
    { code: 'order' },
  ],
  [
    'the name of an encrypted one',
    () =>
      withKey(full, (manifest) =>
        endOf(manifest).map(([name, bytes]) => [name === 'summary.json' ? 'summary.json.age' : name, bytes]),
      ),
    { code: 'missing', entry: 'summary.json' },
  ],
  [
    'a manifest of another digest',
    () => withKey(full, (manifest) => endOf(manifest, undefined, { manifest: 'a'.repeat(64) })),
    { code: 'signature-other' },
  ],
];

it.each(hostile)(
  'a summary that is hostile is refused, and the list says why: %s',
  async (_, make, damage) => {
    const bytes = await make();
    const failure = await failureOfOpening(bytes);
    expect(failure).toMatchObject({ code: 'ARCHIVE_DAMAGED', details: { code: 'archive-damaged', damage } });
    expect(await listed(bytes)).toMatchObject({ state: 'damaged', error: failure });
  },
);

it.each([
  ['spaces', Buffer.alloc(MAX_SUMMARY + 1, ' ')],
  ['64 MiB', Buffer.alloc(64 * 1024 * 1024, ' ')],
])('a summary that is too large is refused before it is read: %s', async (_, summary) => {
  const bytes = await saying(() => summary);
  expect(await failureOfOpening(bytes)).toMatchObject({
    code: 'ARCHIVE_TOO_LARGE',
    details: { code: 'archive-entry', entry: 'summary.json', size: summary.length, most: MAX_SUMMARY },
  });
  const storage = watched(bytes);
  expect(await readItem(storage, objectOf(bytes))).toMatchObject({ state: 'damaged' });
  for (const { start, end } of storage.ranges) expect(end - start).toBeLessThan(MAX_SUMMARY);
});

it('the largest that is read is written, and no larger one', async () => {
  const named = (count: number): Manifest => ({
    ...full,
    files: Array.from({ length: count }, (_, i) => ({
      storage: `storage ${i} ${'x'.repeat(60)}`,
      files: [],
    })),
  });
  const bytes = await withKey(named(9000));
  expect(await failureOfOpening(bytes)).toBeUndefined();
  expect((await listed(bytes)).files).toHaveLength(9000);
  await refuseUnreadable(named(9000));
  await expect(refuseUnreadable(named(12_000))).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
  const writer = createArchive(new Date(), newSigner().signer);
  await expect(writer.finish(named(12_000))).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
  writer.abort(new Error('it was refused'));
});
