import type { Database, NativeRows, RowSource, Snapshot } from '../dialect';
import { across } from '../across/across';
import { converting } from '../across/converting';
import { CHUNK_BYTES } from '../backup/dump';
import { checkFits, refuseMisfits } from './fits';
import type { Manifest } from '../archive/manifest';
import { checkRows } from './came';
import { stageAndSwap, type RestoreResult, type RestoreSettings } from './restore';
import { whole } from '../rows/workers';

/**
 * Backup and restore without a file in between: rows go from one server to the other as they are, in the
 * server's own form where both know it.
 */
export async function copy(
  snapshot: Snapshot,
  manifest: Manifest,
  database: Database,
  settings: RestoreSettings,
): Promise<RestoreResult> {
  const read = new Map<string, number>();
  const reading = (formOf: (name: string) => 'csv' | 'native'): RowSource =>
    readingFrom(snapshot, manifest, {
      formOf,
      onRows: (name, rows) => read.set(name, (read.get(name) ?? 0) + rows),
    });
  const source = reading(() => 'csv');
  const crossed = await across(manifest, source, database);
  // What was read to know the app's fields is read again.
  read.clear();
  const { collections } = crossed.manifest;
  const misfits = await checkFits(crossed.manifest, collections, database, settings.target);
  refuseMisfits(misfits, settings.allowBreaks);
  const check = async (rows: ReadonlyMap<string, number>): Promise<void> => {
    await snapshot.confirm();
    checkRows(
      collections.map((collection) => ({ ...collection, rows: read.get(collection.name) ?? 0 })),
      rows,
    );
  };
  const { conversions } = crossed;
  const native = conversions ? undefined : await nativeOf(snapshot, database);
  const rows = conversions
    ? converting(source, conversions, settings.allowChanges ?? false)
    : reading((name) => (native?.fits(name) ? 'native' : 'csv'));
  return stageAndSwap(database, crossed.manifest, collections, rows, settings, {
    check,
    sent: crossed.sent,
  });
}

/** The rows of a snapshot, as CSV or in the form that the server itself has. */
export function readingFrom(
  snapshot: Snapshot,
  manifest: Manifest,
  {
    formOf = () => 'csv',
    onRows = () => undefined,
  }: {
    readonly formOf?: (name: string) => 'csv' | 'native';
    readonly onRows?: (name: string, rows: number) => void;
  } = {},
): RowSource {
  const relations = new Map(
    manifest.collections
      .filter(({ structureOnly }) => !structureOnly)
      .map((collection) => [collection.name, collection.structure]),
  );
  return {
    bytes: (name) => snapshot.size(name).bytes,
    async *chunks(name) {
      const relation = relations.get(name);
      if (!relation) return;
      for await (const chunk of whole(snapshot.read(relation, CHUNK_BYTES, formOf(name)), name)) {
        onRows(name, chunk.rows);
        yield () => Promise.resolve(chunk);
      }
    },
  };
}

/** The form of rows that both sides know. */
async function nativeOf(snapshot: Snapshot, database: Database): Promise<NativeRows | undefined> {
  const native = await snapshot.native();
  return native && native.form === (await database.nativeForm()) ? native : undefined;
}
