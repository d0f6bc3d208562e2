import type { Bytes } from '../../../bytes';
import { damaged, refused } from '../../../errors/errors';
import { isOurs } from '../../dialects/mysql/sql/names';
import type { Column } from '../../dialects/postgres/structure/structure';
import { notIncluded, type NotIncluded } from '../../schema/notIncluded';
import type { DialectName } from '../../schema/types';
import type { Dump } from '../nbdata/dump';
import type { Metadata } from '../nbdata/metadata';
import { ByteReader } from '../pgdump/byteReader';
import { toChunks } from '../rows';
import { encoder, Unfit, type Encode } from '../values';
import { readCreateTable, type Table } from './createTable';
import { readFieldTypes } from './fieldTypes';
import { insertHead, insertRows, type Value } from './inserts';
import { toRelations } from './relations';
import { coordinates } from './shapes';
import { statements } from './statements';
import { wordsOf } from './strings';

interface Place {
  readonly columns: readonly string[];
  /** From the first statement with rows to the end of the last, in bytes. */
  from: number;
  to: number;
  rows: number;
  bytes: number;
  /** Those statements, where there was room. */
  kept: string[] | undefined;
}

/** As with dumps of PostgreSQL, what is small stays in memory. */
const KEPT = 64 * 1024 * 1024;
const SMALL = 1024 * 1024;

/** The Backup manager puts this before what mysqldump writes, and nobody else does. */
const PROLOGUE = '/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;';
/** Statements that say nothing of the app. */
const SILENT =
  /^(?:\/\*M?!\d*\s*)?(?:SET|LOCK TABLES|UNLOCK TABLES|DROP|USE|CREATE DATABASE|ALTER DATABASE|ALTER TABLE `(?:[^`]|``)+` (?:DISABLE|ENABLE) KEYS|START TRANSACTION|COMMIT|CALL nocobase_create_server)\b|^\/\*[^!M]|^\/\*M!\d+\\-/i;
const CODE =
  /\b(VIEW|TRIGGER|FUNCTION|PROCEDURE|EVENT|SEQUENCE|SERVER)\s+(?:IF NOT EXISTS\s+)?(`(?:[^`]|``)+`|\w+)/i;

/**
 * A dump of mysqldump or mariadb-dump as the Backup manager keeps it: SQL that is taken apart and never run. `open` begins
 * to read it; all of it is read once, to know its tables and count their rows.
 */
export async function openMysqlDump(
  open: () => Bytes,
  metadata: Metadata,
  dialect: DialectName,
  most: number,
): Promise<Dump> {
  const doubled = await isDoubled(open);
  const { tables, places, left } = await readAll(open, doubled, most);

  /** The rows of a table, from memory or from the dump. */
  async function* rowsOf(name: string, signal?: AbortSignal): AsyncGenerator<Value[][]> {
    const place = places.get(name);
    if (!place || place.rows === 0) return;
    const { kept } = place;
    const all = kept ? each(kept) : textsOf(statements(between(open, place.from, place.to), doubled, signal));
    let rows = 0;
    for await (const text of all) {
      const head = insertHead(text);
      if (head?.table !== name) continue;
      let batch: Value[][] = [];
      for (const row of insertRows(text, head.at, place.columns.length, name, doubled)) {
        batch.push(row);
        if (batch.length < 1000) continue;
        rows += batch.length;
        yield batch;
        batch = [];
      }
      rows += batch.length;
      if (batch.length > 0) yield batch;
    }
    if (rows !== place.rows) throw damaged('rows', { collection: name, rows, announced: place.rows });
  }
  const columnsOf = (name: string) => places.get(name)?.columns ?? [];

  const records: Dump['records'] = async function* (name, wanted) {
    const columns = columnsOf(name);
    const at = wanted.map((column) => columns.indexOf(column));
    for await (const batch of rowsOf(name)) {
      for (const row of batch)
        yield at.map((i) => row[i] ?? null).map((value) => (typeof value === 'string' ? value : null));
    }
  };
  const fields = await readFieldTypes(new Set(tables.map(({ name }) => name)), records, metadata);
  const { relations, notIncluded: more } = toRelations(tables, fields);
  const chunks: Dump['chunks'] = (name, relation, signal) =>
    toChunks(rowsOf(name, signal), { name, columns: [...columnsOf(name)] }, relation, encode);
  return {
    dialect,
    version: /\d[\d.]*/.exec(metadata.database.version ?? '')?.[0] ?? '',
    relations,
    objects: [],
    notIncluded: [...more, ...left],
    sizes: places,
    records,
    chunks,
    async verify(wanted, { signal, onRows }) {
      for (const [name, relation] of wanted)
        for await (const { rows, data } of chunks(name, relation, signal)) onRows(rows, data.length);
    },
  };
}

/** Times without a zone of their own are UTC: NocoBase's sessions are. */
const ORIGIN = { dialect: 'mysql', timeZone: 'UTC' } as const;

function encode(column: Column): Encode {
  const own = encoder(column, ORIGIN);
  return (value) => {
    if (value === null || typeof value === 'string') {
      if (column.type === 'binary' && typeof value === 'string')
        return `\\x${Buffer.from(value).toString('hex')}`;
      return own(value);
    }
    const { hex } = value as { hex: string };
    if (column.type === 'binary') return `\\x${hex.toLowerCase()}`;
    const shape = column.type === 'other' || column.type === 'json' ? coordinates(hex) : undefined;
    if (shape === undefined) throw new Unfit();
    return own(shape);
  };
}

async function isDoubled(open: () => Bytes): Promise<boolean> {
  const reader = new ByteReader(open(), 'its dump');
  try {
    return (await reader.take(PROLOGUE.length)).toString('latin1') === PROLOGUE;
  } finally {
    await reader.close();
  }
}

async function* each(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
  await Promise.resolve();
}

async function* textsOf(all: ReturnType<typeof statements>): AsyncGenerator<string> {
  for await (const { text } of all) yield text;
}

async function* between(open: () => Bytes, from: number, to: number): Bytes {
  const reader = new ByteReader(open(), 'its dump');
  try {
    await reader.skip(from);
    while (reader.position < to) yield await reader.some(to - reader.position);
  } finally {
    await reader.close();
  }
}

async function readAll(open: () => Bytes, doubled: boolean, most: number) {
  const tables = new Map<string, Table>();
  const places = new Map<string, Place>();
  const code = new Map<string, NotIncluded>();
  const leave = (what: string, name: string) =>
    code.set(`${what} ${name}`, notIncluded(what, name, { code: 'dump-sql' }));
  let room = KEPT;
  const all = statements(open(), doubled);
  for (let next = await all.next(); ; next = await all.next()) {
    if (next.done) {
      if (next.value) break;
      throw damaged('dump-incomplete', {});
    }
    const { text, from, to } = next.value;
    if (to > most) throw refused('archive-entry', { entry: 'data', size: to, most });
    const head = insertHead(text);
    if (head) {
      const table = tables.get(head.table);
      if (!table) {
        if (code.has(`table ${head.table}`)) continue;
        throw damaged('dump-rows', { collection: head.table });
      }
      // MariaDB writes what it computes too, where it names no columns.
      const columns = head.columns ?? table.columns.map((column) => column.name);
      const place = places.get(table.name);
      if (!place) continue;
      if (place.rows > 0 && columns.join('\0') !== place.columns.join('\0'))
        throw damaged('rows-columns', { collection: table.name });
      const own: Place = place.rows === 0 ? { ...place, columns, from } : place;
      places.set(table.name, own);
      own.rows += counted(insertRows(text, head.at, columns.length, table.name, doubled));
      own.to = to;
      own.bytes += text.length;
      if (own.bytes > SMALL || text.length > room) {
        room += (own.kept ?? []).reduce((sum, { length }) => sum + length, 0);
        own.kept = undefined;
      } else if (own.kept) {
        own.kept.push(text);
        room -= text.length;
      }
      continue;
    }
    if (/^CREATE TABLE `/.test(text)) {
      const table = readCreateTable(text, doubled);
      if (!table) leave('table', wordsOf(/`((?:[^`]|``)+)`/.exec(text)?.[1] ?? '?'));
      else if (isOurs(table.name))
        code.set(`table ${table.name}`, notIncluded('table', table.name, { code: 'own' }));
      else if (tables.has(table.name)) throw damaged('twice', { entry: table.name });
      else {
        tables.set(table.name, table);
        places.set(table.name, { columns: columnNames(table), from: 0, to: 0, rows: 0, bytes: 0, kept: [] });
      }
      continue;
    }
    const [, what, name = ''] = (/CREATE/i.test(text) ? CODE.exec(text) : null) ?? [];
    if (what !== undefined)
      leave(what.toLowerCase(), wordsOf(name.replace(/^`|`$/g, '').replaceAll('``', '`')));
    else if (!SILENT.test(text)) leave('statement', wordsOf(text.slice(0, 60)));
  }
  for (const { name } of tables.values()) checkColumns(tables.get(name), places.get(name));
  return { tables: [...tables.values()], places, left: [...code.values()] };
}

function counted(rows: Iterable<unknown>): number {
  let count = 0;
  for (const iterator = rows[Symbol.iterator](); !iterator.next().done;) count += 1;
  return count;
}

const columnNames = ({ columns }: Table): string[] =>
  columns.filter((column) => !column.generated).map((column) => column.name);

function checkColumns(table: Table | undefined, place: Place | undefined): void {
  if (!table || !place) return;
  const own = columnNames(table);
  const known = new Set(table.columns.map((column) => column.name));
  if (own.some((name) => !place.columns.includes(name)) || place.columns.some((name) => !known.has(name)))
    throw damaged('rows-columns', { collection: table.name });
}
