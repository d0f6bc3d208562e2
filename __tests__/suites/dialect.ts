import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applyUndo,
  dropUndo,
  findUndo,
  listUndos,
  previewUndo,
} from '../../src/server/actions/restore/undos';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Archive } from '../../src/server/dumper/archive/archive';
import type { Database } from '../../src/server/dumper/dialect';
import { newJobId } from '../../src/server/dumper/job';
import type { Relation } from '../../src/server/dumper/schema/structure';
import { BackupError, refused } from '../../src/server/errors/errors';
import type { Host } from '../../src/server/host';
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
  /** As they would stand in CSV, in any order. */
  rows(table: string): Promise<Row[]>;
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
