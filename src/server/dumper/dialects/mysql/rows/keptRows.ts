import type { KeptRows } from '../../../dialect';
import { rows, run, type Client } from '../connection/connection';
import { quote } from '../sql/quote';

/** Of no job: names that begin so are Ark's, and in no backup (sql/names.ts). */
const TABLE = '_ark_00000000_rows';

async function isThere(client: Client): Promise<boolean> {
  const tables = await rows(
    client,
    "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND TABLE_TYPE = 'BASE TABLE'",
    [client.database, TABLE],
  );
  return tables.length > 0;
}

/** A table cannot be made within the transaction that needs it: before that it may be there and have nothing to say. */
export async function makeKept(client: Client): Promise<void> {
  if (await isThere(client)) return;
  await run(
    client,
    `CREATE TABLE IF NOT EXISTS ${quote(TABLE)} (job varchar(40) NOT NULL, part int NOT NULL, expires_at bigint NOT NULL,
       entry mediumtext CHARACTER SET ascii COLLATE ascii_bin NOT NULL, PRIMARY KEY (job, part))
     ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_bin COMMENT='Ark: rows as they were before single ones were taken back'`,
  );
}

/** Pieces that any server takes in one packet. */
const PIECE = 512 * 1024;

/** Within the transaction that writes the rows: what it keeps is there if they are, and only then. */
export async function keep(
  client: Client,
  job: string,
  { entry, keepUntil, replaces }: { entry: string; keepUntil: Date; replaces?: string | undefined },
): Promise<void> {
  if (replaces !== undefined) await run(client, `DELETE FROM ${quote(TABLE)} WHERE job = ?`, [replaces]);
  for (let at = 0; at * PIECE < Math.max(1, entry.length); at += 1)
    await run(client, `INSERT INTO ${quote(TABLE)} VALUES (?, ?, ?, ?)`, [
      job,
      at,
      keepUntil.getTime(),
      entry.slice(at * PIECE, (at + 1) * PIECE),
    ]);
}

/** Newest first: all are kept for as long. */
export async function readKept(client: Client): Promise<KeptRows[]> {
  if (!(await isThere(client))) return [];
  const parts = await rows<{ job: string; expires: string; entry: string }>(
    client,
    `SELECT job, expires_at AS expires, entry FROM ${quote(TABLE)} ORDER BY expires_at DESC, job DESC, part`,
  );
  const kept = new Map<string, KeptRows>();
  for (const { job, expires, entry } of parts)
    kept.set(job, {
      job,
      expiresAt: new Date(Number(expires)),
      entry: (kept.get(job)?.entry ?? '') + entry,
    });
  return [...kept.values()];
}

/** Jobs that have written rows, without what they have kept. */
export const keptJobs = async (client: Client): Promise<string[]> =>
  (await isThere(client))
    ? (await rows<{ job: string }>(client, `SELECT DISTINCT job FROM ${quote(TABLE)}`)).map(({ job }) => job)
    : [];

export const dropKept = async (client: Client, job: string): Promise<boolean> =>
  (await isThere(client)) && (await run(client, `DELETE FROM ${quote(TABLE)} WHERE job = ?`, [job])) > 0;

/** What nobody can undo any more. */
export async function dropExpired(client: Client): Promise<void> {
  if (await isThere(client))
    await run(client, `DELETE FROM ${quote(TABLE)} WHERE expires_at < ?`, [Date.now()]);
}
