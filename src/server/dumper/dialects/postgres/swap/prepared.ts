import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import * as z from 'zod';
import { refused } from '../../../../errors/errors';
import { Blemish } from '../../../schema/blemish';
import type { PreparedTables } from '../../../dialect';
import type { Fingerprint } from '../catalog/fingerprint';
import { rows } from '../connection/connection';
import type { SwapPlan } from '../plan/swapPlan';
import { literal, quote } from '../sql/quote';
import { jobOfStage, OURS, PREPARED_COMMENT, stageSchema } from '../sql/names';
import { run, sql } from '../sql/sql';

/** What is kept with tables that wait for their swap, in the comment of their schema: with it they wait, without it they are a leftover. */
const Kept = z.object({
  expiresAt: z.iso.datetime(),
  /** Of what was planned, and of the live side that it was planned for. */
  plan: z.string(),
  live: z.string(),
  rows: z.array(z.tuple([z.string(), z.number().int().nonnegative()])),
  blemishes: z.array(Blemish),
  entry: z.string(),
});
export type KeptStage = z.infer<typeof Kept>;

const plain = (_: string, value: unknown): unknown =>
  value instanceof Map
    ? [...(value as Map<unknown, unknown>)]
    : value instanceof Set
      ? [...(value as Set<unknown>)]
      : value;

/** The same for the same plan of the same live side, whichever process makes it. */
export const digestOf = (what: SwapPlan | Fingerprint): string =>
  createHash('sha256').update(JSON.stringify(what, plain)).digest('hex');

/** One statement: from then on the next job does not take it for a leftover. */
export const keepStage = (client: Client, job: string, kept: KeptStage): Promise<void> =>
  run(client, [
    sql`COMMENT ON SCHEMA ${quote(stageSchema(job))} IS ${literal(`${PREPARED_COMMENT}\n${JSON.stringify(kept)}`)}`,
  ]);

interface Waiting extends KeptStage {
  readonly job: string;
  readonly schema: string;
}

/** Newest first. Whoever may create schemas can make one of that name: it counts only if it is our own account's. */
export async function waitingStages(client: Client): Promise<Waiting[]> {
  const schemas = await rows<{ schema: string; comment: string }>(
    client,
    `SELECT n.nspname AS schema, obj_description(n.oid, 'pg_namespace') AS comment FROM pg_namespace n
     WHERE n.nspname LIKE 'ark\\_stage\\_%' AND starts_with(obj_description(n.oid, 'pg_namespace'), $1) AND ${OURS('n.nspowner')}
     ORDER BY 1`,
    [PREPARED_COMMENT],
  );
  return schemas
    .flatMap(({ schema, comment }) => {
      const kept = parsed(comment.slice(PREPARED_COMMENT.length));
      return kept ? [{ job: jobOfStage(schema), schema, ...kept }] : [];
    })
    .sort((a, b) => (a.expiresAt < b.expiresAt ? 1 : -1));
}

function parsed(text: string): KeptStage | undefined {
  try {
    return Kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Rejects with PREPARED_UNKNOWN; what has had its time is there no more, though nobody has come by to remove it. */
export async function waitingStage(client: Client, job: string): Promise<Waiting> {
  const kept = (await waitingStages(client)).find((stage) => stage.job === job);
  if (!kept || new Date(kept.expiresAt) < new Date()) throw refused('prepared-gone', { job });
  return kept;
}

export async function readWaiting(client: Client): Promise<PreparedTables[]> {
  const stages = (await waitingStages(client)).filter(({ expiresAt }) => new Date(expiresAt) >= new Date());
  if (stages.length === 0) return [];
  const sizes = await rows<{ schema: string; bytes: string }>(
    client,
    `SELECT n.nspname AS schema, sum(pg_total_relation_size(c.oid))::text AS bytes
     FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r','m')
     WHERE n.nspname = ANY($1) GROUP BY n.nspname`,
    [stages.map(({ schema }) => schema)],
  );
  const bytesOf = new Map(sizes.map(({ schema, bytes }) => [schema, Number(bytes)]));
  return stages.map(({ job, schema, expiresAt, entry }) => ({
    job,
    expiresAt: new Date(expiresAt),
    bytes: bytesOf.get(schema) ?? 0,
    entry,
  }));
}
