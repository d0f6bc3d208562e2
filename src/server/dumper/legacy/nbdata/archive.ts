import { sha256, type Bytes } from '../../../bytes';
import { damaged, refused, throwIfCancelled } from '../../../errors/errors';
import { classifier } from '../../app/groups';
import { warn } from '../../app/warning';
import type { AppInfo } from '../../dialect';
import type { Archive } from '../../archive/archive';
import { filePartsOf } from '../../archive/entries';
import { refuseTooMany, type Manifest } from '../../archive/manifest';
import { type ByteSource } from '../../container/zip';
import { objectToNeutral, relationToNeutral } from '../../dialects/postgres/neutral/neutral';
import type { Parser } from '../../dialects/postgres/sql/parser';
import type { Relation } from '../../dialects/postgres/structure/structure';
import { notIncluded, type NotIncluded } from '../../schema/notIncluded';
import { orderByNeed } from '../../schema/order';
import { objectKey, relationKey } from '../../schema/structure';
import { readDeflatedZip, unpack, unpacked, type DeflatedEntry } from '../deflatedZip';
import { placeIn } from '../elsewhere';
import { parseEntry } from '../meta';
import { openMysqlDump } from '../mysqldump/dump';
import { openPgDump } from '../pgdump/dump';
import { isUnknown } from '../structure';
import { readApp } from './app';
import type { Dump } from './dump';
import { readFiles, type OldFiles } from './files';
import { Metadata } from './metadata';

const MAX_META = 16 * 1024 * 1024;
/** Rows, once unpacked: as many as one ZIP could hold, though they are packed twice; and always so many. */
const [RATIO, ALWAYS] = [1032, 1024 * 1024 * 1024];

interface Opened {
  readonly source: ByteSource;
  readonly entries: ReadonlyMap<string, DeflatedEntry>;
  readonly encrypted: boolean;
  readonly id: string;
  readonly metadata: Metadata;
  readonly at: Date;
  readonly dump: Dump;
  readonly app: AppInfo | undefined;
  readonly files: OldFiles;
}

/**
 * Opens a backup of NocoBase's Backup manager (`.nbdata`) as if it were an archive of Ark for PostgreSQL: what pg_dump
 * wrote is read without any tool, and of its SQL nothing is run. All of it is read once here, to know its rows.
 */
export async function openNbdata(source: ByteSource, encrypted: boolean): Promise<Archive> {
  const entries = await readDeflatedZip(source);
  const [data, described] = [entries.get('data'), entries.get('_metadata.json')];
  if (!data || !described) throw damaged('missing', { entry: data ? '_metadata.json' : 'data' });
  const metadata = await parseEntry(described.name, await unpack(source, described, MAX_META), Metadata);
  const dump = await openDump(source, data, metadata);
  const app = await readApp(dump, metadata);
  const files = await readFiles(entries, app?.storages ?? []);
  const id = [...entries.values()].map((entry) => `${entry.name} ${entry.crc}`).join('\n');
  const opened: Opened = {
    ...{ source, entries, encrypted, metadata, dump, app, files },
    at: described.at,
    id: sha256(Buffer.from(id)).slice(0, 16),
  };
  const archive = archiveOf(opened, chosen(opened));
  refuseTooMany(archive.manifest);
  return archive;
}

function openDump(source: ByteSource, data: DeflatedEntry, metadata: Metadata): Promise<Dump> {
  const { database } = metadata;
  const open = (): Bytes => unpacked(source, data);
  const most = Math.max(ALWAYS, source.size * RATIO);
  switch (database.dialect) {
    case 'postgres':
    case 'kingbase':
      return openPgDump(open, database.schema || 'public', most);
    case 'mysql':
    case 'mariadb':
      return openMysqlDump(open, metadata, database.dialect, most);
    default:
      throw refused('nbdata-inside', { what: database.dialect });
  }
}

interface Chosen {
  readonly relations: readonly Relation[];
  readonly places: ReadonlyMap<
    string,
    Pick<Manifest['collections'][number], 'group' | 'collection' | 'origin' | 'title'>
  >;
  readonly notIncluded: readonly NotIncluded[];
}

/** Everything but what no backup of Ark has. */
function chosen({ dump, app, files }: Opened): Chosen {
  const classify = classifier(app);
  const places: Map<string, NonNullable<ReturnType<Chosen['places']['get']>>> = new Map();
  const left: NotIncluded[] = [];
  for (const { name } of dump.relations) {
    const classified = classify(name);
    if (classified === 'own') left.push(notIncluded('collection', name, { code: 'own' }));
    else if (classified.group === 'ignored') left.push(notIncluded('collection', name, { code: 'ignored' }));
    else places.set(name, classified);
  }
  if (!files.files) left.push(notIncluded('files', 'uploaded files', { code: 'dump-files' }));
  return {
    relations: dump.relations.filter(({ name }) => places.has(name)),
    places,
    notIncluded: [...left, ...dump.notIncluded],
  };
}

interface Fitted {
  readonly timeZone: string;
  readonly parse?: Parser;
}

/** `fitted`: set once it was fitted to a database. */
function archiveOf(opened: Opened, kept: Chosen, fitted?: Fitted): Archive {
  const { source, entries, dump } = opened;
  const manifest = manifestOf(opened, kept, fitted);
  const relations = new Map(kept.relations.map((relation) => [relation.name, relation]));
  const entryOf = (name: string): DeflatedEntry => {
    const entry = entries.get(name);
    if (!entry) throw damaged('missing', { entry: name });
    return entry;
  };

  return {
    format: 'nbdata',
    manifest,
    manifestSha256: opened.id,
    encrypted: opened.encrypted,
    size: source.size,
    complete: false,

    check: () => Promise.resolve(),

    async fit(database, timeZone) {
      const coordinates = dump.dialect !== 'postgres';
      const place = await placeIn(database, kept.relations, { whole: true, coordinates });
      const { relations: own, warnings, parse } = place;
      const fitted = { timeZone, ...(parse && { parse }) };
      const archive = archiveOf(opened, { ...kept, relations: own.map(knownTypes) }, fitted);
      const converted =
        dump.dialect === 'postgres' || parse
          ? []
          : [warn('dump-converted', { from: dump.dialect === 'mysql' ? 'MySQL' : 'MariaDB' })];
      return { archive, warnings: [...converted, ...warnings] };
    },

    async verify({ only, files = true, signal, onProgress }) {
      const tables = new Map([...relations].filter(([name]) => only?.has(name) ?? true));
      const parts = files ? [...filePartsOf(manifest)] : [];
      const sizes = [...tables.keys()].map((name) => dump.sizes.get(name)?.bytes ?? 0);
      const total = [...sizes, ...parts.map(({ size }) => size)].reduce((sum, size) => sum + size, 0);
      let [done, rows] = [0, 0];
      const report = () =>
        onProgress?.({ stage: 'verify', done: Math.min(done, total), total, rows, bytes: done });
      await dump.verify(tables, {
        signal,
        onRows(more, bytes) {
          rows += more;
          done += bytes;
          report();
        },
      });
      for (const part of parts) {
        for await (const piece of unpacked(source, entryOf(part.entry))) {
          throwIfCancelled(signal);
          done += piece.length;
        }
        report();
      }
      return { entries: tables.size + parts.length, bytes: total };
    },

    rows: () => ({
      bytes: (name) => dump.sizes.get(name)?.bytes ?? 0,
      async *chunks(name) {
        const relation = relations.get(name);
        if (!relation) return;
        for await (const chunk of dump.chunks(name, relation)) yield () => Promise.resolve(chunk);
      },
    }),

    read: ({ entry }) => unpacked(source, entryOf(entry)),
  };
}

/** A column of a type that neither Ark knows nor the database has comes as what is written. */
function knownTypes(relation: Relation): Relation {
  return {
    ...relation,
    columns: relation.columns.map((column) =>
      isUnknown(column) ? { ...column, type: 'text', native: 'text' } : column,
    ),
  };
}

function manifestOf(
  { id, at, dump, app, files, metadata }: Opened,
  { relations, places, notIncluded: left }: Chosen,
  fitted: Fitted | undefined,
): Manifest {
  const { database } = metadata;
  const needs = new Map<string, string[]>();
  const types = dump.objects.filter(({ kind }) => kind === 'enum');
  for (const { name, parents, columns } of relations) {
    const used = types.filter(({ identity }) =>
      columns.some(({ native }) => native === identity || native === `${identity}[]`),
    );
    const counters = dump.objects.filter(
      ({ kind, identity }) =>
        kind === 'sequence' && columns.some((column) => column.default?.includes(`'${identity}'`)),
    );
    const list = [...parents.map(relationKey), ...[...used, ...counters].map(objectKey)];
    if (list.length > 0) needs.set(relationKey(name), list);
  }
  const keys = [...dump.objects.map(objectKey), ...relations.map(({ name }) => relationKey(name))];
  return {
    // The first, which knows no signature.
    format: 1,
    id,
    createdAt: at.toISOString(),
    instance: '',
    ark: '',
    app: {
      name: 'nocobase',
      ...(metadata.version && { version: metadata.version }),
      plugins: [...(app?.plugins ?? enabledIn(metadata))],
    },
    database: {
      dialect: fitted ? 'postgres' : dump.dialect,
      version: dump.version,
      schema: database.schema || 'public',
      tablePrefix: app?.tablePrefix ?? database.tablePrefix ?? '',
      underscored: app?.underscored ?? database.underscored ?? false,
      timeZone: fitted?.timeZone ?? 'UTC',
      native: { postgres: { encoding: 'UTF8', extensions: [] } },
    },
    keys: {},
    selection: { groups: [...new Set([...places.values()].map(({ group }) => group))], all: true },
    collections: relations.map((structure) => ({
      name: structure.name,
      group: 'unknown',
      ...places.get(structure.name),
      rows: dump.sizes.get(structure.name)?.rows ?? 0,
      structure: relationToNeutral(structure, fitted?.parse),
      chunks: [],
    })),
    ...files,
    entries: [],
    objects: dump.objects.map(objectToNeutral),
    order: orderByNeed(keys, needs),
    needs: Object.fromEntries(needs),
    laterNeeds: {},
    notIncluded: [...left],
  };
}

/** Only those that are on are named there. */
const enabledIn = ({ plugins }: Metadata): AppInfo['plugins'] =>
  (plugins ?? []).flatMap(({ name, packageName, version }) => {
    const known = packageName ?? name;
    return known ? [{ name: known, ...(version && { version }), enabled: true }] : [];
  });
