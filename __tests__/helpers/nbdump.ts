import { ZipArchive } from 'archiver';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteSource } from '../../src/server/dumper/container/zip';

export const LEGACY = join(__dirname, '..', 'archives', 'legacy');
const NAMES = {
  all: 'backup-restore-2.2.16_nocobase-2.2.15_postgres15_D3-types-restorable_all-groups.nbdump',
  custom: 'backup-restore-2.2.16_nocobase-2.2.15_postgres15_D3-types-restorable_required+custom.nbdump',
  sqlite: 'backup-restore-2.2.16_nocobase-2.2.15_sqlite_D-types_all-groups.nbdump',
};
export const sample = (name: keyof typeof NAMES): string => join(LEGACY, NAMES[name]);

/** `rows digest` by table. */
export function listing(name: 'postgres15_D3-types-restorable' | 'sqlite_D-types'): Map<string, string> {
  const lines = readFileSync(join(LEGACY, `source_${name}.rows-md5.txt`), 'utf8')
    .trim()
    .split('\n');
  return new Map(
    lines.map((line) => {
      const [table = '', rows, digest] = line.split(/\s+/);
      return [table.replace(/^public\./, ''), `${rows ?? ''} ${digest ?? ''}`];
    }),
  );
}

export const inMemory = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  read: (start, end) =>
    end <= bytes.length
      ? Promise.resolve(bytes.subarray(start, end))
      : Promise.reject(new Error(`read to ${end} of ${bytes.length}`)),
});

/** Packs entries as the old plugin does. */
export async function pack(entries: Readonly<Record<string, Buffer | string>>): Promise<Buffer> {
  const zip = new ZipArchive({ zlib: { level: 9 } });
  const pieces: Buffer[] = [];
  const read = (async () => {
    for await (const piece of zip as AsyncIterable<Buffer>) pieces.push(piece);
  })();
  for (const [name, data] of Object.entries(entries))
    zip.append(Buffer.from(data), { name, date: new Date('2026-11-20T22:15:30Z') });
  await zip.finalize();
  await read;
  return Buffer.concat(pieces);
}

export interface OldCollection {
  readonly fields: Readonly<Record<string, { type: string } & Record<string, unknown>>>;
  readonly rows: readonly (readonly unknown[])[];
  readonly more?: Readonly<Record<string, unknown>>;
}

/** An old backup of these collections, all of them of plugins that say no group: a user's would want `required` too. */
export function nbdump(
  collections: Readonly<Record<string, OldCollection>>,
  meta: Readonly<Record<string, unknown>> = {},
): Promise<Buffer> {
  const entries: Record<string, string> = {};
  for (const [name, { fields, rows, more }] of Object.entries(collections)) {
    entries[`collections/${name}/data`] = rows.map((row) => `${JSON.stringify(row)}\r\n`).join('');
    entries[`collections/${name}/meta`] = JSON.stringify({
      name,
      tableName: name,
      count: rows.length,
      columns: Object.keys(fields),
      attributes: Object.fromEntries(
        Object.entries(fields).map(([field, { type, ...typeOptions }]) => [
          field,
          { field, isCollectionField: true, type, typeOptions },
        ]),
      ),
      ...more,
    });
  }
  entries.meta = JSON.stringify({
    version: '1.6.0',
    dialect: 'postgres',
    dumpedGroups: ['unknown'],
    delayCollections: [],
    dumpableCollectionsGroupByGroup: {
      unknown: Object.keys(collections).map((name) => ({ name, title: name, isView: false })),
    },
    ...meta,
  });
  return pack(entries);
}
