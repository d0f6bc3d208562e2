import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { RowCount } from '../../src/server/dumper/rows/rowCount';
import { RowDigest } from '../../src/server/dumper/rows/rowDigest';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { runAlone } from '../helpers/alone';
import { putTogether, sha256, takenApart, type Written } from '../helpers/forged';
import { ownPlace } from '../helpers/place';

/** Whatever a file unpacks to, it takes the memory of its share, and nothing else has to wait for it. */
const place = ownPlace();
const MB = 1_000_000;
const MiB = 1024 * 1024;

interface Part {
  readonly packed: Uint8Array;
  readonly bytes: number;
  readonly rows: number;
}

/** Members of gzip one after the other are one gzip file: gigabytes in moments. */
function many(piece: Buffer, times: number): Buffer {
  const member = gzipSync(piece, { level: 9 });
  return Buffer.concat(Array.from({ length: times }, () => member));
}

let written: Written;
let url: string;

beforeAll(async () => {
  const database = await place.database(`CREATE TABLE notes (body text); INSERT INTO notes VALUES ('a');`);
  url = database.url;
  await backUp(hostOf(url, place.data.folder), 'sound');
  written = await takenApart(readFileSync(join(place.data.folder, 'backups', 'sound.ark')));
});

/** The archive of one table with these chunks, right in every digest. */
async function archiveOf(name: string, parts: readonly Part[]): Promise<string> {
  const entries = parts.map((_, i) => `data/notes/${String(i + 1).padStart(5, '0')}.csv.gz`);
  const [notes] = written.manifest.collections as Record<string, unknown>[];
  const manifest = {
    ...written.manifest,
    entries,
    collections: [
      {
        ...notes,
        rows: parts.reduce((sum, part) => sum + part.rows, 0),
        chunks: parts.map(({ packed, bytes, rows }, i) => ({
          entry: entries[i],
          rows,
          bytes,
          size: packed.length,
          sha256: sha256(packed),
        })),
      },
    ],
  };
  const path = join(place.data.folder, `${name}.ark`);
  const data = new Map(parts.map((part, i) => [entries[i] ?? '', part.packed]));
  await writeFile(path, await putTogether({ manifest, data }));
  return path;
}

describe('verify', () => {
  it('of three chunks that unpack to a gigabyte each', async () => {
    const packed = many(Buffer.alloc(16 * MiB), 64);
    const part = { packed, bytes: 1024 * MiB, rows: 1 };
    const path = await archiveOf('three', [part, part, part]);
    const alone = await runAlone('verifyAlone', place.data.folder, [path]);
    expect(alone.result).toMatchObject({ entries: 3 });
    expect(alone.peak).toBeLessThan(300 * MB);
    expect(alone.stall).toBeLessThan(200);
  });

  it('of a chunk that unpacks to more than it announces, large or small', async () => {
    for (const bytes of [1000, 20 * MiB]) {
      const path = await archiveOf('more', [{ packed: many(Buffer.alloc(16 * MiB), 128), bytes, rows: 1 }]);
      const alone = await runAlone('verifyAlone', place.data.folder, [path]);
      expect(alone.result).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
      expect(alone.peak).toBeLessThan(300 * MB);
      expect(alone.stall).toBeLessThan(200);
    }
  });

  it('of a stored chunk that is itself large', async () => {
    const packed = gzipSync(Buffer.from(`${randomBytes(60 * MiB).toString('base64')}\n`), { level: 0 });
    const path = await archiveOf('stored', [{ packed, bytes: 80 * MiB + 1, rows: 1 }]);
    const alone = await runAlone('verifyAlone', place.data.folder, [path]);
    expect(alone.result).toMatchObject({ entries: 1 });
    expect(alone.peak).toBeLessThan(300 * MB);
    expect(alone.stall).toBeLessThan(200);
  });

  it('counts what it unpacks: rows that are announced and not there, or there and not announced', async () => {
    const small = Buffer.from('a\n"b\nc"\n"d""\n"\n');
    const large = Buffer.concat([Buffer.alloc(20 * MiB, 'x'), Buffer.from('\n'), small]);
    for (const csv of [small, large]) {
      const rows = csv === small ? 3 : 4;
      const packed = gzipSync(csv, { level: 1 });
      for (const claim of [rows - 1, rows, rows + 1]) {
        const path = await archiveOf('rows', [{ packed, bytes: csv.length, rows: claim }]);
        const archive = await findArchive(hostOf(url, place.data.folder), path);
        const verified = archive.verify({ unpack: true });
        if (claim === rows) await expect(verified).resolves.toMatchObject({ entries: 1 });
        else
          await expect(verified).rejects.toMatchObject({
            code: 'ARCHIVE_DAMAGED',
            message: expect.stringContaining(`has ${rows} rows, not the ${claim}`) as string,
          });
      }
    }
  });
});

describe('a row of 200 MB', () => {
  const row = 200 * MiB;
  const part = () => ({ packed: many(Buffer.alloc(8 * MiB, 'x'), row / (8 * MiB)), bytes: row, rows: 1 });

  it('is restored and rehearsed in pieces, and is what it was', async () => {
    const target = await place.database();
    const host = hostOf(target.url, place.data.folder);
    const archive = await findArchive(host, await archiveOf('large', [part()]));
    const { result } = await rehearseBackup(host, archive, 'large.ark', {});
    expect(result.rows).toBe(1);
    await restoreAll(host, archive);
    const [found] = await target.query<{ n: number; md5: string }>(
      'SELECT length(body) AS n, md5(body) FROM notes',
    );
    expect(found).toEqual({
      n: row,
      md5: createHash('md5').update(Buffer.alloc(row, 'x')).digest('hex'),
    });
  });

  it('that is cut off within is refused, and nothing is changed', async () => {
    const target = await place.database(`CREATE TABLE notes (body text); INSERT INTO notes VALUES ('kept');`);
    const host = hostOf(target.url, place.data.folder);
    const { packed, bytes, rows } = part();
    for (const bad of [
      { packed: packed.subarray(0, packed.length - 40_000), bytes, rows },
      { packed, bytes: bytes - 1, rows },
      { packed, bytes, rows: 2 },
    ]) {
      const archive = await findArchive(host, await archiveOf('cut', [bad]));
      await expect(restoreAll(host, archive)).rejects.toMatchObject({
        code: expect.stringMatching(/^(ARCHIVE_DAMAGED|CHECK_FAILED)$/) as string,
      });
      expect(await target.query('SELECT body FROM notes')).toEqual([{ body: 'kept' }]);
    }
  });
});

it('rows are the same in whatever pieces they come', async () => {
  const csv = Buffer.from('1,"a\nb"\n2,"say ""x"""\n\n3,\n4,"\n"\nlast');
  const whole = new RowDigest();
  whole.add(csv);
  expect(whole.rows).toBe(6);
  for (let size = 1; size <= csv.length; size += 1) {
    const pieces = Array.from({ length: Math.ceil(csv.length / size) }, (_, i) =>
      csv.subarray(i * size, (i + 1) * size),
    );
    const [digest, count] = [new RowDigest(), new RowCount()];
    async function* coming() {
      await Promise.resolve();
      yield* pieces;
    }
    for await (const piece of digest.reading(coming())) count.add(piece);
    expect([size, digest.value, digest.rows, count.rows]).toEqual([size, whole.value, 6, 6]);
  }
});
