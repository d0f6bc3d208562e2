import { refused } from '../../errors/errors';
import { warn, type Warning } from '../app/warning';
import { checked } from '../archive/checked';
import type { Manifest } from '../archive/manifest';
import type { Database, RowSource } from '../dialect';
import { dialects } from '../dialects/dialects';
import { readFieldTypes } from '../legacy/mysqldump/fieldTypes';
import { csvRows } from '../rows/csv';
import { relationKey, storedColumns, type Relation } from '../schema/structure';
import type { DialectName } from '../schema/types';
import type { Conversions } from './converting';
import { toMysql } from './toMysql';
import { toPostgres } from './toPostgres';

const isMysql = (dialect: DialectName): dialect is 'mysql' | 'mariadb' =>
  dialect === 'mysql' || dialect === 'mariadb';

/** Whether a backup of the one can come into the other. */
const canCross = (from: DialectName, to: DialectName): boolean =>
  (isMysql(from) && (isMysql(to) || to === 'postgres')) || (from === 'postgres' && isMysql(to));

const title = (dialect: DialectName): string =>
  dialects[dialect]?.title ?? (dialect === 'sqlite' ? 'SQLite' : dialect);

interface Crossing {
  /** What will be restored of it; all without it. */
  readonly chosen?: ReadonlySet<string>;
  /** Where its app was, if another program's file was read as if it were of a database that it is not from. */
  readonly origin?: DialectName;
}

export interface Crossed {
  readonly manifest: Manifest;
  readonly warnings: readonly Warning[];
  /** From another kind of database: its tables as their rows come. */
  readonly sent?: ReadonlyMap<string, Relation>;
  /** Of values that are written otherwise there, or may have no place. */
  readonly conversions?: Conversions;
}

const byName = (relations: readonly Relation[]): ReadonlyMap<string, Relation> =>
  new Map(relations.map((relation) => [relation.name, relation]));

/** What is converted is JSON on one of the two sides, and compared as that. */
function asConverted(relation: Relation, conversions: ReturnType<Conversions['get']>): Relation {
  if (!conversions) return relation;
  const columns = storedColumns(relation).map((column, at) =>
    conversions[at] && !conversions[at].same ? { ...column, type: 'json' as const } : column,
  );
  return { ...relation, columns };
}

/**
 * A backup as it would be from another kind of database: its tables with what both have, and what becomes of values of
 * its rows. Throws DIALECT_DIFFERS where rows of one that is chosen would have no place at all, and ARCHIVE_DAMAGED where
 * the structure is not of the kind that it says.
 */
export async function across(
  manifest: Manifest,
  rows: RowSource | undefined,
  database: Pick<Database, 'dialect' | 'label'>,
  { chosen, origin = manifest.database.dialect }: Crossing = {},
): Promise<Crossed> {
  const [from, to] = [manifest.database.dialect, database.dialect];
  if (from === to || !canCross(from, to)) return { manifest, warnings: [] };
  // One reads what the other wrote.
  if (isMysql(from) && isMysql(to))
    return {
      manifest: { ...manifest, database: { ...manifest.database, dialect: to } },
      warnings: [],
      sent: byName(manifest.collections.map(({ structure }) => structure)),
    };
  const { relations: structures } = await checked(manifest);
  const fields = await fieldTypes(manifest, rows);
  const { relations, left, unfit, conversions } =
    to === 'postgres'
      ? toPostgres(structures, fields, manifest.app !== undefined)
      : toMysql(structures, to === 'mysql' ? 'mysql' : 'mariadb', fields);
  const [source, here] = [title(origin), title(to)];
  const what = unfit
    .filter(({ collection }) => chosen?.has(collection) ?? true)
    .map(({ collection, column }) => (column === undefined ? collection : `${collection}.${column}`));
  if (what.length > 0) throw refused('across-unfit', { from: source, here, what });
  const without = new Set(unfit.map(({ collection }) => collection));
  const made = new Map(
    relations.filter(({ name }) => !without.has(name)).map((relation) => [relation.name, relation]),
  );
  const things = left.filter(({ collection }) => collection === undefined || !without.has(collection));
  const objects = manifest.objects.map(({ kind, name }) => `${kind} ${name}`);
  return {
    manifest: {
      ...manifest,
      database: {
        ...manifest.database,
        dialect: to,
        native:
          to === 'postgres'
            ? { postgres: { encoding: 'UTF8', extensions: [] } }
            : {
                mysql: {
                  flavor: to === 'mysql' ? 'mysql' : 'mariadb',
                  charset: 'utf8mb4',
                  collation: 'utf8mb4_general_ci',
                },
              },
      },
      collections: manifest.collections.flatMap((collection) => {
        const structure = made.get(collection.name);
        return structure ? [{ ...collection, structure }] : [];
      }),
      objects: [],
      order: [...made.keys()].map(relationKey),
      needs: {},
      laterNeeds: {},
    },
    sent: byName(structures.map((relation) => asConverted(relation, conversions.get(relation.name)))),
    ...(conversions.size > 0 && { conversions }),
    warnings: [
      // Of one that another program wrote there is something else to say.
      ...(source === here ? [] : [warn('across', { from: source, here })]),
      ...(things.length > 0 ? [warn('across-left', { things })] : []),
      ...(objects.length > 0 ? [warn('across-objects', { names: objects })] : []),
    ],
  };
}

/** What NocoBase's own tables in the backup say of columns. */
function fieldTypes(manifest: Manifest, rows: RowSource | undefined) {
  const collections = new Map(manifest.collections.map((collection) => [collection.name, collection]));
  const records = async function* (table: string, wanted: readonly string[]) {
    const collection = collections.get(table);
    if (!collection || !rows) return;
    const names = storedColumns(collection.structure).map(({ name }) => name);
    const places = wanted.map((name) => names.indexOf(name));
    if (places.includes(-1)) return;
    for await (const fetch of rows.chunks(table)) {
      const chunk = await fetch();
      try {
        yield* csvRows('data' in chunk ? once(chunk.data) : chunk.pieces, places);
      } finally {
        chunk.release();
      }
    }
  };
  const { tablePrefix, underscored } = manifest.database;
  return readFieldTypes(new Set(collections.keys()), records, {
    database: { tablePrefix, underscored },
  });
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(data);
}
