import pMap from 'p-map';
import { throwIfCancelled } from '../../errors/errors';
import type { Database } from '../dialect';
import { refuseDifferent } from '../rows/digesting';
import { CHUNK_BYTES } from '../backup/dump';
import { RowDigest } from '../rows/rowDigest';
import type { Relation } from '../schema/structure';
import { whole } from '../rows/workers';

export interface ReadBackOptions {
  readonly job: string;
  readonly readers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRows: (rows: number, bytes: number) => void;
}

/** Every row of these tables, compared with what went in. Rejects with CHECK_FAILED. */
export async function readBack(
  database: Database,
  tables: readonly Relation[],
  sent: ReadonlyMap<string, RowDigest>,
  { job, readers, signal, onRows }: ReadBackOptions,
): Promise<void> {
  const snapshot = await database.snapshot({ readers, app: {}, job, signal });
  try {
    await pMap(
      tables,
      async (relation) => {
        const digest = new RowDigest();
        for await (const chunk of whole(snapshot.read(relation, CHUNK_BYTES), relation.name)) {
          throwIfCancelled(signal);
          digest.add(chunk.data);
          onRows(chunk.rows, chunk.data.length);
          chunk.release();
        }
        refuseDifferent(relation.name, digest, sent.get(relation.name));
      },
      { concurrency: readers },
    );
  } finally {
    await snapshot.close();
  }
}
