import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Database, LentChunk, Snapshot } from '../../src/server/dumper/dialect';
import { dump } from '../../src/server/dumper/backup/dump';
import { newJobId } from '../../src/server/dumper/job';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { localStorage } from '../../src/server/storage/local/local';
import { backUp, hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

const place = ownPlace();
let source: TestDatabase;
beforeAll(async () => {
  source = await place.database(
    `CREATE TABLE orders (id int PRIMARY KEY, v text);
     INSERT INTO orders SELECT i, md5(i::text) FROM generate_series(1, 3000) i;
     CREATE TABLE nothing_in_it (id int);
     CREATE VIEW recent AS SELECT id FROM orders`,
  );
});

const all = { all: true };
const options = (readers: number, more = {}) => ({
  job: newJobId(),
  selection: all,
  app: {},
  instance: 'test',
  version: '0.0.0',
  signer: newSigner().signer,
  readers,
  chunkBytes: 16 * 1024,
  ...more,
});

/** Nothing may be left of it, neither by its name nor as a part. */
/** No setting lets such a number in: it would be a fault of the program. */
const NOBODY = (count: number): string => `RangeError: ${count} connections cannot read or load anything`;

async function refusedDump(name: string, database: Database, readers: number): Promise<string> {
  const storage = localStorage(place.data.folder);
  const said = await dump(database, storage, `${name}.ark`, options(readers)).then(
    () => 'accepted',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
  expect(existsSync(join(place.data.folder, `${name}.ark`))).toBe(false);
  return said;
}

const COUNTS = [0, -1, Number.NaN, 0.5, 1.5, Number.POSITIVE_INFINITY];

describe('no workers, or a number that is none', () => {
  it.each(COUNTS)('%s: no backup', async (count) => {
    const { database } = hostOf(source.url, place.data.folder);
    expect(await refusedDump(`none-${count}`, database, count)).toBe(NOBODY(count));
  });

  it.each(COUNTS)('%s: no restore, rehearsal or copy, and everything stays', async (workers) => {
    const host = hostOf(source.url, place.data.folder);
    const archive = await backUp(host, `for-${workers}`);
    const target = await place.database('CREATE TABLE orders (id int PRIMARY KEY, v text)');
    const idle = { ...hostOf(target.url, place.data.folder), workers };
    const before = await digest(target.url);
    const request = { selection: all, allowBreaks: true };
    for (const work of [
      () => restoreBackup(idle, archive, 'a.ark', request),
      () => rehearseBackup(idle, archive, 'a.ark', {}),
      () => copyDatabase(host, idle, request),
      () => copyDatabase({ ...host, workers }, { ...idle, workers: 2 }, request),
    ]) {
      await expect(work()).rejects.toThrow(`${workers} connections cannot read or load anything`);
    }
    expect(await digest(target.url)).toEqual(before);
  });
});

describe('a table that was not read whole is no backup', () => {
  type Read = Snapshot['read'];
  const reading = (database: Database, wrong: (read: Read) => Read): Database => ({
    ...database,
    async snapshot(how) {
      const snapshot = await database.snapshot(how);
      return { ...snapshot, read: wrong(snapshot.read.bind(snapshot)) };
    },
  });

  const WRONG: Record<string, (read: Read) => Read> = {
    'a reader that returns nothing at all': () =>
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await -- it has nothing to give
      async function* () {
        return undefined as unknown as number;
      },
    'a reader that swallows its chunks': (read) =>
      // eslint-disable-next-line require-yield -- it has nothing to give
      async function* (relation, bytes) {
        const inner = read(relation, bytes);
        for (let at = await inner.next(); ; at = await inner.next()) {
          if (at.done) return at.value;
          at.value.release();
        }
      },
    'a reader that loses one chunk': (read) =>
      async function* (relation, bytes) {
        const inner = read(relation, bytes);
        let count = 0;
        for (let at = await inner.next(); ; at = await inner.next()) {
          if (at.done) return at.value;
          if ((count += 1) === 1) at.value.release();
          else yield at.value satisfies LentChunk;
        }
      },
  };

  it.each(Object.entries(WRONG))('%s', async (name, wrong) => {
    const { database } = hostOf(source.url, place.data.folder);
    expect(await refusedDump(name.replace(/ /g, '-'), reading(database, wrong), 2)).toBe('CHECK_FAILED');
  });

  it.each(Object.entries(WRONG))('a copy by %s', async (_, wrong) => {
    const host = hostOf(source.url, place.data.folder);
    const target = await place.database();
    const before = await digest(target.url);
    await expect(
      copyDatabase(
        { ...host, database: reading(host.database, wrong) },
        hostOf(target.url, place.data.folder),
        { selection: all, allowBreaks: true, allowCode: true },
      ),
    ).rejects.toMatchObject({ code: 'CHECK_FAILED' });
    expect(await digest(target.url)).toEqual(before);
  });
});

it('one worker is enough, and more than there are tables do no harm', async () => {
  const host = hostOf(source.url, place.data.folder);
  for (const readers of [1, 9]) {
    const name = `by-${readers}.ark`;
    await dump(host.database, localStorage(join(place.data.folder, 'backups')), name, options(readers));
    const { manifest } = await findArchive(host, name);
    expect(
      Object.fromEntries(manifest.collections.map((collection) => [collection.name, collection.rows])),
    ).toEqual({
      orders: 3000,
      nothing_in_it: 0,
      recent: 0,
    });
  }
});
