import type { Client } from 'pg';
import type { Committed, Undo } from '../../../dialect';
import { objectKey, relationKey } from '../../../schema/structure';
import { refused } from '../../../../errors/errors';
import { Unfit } from '../../../schema/unfit';
import { checkObject, checkSchema } from '../structure/checkSchema';
import { quote } from '../sql/quote';
import { rows } from '../connection/connection';
import { describeSchema } from '../catalog/describe';
import { grammarOf } from '../structure/grammar';
import { isStandby } from '../connection/identity';
import { jobOfUndo, JOURNAL, OURS, UNDO_COMMENT, undoSchema } from '../sql/names';
import { NotUnderstood, parser } from '../sql/parser';
import { statement } from '../sql/sql';
import type { Incoming, MovingKey, SwapPlan } from '../plan/swapPlan';
import { Journal } from './swap';

/**
 * Undos lie in the database itself, so any process finds them, newest first. Whoever may create schemas can make one
 * that looks like an undo. So it counts only if it is our own account's, and its journal too: nobody else can make a
 * thing that belongs to us. The journal is a bare table, so that reading it runs nothing but the reading.
 */
export async function readJournals(client: Client): Promise<{ schema: string; journal: Journal }[]> {
  const schemas = await rows<{ schema: string }>(
    client,
    `SELECT n.nspname AS schema
     FROM pg_namespace n JOIN pg_class j ON j.relnamespace = n.oid AND j.relname = $2
     WHERE n.nspname LIKE 'ark\\_undo\\_%' AND obj_description(n.oid, 'pg_namespace') = $1 AND ${OURS('n.nspowner')}
       AND j.relkind = 'r' AND j.relpersistence = 'p' AND ${OURS('j.relowner')}
       AND NOT j.relhasrules AND NOT j.relhastriggers AND NOT j.relhassubclass AND NOT j.relispartition AND NOT j.relrowsecurity
       AND (SELECT array_agg(a.attname::text || ' ' || a.atttypid::text) FROM pg_attribute a WHERE a.attrelid = j.oid AND a.attnum > 0)
         = ARRAY['entry ' || 'pg_catalog.jsonb'::regtype::oid::text]
     ORDER BY 1 DESC`,
    [UNDO_COMMENT, JOURNAL],
  );
  const journals: { schema: string; journal: Journal }[] = [];
  for (const { schema } of schemas) {
    // A newer Ark's journal, or none: nothing that this one could put back.
    const entries = await rows<{ entry: unknown }>(
      client,
      `SELECT entry FROM ONLY ${quote(schema)}.${quote(JOURNAL)}`,
    ).catch(() => []);
    const journal = Journal.safeParse(entries[0]?.entry);
    if (entries.length !== 1 || !journal.success || undoSchema(journal.data.job) !== schema) continue;
    journals.push({ schema, journal: journal.data });
  }
  return journals.sort((a, b) => (a.journal.at < b.journal.at ? 1 : -1));
}

/** With their sizes, of which each table is asked; of all of them, or only of one. */
export async function readUndos(client: Client, job?: string): Promise<Undo[]> {
  const journals = (await readJournals(client)).filter(
    (journal) => job === undefined || journal.journal.job === job,
  );
  const sizes = await rows<{ schema: string; bytes: string }>(
    client,
    `SELECT n.nspname AS schema, sum(pg_total_relation_size(c.oid))::text AS bytes
     FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r','m')
     WHERE n.nspname = ANY($1) GROUP BY n.nspname`,
    [journals.map((journal) => journal.schema)],
  );
  const bytesOf = new Map(sizes.map(({ schema, bytes }) => [schema, Number(bytes)]));
  return journals.map(({ schema, journal }) => ({
    job: journal.job,
    action: journal.action,
    at: new Date(journal.at),
    expiresAt: new Date(journal.expiresAt),
    source: journal.source,
    collections: journal.collections,
    ...(journal.aside && { aside: journal.aside }),
    bytes: bytesOf.get(schema) ?? 0,
  }));
}

/**
 * A schema named as an undo that is none to us may be another account's, a newer Ark's, or planted by anybody. What a
 * standby does not have the primary may have had for a while.
 */
export async function readCommitted(client: Client): Promise<Committed> {
  const ours = new Set((await readJournals(client)).map(({ journal }) => journal.job));
  const named = await rows<{ name: string }>(
    client,
    `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'ark\\_undo\\_%'`,
  );
  const all = new Set(named.map(({ name }) => jobOfUndo(name)));
  const standby = await isStandby(client);
  return (job) => (ours.has(job) ? true : standby || all.has(job) ? undefined : false);
}

/**
 * What went aside, described as an archive would describe it. The journal lies where others may write too, so its
 * texts are looked at as an archive's are.
 */
export async function describeUndo(
  client: Client,
  job: string,
): Promise<
  | {
      incoming: Incoming;
      journal: Journal;
      leaving: MovingKey[];
      redefined: SwapPlan['redefined'];
      attached: SwapPlan['attached'];
    }
  | undefined
> {
  const kept = (await readJournals(client)).find((journal) => journal.journal.job === job);
  if (!kept) return undefined;
  const { views, redefined, leaving, detached: attached = [] } = kept.journal;
  const all = await describeSchema(client, undoSchema(job));
  const tables = all.relations
    .filter((relation) => relation.name !== JOURNAL)
    .map((relation) => ({
      ...relation,
      attachments: [
        ...relation.attachments,
        ...attached.filter(({ table }) => table === relation.name).map(({ attachment }) => attachment),
      ],
    }));
  const keys = new Set([...tables.map((table) => relationKey(table.name)), ...all.objects.map(objectKey)]);
  const grammar = grammarOf(await parser());
  try {
    const incoming = await checkSchema({
      relations: [...tables, ...views.map((view) => view.relation)],
      objects: all.objects,
      order: [
        ...all.order.filter((key) => keys.has(key)),
        ...views.map((view) => relationKey(view.relation.name)),
      ],
      needs: new Map([
        ...all.needs,
        ...views.map((view) => [relationKey(view.relation.name), view.needs] as const),
      ]),
      laterNeeds: all.laterNeeds,
    });
    return {
      incoming,
      journal: kept.journal,
      // Looked at with the tables; of others there are none.
      attached: attached.filter(({ table }) => keys.has(relationKey(table))),
      leaving: leaving.map((relation) => ({
        ...relation,
        create: grammar.foreignKey(relation.create, relation.name, relation.table).map(statement),
      })),
      redefined: await Promise.all(
        redefined.map(async ({ before, now }) => ({
          before: await checkObject(now),
          now: await checkObject(before),
        })),
      ),
    };
  } catch (error) {
    if (!(error instanceof Unfit || error instanceof NotUnderstood)) throw error;
    throw refused('undo-unreadable', { undo: job, why: error.message }, { cause: error });
  }
}
