import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backUp, hostOf } from '../helpers/ark';
import { runAlone } from '../helpers/alone';
import { fastZip } from '../helpers/fastZip';
import { older, sha256, takenApart } from '../helpers/forged';
import { pack } from '../helpers/nbdump';
import { ownPlace } from '../helpers/place';
import { zipEntries } from '../helpers/zipEntries';
import { sample } from '../helpers/nbdump';

/**
 * Each kind of thing that is read as a whole, as large as it may be and larger: taken or refused by name, and nobody
 * else waits for it. A stall is time of work, so that a busy machine is none (helpers/measured.ts).
 */
const place = ownPlace();
const MiB = 1024 * 1024;
type Made = Record<string, unknown>;
let manifest: Made;
let collection: Made;
let structure: Made;
let column: Made;

beforeAll(async () => {
  const database = await place.database(`CREATE TABLE notes (id int, body text);`);
  await backUp(hostOf(database.url, place.data.folder), 'sound');
  manifest = older((await takenApart(readFileSync(sound()))).manifest);
  collection = (manifest.collections as Made[])[0] as Made;
  structure = collection.structure as Made;
  column = (structure.columns as Made[])[1] as Made;
});
const sound = () => join(place.data.folder, 'backups', 'sound.ark');

const EMPTY = new Uint8Array(0);
const NOTHING = sha256(EMPTY);

/** An archive with these changes to its manifest, and empty entries of these names. */
function archive(changes: Made, entries: readonly string[] = []): Buffer {
  const json = Buffer.from(JSON.stringify({ ...manifest, ...changes, entries }));
  return container(json, entries);
}
const container = (json: Buffer, entries: readonly string[] = []): Buffer =>
  fastZip([
    ...entries.map((name) => [name, EMPTY] as const),
    ['ark.json', json],
    ['ark.json.sha256', Buffer.from(`${sha256(json)}  ark.json\n`)],
  ]);

const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const OK = { collections: 1 };
const DAMAGED = { code: 'ARCHIVE_DAMAGED' };
const TOO_LARGE = { code: 'ARCHIVE_TOO_LARGE' };

const text = (sql: string) =>
  archive({
    collections: [{ ...collection, structure: { ...structure, columns: [{ ...column, default: sql }] } }],
  });

const KINDS: [string, () => Buffer | Promise<Buffer>, object][] = [
  [
    'a manifest of 60 MiB, of uploaded files',
    () => {
      const names = many(125_000, (i) => `files/local/2026/11/${String(i).padStart(90, 'a')}.pdf`);
      const files = names.map((entry) => ({
        path: entry.slice(12),
        size: 0,
        modifiedAt: '2026-11-20T10:15:00.000Z',
        parts: [{ entry, size: 0, sha256: NOTHING }],
      }));
      return archive({ files: [{ storage: 'local', files }] }, names);
    },
    OK,
  ],
  [
    'a manifest of chunks',
    () => {
      const names = many(150_000, (i) => `data/notes/${String(i).padStart(6, '0')}.csv.gz`);
      const chunks = names.map((entry) => ({ entry, rows: 0, bytes: 0, size: 0, sha256: NOTHING }));
      return archive({ collections: [{ ...collection, chunks }] }, names);
    },
    OK,
  ],
  [
    'a manifest of a table with 50,000 columns',
    () => {
      const columns = many(50_000, (i) => ({ ...column, name: `c${i}` }));
      return archive({ collections: [{ ...collection, structure: { ...structure, columns } }] });
    },
    OK,
  ],
  ['a manifest of more than 64 MiB', () => container(Buffer.alloc(64 * MiB + 1, ' ')), TOO_LARGE],
  ['a manifest of spaces', () => container(Buffer.alloc(64 * MiB, ' ')), DAMAGED],
  ['a manifest of brackets', () => container(Buffer.alloc(32 * MiB, '[')), TOO_LARGE],
  ['a manifest of small lists', () => container(Buffer.from(`[${'[],'.repeat(20_000_000)}[]]`)), TOO_LARGE],
  ['a manifest of one text', () => container(Buffer.from(`"${'a'.repeat(50 * MiB)}"`)), TOO_LARGE],
  [
    'a manifest of names',
    () => container(Buffer.from(`{${many(3_000_000, (i) => `"${i}":0`).join()}}`)),
    TOO_LARGE,
  ],
  [
    'more collections than any app has',
    () => archive({ collections: many(100_001, () => collection) }),
    TOO_LARGE,
  ],
  [
    'more that is not in it',
    () => archive({ notIncluded: many(100_001, () => ({ what: '', name: '', reason: '' })) }),
    TOO_LARGE,
  ],
  [
    'a directory of 400,000 entries',
    () => fastZip(many(400_000, (i) => [`e${i}`, EMPTY] as const)),
    { code: 'ARCHIVE_NOT_ARK' },
  ],
  ['a larger directory', () => fastZip(many(400_001, (i) => [`e${i}`, EMPTY] as const)), TOO_LARGE],
  ['a default as long as it may be', () => text(`1${'+1'.repeat(2000)} + f(${'a,'.repeat(7500)}1)`), OK],
  ['a longer default', () => text(`f(${'a,'.repeat(500_000)}1)`), DAMAGED],
  [
    'a default that hides how long it is',
    () => text(`ARRAY[E'a'\n'\\'',${'1,'.repeat(400_000)}'a']`),
    DAMAGED,
  ],
  ['an old backup whose description has 14 MiB', () => oldWith(95_000), {}],
  ['an old backup that lists more than any app has', () => oldWith(100_001), TOO_LARGE],
  ['an old backup whose description has more', () => old({ meta: Buffer.alloc(17 * MiB, ' ') }), TOO_LARGE],
  ['a default with a text of megabytes', () => text(`'${'a'.repeat(3 * MiB)}'`), DAMAGED],
  ['a default with a longer one', () => text(`'${'a'.repeat(20 * MiB)}'`), TOO_LARGE],
];

const old = async (changes: Readonly<Record<string, Buffer>>): Promise<Buffer> =>
  pack({ ...(await zipEntries(readFileSync(sample('custom')))), ...changes });

/** An old backup that says it has so many views more, which it does not have. */
async function oldWith(views: number): Promise<Buffer> {
  const entries = await zipEntries(readFileSync(sample('custom')));
  const meta = JSON.parse(String(entries.meta)) as Made;
  const groups = meta.dumpableCollectionsGroupByGroup as Made;
  const more = many(views, (i) => ({ name: `view_${i}`, title: 'a'.repeat(90), isView: true }));
  const json = { ...meta, dumpableCollectionsGroupByGroup: { ...groups, more } };
  return old({ meta: Buffer.from(JSON.stringify(json)) });
}

/** Several in one process: to start one takes longer than most of them. */
const GROUPS = many(Math.ceil(KINDS.length / 5), (i) => KINDS.slice(i * 5, i * 5 + 5));

it.each(GROUPS.map((group) => ({ names: group.map(([what]) => what).join(', '), group })))(
  '$names: taken or refused by name, and nobody waits',
  async ({ group }) => {
    const paths: string[] = [];
    for (const [i, [, make]] of group.entries()) {
      const path = join(place.data.folder, `kind-${i}`);
      await writeFile(path, await make());
      paths.push(path);
    }
    const alone = await runAlone('openAlone', place.data.folder, [sound(), ...paths]);
    const told = alone.result as { result: object; stall: number }[];
    const shown = group.map(([what], i) => ({
      what,
      stalls: (told[i]?.stall ?? Infinity) >= 200,
      ...told[i]?.result,
    }));
    expect(shown).toEqual(
      group.map(
        ([what, , expected]) => expect.objectContaining({ what, stalls: false, ...expected }) as unknown,
      ),
    );
  },
);
