import { sha256 } from '../../bytes';
import { throwIfCancelled } from '../../errors';
import type { Archive, Legacy } from '../archive';
import type { PreviewResult, RowSource } from '../dialect';
import { groupOf, isOwn } from '../groups';
import { FORMAT, type Collection, type Manifest } from '../manifest';
import { orderByNeed } from '../order';
import { isView, relationKey, type Relation } from '../structure';
import { damaged, type ByteSource } from '../zip';
import { unpack, type DeflatedEntry } from './deflatedZip';
import { fitTables } from './fit';
import { ArchiveMeta, CollectionMeta, dialectOf, parseEntry, SqlContent, tableOf } from './meta';
import { readApp, type OldApp } from './oldApp';
import { highest, readChunks, readLines, type OldTable } from './rows';
import { buildTable } from './structure';
import type { Origin } from './values';
import { readView, type FoundView } from './views';

const MAX_META = 64 * 1024 * 1024;
const ARK_OWN = "Ark's own: it stays where it is";

/** What the file says, read once. */
interface Contents {
  readonly source: ByteSource;
  readonly meta: ArchiveMeta;
  readonly at: Date;
  /** By table name. */
  readonly tables: ReadonlyMap<string, OldTable>;
  readonly views: readonly FoundView[];
  readonly app: OldApp;
  readonly about: ReadonlyMap<string, Pick<Collection, 'group' | 'collection' | 'origin' | 'title'>>;
  readonly notIncluded: Manifest['notIncluded'];
}

/**
 * Opens a backup of NocoBase's backup-restore plugin (`.nbdump`), from an app on PostgreSQL, MySQL, MariaDB or SQLite,
 * as if it were an archive of Ark for PostgreSQL. Its directory and all descriptions are read and checked here; its
 * rows by verify and by a restore, as a stream. docs/nbdump.md tells what is read and what is lost.
 */
export async function openNbdump(
  source: ByteSource,
  entries: ReadonlyMap<string, DeflatedEntry>,
): Promise<Archive> {
  const contents = await readContents(source, entries);
  const dialect = dialectOf(contents.meta);
  const relations = buildRelations(contents, dialect);
  return archiveOf(contents, relations, {
    dialect,
    id: sha256(Buffer.from([...entries.values()].map((one) => `${one.name} ${one.crc}`).join('\n'))).slice(
      0,
      16,
    ),
  });
}

async function readContents(
  source: ByteSource,
  entries: ReadonlyMap<string, DeflatedEntry>,
): Promise<Contents> {
  const entry = (name: string): DeflatedEntry => {
    const found = entries.get(name);
    if (!found) throw damaged(`${name} is missing`);
    return found;
  };
  const metaEntry = entry('meta');
  const meta = parseEntry('meta', await unpack(source, metaEntry, MAX_META), ArchiveMeta);
  const tables = new Map<string, OldTable>();
  const names = new Set([...entries.keys()].map((name) => /^collections\/(.+)\/[^/]*$/.exec(name)?.[1]));
  names.delete(undefined);
  let read = 0;
  for (const name of names as Set<string>) {
    const described = entry(`collections/${name}/meta`);
    read += described.size;
    if (read > 4 * MAX_META) throw damaged('its descriptions of collections are impossibly large');
    const found = parseEntry(described.name, await unpack(source, described, MAX_META), CollectionMeta);
    if (found.name !== name) throw damaged(`${described.name} describes ${found.name}`);
    // Where there are no columns the plugin wrote no rows.
    const data = found.columns.length > 0 ? entry(`collections/${name}/data`) : undefined;
    if (tables.has(tableOf(found))) throw damaged(`${tableOf(found)} is in it twice`);
    tables.set(tableOf(found), { meta: found, data });
  }
  const app = await readApp(source, meta, tables);
  const naming = { tablePrefix: app.tablePrefix, underscored: app.underscored };
  const notIncluded: Manifest['notIncluded'] = [];
  const about = new Map<string, Pick<Collection, 'group' | 'collection' | 'origin' | 'title'>>();
  const listed = new Set<string>();
  const byName = new Map([...tables].map(([table, one]) => [one.meta.name, table]));
  const sqlEntry = entries.get('sql-content.json');
  const sql = sqlEntry ? parseEntry(sqlEntry.name, await unpack(source, sqlEntry, MAX_META), SqlContent) : {};
  const views: FoundView[] = [];

  for (const [group, collections] of Object.entries(meta.dumpableCollectionsGroupByGroup)) {
    for (const { name, title, origin, isView: viewed } of collections) {
      listed.add(name);
      let table = byName.get(name);
      if (table === undefined) {
        const found = sql[`view-${name}`];
        const view =
          found && dialectOf(meta) === 'postgres' ? readView([found.sql].flat(), app.schema) : undefined;
        if (view) {
          table = view.relation.name;
          views.push(view);
        } else if (viewed || found || app.rowless.has(name)) {
          notIncluded.push({
            what: viewed || found ? 'view' : 'collection',
            name,
            reason: found
              ? 'its statement is written for another database'
              : 'the old format has no rows or statement of it',
          });
          continue;
        } else throw damaged(`${name} is listed but not in it`);
      } else if (isOwn(table, naming)) {
        notIncluded.push({ what: 'collection', name, reason: ARK_OWN });
        tables.delete(table);
        continue;
      } else if (app.elsewhere.has(name)) {
        notIncluded.push({ what: 'collection', name, reason: 'its table is in another schema' });
        tables.delete(table);
        continue;
      }
      const plainTitle = title?.replace(/^\{\{\s*t\(["'](.*?)["'].*\)\s*\}\}$/, '$1');
      about.set(table, {
        group: groupOf(group),
        ...(name !== table && { collection: name }),
        ...(origin !== undefined && { origin }),
        ...(plainTitle !== undefined && plainTitle !== name && { title: plainTitle }),
      });
    }
  }
  for (const { meta: one } of tables.values())
    if (!listed.has(one.name)) throw damaged(`${one.name} is in it but not in its list`);
  notIncluded.push(...LOST);
  return { source, meta, at: metaEntry.at, tables, views, app, about, notIncluded };
}

/** What no file of the old format has. */
const LOST: Manifest['notIncluded'] = [
  {
    what: 'structure',
    name: 'indexes, foreign keys, checks, triggers, comments, grants',
    reason: 'the old format does not keep them; tables that are there keep those they have',
  },
  {
    what: 'values',
    name: 'microseconds, infinite times, NaN, JSON null',
    reason: 'lost when the old backup was made',
  },
  { what: 'files', name: 'uploaded files', reason: 'the old format has only the database' },
  {
    what: 'moment',
    name: 'one moment for all tables',
    reason: 'the old plugin read one table after the other, so rows that point at each other may not match',
  },
];

function buildRelations({ tables, views }: Contents, dialect: Manifest['database']['dialect']): Relation[] {
  const byName = new Map([...tables].map(([table, one]) => [one.meta.name, table]));
  const parentsOf = ({ meta }: OldTable): string[] =>
    [...new Set(meta.inherits ?? [])].map((name) => {
      const table = byName.get(name);
      if (table === undefined) throw damaged(`${name}, which ${meta.name} inherits from, is not in it`);
      return table;
    });
  const needs = Object.fromEntries([...tables].map(([table, one]) => [table, parentsOf(one)]));
  const built = new Map<string, Relation>();
  for (const table of orderByNeed([...tables.keys()].sort(), needs)) {
    const old = tables.get(table);
    if (!old) continue;
    const parents = (needs[table] ?? []).flatMap((name) => built.get(name) ?? []);
    built.set(table, buildTable(old.meta, parents, dialect));
  }
  return [...built.values(), ...views.map((one) => one.relation)];
}

interface About {
  readonly id: string;
  readonly dialect: Manifest['database']['dialect'];
  /** Set once it was fitted to a database. */
  readonly fitted?: { readonly timeZone: string };
}

function archiveOf(contents: Contents, relations: readonly Relation[], about: About): Archive {
  const { source, tables } = contents;
  const origin: Origin = {
    dialect: dialectOf(contents.meta),
    timeZone: about.fitted?.timeZone ?? 'UTC',
  };
  const manifest = manifestOf(contents, relations, about);
  const byName = new Map(relations.map((one) => [one.name, one]));

  const legacy: Legacy = {
    format: 'nbdump',

    async fit(live) {
      const { relations: fitted, warnings } = fitTables(relations, live);
      const known = new Set([...relations, ...live.schema.relations].map((one) => one.name));
      const [kept, blind] = withoutBlindViews(fitted, contents.views, known);
      const counted = about.dialect === 'postgres' ? kept : await countOn(source, tables, kept);
      const archive = archiveOf(contents, counted, {
        ...about,
        dialect: 'postgres',
        fitted: { timeZone: live.facts.manifest.timeZone },
      });
      return { archive, warnings: [...conversionWarnings(origin.dialect), ...blind, ...warnings] };
    },

    async verify({ only, signal, onProgress }) {
      const chosen = [...tables].filter(([table]) => only?.has(table) ?? true);
      const total = chosen.reduce((sum, [, one]) => sum + (one.data?.packed ?? 0), 0);
      let [done, rows] = [0, 0];
      for (const [table, old] of chosen) {
        throwIfCancelled(signal);
        const relation = byName.get(table);
        // Only what a database has to take must fit its columns.
        if (about.fitted && relation) {
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
  };

  return {
    manifest,
    manifestSha256: about.id,
    encrypted: false,
    size: source.size,
    legacy,
    read: () => Promise.reject(new Error('an old archive is read through its rows')),
  };
}

/** A view of something that is neither in the archive nor in the database cannot be made. */
function withoutBlindViews(
  relations: readonly Relation[],
  views: readonly FoundView[],
  known: Set<string>,
): [Relation[], PreviewResult['warnings']] {
  const warnings: { kind: string; message: string }[] = [];
  const blind = new Set<string>();
  for (let size = -1; size !== blind.size;) {
    size = blind.size;
    for (const { relation, reads } of views) {
      const missing = blind.has(relation.name) ? undefined : reads.find((name) => !known.has(name));
      if (missing === undefined) continue;
      blind.add(relation.name);
      known.delete(relation.name);
      warnings.push({
        kind: 'old-format',
        message: `The view ${relation.name} is left out: it reads ${missing}, which is neither in the backup nor here.`,
      });
    }
  }
  return [relations.filter((one) => !blind.has(one.name)), warnings];
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
    for (const one of relation.sequences) {
      const most = old && one.column !== undefined ? await highest(source, old, one.column) : 0n;
      sequences.push(
        most > 0n && most >= BigInt(one.last) ? { ...one, last: String(most), called: true } : one,
      );
    }
    counted.push({ ...relation, sequences });
  }
  return counted;
}

function conversionWarnings(dialect: Origin['dialect']): PreviewResult['warnings'] {
  if (dialect === 'postgres') return [];
  const from = dialect === 'sqlite' ? 'SQLite' : 'MySQL or MariaDB';
  return [
    {
      kind: 'old-format',
      message: `The backup is from an app on ${from}: values are converted by the type of their field. Whole numbers beyond 9,007,199,254,740,991 had been rounded when the backup was made.`,
    },
  ];
}

function manifestOf(contents: Contents, relations: readonly Relation[], about: About): Manifest {
  const { meta, tables, views, app, at } = contents;
  const kept = new Set(relations.map((one) => one.name));
  const needs: Record<string, string[]> = {};
  for (const one of relations)
    if (one.parents.length > 0) needs[relationKey(one.name)] = one.parents.map(relationKey);
  for (const { relation, reads } of views) {
    if (!kept.has(relation.name)) continue;
    needs[relationKey(relation.name)] = reads.map(relationKey);
  }
  const keys = relations.map((one) => relationKey(one.name));
  const groups = meta.dumpedGroups.map(groupOf);
  return {
    format: FORMAT,
    id: about.id,
    createdAt: at.toISOString(),
    instance: '',
    ark: '',
    app: {
      name: 'nocobase',
      ...(meta.version && { version: meta.version }),
      plugins: [...app.plugins],
    },
    database: {
      dialect: about.dialect,
      version: '',
      encoding: 'UTF8',
      schema: app.schema,
      tablePrefix: app.tablePrefix,
      underscored: app.underscored,
      timeZone: about.fitted?.timeZone ?? 'UTC',
      extensions: [],
    },
    keys: {},
    selection: { groups, all: false },
    collections: relations.map((structure) => ({
      name: structure.name,
      group: 'unknown',
      ...contents.about.get(structure.name),
      rows: isView(structure) ? 0 : (tables.get(structure.name)?.meta.count ?? 0),
      structure,
      chunks: [],
    })),
    entries: [],
    objects: [],
    order: orderByNeed(keys, needs),
    needs,
    laterNeeds: {},
    notIncluded: contents.notIncluded,
  };
}
