import { sha256 } from '../../bytes';
import { throwIfCancelled, damaged } from '../../errors/errors';
import type { Archive } from '../archive/archive';
import type { PreviewResult, RowSource } from '../dialect';
import { groupOf } from '../app/groups';
import { refuseTooMany, type Manifest } from '../archive/manifest';
import { relationToNeutral } from '../dialects/postgres/neutral/neutral';
import { orderByNeed } from '../schema/order';
import { isView, relationKey } from '../schema/structure';
import type { Relation } from '../dialects/postgres/structure/structure';
import { type ByteSource } from '../container/zip';
import { readContents, type Contents } from './contents';
import type { Parser } from '../dialects/postgres/sql/parser';
import type { DeflatedEntry } from './deflatedZip';
import { placeIn } from './elsewhere';
import { dialectOf } from './meta';
import { highest, readChunks, readLines, type OldTable } from './rows';
import { buildTable } from './structure';
import type { Origin } from './values';
import type { FoundView } from './views';
import { warn, type Warning } from '../app/warning';

/**
 * Opens a backup of NocoBase's backup-restore plugin (`.nbdump`), from an app on PostgreSQL, MySQL, MariaDB or SQLite,
 * as if it were an archive of Ark for PostgreSQL; into another database it goes by way of the core of its structure. Its directory and all descriptions are read and checked here; its
 * rows by verify and by a restore, as a stream. docs/nbdump.md tells what is read and what is lost.
 */
export async function openNbdump(
  source: ByteSource,
  entries: ReadonlyMap<string, DeflatedEntry>,
): Promise<Archive> {
  const contents = await readContents(source, entries);
  const dialect = dialectOf(contents.meta);
  const relations = buildRelations(contents, dialect);
  const archive = archiveOf(contents, relations, {
    dialect,
    id: sha256(
      Buffer.from([...entries.values()].map((entry) => `${entry.name} ${entry.crc}`).join('\n')),
    ).slice(0, 16),
  });
  refuseTooMany(archive.manifest);
  return archive;
}

function buildRelations({ tables, views }: Contents, dialect: Origin['dialect']): Relation[] {
  const byName = new Map([...tables].map(([table, ownTable]) => [ownTable.meta.name, table]));
  const parentsOf = ({ meta }: OldTable): string[] =>
    [...new Set(meta.inherits ?? [])].map((name) => {
      const table = byName.get(name);
      if (table === undefined) throw damaged('parent', { parent: name, collection: meta.name });
      return table;
    });
  const needs = new Map([...tables].map(([table, ownTable]) => [table, parentsOf(ownTable)]));
  const built = new Map<string, Relation>();
  // Tables that differ only in how their names are written would want the same names for their indexes.
  const taken = new Set<string>();
  for (const table of orderByNeed([...tables.keys()].sort(), needs)) {
    const old = tables.get(table);
    if (!old) continue;
    const parents = (needs.get(table) ?? []).flatMap((name) => built.get(name) ?? []);
    const made = buildTable(old.meta, parents, dialect);
    const indexes = made.indexes.filter((index) => !taken.has(index.name));
    for (const index of indexes) taken.add(index.name);
    built.set(table, { ...made, indexes });
  }
  return [...built.values(), ...views.map((view) => view.relation)];
}

interface About {
  readonly id: string;
  readonly dialect: Origin['dialect'];
  /** Set once it was fitted to a database. */
  readonly fitted?: { readonly timeZone: string; readonly parse?: Parser };
}

function archiveOf(contents: Contents, relations: readonly Relation[], opened: About): Archive {
  const { source, tables } = contents;
  const origin: Origin = {
    dialect: dialectOf(contents.meta),
    timeZone: opened.fitted?.timeZone ?? 'UTC',
  };
  const manifest = manifestOf(contents, relations, opened);
  const byName = new Map(relations.map((relation) => [relation.name, relation]));

  return {
    format: 'nbdump',
    manifest,
    manifestSha256: opened.id,
    encrypted: false,
    size: source.size,
    complete: false,

    // What it is to this database shows once it is fitted.
    check: () => Promise.resolve(),

    async fit(database, timeZone) {
      const place = await placeIn(database, relations, { coordinates: true });
      const { relations: fitted, warnings, parse } = place;
      const live = parse ? [] : (await database.structure()).relations;
      const known = new Set([...relations, ...live].map((relation) => relation.name));
      const [kept, blind] = withoutBlindViews(fitted, contents.views, known);
      const counted = opened.dialect === 'postgres' ? kept : await countOn(source, tables, kept);
      const archive = archiveOf(contents, counted, {
        ...opened,
        dialect: 'postgres',
        fitted: { timeZone, ...(parse && { parse }) },
      });
      return { archive, warnings: [...conversionWarnings(origin.dialect), ...blind, ...warnings] };
    },

    async verify({ only, signal, onProgress }) {
      const chosen = [...tables].filter(([table]) => only?.has(table) ?? true);
      const total = chosen.reduce((sum, [, table]) => sum + (table.data?.packed ?? 0), 0);
      let [done, rows] = [0, 0];
      for (const [table, old] of chosen) {
        throwIfCancelled(signal);
        const relation = byName.get(table);
        // Only what a database has to take must fit its columns.
        if (opened.fitted && relation) {
          for await (const chunk of readChunks(source, old, relation, origin, signal)) rows += chunk.rows;
        } else for await (const batch of readLines(source, old, signal)) rows += batch.length;
        done += old.data?.packed ?? 0;
        onProgress?.({ stage: 'verify', done, total, rows, bytes: done });
      }
      return { entries: chosen.length, bytes: total };
    },

    rows(): RowSource {
      return {
        bytes: (name) => tables.get(name)?.data?.size ?? 0,
        async *chunks(name) {
          const [old, relation] = [tables.get(name), byName.get(name)];
          if (!old || !relation) return;
          for await (const chunk of readChunks(source, old, relation, origin))
            yield () => Promise.resolve(chunk);
        },
      };
    },

    read({ entry }) {
      throw new Error(`${entry} is no entry of an old archive, which is read through its rows`);
    },
  };
}

/** A view of something that is neither in the archive nor in the database cannot be made. */
function withoutBlindViews(
  relations: readonly Relation[],
  views: readonly FoundView[],
  known: Set<string>,
): [Relation[], PreviewResult['warnings']] {
  const warnings: Warning[] = [];
  const blind = new Set<string>();
  for (let size = -1; size !== blind.size;) {
    size = blind.size;
    for (const { relation, reads } of views) {
      const missing = blind.has(relation.name) ? undefined : reads.find((name) => !known.has(name));
      if (missing === undefined) continue;
      blind.add(relation.name);
      known.delete(relation.name);
      warnings.push(warn('old-view-blind', { view: relation.name, reads: missing }));
    }
  }
  return [relations.filter((relation) => !blind.has(relation.name)), warnings];
}

/** SQLite and MySQL may not tell the last id given out; it is at least the highest one there is. */
async function countOn(
  source: ByteSource,
  tables: ReadonlyMap<string, OldTable>,
  relations: readonly Relation[],
): Promise<Relation[]> {
  const counted: Relation[] = [];
  for (const relation of relations) {
    const old = tables.get(relation.name);
    const sequences: Relation['sequences'] = [];
    for (const sequence of relation.sequences) {
      const most = old && sequence.column !== undefined ? await highest(source, old, sequence.column) : 0n;
      sequences.push(
        most > 0n && most >= BigInt(sequence.last)
          ? { ...sequence, last: String(most), called: true }
          : sequence,
      );
    }
    counted.push({ ...relation, sequences });
  }
  return counted;
}

function conversionWarnings(dialect: Origin['dialect']): PreviewResult['warnings'] {
  if (dialect === 'postgres') return [];
  return [warn('old-converted', { from: dialect === 'sqlite' ? 'SQLite' : 'MySQL / MariaDB' })];
}

function manifestOf(contents: Contents, relations: readonly Relation[], origin: About): Manifest {
  const { meta, tables, views, app, at } = contents;
  const kept = new Set(relations.map((relation) => relation.name));
  const needs = new Map<string, string[]>();
  for (const relation of relations)
    if (relation.parents.length > 0) needs.set(relationKey(relation.name), relation.parents.map(relationKey));
  for (const { relation, reads } of views) {
    if (!kept.has(relation.name)) continue;
    needs.set(relationKey(relation.name), reads.map(relationKey));
  }
  const keys = relations.map((relation) => relationKey(relation.name));
  const groups = meta.dumpedGroups.map(groupOf);
  return {
    // The first, which knows no signature.
    format: 1,
    id: origin.id,
    createdAt: at.toISOString(),
    instance: '',
    ark: '',
    app: {
      name: 'nocobase',
      ...(meta.version && { version: meta.version }),
      plugins: [...app.plugins],
    },
    database: {
      dialect: origin.dialect,
      version: '',
      schema: app.schema,
      tablePrefix: app.tablePrefix,
      underscored: app.underscored,
      timeZone: origin.fitted?.timeZone ?? 'UTC',
      native: { postgres: { encoding: 'UTF8', extensions: [] } },
    },
    keys: {},
    selection: { groups, all: false },
    collections: relations.map((structure) => ({
      name: structure.name,
      group: 'unknown',
      ...contents.places.get(structure.name),
      rows: isView(structure) ? 0 : (tables.get(structure.name)?.meta.count ?? 0),
      structure: relationToNeutral(structure, origin.fitted?.parse),
      chunks: [],
    })),
    entries: [],
    objects: [],
    order: orderByNeed(keys, needs),
    needs: Object.fromEntries(needs),
    laterNeeds: {},
    notIncluded: [...contents.notIncluded],
  };
}
