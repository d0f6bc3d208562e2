import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as z from 'zod';
import type { RowChange, Texts } from '../dialect';
import { keyOf } from '../schema/rowKey';
import { storedColumns } from '../schema/structure';

const Row = z.array(z.string().nullable());

/** What is kept of rows that were written: as they were, and as they were then. */
export const KeptEntry = z.object({
  version: z.literal(1),
  /** The job that wrote them. */
  job: z.string(),
  action: z.enum(['takeBack', 'undo']),
  at: z.iso.datetime(),
  /** The archive, or the job that was undone. */
  source: z.string(),
  rows: z.array(
    z.object({
      table: z.string(),
      /** By column. */
      key: z.array(z.tuple([z.string(), z.string()])),
      /** The key as anybody may see it, and the columns that nobody may. */
      called: z.string(),
      masked: z.array(z.string()),
      /** In the order of `before` and `after`; null: there was no such row. */
      columns: z.array(z.string()),
      before: Row.nullable(),
      after: Row.nullable(),
    }),
  ),
});
export type KeptEntry = z.infer<typeof KeptEntry>;
export type KeptRow = KeptEntry['rows'][number];

export const keptRow = (
  { relation, key, called, before }: RowChange,
  after: Texts | undefined,
  masked: readonly string[],
): KeptRow => ({
  table: relation.name,
  key: keyOf(relation).map((column, at) => [column, key[at] ?? '']),
  called,
  masked: [...masked],
  columns: storedColumns(relation).map(({ name }) => name),
  before: before ? [...before] : null,
  after: after ? [...after] : null,
});

const [zip, unzip] = [promisify(gzip), promisify(gunzip)];
/** Far more than can be taken back at once. */
const MOST = 256 * 1024 * 1024;

export const packed = async (entry: KeptEntry): Promise<string> =>
  (await zip(JSON.stringify(entry))).toString('base64');

/** Throws where it is none. */
export const unpackedEntry = async (text: string): Promise<KeptEntry> =>
  KeptEntry.parse(
    JSON.parse((await unzip(Buffer.from(text, 'base64'), { maxOutputLength: MOST })).toString('utf8')),
  );
