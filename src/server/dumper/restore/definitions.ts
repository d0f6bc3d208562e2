import { DefinitionKind, Definition, DEFINED_IN, nameOf } from '../app/definition';
import type { Bytes } from '../../bytes';
import { csvRows } from '../rows/csv';
import type { AppInfo, RowSource } from '../dialect';
import { snakeCase, tableName } from '../app/groups';
import type { Collection } from '../archive/manifest';
import { hasRows, storedColumns } from '../schema/structure';

/** By kind, the names that an app would know; a kind that is not there stays as it is. */
type Names = ReadonlyMap<DefinitionKind, ReadonlySet<string>>;

/** What is known now and would be known no more. */
function notIn(then: Names, now: readonly Definition[]): Definition[] {
  const lost = now.filter(({ kind, name }) => then.get(kind)?.has(name) === false);
  const gone = new Set(lost.filter((loss) => loss.kind === 'collection').map((loss) => loss.name));
  // With its collection go its fields.
  return lost.filter(({ kind, name }) => kind !== 'field' || !gone.has(name.split('.')[0] ?? ''));
}

/**
 * What the app knows now and would know no more once these collections of an archive have taken the place of its own:
 * the rows stay where they are, and what shows them is gone. Reads only the tables of definitions.
 */
export async function forgotten(
  rows: RowSource,
  chosen: readonly Collection[],
  here: AppInfo | undefined,
): Promise<Definition[]> {
  if (!here) return [];
  const then = new Map<DefinitionKind, ReadonlySet<string>>();
  for (const kind of DefinitionKind.options) {
    const table = chosen.find(
      (collection) =>
        (collection.collection ?? collection.name) === DEFINED_IN[kind].collection &&
        hasRows(collection.structure),
    );
    const names = table && (await namesIn(rows, table, DEFINED_IN[kind].name));
    if (names) then.set(kind, names);
  }
  return notIn(then, here.definitions);
}

/** The same for an undo, by what the app of then knows. */
export function forgottenByUndo(now: AppInfo | undefined, then: AppInfo | undefined): Definition[] {
  const names = new Map<DefinitionKind, Set<string>>();
  for (const { kind, name } of then?.definitions ?? [])
    names.set(kind, (names.get(kind) ?? new Set()).add(name));
  return notIn(names, now?.definitions ?? []);
}

export interface UnknownNames {
  readonly table: string;
  readonly kind: DefinitionKind;
  readonly names: readonly string[];
  /** The foreign key that does not let a row name what there is not. */
  readonly key?: string;
}

/** Names of definitions in what comes that the app, which keeps its own, does not know: by table and kind. */
export async function unknownNames(
  rows: RowSource,
  chosen: readonly Collection[],
  app: AppInfo | undefined,
): Promise<UnknownNames[]> {
  if (!app) return [];
  const keys = chosen.flatMap((collection) => keysToDefinitions(collection, app));
  const keyed = new Set(keys.map(({ table, columns, kind }) => JSON.stringify([table, columns, kind])));
  const named = app.naming
    .map(({ table, column, kind }) => ({ table, columns: [column], kind }))
    .filter(({ table, columns, kind }) => !keyed.has(JSON.stringify([table, columns, kind])));
  const unknown: UnknownNames[] = [];
  for (const { columns, ...where } of [...keys, ...named]) {
    const coming = chosen.find(
      (collection) => collection.name === where.table && hasRows(collection.structure),
    );
    const used = coming && (await namesIn(rows, coming, columns, 'whole'));
    const known = new Set(
      app.definitions
        .filter((definition) => definition.kind === where.kind)
        .map((definition) => definition.name),
    );
    const names = [...(used ?? [])].filter((name) => !known.has(name)).sort();
    if (names.length > 0) unknown.push({ ...where, names });
  }
  return unknown;
}

/** Foreign keys to the tables of definitions, with their columns in the order of a name's parts. */
function keysToDefinitions({ name: table, structure }: Collection, app: AppInfo) {
  return structure.foreignKeys.flatMap(
    ({ name: key, holds, references, columns: here, referencedColumns }) => {
      if (!holds) return [];
      return DefinitionKind.options.flatMap((kind) => {
        const { collection, name } = DEFINED_IN[kind];
        if (references !== tableName(collection, app)) return [];
        const columns = name.map((part) => here[referencedColumns.findIndex((to) => isColumn(to, part))]);
        const whole = columns.filter((column) => column !== undefined);
        return whole.length === name.length && whole.length === here.length
          ? [{ table, kind, key, columns: whole }]
          : [];
      });
    },
  );
}

const isColumn = (column: string, name: string): boolean => column === name || column === snakeCase(name);

/**
 * The names that a table in an archive has in these columns; undefined where it has no such columns. `whole`: without
 * those of which a part is not there, which name nothing.
 */
async function namesIn(
  rows: RowSource,
  { name: table, structure }: Collection,
  wanted: readonly string[],
  which: 'all' | 'whole' = 'all',
): Promise<ReadonlySet<string> | undefined> {
  const columns = storedColumns(structure).map((column) => column.name);
  const at = wanted.map((name) => columns.findIndex((column) => isColumn(column, name)));
  if (at.includes(-1)) return undefined;
  const names = new Set<string>();
  for await (const fetch of rows.chunks(table)) {
    const chunk = await fetch();
    const pieces = 'pieces' in chunk ? chunk.pieces : inOnePiece(chunk.data);
    for await (const row of csvRows(pieces, at))
      if (which === 'all' || !row.includes(null)) names.add(nameOf(row));
    chunk.release();
  }
  return names;
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body is asynchronous
async function* inOnePiece(data: Uint8Array): Bytes {
  yield data;
}

/** For people who read English. */
export const forgottenText = ({ kind, name, title }: Definition): string =>
  `The app would no longer know the ${kind} ${title === undefined ? name : `${title} (${name})`}: it is not in what comes back.`;
