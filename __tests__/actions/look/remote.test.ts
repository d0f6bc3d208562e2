import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSource } from '../../../src/server/actions/backups/findBackup';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { lookAtRows } from '../../../src/server/actions/look/lookAtRows';
import { openCounted } from '../../../src/server/actions/look/openCounted';
import { recordLook } from '../../../src/server/actions/look/recordLook';
import { rowHistory } from '../../../src/server/actions/look/rowHistory';
import type { Job, JobStore } from '../../../src/server/jobs/jobs';
import { localStorage } from '../../../src/server/storage/local/local';
import type { Storage } from '../../../src/server/storage/storage';
import { volumes } from '../../../src/server/storage/volumes';
import { bytesOf, fieldsTable, type Described } from '../../helpers/archiveOf';
import { fixedStorages } from '../../helpers/fixedStorages';
import { randomFrom } from '../../helpers/random';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-look-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Somewhere on the network: what is fetched from it is counted. */
function counted(name = 'far'): Storage & { bytes: number; away: boolean } {
  const inner = localStorage(join(folder, name), name);
  const far = {
    ...inner,
    name,
    remote: true,
    bytes: 0,
    away: false,
    async *get(...args: Parameters<Storage['get']>) {
      if (far.away) throw new Error('the network is down');
      for await (const piece of inner.get(...args)) {
        far.bytes += piece.length;
        yield piece;
      }
    },
  };
  return far;
}

const noise = randomFrom(7);
const table = (rows: number, first = 0) => ({
  columns: ['id:int64', 'text'],
  key: ['id'],
  rows: Array.from({ length: rows }, (_, at) => [
    String(first + at),
    Array.from({ length: 40 }, () => String(noise())).join(' '),
  ]),
});
const orders = table(4000);
const described: Described = {
  app: {},
  perChunk: 500,
  tables: { fields: fieldsTable([]), large: table(8000), orders },
};
const put = async (storage: Storage, key: string, more: Partial<Described> = {}) => {
  const bytes = await bytesOf({ ...described, ...more });
  await storage.put(
    key,
    (async function* () {
      yield await Promise.resolve(bytes);
    })(),
  );
  return bytes.length;
};

function memoryJobs(): JobStore & { readonly all: Job[] } {
  const all: Job[] = [];
  return {
    all,
    save(job) {
      const at = all.findIndex(({ id }) => id === job.id);
      if (at < 0) all.unshift(job);
      else all[at] = job;
      return Promise.resolve();
    },
    get: (id) => Promise.resolve(all.find((job) => job.id === id)),
    list: () => Promise.resolve([...all]),
  };
}

describe.each(['whole', 'in volumes'])('an archive that lies far away, %s', (how) => {
  it('gives a page for the bytes of its chunk, and says how many these were', async () => {
    const far = counted();
    const storage = how === 'whole' ? far : volumes(far, { bytes: 300_000, spool: join(folder, 'spool') });
    const size = await put(storage, 'shop.ark');
    const where = { storages: fixedStorages([storage]) };
    far.bytes = 0;
    const opened = await openCounted(await findSource(where, 'shop.ark', 'far'), {}, 'shop.ark');
    const page = await lookAtRows(
      opened,
      'orders',
      { from: 3700, limit: 10 },
      { value: 1000, page: 1_000_000 },
    );
    expect(page.rows.map(({ row, cells }) => [row, cells[1]?.value])).toEqual(
      orders.rows.slice(3700, 3710).map(([, text], at) => [3700 + at, text]),
    );
    const chunk =
      opened.archive.manifest.collections.find(({ name }) => name === 'orders')?.chunks[7]?.size ?? 0;
    expect(chunk).toBeGreaterThan(50_000);
    // The directory, the manifest and the app's fields come with it. An index of volumes is no part of the archive.
    expect(page.fetched).toBeGreaterThan(chunk);
    expect(page.fetched).toBeLessThan(chunk + 80_000);
    expect(page.fetched).toBeLessThan(size / 8);
    if (how === 'whole') expect(page.fetched).toBe(far.bytes);
    else expect(far.bytes).toBeGreaterThanOrEqual(page.fetched);
  });
});

describe('a record through all backups', () => {
  const host = (storages: readonly Storage[], jobs = memoryJobs()) => ({
    storages: fixedStorages(storages),
    jobs,
    user: 'somebody',
  });
  const days = ['01', '02', '03'];
  const fill = async (far: Storage, tables: (day: string) => Described['tables']) => {
    for (const day of days)
      await put(far, `d${day}.ark`, {
        at: `2026-11-${day}T00:00:00.000Z`,
        id: `202611${day}_000000_abcdef`,
        tables: tables(day),
      });
  };

  it('costs one reading of a collection that does not change, however many backups have it', async () => {
    const far = counted();
    await fill(far, () => described.tables);
    const remembered = catalog(join(folder, 'cache.json'));
    await remembered.list({ storages: fixedStorages([far]) });
    const asked = { collection: 'orders', key: '3999', limit: 10 };
    const one = await rowHistory(host([far]), remembered, { ...asked, limit: 1 });
    const all = await rowHistory(host([far]), remembered, asked);
    expect(all.lives[0]?.moments.map(({ state }) => state)).toEqual(['first', 'same', 'same']);
    expect(all.fetched).toBeLessThan(one.fetched * 1.2);
    expect(one.older).toEqual({ backups: 2, to: '2026-11-03T00:00:00.000Z' });
  });

  it('a backup that lies in two storages is one, and is read where it can be read', async () => {
    const [near, far] = [counted('near'), counted('far')];
    for (const storage of [near, far]) await put(storage, 'shop.ark');
    const remembered = catalog(join(folder, 'cache.json'));
    await remembered.list({ storages: fixedStorages([near, far]) });
    near.away = true;
    const { lives, unread } = await rowHistory(host([near, far]), remembered, {
      collection: 'orders',
      key: '1',
      limit: 10,
    });
    expect(lives[0]?.moments.map(({ storage }) => storage)).toEqual(['far']);
    expect(unread).toEqual([]);
  });

  it('tells nothing of a masked column, not even that it changed; a new column is new', async () => {
    const far = counted();
    await fill(far, (day) => ({
      fields: fieldsTable([{ collection: 'people', name: 'door', options: { hidden: true } }]),
      people: {
        columns: day === '03' ? ['id', 'door', 'more'] : ['id', 'door'],
        key: ['id'],
        rows: [['1', `secret of ${day}`, ...(day === '03' ? ['new'] : [])]],
      },
    }));
    const history = await rowHistory(host([far]), catalog(join(folder, 'cache.json')), {
      collection: 'people',
      key: '1',
      limit: 10,
    });
    expect(history.lives[0]?.moments.map(({ state, changes }) => [state, changes])).toEqual([
      ['first', []],
      ['same', []],
      ['changed', [{ column: 'more', to: { value: 'new' } }]],
    ]);
    expect(JSON.stringify(history)).not.toContain('secret of');
  });

  it.each([
    ['without a primary key', { columns: ['id'], rows: [['1']] }, '1', 'LOOK_REFUSED'],
    ['whose key is masked', { columns: ['token'], key: ['token'], rows: [['1']] }, '1', 'LOOK_REFUSED'],
    ['whose key has two parts', { columns: ['a', 'b'], key: ['a', 'b'], rows: [['1', '2']] }, '1', 'USAGE'],
  ])('of a collection %s says why there is none', async (_, people, key, code) => {
    const far = counted();
    await fill(far, () => ({ fields: fieldsTable([]), people }));
    const asked = rowHistory(host([far]), catalog(join(folder, 'cache.json')), {
      collection: 'people',
      key,
      limit: 10,
    });
    if (code === 'USAGE') await expect(asked).rejects.toMatchObject({ code });
    else expect((await asked).unread.map(({ error }) => error.code)).toEqual([code, code, code]);
  });

  it.each(['x,1;y', '["x,1;y", "z"]'])('finds a record by a key of several parts: %s', async (key) => {
    const far = counted();
    const [first, second] = key.startsWith('[') ? ['x,1;y', 'z'] : ['x', '1;y'];
    await fill(far, () => ({
      fields: fieldsTable([]),
      people: {
        columns: ['a', 'b'],
        key: ['a', 'b'],
        rows: [
          ['0', '0'],
          [first, second],
        ],
      },
    }));
    const { lives } = await rowHistory(host([far]), catalog(join(folder, 'cache.json')), {
      collection: 'people',
      key,
      limit: 10,
    });
    expect(lives[0]?.moments.map(({ state }) => state)).toEqual(['first', 'same', 'same']);
  });

  it('is recorded for whoever has seen something', async () => {
    const far = counted();
    await fill(far, () => described.tables);
    const jobs = memoryJobs();
    const remembered = catalog(join(folder, 'cache.json'));
    await expect(
      rowHistory(host([far], jobs), remembered, { collection: 'nothing', key: '1', limit: 10 }),
    ).rejects.toMatchObject({ code: 'COLLECTION_UNKNOWN' });
    expect(jobs.all).toEqual([]);
    await rowHistory(host([far], jobs), remembered, { collection: 'orders', key: '1', limit: 10 });
    expect(jobs.all).toEqual([expect.objectContaining({ kind: 'look', subject: 'orders', by: 'somebody' })]);
  });
});

describe('the record of looks', () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 20, 10, minutes));

  it('has a line for each who, backup and hour, with all collections, also of another process', async () => {
    const jobs = memoryJobs();
    const looks: readonly (readonly [string, string, string, number])[] = [
      ['ann', 'a.ark', 'orders', 0],
      ['ann', 'a.ark', 'users', 10],
      ['ann', 'a.ark', 'orders', 59],
      ['bob', 'a.ark', 'orders', 59],
      ['ann', 'b.ark', 'orders', 59],
      ['ann', 'a.ark', 'orders', 61],
    ];
    for (const [user, subject, collection, minutes] of looks) {
      // Another store is what another process has, with the same records.
      const store = {
        save: (job: Job) => jobs.save(job),
        get: (id: string) => jobs.get(id),
        list: () => jobs.list(),
      };
      await recordLook({ jobs: minutes === 10 ? store : jobs, user }, subject, collection, at(minutes));
    }
    expect(jobs.all.map(({ by, subject, result }) => [by, subject, result]).reverse()).toEqual([
      ['ann', 'a.ark', { collections: ['orders', 'users'] }],
      ['bob', 'a.ark', { collections: ['orders'] }],
      ['ann', 'b.ark', { collections: ['orders'] }],
      ['ann', 'a.ark', { collections: ['orders'] }],
    ]);
  });

  it('that cannot be written is a reason to show nothing', async () => {
    const jobs = { ...memoryJobs(), save: () => Promise.reject(new Error('the disk is full')) };
    for (let again = 0; again < 2; again += 1)
      await expect(recordLook({ jobs, user: 'ann' }, 'a.ark', 'orders', at(0))).rejects.toThrow(
        'the disk is full',
      );
  });
});
