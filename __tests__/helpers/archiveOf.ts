import { FORMAT } from '../../src/server/dumper/archive/format';
import { gzip } from '../../src/server/bytes';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { chunkName } from '../../src/server/dumper/archive/entries';
import type { Chunk, Manifest } from '../../src/server/dumper/archive/manifest';
import { openArchive } from '../../src/server/dumper/archive/readArchive';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { createArchive } from '../../src/server/dumper/archive/writeArchive';
import type { ByteSource } from '../../src/server/dumper/container/zip';
import { newSeal } from '../../src/server/dumper/container/cipher';
import type { GroupName } from '../../src/server/dumper/app/groups';
import type { NeutralType } from '../../src/server/dumper/schema/types';
import { inMemory } from './nbdump';

export interface Table {
  /** Each as `name` or `name:type`; a text without one. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly key?: readonly string[];
  readonly parents?: readonly string[];
  readonly collection?: string;
  readonly group?: GroupName;
}

export interface Described {
  readonly tables: Readonly<Record<string, Table>>;
  /** NocoBase's; anybody's without it. */
  readonly app?: { readonly tablePrefix?: string; readonly underscored?: boolean };
  readonly perChunk?: number;
  readonly passphrase?: string;
  readonly instance?: string;
  readonly at?: string;
  readonly id?: string;
}

export const csvOf = (rows: Table['rows']): Buffer =>
  Buffer.from(rows.map((row) => `${row.map(fieldOf).join(',')}\n`).join(''));

const fieldOf = (value: string | null): string =>
  value === null
    ? ''
    : value === '' || /[",\r\n]|^\\\.$/.test(value)
      ? `"${value.replaceAll('"', '""')}"`
      : value;

/** A valid archive of these tables, made by what makes all archives, without a database. */
export async function bytesOf(described: Described): Promise<Buffer> {
  const at = new Date(described.at ?? '2026-11-20T10:00:00.000Z');
  const seal =
    described.passphrase === undefined ? undefined : await newSeal({ passphrase: described.passphrase });
  const writer = createArchive(at, newSigner().signer, seal);
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    for await (const piece of writer.body) pieces.push(piece);
  })();
  const collections: Manifest['collections'] = [];
  for (const [name, table] of Object.entries(described.tables)) {
    const chunks: Chunk[] = [];
    const size = described.perChunk ?? 100;
    for (let from = 0; from < table.rows.length; from += size) {
      const rows = table.rows.slice(from, from + size);
      const csv = csvOf(rows);
      const added = await writer.add(chunkName(name, chunks.length + 1), await gzip(csv));
      chunks.push({ ...added, rows: rows.length, bytes: csv.length });
    }
    collections.push(collectionOf(name, table, chunks));
  }
  await writer.finish(manifestOf(described, at, collections));
  await reading;
  return Buffer.concat(pieces);
}

export const archiveOf = async (
  described: Described,
  source: (bytes: Buffer) => ByteSource = inMemory,
): Promise<Archive> =>
  openArchive(
    source(await bytesOf(described)),
    described.passphrase === undefined ? {} : { passphrase: described.passphrase },
  );

function collectionOf(name: string, table: Table, chunks: Chunk[]): Manifest['collections'][number] {
  return {
    name,
    ...(table.collection !== undefined && { collection: table.collection }),
    group: table.group ?? 'custom',
    rows: table.rows.length,
    chunks,
    structure: {
      name,
      kind: 'table',
      columns: table.columns.map((column) => {
        const [called = '', type = 'text'] = column.split(':');
        return { name: called, type: type as NeutralType, nullable: true };
      }),
      parents: [...(table.parents ?? [])],
      ...(table.key && { primaryKey: { name: `${name}_pkey`, columns: [...table.key] } }),
      uniqueKeys: [],
      foreignKeys: [],
      indexes: [],
      counters: [],
      native: {},
    },
  };
}

function manifestOf(
  { app, instance, id }: Described,
  at: Date,
  collections: Manifest['collections'],
): Manifest {
  return {
    format: FORMAT,
    id: id ?? '20261120_100000_abcdef',
    createdAt: at.toISOString(),
    instance: instance ?? 'test',
    ark: '0.1.0',
    ...(app && { app: { name: 'nocobase', version: '2.2.15', plugins: [] } }),
    database: {
      dialect: 'postgres',
      version: '17.0',
      schema: 'public',
      tablePrefix: app?.tablePrefix ?? '',
      underscored: app?.underscored ?? false,
      timeZone: 'UTC',
      native: { postgres: { encoding: 'UTF8', extensions: [] } },
    },
    keys: {},
    selection: { groups: ['custom'], all: false },
    collections,
    entries: [],
    objects: [],
    order: [],
    needs: {},
    laterNeeds: {},
    notIncluded: [],
  };
}

/** Rows of NocoBase's own table of fields, as it has them. */
export const fieldsTable = (
  fields: readonly {
    readonly collection: string;
    readonly name: string;
    readonly type?: string;
    readonly interface?: string;
    readonly options?: unknown;
  }[],
): Table => ({
  columns: ['key', 'name', 'type', 'interface', 'collectionName', 'options:json'],
  key: ['key'],
  group: 'required',
  rows: fields.map(({ collection, name, type = 'string', interface: shown = 'input', options = {} }, at) => [
    `k${at}`,
    name,
    type,
    shown,
    collection,
    typeof options === 'string' ? options : JSON.stringify(options),
  ]),
});

export const collectionsTable = (
  collections: readonly { readonly name: string; readonly title?: string; readonly options?: unknown }[],
): Table => ({
  columns: ['key', 'name', 'title', 'options:json'],
  key: ['key'],
  group: 'required',
  rows: collections.map(({ name, title = null, options = {} }, at) => [
    `c${at}`,
    name,
    title,
    JSON.stringify(options),
  ]),
});
