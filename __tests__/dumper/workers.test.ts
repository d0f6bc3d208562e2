import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Database, LentChunk, Snapshot, TablePart } from '../../src/server/dumper/dialect';
import { dump } from '../../src/server/dumper/backup/dump';
import { readingEach } from '../../src/server/dumper/rows/workers';
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
      const read = wrong(snapshot.read.bind(snapshot));
      return { ...snapshot, read, readEach: readingEach(read) };
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

describe('tables that were read together', () => {
  type Each = Snapshot['readEach'];
  const together = (database: Database, wrong: (parts: TablePart[]) => TablePart[]): Database => ({
    ...database,
    async snapshot(how) {
      const snapshot = await database.snapshot(how);
      const readEach: Each = async function* (relations, bytes) {
        const parts: TablePart[] = [];
        for await (const part of snapshot.readEach(relations, bytes)) parts.push(part);
        yield* wrong(parts);
      };
      return { ...snapshot, readEach };
    },
  });
  const isEnd = (part: TablePart) => 'sent' in part;
  const WRONG: Record<string, (parts: TablePart[]) => TablePart[]> = {
    'one has no end': (parts) => parts.filter((part) => !isEnd(part) || part.relation.name !== 'b'),
    'all but the last are left out': (parts) =>
      parts.slice(parts.findIndex(({ relation }) => relation.name === 'd')),
    'rows of one are called those of another': ([first, ...more]) => {
      const other = more.find(({ relation }) => relation.name !== first?.relation.name);
      return first && other ? [{ ...first, relation: other.relation }, ...more] : [];
    },
    'rows come after their end': (parts) => [...parts, ...parts.filter((part) => !isEnd(part)).slice(0, 1)],
    'one ends twice': (parts) => [...parts, ...parts.filter(isEnd).slice(0, 1)],
    'one ends before its rows': (parts) => [...parts].sort((a, b) => Number(isEnd(b)) - Number(isEnd(a))),
  };
  let small: TestDatabase;
  beforeAll(async () => {
    const tables = ['a', 'b', 'c', 'd'].map(
      (name, at) =>
        `CREATE TABLE ${name} (id int, v text); INSERT INTO ${name} SELECT i, md5(i::text) FROM generate_series(1, ${100 * (at + 1)}) i;`,
    );
    small = await place.database(`${tables.join('')} CREATE TABLE empty_one (id int)`);
  });

  it.each(Object.entries(WRONG))('%s: no backup', async (name, wrong) => {
    const { database } = hostOf(small.url, place.data.folder);
    const said = await refusedDump(name.replace(/ /g, '-'), together(database, wrong), 1);
    expect(said).toMatch(/^(CHECK_FAILED|INTERNAL)$/);
  });

  it('are all whole, whatever their size and the size of the chunks', async () => {
    const sizes = [0, 1, 2, 3, 50, 400, 401, 0, 7];
    const wide = 'repeat(md5(i::text), CASE WHEN i % 97 = 0 THEN 2000 ELSE 1 + i % 5 END)';
    const from = await place.database(
      sizes
        .map(
          (rows, at) =>
            `CREATE TABLE t_${at} (id int PRIMARY KEY, v text, "A, b""c" bytea);
             INSERT INTO t_${at} SELECT i, ${wide}, decode(md5(i::text), 'hex') FROM generate_series(1, ${rows}) i;`,
        )
        .join(''),
    );
    const host = hostOf(from.url, place.data.folder);
    for (const chunkBytes of [1, 100, 4096, 70_000, 1 << 20]) {
      const name = `in-${chunkBytes}.ark`;
      const storage = localStorage(join(place.data.folder, 'backups'));
      await dump(host.database, storage, name, options(1 + (chunkBytes % 3), { chunkBytes }));
      const archive = await findArchive(host, name);
      const target = await place.database();
      await restoreBackup(hostOf(target.url, place.data.folder), archive, name, {
        selection: all,
        allowBreaks: false,
      });
      expect(await digest(target.url)).toEqual(await digest(from.url));
    }
  });

  it('are asked for together: a question for all, however many', async () => {
    const from = await place.database(
      Array.from(
        { length: 120 },
        (_, at) => `CREATE TABLE t_${at} (id int); INSERT INTO t_${at} VALUES (1);`,
      ).join(''),
    );
    const { database } = hostOf(from.url, place.data.folder);
    let [tables, questions] = [0, 0];
    const counting: Database = {
      ...database,
      async snapshot(how) {
        const snapshot = await database.snapshot(how);
        const readEach: Each = (relations, bytes) => {
          tables += relations.length;
          questions += 1;
          return snapshot.readEach(relations, bytes);
        };
        return { ...snapshot, readEach };
      },
    };
    await dump(counting, localStorage(join(place.data.folder, 'backups')), 'counted.ark', options(2));
    expect([tables, questions]).toEqual([120, 4]);
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
