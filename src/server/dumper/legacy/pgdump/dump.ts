import type { Bytes } from '../../../bytes';
import { damaged, refused } from '../../../errors/errors';
import { CHUNK_BYTES } from '../../backup/dump';
import type { LentChunk } from '../../dialect';
import type { Relation } from '../../dialects/postgres/structure/structure';
import { storedColumns } from '../../schema/structure';
import type { Dump } from '../nbdata/dump';
import { nextBlock, packedPieces, skipBlobs, unpackedBlock } from './blocks';
import { ByteReader } from './byteReader';
import { canonical, copyLines, csvField, fieldsOf, wordsOf } from './copyText';
import { readStructure, type Structure } from './structure';
import { readToc, type Toc } from './toc';

/** The rows of one table, and where they are. */
interface Place {
  readonly columns: readonly string[];
  /** Where the first piece begins, in the dump. */
  readonly from: number;
  readonly rows: number;
  readonly bytes: number;
  /** All of it as it is packed, where there was room. */
  readonly kept: readonly Buffer[] | undefined;
}

/**
 * So much of what is packed stays in memory: the dump itself lies in a ZIP, packed once more, and can be read from its
 * beginning alone. An app has hundreds of small tables and few large ones.
 */
const KEPT = 64 * 1024 * 1024;
const SMALL = 1024 * 1024;

/**
 * A dump in pg_dump's custom format. `open` begins to read it; all of it is read once, to count the rows. `most`: bytes
 * of rows at most, once unpacked.
 */
export async function openPgDump(open: () => Bytes, schema: string, most: number): Promise<Dump> {
  const reader = new ByteReader(open(), 'its dump');
  const { toc, structure, places } = await readAll(reader, schema, most).finally(() => reader.close());
  const relations = structure.relations.map((relation) => checkColumns(relation, places.get(relation.name)));

  /** The lines of a table, from memory or from the dump as far as they are. */
  async function* linesOf(table: string, signal?: AbortSignal): AsyncGenerator<string[]> {
    const place = places.get(table);
    if (!place) return;
    if (place.kept) {
      yield* copyLines(unpackedBlock(each(place.kept), toc.compression, table), table, signal);
      return;
    }
    const again = new ByteReader(open(), 'its dump');
    try {
      await again.skip(place.from);
      const packed = packedPieces(again, toc.intSize);
      yield* copyLines(unpackedBlock(packed, toc.compression, table), table, signal);
    } finally {
      await again.close();
    }
  }
  const columnsOf = (table: string) => places.get(table)?.columns ?? [];

  return {
    dialect: 'postgres',
    version: /\d[\d.]*/.exec(toc.serverVersion)?.[0] ?? '',
    relations,
    objects: structure.objects,
    notIncluded: structure.notIncluded,
    sizes: places,
    async *records(table, wanted) {
      const columns = columnsOf(table);
      const at = wanted.map((column) => columns.indexOf(column));
      for await (const lines of linesOf(table)) {
        for (const line of lines) {
          const fields = fieldsOf(line, columns.length, table);
          yield at.map((i) => fields[i] ?? null).map((field) => (field === null ? null : wordsOf(field)));
        }
      }
    },
    chunks: (table, relation, signal) => chunksOf(linesOf(table, signal), columnsOf(table), relation),
    async verify(tables, { signal, onRows }) {
      const again = new ByteReader(open(), 'its dump');
      try {
        await readToc(again);
        await eachBlock(again, toc, async (id, packed) => {
          const { table = '' } = structure.rows.get(id) ?? {};
          const relation = tables.get(table);
          if (!relation) return;
          const lines = copyLines(unpackedBlock(packed, toc.compression, table), table, signal);
          for await (const { rows, data } of chunksOf(lines, columnsOf(table), relation))
            onRows(rows, data.length);
        });
      } finally {
        await again.close();
      }
    },
  };
}

async function readAll(reader: ByteReader, schema: string, most: number) {
  const toc = await readToc(reader);
  checkSettings(toc);
  const structure = await readStructure(toc.entries, schema);
  return { toc, structure, places: await findRows(reader, toc, structure, most) };
}

/** What a dump says of its texts: NocoBase's databases have nothing else. */
function checkSettings({ entries }: Toc): void {
  const encoding = entries.find(({ kind }) => kind === 'ENCODING')?.definition ?? '';
  if (!/^SET client_encoding = 'UTF8';\s*$/.test(encoding))
    throw refused('nbdata-inside', { what: 'texts that are not UTF-8' });
}

type Visit = (id: number, packed: Bytes) => Promise<void>;

/** Goes through all data of a dump, in their order; each must be that of an entry, and of each that has some. */
async function eachBlock(reader: ByteReader, { entries, intSize }: Toc, visit: Visit): Promise<void> {
  const waiting = new Map(entries.filter(({ hasData }) => hasData).map((entry) => [entry.id, entry]));
  for (;;) {
    const from = reader.position;
    const block = await nextBlock(reader, { intSize });
    if (!block) break;
    const entry = waiting.get(block.id);
    if (!entry || (entry.at !== undefined && entry.at !== from)) throw damaged('dump-data', {});
    waiting.delete(block.id);
    if (!block.rows) {
      await skipBlobs(reader, intSize);
      continue;
    }
    const pieces = packedPieces(reader, intSize);
    await visit(block.id, keptOpen(pieces));
    // Whoever does not want them leaves them.
    for (let next = await pieces.next(); !next.done;) next = await pieces.next();
  }
  // Settings of large objects are none of what an app has.
  for (const { kind, name } of waiting.values())
    if (kind === 'TABLE DATA') throw damaged('rows-missing', { collection: name });
}

/** A generator that is left early is not closed. */
const keptOpen = (pieces: AsyncGenerator<Buffer>): Bytes => ({
  [Symbol.asyncIterator]: () => ({ next: () => pieces.next() }),
});

async function* each(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
  await Promise.resolve();
}

async function findRows(
  reader: ByteReader,
  toc: Toc,
  { rows: wanted }: Structure,
  most: number,
): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  let [room, total] = [KEPT, 0];
  await eachBlock(reader, toc, async (id, packed) => {
    const { table, columns } = wanted.get(id) ?? {};
    if (table === undefined || columns === undefined) return;
    if (places.has(table)) throw damaged('rows-twice', { collection: table });
    const from = reader.position;
    const kept: Buffer[] = [];
    let size = 0;
    const fits = (): boolean => size <= Math.min(room, SMALL);
    async function* keeping(): Bytes {
      for await (const piece of packed) {
        size += piece.length;
        if (fits()) kept.push(Buffer.from(piece));
        yield piece;
      }
    }
    let [rows, bytes] = [0, 0];
    async function* counted(): Bytes {
      for await (const piece of unpackedBlock(keeping(), toc.compression, table ?? '')) {
        bytes += piece.length;
        total += piece.length;
        if (total > most) throw refused('archive-entry', { entry: 'data', size: total, most });
        yield piece;
      }
    }
    for await (const lines of copyLines(counted(), table)) rows += lines.length;
    const whole = fits();
    if (whole) room -= size;
    places.set(table, { columns, from, rows, bytes, kept: whole ? kept : undefined });
  });
  return places;
}

/** Each column that has values, and no other; what the server computes has none. */
function checkColumns(relation: Relation, place: Place | undefined): Relation {
  const { name } = relation;
  if (!place) throw damaged('rows-missing', { collection: name });
  const own = storedColumns(relation).map((column) => column.name);
  const same = own.length === place.columns.length && own.every((column) => place.columns.includes(column));
  if (!same) throw damaged('rows-columns', { collection: name });
  return relation;
}

async function* chunksOf(
  lines: AsyncIterable<string[]>,
  columns: readonly string[],
  relation: Relation,
): AsyncGenerator<LentChunk> {
  const cells = storedColumns(relation).map((column) => ({
    at: columns.indexOf(column.name),
    change: canonical(column),
  }));
  let [csv, rows, size] = [[] as string[], 0, 0];
  const flush = (): LentChunk => {
    const data = Buffer.from(`${csv.join('\n')}\n`, 'latin1');
    const chunk = { data, rows, release: () => undefined };
    [csv, rows, size] = [[], 0, 0];
    return chunk;
  };
  for await (const batch of lines) {
    for (const line of batch) {
      const fields = fieldsOf(line, columns.length, relation.name);
      let text = '';
      for (const [i, { at, change }] of cells.entries()) {
        if (i > 0) text += ',';
        const field = at < 0 ? null : (fields[at] ?? null);
        if (field !== null) text += csvField(change ? change(field) : field);
      }
      csv.push(text);
      rows += 1;
      size += text.length + 1;
      if (size >= CHUNK_BYTES) yield flush();
    }
  }
  if (rows > 0) yield flush();
}
