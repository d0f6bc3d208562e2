import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applyUndo,
  dropUndo,
  findUndo,
  listUndos,
  previewUndo,
} from '../../src/server/actions/restore/undos';
import { compareBackup, compareBackups } from '../../src/server/actions/compare/compareBackup';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { previewInto, restoreInto } from '../../src/server/actions/restore/restoreInto';
import type { Archive } from '../../src/server/dumper/archive/archive';
import type { Database } from '../../src/server/dumper/dialect';
import { newJobId } from '../../src/server/dumper/job';
import type { Relation } from '../../src/server/dumper/schema/structure';
import { BackupError, refused } from '../../src/server/errors/errors';
import type { Host } from '../../src/server/host';
import { comparePrepared } from '../../src/server/actions/prepared/comparePrepared';
import { findPrepared, type PreparedRestore } from '../../src/server/actions/prepared/entry';
import { dropPrepared, listPrepared } from '../../src/server/actions/prepared/listPrepared';
import { prepareRestore } from '../../src/server/actions/prepared/prepareRestore';
import { swapPrepared } from '../../src/server/actions/prepared/swapPrepared';
import type { Selection } from '../../src/server/dumper/app/groups';
import type { Losses } from '../../src/server/dumper/app/lost';
import { previewTakeBack } from '../../src/server/actions/takeBack/previewTakeBack';
import { takeBack } from '../../src/server/actions/takeBack/takeBack';
import { undoRows } from '../../src/server/actions/takeBack/undoRows';
import { backUp, newDataFolder, offlineTestHost, restoreAll } from '../helpers/ark';
import type { Row } from '../helpers/memoryDatabase';

/** One database of a dialect, empty at first. What is written here is written as an app would write it. */
export interface Place {
  readonly database: Database;
  /** Makes a table of the neutral core, as well as the dialect can. */
  create(relation: Relation, rows: readonly Row[]): Promise<void>;
  insert(table: string, row: Row): Promise<void>;
  /** Another structure under the same name. */
  addColumn(table: string, name: string): Promise<void>;
  /** As they would stand in CSV, in any order; `into`: of the tables that a restore has put there beside the live ones. */
  rows(table: string, into?: string): Promise<Row[]>;
  /** Drops what a restore has put there, if it has. */
  forget(into: string): Promise<void>;
  tables(): Promise<string[]>;
  drop(): Promise<void>;
}

const column = (
  name: string,
  type: Relation['columns'][number]['type'],
  more: Partial<Relation['columns'][number]> = {},
): Relation['columns'][number] => ({ name, type, nullable: true, ...more });

const table = (name: string, columns: Relation['columns'], more: Partial<Relation> = {}): Relation => ({
  name,
  kind: 'table',
  columns,
  parents: [],
  uniqueKeys: [],
  foreignKeys: [],
  indexes: [],
  counters: [],
  native: {},
  ...more,
});

export const CUSTOMERS = table(
  'customers',
  [
    column('id', 'int64', { nullable: false, default: { kind: 'next' } }),
    column('name', 'text', { length: 80, nullable: false }),
    column('balance', 'decimal', { precision: 12, scale: 2, default: { kind: 'value', value: '0' } }),
    column('since', 'timestamptz', { default: { kind: 'now' } }),
    column('note', 'text'),
  ],
  {
    primaryKey: { name: 'customers_pkey', columns: ['id'] },
    uniqueKeys: [{ name: 'customers_name_key', columns: ['name'] }],
    indexes: [{ name: 'customers_since', unique: false, columns: ['since', 'name'] }],
    counters: [{ column: 'id', next: '8' }],
  },
);
export const ORDERS = table(
  'orders',
  [
    column('number', 'int32', { nullable: false }),
    column('customer', 'int64'),
    column('paid', 'boolean', { nullable: false, default: { kind: 'value', value: 'f' } }),
    column('lines', 'json'),
  ],
  {
    primaryKey: { name: 'orders_pkey', columns: ['number'] },
    foreignKeys: [
      {
        name: 'orders_customer_fkey',
        columns: ['customer'],
        references: 'customers',
        referencedColumns: ['id'],
        onDelete: 'cascade',
        onUpdate: 'no action',
        holds: true,
      },
    ],
  },
);
const NASTY = `a, "b"\r\n'c' \\N \\. ü€𝄞\t`;
export const CUSTOMER_ROWS: readonly Row[] = [
  ['1', 'Ann', '10.50', '2026-11-20 10:15:00.123456+00', null],
  ['2', NASTY, '-0.01', '1999-01-01 00:00:00+00', ''],
  ['7', '\\.', null, null, 'x'.repeat(300)],
];
export const ORDER_ROWS: readonly Row[] = [
  ['1', '1', 't', '{"sku": [1, "ü", null]}'],
  ['2', '7', 'f', null],
  ['3', null, 'f', '[]'],
];

/** An app's own tables, and one that is a user's. */
const APP: readonly (readonly [Relation, readonly Row[]])[] = [
  [
    table('nb_application_plugins', [
      column('package_name', 'text'),
      column('version', 'text'),
      column('enabled', 'boolean'),
    ]),
    [
      ['@x/on', '1.2.3', 't'],
      ['@x/off', null, 'f'],
    ],
  ],
  [
    table('nb_collections', [column('name', 'text'), column('title', 'text'), column('options', 'json')]),
    [
      ['parts', 'Parts', '{"tableName": "things"}'],
      ['gone', null, '{}'],
    ],
  ],
  [table('things', [column('id', 'int32')]), []],
];

/** Without what each dialect has of its own: some give every primary key the same name. */
const coreOf = ({ primaryKey, ...relation }: Relation): Relation => ({
  ...relation,
  ...(primaryKey && { primaryKey: { ...primaryKey, name: 'primary' } }),
  native: {},
});

const sorted = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** What every dialect guarantees (dumper/dialect.ts), whatever it is made of. */
export function dialectSuite(name: string, open: (label: string) => Promise<Place>): void {
  describe(`${name} keeps the contract of a database`, () => {
    let data: Awaited<ReturnType<typeof newDataFolder>>;
    const places: Place[] = [];
    const place = async (filled = true): Promise<Place> => {
      const made = await open(`place${places.length}`);
      places.push(made);
      if (filled) {
        await made.create(CUSTOMERS, CUSTOMER_ROWS);
        await made.create(ORDERS, ORDER_ROWS);
      }
      return made;
    };
    const hostAt = ({ database }: Place): Host => offlineTestHost(database, data.folder);
    const content = async (at: Place): Promise<Record<string, string[]>> =>
      Object.fromEntries(
        await Promise.all(
          (await at.tables()).sort().map(async (table) => [table, sorted(await at.rows(table))] as const),
        ),
      );
    const cores = async (at: Place): Promise<Relation[]> =>
      (await at.database.structure()).relations.map(coreOf).sort((a, b) => (a.name < b.name ? -1 : 1));
    let count = 0;
    const backedUp = (at: Place): Promise<Archive> => backUp(hostAt(at), `${name}-${(count += 1)}`);

    beforeAll(async () => {
      data = await newDataFolder();
    });
    afterAll(async () => {
      for (const place of places) await place.drop();
      await data.remove();
    });

    it('says in the neutral core what it holds, next numbers too', async () => {
      const at = await place();
      expect(await cores(at)).toEqual([CUSTOMERS, ORDERS].map(coreOf));
    });

    it('knows the app by its tables, whatever is before their names and how words are parted in them', async () => {
      const at = await place(false);
      expect((await at.database.app({})).app).toBeUndefined();
      for (const [relation, rows] of APP) await at.create(relation, rows);
      const { app } = await at.database.app({});
      expect(app).toMatchObject({
        name: 'nocobase',
        tablePrefix: 'nb_',
        underscored: true,
        plugins: [
          { name: '@x/off', enabled: false },
          { name: '@x/on', version: '1.2.3', enabled: true },
        ],
      });
      expect(app?.custom).toEqual(new Map([['things', { collection: 'parts', title: 'Parts' }]]));
      expect((await at.database.app({ tablePrefix: 'other_' })).app).toBeUndefined();
      const snapshot = await at.database.snapshot({ readers: 1, app: {}, job: newJobId() });
      expect(snapshot.facts.manifest).toMatchObject({ tablePrefix: 'nb_', underscored: true });
      await snapshot.close();
    });

    it('has an id that is its own and stays', async () => {
      const [one, other] = [await place(false), await place(false)];
      expect(await one.database.id()).toBe(await one.database.id());
      expect(await one.database.id()).not.toBe(await other.database.id());
    });

    it('shows one moment, whatever is written meanwhile, in whole rows and their number', async () => {
      const at = await place();
      const snapshot = await at.database.snapshot({ readers: 2, app: {}, job: newJobId() });
      try {
        expect(await snapshot.hold(['customers', 'orders'])).toBe(true);
        await at.insert('customers', ['100', 'late', '1', null, null]);
        const relation = snapshot.schema.relations.find((relation) => relation.name === 'customers')!;
        const reading = snapshot.read(relation, 1024);
        let [text, rows] = ['', 0];
        for (;;) {
          const next = await reading.next();
          if (next.done) {
            expect(next.value).toBe(rows);
            break;
          }
          text += Buffer.from(next.value.data).toString();
          rows += next.value.rows;
          next.value.release();
        }
        expect(rows).toBe(CUSTOMER_ROWS.length);
        expect(text).not.toContain('late');
        await snapshot.confirm();
      } finally {
        await snapshot.close();
      }
    });

    it('does not hold what was altered since the snapshot', async () => {
      const at = await place();
      const snapshot = await at.database.snapshot({ readers: 1, app: {}, job: newJobId() });
      try {
        await at.addColumn('orders', 'more');
        expect(await snapshot.hold(['orders'])).toBe(false);
      } finally {
        await snapshot.close();
      }
    });

    it('comes back whole into an empty database, structure and rows', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const empty = await place(false);
      const result = await restoreAll(hostAt(empty), archive);
      expect(result.undo.collections).toEqual(
        expect.arrayContaining([
          { name: 'customers', rows: 3 },
          { name: 'orders', rows: 3 },
        ]),
      );
      expect(await content(empty)).toEqual(await content(at));
      expect(await cores(empty)).toEqual(await cores(at));
    });

    it('tells before a restore what it would change, and changes nothing by that', async () => {
      const at = await place();
      const archive = await backedUp(at);
      await at.insert('orders', ['4', '1', 't', null]);
      await at.addColumn('customers', 'more');
      const before = await content(at);
      const { collections } = await previewBackup(hostAt(at), archive, { all: true });
      const shown = new Map(collections.map((collection) => [collection.name, collection]));
      expect(shown.get('orders')).toMatchObject({
        action: 'replace',
        rowsNow: 4,
        rowsInBackup: 3,
        lostAtLeast: 1,
        structure: [],
      });
      expect(shown.get('customers')?.structure).toEqual([{ code: 'goes', what: 'column', name: 'more' }]);
      expect(await content(at)).toEqual(before);
      const empty = await place(false);
      const fresh = await previewBackup(hostAt(empty), archive, { all: true });
      expect(fresh.collections.map(({ name: one, action }) => [one, action]).sort()).toEqual([
        ['customers', 'create'],
        ['orders', 'create'],
      ]);
    });

    it('finds exactly what differs from a backup, column by column, and changes nothing', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const asked = { selection: { all: true }, examples: 10, folder: join(data.folder, 'compare') };
      const same = await compareBackup(hostAt(at), archive, asked);
      expect(same).toMatchObject({ different: false, beyond: [], untold: false });
      expect(same.collections.map(({ equal, by }) => [equal, by])).toEqual([
        [3, 'key'],
        [3, 'key'],
      ]);
      const other = await place(false);
      const [one, two, three] = CUSTOMER_ROWS;
      const customers: Row[] = [
        ['1', 'Ann ', '10.51', '2026-11-20 10:15:00.123457+00', ''],
        [two![0]!, `${NASTY} `, two![2]!, two![3]!, null],
        ['8', three![1]!, null, null, null],
      ];
      await other.create(CUSTOMERS, customers);
      await other.create(ORDERS, [
        ['1', '2', 'f', '{"sku": [1, "ü", 0]}'],
        ['3', null, 'f', '[ ]'],
      ]);
      const before = await content(other);
      const comparison = await compareBackup(hostAt(other), archive, asked);
      const shown = new Map(comparison.collections.map((collection) => [collection.name, collection]));
      expect(comparison.different).toBe(true);
      expect(shown.get('customers')).toMatchObject({
        ...{ here: 3, there: 3, onlyHere: 1, changed: 2, onlyThere: 1, equal: 0 },
        columns: [
          { name: 'name', rows: 2 },
          { name: 'balance', rows: 1 },
          { name: 'since', rows: 1 },
          { name: 'note', rows: 2 },
        ],
      });
      expect(shown.get('orders')).toMatchObject({
        ...{ here: 2, there: 3, onlyHere: 0, changed: 1, onlyThere: 1, equal: 1 },
        columns: [
          { name: 'customer', rows: 1 },
          { name: 'paid', rows: 1 },
          { name: 'lines', rows: 1 },
        ],
      });
      const found = shown
        .get('customers')
        ?.examples.find(({ kind, key }) => kind === 'changed' && key[0]?.value === '1');
      expect(found?.changes).toEqual([
        { column: 'name', here: { value: 'Ann ' }, there: { value: one![1] } },
        { column: 'balance', here: { value: '10.51' }, there: { value: '10.50' } },
        {
          column: 'since',
          here: { value: '2026-11-20T10:15:00.123457Z' },
          there: { value: '2026-11-20T10:15:00.123456Z' },
        },
        { column: 'note', here: { value: '' }, there: { value: null } },
      ]);
      expect(await content(other)).toEqual(before);
      // What lives there is the same as a backup of it.
      const there = await backedUp(other);
      const backups = await compareBackups(
        { name: 'here', archive: there },
        { name: 'there', archive },
        { ...asked, workers: 2 },
      );
      const inOrder = ({ examples, ...rest }: (typeof backups)['collections'][number]) => ({
        ...rest,
        examples: examples.map((example) => JSON.stringify(example)).sort(),
      });
      expect(backups.collections.map(inOrder)).toEqual(comparison.collections.map(inOrder));
    });

    it('compares what both have where columns or tables are on one side only, and names the rest', async () => {
      const at = await place();
      const archive = await backedUp(at);
      await at.addColumn('customers', 'more');
      await at.create(table('late', [column('id', 'int32')]), []);
      const asked = { selection: {}, examples: 3, folder: join(data.folder, 'compare') };
      const { collections, beyond, different } = await compareBackup(hostAt(at), archive, asked);
      expect(collections.find(({ name }) => name === 'customers')).toMatchObject({
        ...{ equal: 3, changed: 0, columnsHere: ['more'], columnsThere: [] },
      });
      expect([different, beyond]).toEqual([true, ['late']]);
      const empty = await place(false);
      const coming = await compareBackup(hostAt(empty), archive, asked);
      expect(coming.collections.map(({ by, onlyThere }) => [by, onlyThere])).toEqual([
        ['there', 3],
        ['there', 3],
      ]);
    });

    it('overwrites what is there, and an undo of that and of the undo bring back what was', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const then = await content(at);
      await at.insert('customers', ['100', 'late', '1', null, null]);
      const now = await content(at);
      await restoreAll(hostAt(at), archive);
      expect(await content(at)).toEqual(then);
      const undo = await findUndo(hostAt(at));
      const back = (await previewUndo(hostAt(at), undo)).collections.find(
        (collection) => collection.name === 'customers',
      );
      expect(back).toMatchObject({ rowsNow: 3, rowsInBackup: 4 });
      await applyUndo(hostAt(at), undo, { allowBreaks: false });
      expect(await content(at)).toEqual(now);
      await applyUndo(hostAt(at), await findUndo(hostAt(at)), { allowBreaks: false });
      expect(await content(at)).toEqual(then);
    });

    it('restores one collection and leaves the others as they are', async () => {
      const at = await place();
      const archive = await backedUp(at);
      await at.insert('customers', ['100', 'late', '1', null, null]);
      await at.insert('orders', ['4', '1', 't', null]);
      await restoreAll(hostAt(at), archive, { collections: ['orders'] });
      expect((await at.rows('orders')).length).toBe(3);
      expect((await at.rows('customers')).length).toBe(4);
    });

    it('takes the structure of a collection alone, and empties no table by it unless that is allowed', async () => {
      const at = await place();
      const archive = await backUp(hostAt(at), 'bare', { all: true, noRows: ['orders'] });
      const structures = await cores(at);
      const before = await content(at);
      await expect(restoreAll(hostAt(at), archive)).rejects.toMatchObject({ code: 'ROWS_WOULD_GO' });
      expect(await content(at)).toEqual(before);
      const { collections, warnings } = await previewBackup(hostAt(at), archive, { all: true });
      expect(collections.find((row) => row.name === 'orders')).toMatchObject({
        structureOnly: true,
        lostAtLeast: 3,
      });
      expect(warnings).toContainEqual(
        expect.objectContaining({ code: 'rows-go', name: 'orders', rows: '3' }),
      );
      const empty = await place(false);
      await restoreAll(hostAt(empty), archive);
      expect(await cores(empty)).toEqual(structures);
      expect(await empty.rows('orders')).toEqual([]);
      expect(sorted(await empty.rows('customers'))).toEqual(sorted(await at.rows('customers')));
      // No key would hold without what it points at.
      await expect(backUp(hostAt(at), 'broken', { all: true, noRows: ['customers'] })).rejects.toMatchObject({
        code: 'DEPENDENT_WOULD_BREAK',
      });
    });

    it('brings what is asked for without rows empty, and leaves what is excluded as it is', async () => {
      const at = await place();
      const archive = await backUp(hostAt(at), 'narrowed');
      const empty = await place(false);
      await restoreAll(hostAt(empty), archive, { all: true, noRows: ['orders'] });
      expect(await cores(empty)).toEqual(await cores(at));
      expect(await empty.rows('orders')).toEqual([]);
      await at.insert('orders', ['4', '1', 't', null]);
      await at.insert('customers', ['100', 'late', '1', null, null]);
      await restoreAll(hostAt(at), archive, { all: true, exclude: ['orders'] });
      expect((await at.rows('orders')).length).toBe(4);
      expect((await at.rows('customers')).length).toBe(3);
    });

    describe('into a place beside what is live', () => {
      const INTO = 'as_it_was';
      const comingInto = (at: Place, archive: Archive, selection: Selection) =>
        restoreInto(hostAt(at), archive, 'x.ark', { selection, into: INTO });

      it('brings tables with their rows, and leaves everything else as it is', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const then = await content(at);
        await at.insert('customers', ['100', 'late', '1', null, null]);
        await at.insert('orders', ['4', '1', 't', null]);
        const [now, structures] = [await content(at), await cores(at)];
        const shown = await previewInto(hostAt(at), archive, { all: true }, INTO);
        expect(shown.collections.map(({ name, rowsInBackup }) => [name, rowsInBackup])).toEqual(
          expect.arrayContaining([
            ['customers', 3],
            ['orders', 3],
          ]),
        );
        try {
          const { result } = await comingInto(at, archive, { all: true });
          expect(result.drop).toContain(INTO);
          for (const table of ['customers', 'orders'])
            expect(sorted(await at.rows(table, INTO))).toEqual(then[table]);
          expect([await content(at), await cores(at)]).toEqual([now, structures]);
          // No way back is kept of what took nothing away.
          expect(await listUndos(hostAt(at))).toEqual([]);
          await expect(comingInto(at, archive, { collections: ['orders'] })).rejects.toMatchObject({
            code: 'NAME_TAKEN',
          });
          expect(sorted(await at.rows('customers', INTO))).toEqual(then.customers);
        } finally {
          await at.forget(INTO);
        }
        expect([await content(at), await cores(at)]).toEqual([now, structures]);
      });

      it('takes some, some without rows, and is not there at all where the archive cannot be read', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const before = await content(at);
        try {
          const bare = await comingInto(at, archive, { all: true, noRows: ['orders'] });
          expect(bare.result.collections.map(({ name }) => name).sort()).toEqual(['customers', 'orders']);
          expect(await at.rows('orders', INTO)).toEqual([]);
          expect(sorted(await at.rows('customers', INTO))).toEqual(before.customers);
          await at.forget(INTO);
          const less = await comingInto(at, archive, { all: true, exclude: ['orders'] });
          expect(less.result.collections.map(({ name }) => name)).toEqual(['customers']);
          await at.forget(INTO);
          await rm(join(data.folder, 'backups'), { recursive: true });
          await expect(comingInto(at, archive, { all: true })).rejects.toBeInstanceOf(BackupError);
          // The place is free: the next one can have it.
          await comingInto(at, await backedUp(at), { all: true });
          expect(sorted(await at.rows('customers', INTO))).toEqual(before.customers);
        } finally {
          await at.forget(INTO);
        }
        expect(await content(at)).toEqual(before);
      });
    });

    it('goes on with the next number after a restore', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const empty = await place(false);
      await restoreAll(hostAt(empty), archive);
      const [customers] = (await empty.database.structure()).relations.filter(
        (relation) => relation.name === 'customers',
      );
      expect(customers?.counters).toEqual([{ column: 'id', next: '8' }]);
    });

    it.each(['check', 'ready', 'a cancel'] as const)(
      'changes nothing where it is stopped by %s, and can be tried again',
      async (by) => {
        const at = await place();
        const archive = await backedUp(at);
        await at.insert('orders', ['4', '1', 't', null]);
        const before = await content(at);
        const abort = new AbortController();
        const lock = await at.database.lock(newJobId());
        const { planOf } = await import('../../src/server/dumper/restore/plan');
        const plan = await planOf(archive.manifest, archive.manifest.collections, { all: true });
        const stop = (where: string) => () => {
          if (where !== by) return;
          throw refused('read-cut', { collection: 'stopped', rows: 0 });
        };
        const nobody = () => undefined;
        const restoring = lock.restore(plan, archive.rows(), {
          workers: 2,
          source: 'test',
          keepUndoDays: 1,
          lockTimeoutMs: 5000,
          allowBreaks: false,
          allowCode: true,
          signal: abort.signal,
          check: () => {
            if (by === 'a cancel') abort.abort();
            stop('check')();
          },
          ready: stop('ready'),
          onLeftOut: nobody,
          onTies: nobody,
          onBreaks: nobody,
          onMissing: nobody,
          onBlemishes: nobody,
          onOlderSnapshots: nobody,
          onStage: nobody,
          onRows: nobody,
        });
        await expect(restoring).rejects.toMatchObject({
          code: by === 'a cancel' ? 'JOB_CANCELLED' : 'CHECK_FAILED',
        });
        await lock.release();
        expect(await content(at)).toEqual(before);
        expect(await at.database.undos()).toEqual([]);
        expect(await at.database.leftovers()).toEqual([]);
        await restoreAll(hostAt(at), archive);
        expect((await at.rows('orders')).length).toBe(3);
      },
    );

    it('asks again where more would be lost than was shown', async () => {
      const at = await place();
      const archive = await backedUp(at);
      await at.insert('orders', ['4', '1', 't', null]);
      const request = { selection: { all: true }, allowBreaks: false, allowCode: true };
      await expect(
        restoreBackup(hostAt(at), archive, 'x.ark', { ...request, acceptLost: {} }),
      ).rejects.toMatchObject({ code: 'MORE_WOULD_BE_LOST' });
      expect((await at.rows('orders')).length).toBe(4);
      await restoreBackup(hostAt(at), archive, 'x.ark', { ...request, acceptLost: { orders: 1 } });
    });

    describe('prepare, look, swap', () => {
      const folder = () => join(data.folder, 'compare');
      const preparing = (
        host: Host,
        archive: Archive,
        selection: Selection = { all: true },
        backup = 'p.ark',
      ) => prepareRestore(host, archive, { backup }, { selection, allowBreaks: false, allowCode: true });
      const prepared = async (at: Place, archive: Archive, selection?: Selection) => {
        const { job } = await preparing(hostAt(at), archive, selection);
        return findPrepared(hostAt(at), job.id);
      };
      const looked = (at: Place, archive: Archive, waiting: PreparedRestore) =>
        comparePrepared(hostAt(at), archive, waiting, { examples: 3, folder: folder() });
      const swapped = (at: Place, archive: Archive, waiting: PreparedRestore, acceptLost?: Losses) =>
        swapPrepared(hostAt(at), archive, waiting, { acceptLost, dataFolder: data.folder });

      it('stages everything, tells exactly what differs, and swaps it in later; an undo brings back what was', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const then = await content(at);
        await at.insert('orders', ['4', '1', 't', null]);
        await at.insert('customers', ['100', 'late', '1', null, null]);
        const now = await content(at);
        const waiting = await prepared(at, archive);
        expect(await content(at)).toEqual(now);
        const comparison = await looked(at, archive, waiting);
        expect(
          comparison.collections
            .map(({ name: collection, onlyHere, changed, onlyThere, equal }) => [
              collection,
              ...[onlyHere, changed, onlyThere, equal],
            ])
            .sort(),
        ).toEqual([
          ['customers', 1, 0, 0, 3],
          ['orders', 1, 0, 0, 3],
        ]);
        expect(comparison.lost).toEqual({ customers: 1, orders: 1 });
        expect(await content(at)).toEqual(now);
        const { result } = await swapped(at, archive, waiting, comparison.lost);
        expect(await content(at)).toEqual(then);
        expect(result.undo.collections).toEqual(
          expect.arrayContaining([
            { name: 'customers', rows: 3 },
            { name: 'orders', rows: 3 },
          ]),
        );
        expect(await at.database.prepared()).toEqual([]);
        await expect(swapped(at, archive, waiting)).rejects.toMatchObject({ code: 'PREPARED_UNKNOWN' });
        await applyUndo(hostAt(at), await findUndo(hostAt(at)), { allowBreaks: false });
        expect(await content(at)).toEqual(now);
        expect(await at.database.leftovers()).toEqual([]);
      });

      it('comes into an empty database with its structure and its next numbers', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const empty = await place(false);
        const waiting = await prepared(empty, archive);
        expect(await empty.tables()).toEqual([]);
        expect((await looked(empty, archive, waiting)).lost).toEqual({});
        await swapped(empty, archive, waiting, {});
        expect(await content(empty)).toEqual(await content(at));
        expect(await cores(empty)).toEqual(await cores(at));
      });

      it('waits beside other jobs, keeps nobody from writing, and is in no backup', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const waiting = await prepared(at, archive, { collections: ['orders'] });
        // A key of what waits must not hold the rows that it points at.
        await at.insert('customers', ['100', 'late', '1', null, null]);
        const second = await backedUp(at);
        expect(second.manifest.collections.map((collection) => collection.name).sort()).toEqual([
          'customers',
          'orders',
        ]);
        await rehearseBackup(hostAt(at), archive, 'x.ark', { allowCode: true });
        const other = await prepared(at, archive);
        expect((await at.database.prepared()).map(({ job }) => job)).toEqual([other.job, waiting.job]);
        expect(await at.database.leftovers()).toEqual([]);
        expect((await at.database.structure()).relations.map((relation) => relation.name).sort()).toEqual([
          'customers',
          'orders',
        ]);
        await dropPrepared(hostAt(at), other.job);
        await expect(dropPrepared(hostAt(at), other.job)).rejects.toMatchObject({ code: 'PREPARED_UNKNOWN' });
        await at.insert('orders', ['4', '100', 't', null]);
        await swapped(at, archive, waiting);
        expect(await at.rows('orders')).toHaveLength(3);
        expect(await at.rows('customers')).toHaveLength(4);
      });

      it('asks again where more would be lost than was shown, and goes on waiting', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const waiting = await prepared(at, archive);
        const { lost } = await looked(at, archive, waiting);
        expect(lost).toEqual({});
        await at.insert('orders', ['4', '1', 't', null]);
        const before = await content(at);
        await expect(swapped(at, archive, waiting, lost)).rejects.toMatchObject({
          code: 'MORE_WOULD_BE_LOST',
          now: { orders: 1 },
        });
        expect(await content(at)).toEqual(before);
        expect(await at.database.undos()).toEqual([]);
        await swapped(at, archive, waiting, (await looked(at, archive, waiting)).lost);
        expect(await at.rows('orders')).toHaveLength(3);
      });

      it('is void where the structure is no longer what it was staged for, and where it is another backup', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const waiting = await prepared(at, archive);
        await at.insert('orders', ['4', '1', 't', null]);
        await expect(swapped(at, await backedUp(at), waiting)).rejects.toMatchObject({
          code: 'PREPARED_VOID',
        });
        await at.addColumn('orders', 'more');
        const before = await content(at);
        await expect(swapped(at, archive, waiting)).rejects.toMatchObject({ code: 'PREPARED_VOID' });
        expect(await content(at)).toEqual(before);
        expect(await at.database.undos()).toEqual([]);
        // It is still there to be looked at and deleted.
        await dropPrepared(hostAt(at), waiting.job);
        expect(await at.database.leftovers()).toEqual([]);
      });

      it('is gone when its time is up', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const before = await content(at);
        const { job } = await preparing({ ...hostAt(at), preparedMinutes: -1 }, archive);
        await expect(findPrepared(hostAt(at), job.id)).rejects.toMatchObject({ code: 'PREPARED_UNKNOWN' });
        await expect(at.database.readPrepared(job.id, [], () => Promise.resolve())).rejects.toMatchObject({
          code: 'PREPARED_UNKNOWN',
        });
        const lock = await at.database.lock(newJobId());
        await lock.release();
        expect(await at.database.leftovers()).toEqual([]);
        expect(await content(at)).toEqual(before);
      });

      it('belongs to the installation that prepared it', async () => {
        const at = await place();
        const archive = await backedUp(at);
        const { job } = await prepared(at, archive);
        const elsewhere = await newDataFolder();
        try {
          const other = offlineTestHost(at.database, elsewhere.folder);
          expect(await listPrepared(other)).toMatchObject([{ job, readable: false, collections: [] }]);
          await expect(findPrepared(other, job)).rejects.toMatchObject({ code: 'PREPARED_UNKNOWN' });
          await dropPrepared(other, job);
          expect(await listPrepared(hostAt(at))).toEqual([]);
        } finally {
          await elsewhere.remove();
        }
      });
    });

    it('lets one job at a time change it', async () => {
      const at = await place(false);
      expect(await at.database.busy()).toBeUndefined();
      const lock = await at.database.lock(newJobId());
      const refused: unknown = await at.database.lock(newJobId()).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'JOB_BUSY' });
      expect(await at.database.busy()).toEqual(refused);
      await lock.release();
      const next = await at.database.lock(newJobId());
      await next.release();
    });

    it('keeps undos until they are deleted, and knows no others', async () => {
      const at = await place();
      const host = hostAt(at);
      const { undo } = await restoreAll(host, await backedUp(at));
      expect((await listUndos(host)).map(({ job }) => job)).toEqual([undo.job]);
      const committed = await at.database.committed();
      expect([committed(undo.job), committed('20260101_000000_aaaaaa')]).toEqual([true, false]);
      await expect(at.database.previewUndo('20260101_000000_aaaaaa')).rejects.toMatchObject({
        code: 'UNDO_UNKNOWN',
      });
      await dropUndo(host, undo.job);
      expect(await listUndos(host)).toEqual([]);
    });

    it('rehearses a restore, finds every row again, and leaves nothing behind', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const before = await content(at);
      const { result } = await rehearseBackup(hostAt(at), archive, 'x.ark', { allowCode: true });
      expect(result.blemishes).toEqual([]);
      expect(await content(at)).toEqual(before);
      expect(await at.database.undos()).toEqual([]);
      expect(await at.database.leftovers()).toEqual([]);
    });

    it('copies itself into another', async () => {
      const [from, to] = [await place(), await place(false)];
      await copyDatabase(hostAt(from), hostAt(to), {
        selection: { all: true },
        allowBreaks: false,
        allowCode: true,
      });
      expect(await content(to)).toEqual(await content(from));
      expect(await cores(to)).toEqual(await cores(from));
    });

    it('refuses an archive of another kind of database before anything is changed', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const { dialect } = archive.manifest.database;
      const other = dialect === 'sqlite' ? 'postgres' : 'sqlite';
      const foreign: Archive = {
        ...archive,
        manifest: { ...archive.manifest, database: { ...archive.manifest.database, dialect: other } },
        fit: () => Promise.resolve({ archive: foreign, warnings: [] }),
      };
      const before = await content(at);
      await expect(previewBackup(hostAt(at), foreign, { all: true })).rejects.toMatchObject({
        code: 'DIALECT_DIFFERS',
      });
      await expect(restoreAll(hostAt(at), foreign)).rejects.toMatchObject({ code: 'DIALECT_DIFFERS' });
      expect(await content(at)).toEqual(before);
    });

    it('is told apart from an archive that is damaged: that one changes nothing', async () => {
      const at = await place();
      const archive = await backedUp(at);
      const before = await content(at);
      await rm(join(data.folder, 'backups'), { recursive: true });
      await expect(restoreAll(hostAt(at), archive)).rejects.toBeInstanceOf(BackupError);
      expect(await content(at)).toEqual(before);
    });

    it('takes single rows back with what they need, all or none, and puts back what was there', async () => {
      const from = await place();
      const archive = await backedUp(from);
      const whole = await content(from);
      const at = await place(false);
      const changed = [...(CUSTOMER_ROWS[1] ?? [])];
      changed[4] = 'since';
      await at.create(CUSTOMERS, [changed]);
      await at.create(ORDERS, [['1', null, 'f', '[]']]);
      const before = await content(at);
      const asked = {
        collection: 'customers',
        keys: ['1', '2', '7'],
        parents: true,
        children: ['orders'],
      };
      const preview = await previewTakeBack(hostAt(at), archive, asked);
      expect(preview.counts).toEqual({ insert: 3, overwrite: 1, same: 0 });
      expect(preview.children).toEqual([{ collection: 'orders', missing: 1, apart: 1, come: true }]);
      const { expected } = preview;
      await expect(
        takeBack(hostAt(at), archive, 'x.ark', { asked, overwrite: false, expected }),
      ).rejects.toMatchObject({ code: 'ROWS_CHANGED' });
      expect(await content(at)).toEqual(before);
      const { job, result } = await takeBack(hostAt(at), archive, 'x.ark', {
        asked,
        overwrite: true,
        expected,
      });
      expect(result).toMatchObject({ inserted: 3, overwritten: 1, undo: job.id });
      const taken = await content(at);
      expect(taken.customers).toEqual(whole.customers);
      const second = whole.orders?.filter((row) => row.startsWith('["2"')) ?? [];
      expect(taken.orders).toEqual([...(before.orders ?? []), ...second].sort());
      expect((await at.database.committed())(job.id)).toBe(true);
      const undone = await undoRows(hostAt(at), job.id, { overwrite: false });
      expect(await content(at)).toEqual(before);
      expect((await at.database.keptRows()).map((kept) => kept.job)).toEqual([undone.job.id]);
      await undoRows(hostAt(at), undone.job.id, { overwrite: false });
      expect(await content(at)).toEqual(taken);
    });

    it('writes no row where what is kept of it cannot be', async () => {
      const at = await place();
      const before = await content(at);
      const [relation] = (await at.database.structure()).relations.filter(
        (known) => known.name === 'customers',
      );
      const job = newJobId();
      const lock = await at.database.lock(job);
      const gone = refused('undo-gone', { job });
      await expect(
        lock.writeRows(
          [
            {
              relation: relation!,
              key: ['8'],
              called: '8',
              before: undefined,
              set: new Map([
                ['id', '8'],
                ['name', 'new'],
              ]),
              later: new Set<string>(),
            },
          ],
          { lockTimeoutMs: 1000, keepUntil: new Date(), record: () => Promise.reject(gone) },
        ),
      ).rejects.toBe(gone);
      await lock.release();
      expect(await content(at)).toEqual(before);
      expect((await at.database.committed())(job)).toBe(false);
    });

    it('tells how large its tables are without looking into them', async () => {
      const at = await place();
      const { collections } = await at.database.sizes({});
      expect(collections.map((collection) => [collection.name, collection.kind]).sort()).toEqual([
        ['customers', 'table'],
        ['orders', 'table'],
      ]);
    });
  });
}
