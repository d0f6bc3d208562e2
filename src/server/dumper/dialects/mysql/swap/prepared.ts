import { createHash } from 'node:crypto';
import * as z from 'zod';
import { refused } from '../../../../errors/errors';
import { Blemish } from '../../../schema/blemish';
import type { PreparedTables } from '../../../dialect';
import { rows, type Client, type MysqlSettings } from '../connection/connection';
import type { SwapPlan } from '../plan/plan';
import { partOf, prepared } from '../sql/names';
import { ourTables, readSigned, writeSigned } from './journal';

/** What is kept with tables that wait for their swap, signed as a journal is: with it they wait, without it they are leftovers. */
const Kept = z.object({
  job: z.string(),
  expiresAt: z.iso.datetime(),
  /** Of what was planned for the live side as it was. */
  plan: z.string(),
  /** By collection: where it waits. */
  waiting: z.array(z.tuple([z.string(), z.string()])),
  rows: z.array(z.tuple([z.string(), z.number().int().nonnegative()])),
  blemishes: z.array(Blemish),
  entry: z.string(),
});
export type KeptStage = z.infer<typeof Kept>;

/** The same for the same plan of the same live side, whichever process makes it. */
export const digestOf = (plan: SwapPlan): string =>
  createHash('sha256').update(JSON.stringify(plan)).digest('hex');

export const keepStage = (client: Client, settings: MysqlSettings, kept: KeptStage): Promise<void> =>
  writeSigned(client, settings, prepared(kept.job), kept, {
    comment: `Ark: tables that are prepared for a restore, until ${kept.expiresAt}`,
  });

export const isDue = ({ expiresAt }: Pick<KeptStage, 'expiresAt'>): boolean =>
  new Date(expiresAt) >= new Date();

/** All of our account's, newest first. */
export async function waitingStages(client: Client, settings: MysqlSettings): Promise<KeptStage[]> {
  const stages: KeptStage[] = [];
  for (const name of await ourTables(client)) {
    const part = partOf(name);
    if (part?.part !== 'prepared') continue;
    const said = await readSigned(client, settings, name).catch(() => undefined);
    const { data } = Kept.safeParse(said?.entry);
    if (data?.job === part.job) stages.push(data);
  }
  return stages.sort((a, b) => (a.expiresAt < b.expiresAt ? 1 : -1));
}

/** Rejects with PREPARED_UNKNOWN; what has had its time is there no more, though nobody has come by to remove it. */
export async function waitingStage(client: Client, settings: MysqlSettings, job: string): Promise<KeptStage> {
  const kept = (await waitingStages(client, settings)).find((stage) => stage.job === job);
  if (!kept || !isDue(kept)) throw refused('prepared-gone', { job });
  return kept;
}

export async function readWaiting(client: Client, settings: MysqlSettings): Promise<PreparedTables[]> {
  const stages = (await waitingStages(client, settings)).filter(isDue);
  if (stages.length === 0) return [];
  const sizes = await rows<{ name: string; bytes: string | null }>(
    client,
    `SELECT TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE '\\_ark\\_%'`,
    [client.database],
  );
  const bytesOf = new Map(sizes.map(({ name, bytes }) => [name, Number(bytes ?? 0)]));
  return stages.map(({ job, expiresAt, entry, waiting }) => ({
    job,
    expiresAt: new Date(expiresAt),
    bytes: waiting.reduce((sum, [, table]) => sum + (bytesOf.get(table) ?? 0), 0),
    entry,
  }));
}
