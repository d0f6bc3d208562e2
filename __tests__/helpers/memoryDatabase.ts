import { isDeepStrictEqual } from 'node:util';
import { readingEach } from '../../src/server/dumper/rows/workers';
import { lostAtLeast } from '../../src/server/dumper/app/lost';
import { readNocoBase, type AppTables, type Wanted } from '../../src/server/dumper/app/nocobase';
import type { DatabaseId } from '../../src/server/dumper/databaseId';
import type {
  AppHints,
  CollectionPreview,
  Database,
  DatabasePreview,
  Dialect,
  KeptRows,
  LentChunk,
  Lock,
  PreparedTables,
  PrepareOptions,
  RestoreOptions,
  RestorePlan,
  RowChange,
  RowSource,
  Snapshot,
  Undo,
} from '../../src/server/dumper/dialect';
import { csvRows } from '../../src/server/dumper/rows/csv';
import { digesting, refuseDifferent } from '../../src/server/dumper/rows/digesting';
import { keyOf, sameTexts } from '../../src/server/dumper/schema/rowKey';
import { stepsOf } from '../../src/server/dumper/rows/rowSteps';
import { RowDigest } from '../../src/server/dumper/rows/rowDigest';
import {
  hasRows,
  relationKey,
  storedColumns,
  type CheckedSchema,
  type Relation,
  type Schema,
} from '../../src/server/dumper/schema/structure';
import { structureChanges, type Shape } from '../../src/server/dumper/schema/structureChanges';
import { throwIfCancelled, refused } from '../../src/server/errors/errors';

/**
 * A database that is nothing but the contract: tables of the neutral core in a map, each written anew as a whole, so
 * that a snapshot is a copy of the map and a swap is one assignment. It calls itself SQLite, a dialect that Ark knows
 * by name alone.
 */
export type Row = readonly (string | null)[];
export interface MemoryTable {
  readonly relation: Relation;
  readonly rows: readonly Row[];
}
type Tables = ReadonlyMap<string, MemoryTable>;

export class MemoryStore {
  tables: Tables = new Map();
  readonly undos = new Map<string, { readonly undo: Undo; readonly before: Tables }>();
  kept: readonly KeptRows[] = [];
  readonly prepared = new Map<string, PreparedTables & { readonly staged: Tables; readonly live: string }>();
  /** What was restored beside it, by the name that it was given. */
  readonly asides = new Map<string, Tables>();
  holder: string | undefined;
  constructor(readonly name: string) {}

  set(table: MemoryTable): void {
    this.tables = new Map([...this.tables, [table.relation.name, table]]);
  }
}

const field = (value: string | null): string =>
  value === null ? '' : /^$|[",\n\r]|^\\\.$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
const line = (row: Row): string => `${row.map(field).join(',')}\n`;

const placeOf = (relation: Relation, column: string): number =>
  storedColumns(relation).findIndex(({ name }) => name === column);

const schemaOf = (tables: Tables): Schema => {
  const relations = [...tables.values()].map(({ relation }) => relation);
  return {
    relations,
    objects: [],
    order: relations.map(({ name }) => relationKey(name)),
    needs: new Map(),
    laterNeeds: new Map(),
  };
};

const textOf = (part: object): string => JSON.stringify(Object.entries(part).sort());

const shapeOf = ({ kind, columns, primaryKey, uniqueKeys, foreignKeys, indexes }: Relation): Shape => ({
  kind,
  parts: [
    ...columns.map(({ name, ...rest }) => ({ what: 'column' as const, name, text: textOf(rest) })),
    ...[...(primaryKey ? [primaryKey] : []), ...uniqueKeys, ...foreignKeys].map(({ name, ...rest }) => ({
      what: 'constraint' as const,
      name,
      text: textOf(rest),
    })),
    ...indexes.map(({ name, ...rest }) => ({ what: 'index' as const, name, text: textOf(rest) })),
  ],
});

export const memoryDialect: Dialect = {
  title: 'Memory',
  schemes: ['memory'],
  fromUrl: () => never(),
  fromEnvironment: () => never(),
  fromApp: () => never(),
  check: (schema) => Promise.resolve(schema as CheckedSchema),
  code: () => Promise.resolve([]),
  blemishes: () => [],
  hanging: () => [],
  sameStructure: (now, then) => isDeepStrictEqual(shapeOf(now), shapeOf(then)),
};
const never = (): never => {
  throw new Error('nobody opens a memory by its name');
};

/** The tables that an app is known by. */
const appTables = (tables: Tables): AppTables => ({
  names: [...tables.keys()],
  select<T>(name: string, wanted: Readonly<Record<keyof T & string, Wanted>>, by?: string): Promise<T[]> {
    const { relation, rows } = tables.get(name) ?? { rows: [] };
    const valueOf = (row: Row, [column, key]: Wanted): string | null => {
      const at = relation?.columns.findIndex((known) => known.name === column) ?? -1;
      const text = row[at] ?? null;
      if (text === null) return null;
      if (key !== undefined) {
        const value = (JSON.parse(text) as Record<string, unknown> | null)?.[key] ?? null;
        return value === null || typeof value === 'string' ? value : JSON.stringify(value);
      }
      return relation?.columns[at]?.type === 'boolean' ? String(text === 't') : text;
    };
    const order = (row: Row): string => (by === undefined ? '' : (valueOf(row, [by]) ?? ''));
    const sorted = [...rows].sort((a, b) => order(a).localeCompare(order(b), 'en', { numeric: true }));
    const picked = sorted.map((row) =>
      Object.fromEntries(
        Object.entries<Wanted>(wanted).map(([field, column]) => [field, valueOf(row, column)]),
      ),
    );
    return Promise.resolve(picked as T[]);
  },
});

export function memoryDatabase(store: MemoryStore): Database {
  const appOf = (hints: AppHints) =>
    readNocoBase(appTables(store.tables), new Set(store.tables.keys()), hints);
  const facts = async (hints: AppHints): Promise<Snapshot['facts']> => {
    const known = await appOf(hints);
    return {
      name: store.name,
      manifest: {
        dialect: 'sqlite',
        version: '0',
        tablePrefix: known?.tablePrefix ?? hints.tablePrefix ?? '',
        underscored: known?.underscored ?? hints.underscored ?? false,
        timeZone: hints.timeZone ?? 'UTC',
        native: {},
      },
      ...(known && { app: known }),
      notIncluded: [],
    };
  };
  const size = (tables: Tables) => (name: string) => {
    const rows = tables.get(name)?.rows.length ?? -1;
    return { rows, bytes: rows * 100 };
  };
  const structure = () => Promise.resolve(schemaOf(store.tables));
  const app = async (hints: AppHints) => {
    const known = await appOf(hints);
    return { version: '0', ...(known && { app: known }) };
  };
  const preview = (plan: RestorePlan) => Promise.resolve(previewOf(store.tables, comingOf(plan), plan.rows));
  const busyNow = () =>
    store.holder === undefined
      ? undefined
      : refused('job-of-database', {
          database: store.name,
          who: { code: 'session', process: '1', program: store.holder, role: '?', since: '?' },
        });
  const undosNow = () => [...store.undos.values()].map(({ undo }) => undo).reverse();
  const undoOf = (job: string) => {
    const kept = store.undos.get(job);
    if (kept) return kept;
    throw refused('undo-gone', { job });
  };
  const tables = () => Promise.resolve(new Set(store.tables.keys()));
  const database: Database = {
    dialect: 'sqlite',
    label: `memory ${store.name}`,
    id: () => Promise.resolve(store.name as DatabaseId),
    startedAt: () => Promise.resolve('2026-01-01T00:00:00.000Z'),
    snapshot: async (options) => snapshotOf(store, await facts(options.app), size(store.tables)),
    nativeForm: () => Promise.resolve(undefined),
    describe: async (hints) => ({
      facts: await facts(hints),
      schema: schemaOf(store.tables),
      size: size(store.tables),
    }),
    structure,
    tables,
    app,
    preview,
    once: (work) =>
      work({
        dialect: 'sqlite',
        label: `memory ${store.name}`,
        structure,
        tables,
        app,
        preview: async (plan) => preview(await plan),
      }),
    sizes: () =>
      Promise.resolve({
        collections: [...store.tables.values()].map(({ relation: { name, kind } }) => ({
          name,
          kind,
          ...size(store.tables)(name),
        })),
      }),
    previewAside: (plan, into) =>
      Promise.resolve().then(() => {
        refuseTaken(store, into);
        return previewOf(new Map(), comingOf(plan).filter(hasRows), plan.rows);
      }),
    previewUndo: (job) =>
      Promise.resolve().then(() => {
        const { before, undo } = undoOf(job);
        const back = [...before.values()].filter(({ relation: { name } }) => isTouched(undo, name));
        return previewOf(
          store.tables,
          back.map(({ relation }) => relation),
          new Map(back.map(({ relation, rows }) => [relation.name, rows.length])),
        );
      }),
    code: () => Promise.resolve([]),
    account: () => Promise.resolve({ user: 'memory', powers: [] }),
    join: () =>
      Promise.resolve({
        held: () => Promise.resolve(false),
        show: () => Promise.resolve(),
        tables: () => Promise.resolve(new Map([...store.tables.keys()].map((name, at) => [name, at]))),
        end: () => Promise.resolve(),
      }),
    hold: () => Promise.resolve({ closed: 0, silent: [], release: () => Promise.resolve() }),
    lock(job) {
      const busy = busyNow();
      if (busy) return Promise.reject(busy);
      store.holder = job;
      for (const waiting of store.prepared.values()) if (!isDue(waiting)) store.prepared.delete(waiting.job);
      return Promise.resolve(lockOf(store, job, undoOf));
    },
    busy: () => Promise.resolve(busyNow()),
    undos: () => Promise.resolve(undosNow()),
    rowsBy: (asked) =>
      Promise.resolve(
        asked.map(({ relation, by, values, most }) =>
          (store.tables.get(relation.name)?.rows ?? [])
            .filter((row) => by.every((column, at) => row[placeOf(relation, column)] === values[at]))
            .slice(0, most),
        ),
      ),
    prepared: () => Promise.resolve([...store.prepared.values()].filter(isDue).reverse()),
    readPrepared: async (job, _, use) => {
      const { staged } = preparedOf(store, job);
      return use((name) => read(staged.get(name)?.rows ?? [], 65_536));
    },
    keptRows: () => Promise.resolve([...store.kept]),
    committed: () =>
      Promise.resolve((job) => store.undos.has(job) || store.kept.some((kept) => kept.job === job)),
    leftovers: () => Promise.resolve([]),
  };
  return database;
}

function snapshotOf(store: MemoryStore, facts: Snapshot['facts'], size: Snapshot['size']): Snapshot {
  const { tables } = store;
  const readTable: Snapshot['read'] = ({ name }, chunkBytes) =>
    read(tables.get(name)?.rows ?? [], chunkBytes);
  return {
    facts,
    schema: schemaOf(tables),
    size,
    hold: (names) =>
      Promise.resolve(names.every((name) => store.tables.get(name)?.relation === tables.get(name)?.relation)),
    confirm: () => Promise.resolve(),
    read: readTable,
    readEach: readingEach(readTable),
    native: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- what is read from elsewhere has to be waited for
async function* read(rows: readonly Row[], chunkBytes: number): AsyncGenerator<LentChunk, number, void> {
  for (let at = 0; at < rows.length;) {
    const from = at;
    let text = '';
    do text += line(rows[at++] ?? []);
    while (at < rows.length && text.length < chunkBytes);
    yield { data: Buffer.from(text), rows: at - from, release: () => undefined };
  }
  return rows.length;
}

const comingOf = ({ schema, selected }: RestorePlan): Relation[] =>
  schema.relations.filter(({ name }) => selected.has(name));

const isTouched = ({ collections, aside = [] }: Undo, name: string): boolean =>
  aside.includes(name) || collections.some((collection) => collection.name === name);

function previewOf(
  now: Tables,
  coming: readonly Relation[],
  rows: ReadonlyMap<string, number> = new Map(),
): DatabasePreview {
  const collections = coming.map((relation): CollectionPreview => {
    const live = now.get(relation.name);
    const then = hasRows(relation) ? rows.get(relation.name) : undefined;
    const row: CollectionPreview = {
      name: relation.name,
      kind: relation.kind,
      action: live ? 'replace' : 'create',
      ...(live && { rowsNow: live.rows.length }),
      ...(then !== undefined && { rowsInBackup: then }),
      structure: live ? structureChanges(shapeOf(live.relation), shapeOf(relation)) : [],
    };
    const lost = lostAtLeast(row);
    return { ...row, ...(lost !== undefined && { lostAtLeast: lost }) };
  });
  return { collections, warnings: [], code: [], missing: [], leftOut: [], blemishes: [], undoBytes: 0 };
}

async function load(relation: Relation, source: RowSource): Promise<Row[]> {
  const rows: Row[] = [];
  const wanted = storedColumns(relation).map((_, at) => at);
  const pieces = async function* () {
    for await (const fetch of source.chunks(relation.name)) {
      const chunk = await fetch();
      if ('data' in chunk) yield Buffer.from(chunk.data);
      else for await (const piece of chunk.pieces) yield Buffer.from(piece);
      chunk.release();
    }
  };
  for await (const row of csvRows(pieces(), wanted)) rows.push(row);
  return rows;
}

function refuseTaken({ asides }: MemoryStore, into: string): void {
  if (asides.has(into)) throw refused('into-taken', { name: into });
}

const isDue = ({ expiresAt }: PreparedTables): boolean => expiresAt >= new Date();

function preparedOf(store: MemoryStore, job: string) {
  const waiting = store.prepared.get(job);
  if (waiting && isDue(waiting)) return waiting;
  throw refused('prepared-gone', { job });
}

/** What a plan was made for: which tables come, and how those are that they replace. */
const liveSideOf = (store: MemoryStore, plan: RestorePlan): string =>
  JSON.stringify(
    comingOf(plan).map((relation) => {
      const live = store.tables.get(relation.name);
      return [shapeOf(relation), live && shapeOf(live.relation)];
    }),
  );

function lockOf(
  store: MemoryStore,
  job: string,
  undoOf: (job: string) => { readonly undo: Undo; readonly before: Tables },
): Lock {
  const keep = (undo: Undo, next: Tables): Undo => {
    store.undos.set(undo.job, { undo, before: store.tables });
    store.tables = next;
    return undo;
  };
  const stage = async (
    plan: RestorePlan,
    source: RowSource,
    options: Pick<PrepareOptions, 'onStage' | 'onRows' | 'signal' | 'check'>,
  ): Promise<Tables> => {
    options.onStage('stage');
    const staged = new Map<string, MemoryTable>();
    options.onStage('load');
    for (const relation of comingOf(plan)) {
      throwIfCancelled(options.signal);
      staged.set(relation.name, { relation, rows: await load(relation, source) });
      options.onRows(staged.get(relation.name)?.rows.length ?? 0, 0);
    }
    options.onStage('finish');
    await options.check(countsOf(staged), (name) => read(staged.get(name)?.rows ?? [], 65_536));
    return staged;
  };
  const countsOf = (staged: Tables) => new Map([...staged].map(([name, { rows }]) => [name, rows.length]));
  const swap = async (
    plan: RestorePlan,
    staged: Tables,
    options: Pick<RestoreOptions, 'ready' | 'signal' | 'keepUndoDays' | 'source' | 'onStage'>,
  ): Promise<Undo> => {
    const count = () => Promise.resolve(previewOf(store.tables, comingOf(plan), plan.rows).collections);
    await options.ready(count);
    throwIfCancelled(options.signal);
    options.onStage('swap');
    const at = new Date();
    return keep(
      {
        job,
        action: 'restore',
        at,
        expiresAt: new Date(at.getTime() + options.keepUndoDays * 86_400_000),
        source: options.source,
        collections: [...countsOf(staged)].map(([name, rows]) => ({ name, rows })),
        aside: [...staged.keys()].filter((name) => store.tables.has(name)),
        bytes: 0,
      },
      new Map([...store.tables, ...staged]),
    );
  };
  return {
    restore: async (plan, source, options) => swap(plan, await stage(plan, source, options), options),
    async prepare(plan, source, options) {
      const staged = await stage(plan, source, options);
      const { expiresAt } = options;
      const live = liveSideOf(store, plan);
      store.prepared.set(job, { job, expiresAt, bytes: 0, entry: options.record(), staged, live });
    },
    async swapPrepared(prepared, plan, options) {
      const { staged, live } = preparedOf(store, prepared);
      if (live !== liveSideOf(store, plan)) throw refused('prepared-void', { job: prepared });
      const undo = await swap(plan, staged, options);
      store.prepared.delete(prepared);
      return undo;
    },
    dropPrepared: (prepared) =>
      Promise.resolve().then(() => {
        preparedOf(store, prepared);
        store.prepared.delete(prepared);
      }),
    undo(undone, { keepUndoDays }) {
      return Promise.resolve().then(() => {
        const { undo, before } = undoOf(undone);
        const next = new Map(store.tables);
        for (const name of [
          ...undo.collections.map((collection) => collection.name),
          ...(undo.aside ?? []),
        ]) {
          const table = before.get(name);
          if (table) next.set(name, table);
          else next.delete(name);
        }
        const at = new Date();
        const back = [...before].filter(([name]) => isTouched(undo, name));
        const done = keep(
          {
            job,
            action: 'undo',
            at,
            expiresAt: new Date(at.getTime() + keepUndoDays * 86_400_000),
            source: undone,
            collections: back.map(([name, { rows }]) => ({ name, rows: rows.length })),
            aside: undo.collections.map((collection) => collection.name),
            bytes: 0,
          },
          next,
        );
        store.undos.delete(undone);
        return done;
      });
    },
    dropUndo: (which) =>
      Promise.resolve().then(() => {
        undoOf(which);
        store.undos.delete(which);
        return [];
      }),
    async writeRows(changes, { record, keepUntil, replaces }) {
      const tables = new Map(store.tables);
      const isRow =
        ({ relation, key }: RowChange) =>
        (row: Row) =>
          keyOf(relation).every((column, at) => row[placeOf(relation, column)] === key[at]);
      const rowsOf = (change: RowChange) => tables.get(change.relation.name)?.rows ?? [];
      for (const change of changes)
        if (!sameTexts(rowsOf(change).find(isRow(change)), change.before))
          throw refused('rows-changed', { collection: change.relation.name, key: change.called });
      for (const { change, does, values } of stepsOf(changes)) {
        const { relation } = change;
        const is = isRow(change);
        const others = rowsOf(change).filter((row) => !is(row));
        const before = rowsOf(change).find(is);
        const made = storedColumns(relation).map(({ name, default: usual }, at) =>
          values.has(name)
            ? (values.get(name) ?? null)
            : (before?.[at] ?? (usual?.kind === 'value' && !before ? usual.value : null)),
        );
        tables.set(relation.name, { relation, rows: does === 'delete' ? others : [...others, made] });
      }
      const entry = await record(changes.map((change) => rowsOf(change).find(isRow(change))));
      store.tables = tables;
      store.kept = [
        { job, expiresAt: keepUntil, entry },
        ...store.kept.filter((kept) => kept.job !== replaces),
      ];
    },
    dropRows(which) {
      if (!store.kept.some((kept) => kept.job === which))
        return Promise.reject(refused('undo-gone', { job: which }));
      store.kept = store.kept.filter((kept) => kept.job !== which);
      return Promise.resolve();
    },
    async aside(plan, source, { into, ...options }) {
      refuseTaken(store, into);
      options.onStage('stage');
      const made = new Map<string, MemoryTable>();
      for (const relation of comingOf(plan).filter(hasRows))
        made.set(relation.name, { relation, rows: await load(relation, source) });
      const tables = [...made].map(([name, { rows }]) => ({ name, rows: rows.length }));
      await options.check(new Map(tables.map(({ name, rows }) => [name, rows])), (name) =>
        read(made.get(name)?.rows ?? [], 65_536),
      );
      throwIfCancelled(options.signal);
      store.asides.set(into, made);
      return { tables, drop: `forget ${into}` };
    },
    fresh: () => Promise.resolve({ why: 'rights' as const }),
    async rehearse(plan, source, options) {
      options.onStage('stage');
      const counts = new Map<string, number>();
      const sent = new Map<string, RowDigest>();
      for (const relation of plan.schema.relations.filter(hasRows)) {
        const rows = await load(relation, digesting(source, sent));
        const read = new RowDigest();
        if (rows.length > 0) read.add(Buffer.from(rows.map(line).join('')));
        refuseDifferent(relation.name, read, sent.get(relation.name));
        counts.set(relation.name, rows.length);
      }
      await options.check(counts);
      return { blemishes: [], breaks: [], missing: [] };
    },
    release() {
      store.holder = undefined;
      return Promise.resolve();
    },
  };
}
