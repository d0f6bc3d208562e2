import type { Archive } from '../archive/archive';
import { classifier, tableName } from '../app/groups';
import type { Database, LentChunk, RowSource, Snapshot, SnapshotOptions } from '../dialect';
import { openHeld } from '../backup/choose';
import type { Readable } from '../look/fields';
import { hasRows, type Relation } from '../schema/structure';
import { whole } from '../rows/workers';

/** What is compared: an archive, or one moment of a database as a backup would have it. */
export interface Side extends Readable {
  /** Of an archive: the tables as their rows were written, where that was by another kind of database. */
  readonly written?: ReadonlyMap<string, Relation> | undefined;
  /** The rows of a collection are counted, and what does not come is damage. */
  readonly isArchive: boolean;
}

export const sideOf = (
  archive: Pick<Archive, 'manifest' | 'rows'>,
  written?: ReadonlyMap<string, Relation>,
): Side => ({ manifest: archive.manifest, rows: () => archive.rows(), written, isArchive: true });

const CHUNK_BYTES = 1024 * 1024;
/** What the app says of its fields is in these. */
const FACTS = ['fields', 'collections'];

/** Lends a database as a side, in one snapshot of these tables; they keep their structure meanwhile. */
export async function withLiveSide<T>(
  database: Database,
  names: ReadonlySet<string>,
  options: SnapshotOptions,
  use: (side: Side, snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const { snapshot } = await openHeld(database, options, ({ schema, facts }) => {
    const ofFacts = namesOfFacts(facts);
    const taken = schema.relations.filter(({ name }) => names.has(name) || ofFacts.has(name));
    return { taken, hold: taken.filter(hasRows).map(({ name }) => name) };
  });
  try {
    const result = await use(await liveSide(snapshot), snapshot);
    await snapshot.confirm();
    return result;
  } finally {
    await snapshot.close();
  }
}

async function liveSide(snapshot: Snapshot): Promise<Side> {
  const { facts, schema } = snapshot;
  const relations = new Map(schema.relations.map((relation) => [relation.name, relation]));
  const rows = (): RowSource => ({
    bytes: (name) => snapshot.size(name).bytes,
    async *chunks(name) {
      const relation = relations.get(name);
      if (!relation) return;
      const lent = (chunk: LentChunk) => () => Promise.resolve(chunk);
      for await (const chunk of whole(snapshot.read(relation, CHUNK_BYTES), name)) yield lent(chunk);
    },
  });
  const classify = classifier(facts.app);
  const ofFacts = namesOfFacts(facts);
  const counted = new Map<string, number>();
  for (const { name } of schema.relations.filter(({ name }) => ofFacts.has(name)).filter(hasRows))
    counted.set(name, await countRows(rows(), name));
  return {
    rows,
    isArchive: false,
    manifest: {
      ...(facts.app && { app: { name: facts.app.name, plugins: [...facts.app.plugins] } }),
      database: facts.manifest,
      collections: schema.relations.flatMap((structure) => {
        const classified = classify(structure.name);
        if (classified === 'own') return [];
        const { group, collection, title, origin } = classified;
        return [
          {
            name: structure.name,
            group,
            ...(collection !== undefined && { collection }),
            ...(title !== undefined && { title }),
            ...(origin !== undefined && { origin }),
            structure,
            // Only of what is read before it is compared.
            rows: counted.get(structure.name) ?? 0,
            chunks: [],
          },
        ];
      }),
    },
  };
}

async function countRows(source: RowSource, name: string): Promise<number> {
  let rows = 0;
  for await (const fetch of source.chunks(name)) {
    const chunk = await fetch();
    rows += chunk.rows;
    chunk.release();
  }
  return rows;
}

const namesOfFacts = ({ app }: Snapshot['facts']): Set<string> =>
  new Set(app ? FACTS.map((name) => tableName(name, app)) : []);
