import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import pMap from 'p-map';
import { gzip } from '../../bytes';
import { asBackupError, throwIfCancelled } from '../../errors/errors';
import { putEverywhere, type Outcome } from '../../storage/everywhere';
import type { OnWait, Storage, StoredObject } from '../../storage/storage';
import { chunkName } from '../archive/entries';
import { createArchive, type ArchiveWriter } from '../archive/writeArchive';
import { refuseUnreadable } from '../archive/readManifest';
import { refuseUnwritable } from '../archive/checked';
import { openChosen, type Chosen } from './choose';
import { newSeal, type Recipients } from '../container/cipher';
import type { AppHints, Database, LentChunk, Snapshot } from '../dialect';
import type { AppFiles } from '../files/folders';
import { readFiles, type FilesRead } from '../files/read';
import { ALL_GROUPS, DEFAULT_GROUPS, type Selection } from '../app/groups';
import { formatOf } from '../archive/format';
import type { Chunk, Collection, Manifest, Structure } from '../archive/manifest';
import { closure } from '../schema/order';
import { notIncluded, type NotIncluded } from '../schema/notIncluded';
import type { ReportProgress } from '../progress';
import { compareStored, hashing, type ComparedOutcome } from './compareStored';
import type { Signer } from '../archive/signature';
import {
  hasRows,
  objectKey,
  relationKey,
  type Needs,
  type Relation,
  type SchemaObject,
} from '../schema/structure';
import { checkWorkers, wholeEach } from '../rows/workers';

/** Bytes of CSV in one chunk, and how many chunks are compressed at once: settled by measurement, docs/adr/0004. */
export const CHUNK_BYTES = 2 * 1024 * 1024;
const COMPRESSING = 3;
/** From here on chunks are larger, so that the manifest, which names each, stays far below what is read. */
const [LARGE_TABLES, LARGE_CHUNK_BYTES] = [64 * 1024 ** 3, 8 * 1024 * 1024];

export interface DumpOptions {
  readonly job: string;
  readonly selection: Selection;
  readonly app: AppHints;
  readonly instance: string;
  readonly origin?: Manifest['origin'];
  readonly version: string;
  readonly createdBy?: string;
  /** Fingerprints of the app's keys. */
  readonly keys?: Manifest['keys'];
  /** The app's uploaded files too. */
  readonly files?: AppFiles;
  /** The instance that vouches for it. */
  readonly signer: Signer;
  readonly encryptFor?: Recipients;
  readonly readers: number;
  readonly chunkBytes?: number;
  readonly gzipLevel?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ReportProgress;
  /** A storage is waited for: its name, why, and until when at most. */
  readonly onWait?: (storage: string, ...wait: Parameters<OnWait>) => void;
}

export interface DumpResult {
  readonly stored: StoredObject;
  /** How it went in each storage; at least one has it whole. */
  readonly outcomes: readonly ComparedOutcome[];
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  /** Groups that were left out and that a chosen one needs, in words. */
  readonly warnings: readonly string[];
}

/**
 * One snapshot → chunks → gzip → (age) → zip → storages. Resolves once what was stored has been read back; rejects if
 * no storage has it.
 */
export async function dump(
  database: Database,
  to: Storage | readonly Storage[],
  key: string,
  options: DumpOptions,
): Promise<DumpResult> {
  const { signal } = options;
  const storages = 'put' in to ? [to] : to;
  const createdAt = new Date();
  checkWorkers(options.readers);
  // Takes much memory for a second, which is better done before there is anything else in it.
  const seal = options.encryptFor && (await newSeal(options.encryptFor));
  options.onProgress?.({ stage: 'snapshot', done: 0, total: 1, rows: 0, bytes: 0 });
  const { snapshot, chosen } = await openChosen(database, options.selection, {
    readers: options.readers,
    app: options.app,
    job: options.job,
    signal,
  });
  const warnings = [...chosen.warnings];
  try {
    const planned = toManifest(snapshot, chosen, () => NOT_READ, createdAt, options);
    await refuseUnreadable(planned);
    await refuseUnwritable(planned);
    const archive = createArchive(createdAt, options.signer, seal);
    const digest = createHash('sha256');
    // What is kept on this machine is not read back byte by byte.
    const away = storages.some((storage) => storage.remote);
    const body = away ? hashing(archive.body, digest) : archive.body;
    const storing = putEverywhere(storages, key, body, signal, options.onWait).then(someHaveIt);
    // A storage that gives up must stop the readers, and readers that give up must stop the storage.
    const broken = storing.then(
      () => new Promise<never>(() => undefined),
      (error: unknown) => {
        archive.abort(asBackupError(error));
        throw error;
      },
    );
    broken.catch(() => undefined);
    let manifest: Manifest;
    let manifestSha256: string;
    try {
      const collections = await Promise.race([readAll(snapshot, chosen.tables, archive, options), broken]);
      await snapshot.confirm();
      const files = await Promise.race([takeFiles(archive, chosen, options), broken]);
      manifest = toManifest(snapshot, chosen, readOf(collections), createdAt, options);
      if (files) {
        const { folders, keyFile, notIncluded: left } = files;
        manifest = {
          ...manifest,
          ...(!chosen.withoutFiles && { files: folders }),
          ...(keyFile && { keyFile }),
          notIncluded: [...manifest.notIncluded, ...left],
        };
      }
      const lacksKey = manifest.keys.aesKeyFingerprint !== undefined && !manifest.keyFile;
      if (lacksKey) {
        warnings.push(KEY_LEFT_OUT);
        manifest = { ...manifest, notIncluded: [...manifest.notIncluded, KEY] };
      }
      await refuseUnreadable(manifest, planned);
      ({ manifestSha256 } = await Promise.race([archive.finish(manifest), broken]));
    } catch (error) {
      archive.abort(asBackupError(error));
      // Whoever failed first: a storage that gave up closes the body, and readers then fail for want of it.
      const first: unknown = await storing.then(
        () => error,
        (reason: unknown) => reason,
      );
      throwIfCancelled(signal);
      throw first;
    }
    const sent = await storing;
    const size = sent.find((outcome) => 'stored' in outcome)?.stored.size ?? 0;
    options.onProgress?.({ stage: 'read back', done: 1, total: 1, rows: 0, bytes: size });
    const archiveSha256 = digest.digest('hex');
    const { reopen } = archive;
    const expected = { manifestSha256, archiveSha256, reopen, signal };
    const outcomes = someHaveIt(await Promise.all(sent.map((outcome) => compareStored(outcome, expected))));
    const stored = outcomes.find((outcome) => 'stored' in outcome)?.stored;
    if (!stored) throw new Error('no storage has it');
    return { stored, outcomes, manifest, manifestSha256, warnings };
  } finally {
    await snapshot.close();
  }
}

const KEY = notIncluded('key', 'aes_key.dat', { code: 'key' });
const KEY_LEFT_OUT =
  "The app's AES key (aes_key.dat) is not in this backup: without it nobody can read encrypted fields and secret variables after a disaster. Only encrypted backups with uploaded files hold it; make one, or keep a copy of that file in a safe place.";

/** After the rows: a file is there before the row that points at it, so every row of the snapshot has its file. */
async function takeFiles(
  archive: ArchiveWriter,
  { withoutFiles }: Chosen,
  options: DumpOptions,
): Promise<FilesRead | undefined> {
  const { files: all, signal } = options;
  if (!all) return undefined;
  const files = withoutFiles ? { ...all, folders: [] } : all;
  let bytes = 0;
  const report = () => options.onProgress?.({ stage: 'files', done: 0, total: 1, rows: 0, bytes });
  report();
  const read = await readFiles(archive, files, {
    withKey: options.encryptFor !== undefined,
    signal,
    onFile: (more) => {
      bytes += more;
      report();
    },
  });
  if (!withoutFiles) return read;
  const left = all.folders.map(({ storage }) =>
    notIncluded('uploaded files', storage, { code: 'files-no-rows' }),
  );
  return { ...read, notIncluded: [...read.notIncluded, ...left] };
}

export interface TableRead {
  readonly rows: number;
  readonly chunks: Chunk[];
}

export const NOT_READ: TableRead = { rows: 0, chunks: [] };

/** A table that nobody has read is no empty table. */
const readOf =
  (tables: ReadonlyMap<string, TableRead>) =>
  (relation: Relation): TableRead => {
    const read = hasRows(relation) ? tables.get(relation.name) : NOT_READ;
    if (read) return read;
    throw new Error(`${relation.name} was not read`);
  };

async function readAll(
  snapshot: Snapshot,
  tables: Chosen['tables'],
  archive: ArchiveWriter,
  options: DumpOptions,
): Promise<Map<string, TableRead>> {
  const result = new Map<string, TableRead>();
  const queue = tables
    .filter(({ bare }) => !bare)
    .map((table) => table.relation)
    .filter(hasRows)
    .sort((a, b) => snapshot.size(b.name).bytes - snapshot.size(a.name).bytes);
  const total = queue.reduce((sum, collection) => sum + snapshot.size(collection.name).bytes, 0);
  let [rows, bytes, done] = [0, 0, 0];
  const packing = pLimit(COMPRESSING);
  const chunkBytes = options.chunkBytes ?? (total > LARGE_TABLES ? LARGE_CHUNK_BYTES : CHUNK_BYTES);

  const readTables = async (relations: readonly Relation[]): Promise<void> => {
    const ended: Promise<unknown>[] = [];
    let chunks: Promise<Chunk>[] = [];
    let tableRows = 0;
    /** Of the table's bytes those that were counted as done. */
    let counted = 0;
    for await (const part of wholeEach(relations, snapshot.readEach(relations, chunkBytes))) {
      throwIfCancelled(options.signal);
      const { name } = part.relation;
      const weight = snapshot.size(name);
      const report = (share: number) => {
        done += share * weight.bytes - counted;
        counted = share * weight.bytes;
        options.onProgress?.({ stage: 'read', done, total, rows, bytes });
      };
      if ('sent' in part) {
        const of = tableRows;
        const end = Promise.all(chunks).then((chunks) => result.set(name, { rows: of, chunks }));
        end.catch(() => undefined);
        ended.push(end);
        report(1);
        [chunks, tableRows, counted] = [[], 0, 0];
        continue;
      }
      const { chunk } = part;
      const entry = chunkName(name, chunks.length + 1);
      // With as many chunks as may be compressed at once under way, the reader waits, and so does the server.
      await new Promise<void>((begun) => {
        const packed = packing(() => {
          begun();
          return pack(archive, entry, chunk, options.gzipLevel);
        });
        packed.catch(() => undefined);
        chunks.push(packed);
      });
      tableRows += chunk.rows;
      rows += chunk.rows;
      bytes += chunk.data.length;
      report(weight.rows > 0 ? Math.min(1, tableRows / weight.rows) : 0.5);
    }
    await Promise.all(ended);
  };
  await pMap(together(queue, snapshot, options.readers), readTables, { concurrency: options.readers });
  return result;
}

/** Bytes on disk with indexes up to which a table is read together with others, and how many such. */
const [SMALL_TABLE, MOST_TOGETHER] = [256 * 1024, 50];

/** Large tables by themselves and first, then small ones together, in as many parts as keep all readers busy. */
function together(queue: readonly Relation[], snapshot: Snapshot, readers: number): Relation[][] {
  const isSmall = ({ name }: Relation) => snapshot.size(name).bytes <= SMALL_TABLE;
  const small = queue.filter(isSmall);
  const most = Math.min(MOST_TOGETHER, Math.ceil(small.length / (2 * readers)));
  const parts = queue.filter((relation) => !isSmall(relation)).map((relation) => [relation]);
  for (let at = 0; at < small.length; at += most) parts.push(small.slice(at, at + most));
  return parts;
}

async function pack(
  archive: ArchiveWriter,
  entry: string,
  chunk: LentChunk,
  level: number | undefined,
): Promise<Chunk> {
  const { rows } = chunk;
  const bytes = chunk.data.length;
  const packed = await gzip(chunk.data, level).finally(() => chunk.release());
  return { ...(await archive.add(entry, packed)), rows, bytes };
}

const structureOf = ({ relation, classified, partOf }: Chosen['structures'][number]): Structure => ({
  name: relation.name,
  ...(classified.collection !== undefined &&
    classified.collection !== relation.name && { collection: classified.collection }),
  group: classified.group,
  ...(classified.origin !== undefined && { origin: classified.origin }),
  ...(classified.title !== undefined && { title: classified.title }),
  structure: relation,
  ...(partOf.length > 0 && { partOf: [...partOf] }),
});

export function toManifest(
  snapshot: Snapshot,
  chosen: Chosen,
  read: (relation: Relation) => TableRead,
  createdAt: Date,
  options: Omit<DumpOptions, 'signer'>,
): Manifest {
  const { schema, facts } = snapshot;
  const tables = [...chosen.tables, ...chosen.structures];
  const keys = closure(
    tables.map((table) => relationKey(table.name)),
    schema.needs,
    schema.laterNeeds,
  );
  const objects = schema.objects.filter((object) => options.selection.all || keys.has(objectKey(object)));
  const kept = new Set([...tables.map((table) => relationKey(table.name)), ...objects.map(objectKey)]);
  const onlyKept = (edges: Needs) =>
    Object.fromEntries([...edges].filter(([key]) => kept.has(key)).map(([key, needs]) => [key, [...needs]]));
  const collections: Collection[] = chosen.tables.map((table) => ({
    ...structureOf(table),
    ...(table.bare ? { ...NOT_READ, structureOnly: true as const } : read(table.relation)),
  }));
  const structures = chosen.structures.map(structureOf);
  const { selection } = options;
  return {
    format: formatOf(collections, structures),
    id: options.job,
    createdAt: createdAt.toISOString(),
    ...(options.createdBy !== undefined && { createdBy: options.createdBy }),
    instance: options.instance,
    ...(options.origin && { origin: options.origin }),
    ark: options.version,
    ...(facts.app && {
      app: {
        name: facts.app.name,
        ...(facts.app.version !== undefined && { version: facts.app.version }),
        plugins: [...facts.app.plugins],
      },
    }),
    database: facts.manifest,
    keys: options.keys ?? {},
    selection: {
      groups: [
        ...(selection.all ? ALL_GROUPS : (selection.groups ?? (selection.collections ? [] : DEFAULT_GROUPS))),
      ],
      ...(selection.collections && { collections: [...selection.collections] }),
      ...(selection.exclude && { exclude: [...selection.exclude] }),
      ...(selection.noRows && { noRows: [...selection.noRows] }),
      all: selection.all ?? false,
    },
    collections,
    ...(structures.length > 0 && { structures }),
    entries: [],
    objects: [...objects],
    order: schema.order.filter((key) => kept.has(key)),
    needs: onlyKept(schema.needs),
    laterNeeds: onlyKept(schema.laterNeeds),
    notIncluded: [...chosen.notIncluded, ...unused(schema.objects, new Set(objects))],
  };
}

/** The app may run them by itself, which nobody can see from here. */
const RUN = new Set(['function', 'procedure', 'event']);

const unused = (all: readonly SchemaObject[], kept: ReadonlySet<SchemaObject>): NotIncluded[] =>
  all
    .filter((object) => RUN.has(object.kind) && !kept.has(object))
    .map(({ kind, identity }) => notIncluded(kind, identity, { code: 'unused' }));

/** Rejects with the first failure if no storage has it. */
function someHaveIt<O extends Outcome | ComparedOutcome>(outcomes: O[]): O[] {
  const [first] = outcomes;
  if (outcomes.some((outcome) => 'stored' in outcome) || !first || !('error' in first)) return outcomes;
  throw first.error;
}
