import { refused, throwIfCancelled } from '../../errors/errors';
import type { RowSource, StagedRows } from '../dialect';
import { digestingBy } from '../rows/digesting';
import { hasRows, storedColumns, type Relation } from '../schema/structure';
import { spelling } from './canonical';
import { ValueDigest } from './valueDigest';

/** Rows that go from one kind of database into another, and the proof that they are there. */
export interface Proof {
  readonly source: RowSource;
  /** Rejects with CHECK_FAILED where what was read of a table is not, by its meaning, what went into it. */
  compare(read: StagedRows, signal?: AbortSignal): Promise<void>;
}

/** `sent`: tables as their rows come; `made`: as they are built of them, column by column. */
export function proving(
  source: RowSource,
  sent: ReadonlyMap<string, Relation>,
  made: readonly Relation[],
): Proof {
  const tables = new Map(made.filter(hasRows).map((relation) => [relation.name, relation]));
  const digestOf = (name: string): ValueDigest => {
    const [then, now] = [sent.get(name), tables.get(name)].map((relation) =>
      relation ? storedColumns(relation) : [],
    );
    return new ValueDigest(
      name,
      (now ?? []).map(({ type }, at) => spelling(then?.[at]?.type ?? type, type)),
    );
  };
  const went = new Map<string, ValueDigest>();
  return {
    source: digestingBy(source, went, digestOf),
    async compare(read, signal) {
      for (const [name, before] of went) {
        const digest = digestOf(name);
        for await (const chunk of read(name)) {
          throwIfCancelled(signal);
          digest.add(chunk.data);
          chunk.release();
        }
        if (digest.isLike(before)) continue;
        if (digest.rows !== before.rows)
          throw refused('rows-differ', { collection: name, read: digest.rows, loaded: before.rows });
        const columns = storedColumns(tables.get(name) ?? { columns: [] });
        const columnNames = digest.differing(before).flatMap((at) => columns[at]?.name ?? []);
        throw refused('columns-differ', { collection: name, columns: columnNames });
      }
    },
  };
}
