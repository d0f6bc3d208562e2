import { createHash } from 'node:crypto';
import { asBackupError, BackupError, refused } from '../../errors/errors';
import type { Warning } from '../app/warning';
import type { Archive } from '../archive/archive';
import { dialects } from '../dialects/dialects';
import type { Database, RowChange } from '../dialect';
import { keyValues } from './asked';
import { placeOf } from '../look/page';
import { calledBy, shownValue } from '../look/shown';
import type { Look } from '../look/look';
import { checkFits, fitTo, type Target } from '../restore/fits';
import { keyOf } from '../schema/rowKey';
import type { CodeItem } from '../schema/code';
import { storedColumns, type Relation } from '../schema/structure';
import { childrenOf, namedChildren, type Children } from './children';
import { readLinks } from './links';
import { inOrder } from './order';
import { parentsOf, takenBy, type Loose } from './parents';
import {
  idOf,
  keyOfRaw,
  lookOf,
  placeRows,
  sharedColumns,
  targetOf,
  valueAfter,
  type Around,
  type Placed,
} from './place';
import { columnsOf, MOST_BYTES, MOST_ROWS, readRaw, type RawRow } from './rows';

/** Which rows of a backup are to come back. */
export interface TakeBackAsked {
  readonly collection: string;
  /** Of the primary key; of several columns with commas between, as `column=value`, or as a JSON list. */
  readonly keys: readonly string[];
  /** Or all rows that have these values. */
  readonly where?: readonly { readonly column: string; readonly value: string }[] | undefined;
  /** Rows that they point at and that are not there come along. */
  readonly parents: boolean;
  /** Rows that point at them come along: all of them, or those of these collections. */
  readonly children: boolean | readonly string[];
  /** From another kind of database: values that have no place here become what comes closest. */
  readonly allowChanges?: boolean | undefined;
}

export interface TakeBackPlan {
  readonly collection: string;
  readonly rows: readonly Placed[];
  /** What can be said beforehand that the database would not take, or that would point at nothing it has to. */
  readonly refusals: readonly BackupError[];
  /** What would point at nothing, by relations that only the app knows of. */
  readonly loose: readonly Loose[];
  readonly children: readonly Children[];
  /** Collections too large to be read only to count what points at these rows. */
  readonly uncounted: readonly string[];
  /** Columns of the backup that the tables of now do not have, or compute by themselves. */
  readonly left: readonly { readonly collection: string; readonly columns: readonly string[] }[];
  /** Code of the database that runs when somebody writes into these tables. */
  readonly triggers: readonly CodeItem[];
  readonly warnings: readonly Warning[];
  readonly archive: Archive;
}

/** What taking rows back would do. Nothing is changed. */
export async function planTakeBack(
  database: Pick<Database, 'dialect' | 'label' | 'app' | 'structure' | 'tables' | 'rowsBy'>,
  source: Archive,
  asked: TakeBackAsked,
  target: Target,
  signal?: AbortSignal,
): Promise<TakeBackPlan> {
  const selection = { collections: [asked.collection] };
  const fitted = await fitTo(database, source, target, selection, asked.allowChanges === true);
  const { archive } = fitted;
  const schema = await database.structure();
  const live = new Map(schema.relations.map((relation) => [relation.name, relation]));
  const around: Around = { archive, database, live, looks: new Map(), signal };
  const look = await lookOf(around, asked.collection);
  const { collection } = look;
  around.looks.set(collection.name, Promise.resolve(look));
  targetOf(around, collection);
  const misfits = await checkFits(archive.manifest, [collection], database, target);
  const links = await readLinks(archive, live, signal);
  const { children } = asked;
  const which =
    typeof children === 'boolean' ? children : namedChildren(around, links, children, collection.name);

  const rows: Placed[] = [];
  const known = new Set<string>();
  const loose: Loose[] = [];
  const counts = new Map<string, Children>();
  const uncounted = new Set<string>();
  const add = async (raws: readonly RawRow[], why: Placed['why']): Promise<Placed[]> => {
    const fresh = raws.filter((raw) => {
      const id = idOf(raw.collection.name, keyOfRaw(raw, targetOf(around, raw.collection)));
      return known.has(id) ? false : known.add(id);
    });
    if (known.size > MOST_ROWS) throw refused('rows-many', { most: MOST_ROWS });
    const placed = await placeRows(
      around,
      fresh.map((raw) => ({ raw, why })),
    );
    rows.push(...placed);
    refuseLarge(rows);
    return placed;
  };
  const withParents = async (first: readonly Placed[]): Promise<void> => {
    for (let fresh = first; fresh.length > 0;) {
      const parents = await parentsOf(around, links, rows, fresh, asked.parents);
      loose.push(...parents.loose);
      fresh = await add(parents.coming, 'parent');
    }
  };
  let fresh = await add(await readAsked(around, look, asked), 'asked');
  await withParents(fresh);
  while (fresh.length > 0) {
    const pointing = await childrenOf(around, links, rows, fresh, which);
    for (const count of pointing.counts) {
      const before = counts.get(count.collection);
      counts.set(count.collection, {
        ...count,
        missing: count.missing + (before?.missing ?? 0),
        apart: count.apart + (before?.apart ?? 0),
        ...((count.more || before?.more) && { more: true }),
        come: count.come || (before?.come ?? false),
      });
    }
    for (const name of pointing.uncounted) uncounted.add(name);
    fresh = await add(pointing.coming, 'child');
    await withParents(fresh);
  }

  const tables = new Set(rows.map(({ relation }) => relation.name));
  const written = rows.filter(({ does }) => does !== 'same');
  const held = loose.filter(({ link }) => link.held);
  return {
    collection: collection.name,
    rows,
    refusals: [
      ...held.map(({ row, link }) =>
        refused('row-parent', {
          collection: row.relation.name,
          key: row.called,
          columns: [...link.columns],
          parent: link.to,
        }),
      ),
      ...(await takenBy(around, written)).map(({ row, columns, by }) =>
        refused('row-taken', {
          collection: row.relation.name,
          key: row.called,
          columns: [...columns],
          by,
        }),
      ),
      ...circleOf(rows),
    ],
    loose: loose.filter(({ link }) => !link.held),
    children: [...counts.values()],
    uncounted: [...uncounted],
    left: leftOf(rows),
    triggers: await triggersOn(database.dialect, schema, new Set(written.map((row) => row.relation.name))),
    warnings: [
      ...fitted.warnings.filter(({ code }) => code !== 'group-claimed'),
      ...misfits.filter(({ code }) => code === 'app-key-differs' || code === 'aes-key-differs'),
    ].filter(() => tables.size > 0),
    archive,
  };
}

async function readAsked(around: Around, look: Look, asked: TakeBackAsked): Promise<RawRow[]> {
  const { collection, columns } = look;
  const { archive, signal } = around;
  if (asked.where) {
    const where = asked.where.map(({ column, value }) => ({
      at: placeOf(columns, column, collection.name),
      value,
    }));
    const rows = await readRaw(archive, collection, {
      wants: (textAt) => where.every(({ at, value }) => means(columns[at], textAt(at), value)),
      signal,
    });
    if (rows.length === 0) throw refused('row-none', { collection: collection.name });
    return rows;
  }
  const names = keyOf(collection.structure);
  const places = names.map((name) => placeOf(columns, name, collection.name));
  const keys = new Map([...new Set(asked.keys)].map((key) => [key, keyValues(collection.name, names, key)]));
  const absent = new Set(keys.keys());
  const rows = await readRaw(archive, collection, {
    wants(textAt) {
      for (const [key, values] of keys) {
        if (!absent.has(key)) continue;
        if (!places.every((at, nth) => isKey(columns[at], textAt(at), values[nth] ?? ''))) continue;
        absent.delete(key);
        return true;
      }
      return false;
    },
    enough: () => absent.size === 0,
    signal,
  });
  if (absent.size > 0) throw refused('row-absent', { collection: collection.name, keys: [...absent] });
  return rows;
}

/** A key is what it is: what the app calls it may be the key of another row. */
const isKey = (column: Look['columns'][number] | undefined, text: string | null, value: string): boolean =>
  text !== null && (text === value || (column !== undefined && shownValue(column, text) === value));

/** A value as the archive has it, as it is shown, or as the app calls it. */
const means = (column: Look['columns'][number] | undefined, text: string | null, value: string): boolean =>
  text === null
    ? value === ''
    : text === value ||
      (column !== undefined && (shownValue(column, text) === value || calledBy(column, text) === value));

function refuseLarge(rows: readonly Placed[]): void {
  const sizeOf = (texts: Iterable<string | null>): number =>
    [...texts].reduce((sum, text) => sum + (text?.length ?? 0), 0);
  const bytes = rows.reduce((sum, { set, before }) => sum + sizeOf(set.values()) + sizeOf(before ?? []), 0);
  if (bytes > 2 * MOST_BYTES) throw refused('rows-large', { most: 2 * MOST_BYTES });
}

function leftOf(rows: readonly Placed[]): TakeBackPlan['left'] {
  const left = new Map<string, string[]>();
  for (const { raw, relation } of rows) {
    const shared = new Set(sharedColumns(raw.collection, relation));
    const gone = columnsOf(raw.collection).filter((name) => !shared.has(name));
    if (gone.length > 0) left.set(relation.name, gone);
  }
  return [...left].map(([collection, columns]) => ({ collection, columns }));
}

async function triggersOn(
  dialect: Database['dialect'],
  schema: Awaited<ReturnType<Database['structure']>>,
  tables: ReadonlySet<string>,
): Promise<CodeItem[]> {
  const relations: readonly Relation[] = schema.relations.filter(({ name }) => tables.has(name));
  const code = (await dialects[dialect]?.code({ ...schema, relations })) ?? [];
  return code.filter(
    ({ kind, collection }) =>
      (kind === 'trigger' || kind === 'rule') && collection !== undefined && tables.has(collection),
  );
}

const coming = (rows: readonly Placed[]) =>
  rows
    .filter(({ does }) => does === 'insert')
    .map((placed) => ({
      placed,
      relation: placed.relation,
      called: placed.called,
      value: (column: string) => valueAfter(placed, column),
    }));

function circleOf(rows: readonly Placed[]): BackupError[] {
  try {
    inOrder(coming(rows));
    return [];
  } catch (error) {
    return [asBackupError(error)];
  }
}

/** What the database is told, in an order that foreign keys allow. */
export function changesOf({ rows, refusals }: TakeBackPlan): RowChange[] {
  const [first] = refusals;
  if (first) throw first;
  const change = ({ relation, key, called, before, set }: Placed, later: ReadonlySet<string>): RowChange => ({
    relation,
    key,
    called,
    before,
    set,
    later,
  });
  return [
    ...inOrder(coming(rows)).map(({ row, later }) => change(row.placed, later)),
    ...rows.filter(({ does }) => does === 'overwrite').map((row) => change(row, new Set())),
  ];
}

/** The same for the same rows, beside the same rows of now. */
export function digestOf({ rows, refusals, loose }: TakeBackPlan): string {
  const hash = createHash('sha256');
  for (const { relation, key, does, before, set } of rows)
    hash.update(JSON.stringify([relation.name, key, does, before ?? null, [...set]]));
  hash.update(JSON.stringify([refusals.length, loose.length]));
  return hash.digest('hex');
}

/** Columns of now, in the order of the rows that are read. */
export const liveColumns = (relation: Relation): string[] => storedColumns(relation).map(({ name }) => name);
