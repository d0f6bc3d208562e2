import { damaged } from '../../errors/errors';
import { notIncluded, type NotIncluded } from '../schema/notIncluded';
import { groupOf, isOwn } from '../app/groups';
import type { Collection } from '../archive/manifest';
import { turn } from '../../turns';
import { type ByteSource } from '../container/zip';
import { unpack, type DeflatedEntry } from './deflatedZip';
import { ArchiveMeta, CollectionMeta, dialectOf, parseEntry, SqlContent, tableOf } from './meta';
import { readApp, type OldApp } from './oldApp';
import type { OldTable } from './rows';
import { readView, type FoundView } from './views';

/** A collection needs some kilobytes. */
const MAX_META = 16 * 1024 * 1024;

/** What the file says, read once. */
export interface Contents {
  readonly source: ByteSource;
  readonly meta: ArchiveMeta;
  readonly at: Date;
  /** By table name. */
  readonly tables: ReadonlyMap<string, OldTable>;
  readonly views: readonly FoundView[];
  readonly app: OldApp;
  readonly places: ReadonlyMap<string, Pick<Collection, 'group' | 'collection' | 'origin' | 'title'>>;
  readonly notIncluded: readonly NotIncluded[];
}

/** Reads and checks everything but rows. Throws ARCHIVE_DAMAGED. */
export async function readContents(
  source: ByteSource,
  entries: ReadonlyMap<string, DeflatedEntry>,
): Promise<Contents> {
  const entry = (name: string): DeflatedEntry => {
    const entry = entries.get(name);
    if (!entry) throw damaged('missing', { entry: name });
    return entry;
  };
  const metaEntry = entry('meta');
  const meta = await parseEntry('meta', await unpack(source, metaEntry, MAX_META), ArchiveMeta);
  const tables = new Map<string, OldTable>();
  const names = new Set([...entries.keys()].map((name) => /^collections\/(.+)\/[^/]*$/.exec(name)?.[1]));
  names.delete(undefined);
  let read = 0;
  for (const name of names as Set<string>) {
    const described = entry(`collections/${name}/meta`);
    read += described.size;
    if (read > 4 * MAX_META) throw damaged('descriptions', {});
    const unpacked = await parseEntry(
      described.name,
      await unpack(source, described, MAX_META),
      CollectionMeta,
    );
    if (unpacked.name !== name)
      throw damaged('describes', { entry: described.name, collection: unpacked.name });
    // Where there are no columns the plugin wrote no rows.
    const data = unpacked.columns.length > 0 ? entry(`collections/${name}/data`) : undefined;
    if (tables.has(tableOf(unpacked))) throw damaged('twice', { entry: tableOf(unpacked) });
    tables.set(tableOf(unpacked), { meta: unpacked, data });
  }
  const app = await readApp(source, meta, tables);
  const naming = { tablePrefix: app.tablePrefix, underscored: app.underscored };
  const left: NotIncluded[] = [];
  const places = new Map<string, Pick<Collection, 'group' | 'collection' | 'origin' | 'title'>>();
  const listed = new Set<string>();
  const byName = new Map([...tables].map(([table, oldTable]) => [oldTable.meta.name, table]));
  const sqlEntry = entries.get('sql-content.json');
  const sql = sqlEntry
    ? await parseEntry(sqlEntry.name, await unpack(source, sqlEntry, MAX_META), SqlContent)
    : {};
  const views: FoundView[] = [];

  for (const [group, collections] of Object.entries(meta.dumpableCollectionsGroupByGroup)) {
    for (const { name, title, origin, isView: viewed } of collections) {
      await turn();
      listed.add(name);
      let table = byName.get(name);
      if (table === undefined) {
        const definition = sql[`view-${name}`];
        const view =
          definition && dialectOf(meta) === 'postgres'
            ? await readView([definition.sql].flat(), app.schema)
            : undefined;
        if (view) {
          table = view.relation.name;
          views.push(view);
        } else if (viewed || definition || app.rowless.has(name)) {
          const what = viewed || definition ? 'view' : 'collection';
          left.push(notIncluded(what, name, { code: definition ? 'old-view' : 'old-rowless' }));
          continue;
        } else throw damaged('listed', { entry: name });
      } else if (isOwn(table, naming)) {
        left.push(notIncluded('collection', name, { code: 'own' }));
        tables.delete(table);
        continue;
      } else if (app.elsewhere.has(name)) {
        left.push(notIncluded('collection', name, { code: 'table-elsewhere' }));
        tables.delete(table);
        continue;
      }
      const plainTitle = title?.replace(/^\{\{\s*t\(["'](.*?)["'].*\)\s*\}\}$/, '$1');
      places.set(table, {
        group: groupOf(group),
        ...(name !== table && { collection: name }),
        ...(origin !== undefined && { origin }),
        ...(plainTitle !== undefined && plainTitle !== name && { title: plainTitle }),
      });
    }
  }
  for (const { meta: table } of tables.values())
    if (!listed.has(table.name)) throw damaged('not-listed', { table: table.name });
  left.push(...LOST);
  return { source, meta, at: metaEntry.at, tables, views, app, places, notIncluded: left };
}

/** What no file of the old format has. */
const LOST: readonly NotIncluded[] = [
  notIncluded('structure', 'indexes, foreign keys, checks, triggers, comments, grants', {
    code: 'old-structure',
  }),
  notIncluded('values', 'microseconds, infinite times, NaN, JSON null', { code: 'old-values' }),
  notIncluded('files', 'uploaded files', { code: 'old-files' }),
  notIncluded('moment', 'one moment for all tables', { code: 'old-moment' }),
];
