import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { refused } from '../../../../errors/errors';
import { ForeignKey, Relation, SchemaObject } from '../../../schema/structure';
import { journal, partOf, type JournalState } from '../sql/names';
import { quote } from '../sql/quote';
import { rows, run, type Client, type MysqlSettings, type Value } from '../connection/connection';
import { ObjectNative, RelationNative, TriggerNative } from '../structure/structure';

const Structure = Relation.extend({ native: z.object({ mysql: RelationNative }) });
const Standing = SchemaObject.extend({ native: z.object({ mysql: ObjectNative }) });
const KeyOf = z.object({ table: z.string(), key: ForeignKey });
const TriggerOf = z.object({ table: z.string(), trigger: TriggerNative });

/**
 * What a swap writes down before it happens, in a table that the swap itself renames: enough to finish it, and to swap
 * back, for any process.
 */
export const Journal = z.object({
  job: z.string(),
  action: z.enum(['restore', 'undo']),
  at: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** The archive it came from, or the job that was undone. */
  source: z.string(),
  collections: z.array(z.object({ name: z.string(), rows: z.number() })),
  /** What goes aside, as it was, and the name that it waits under. */
  aside: z.array(z.object({ kept: z.string(), relation: Structure })),
  /** Names of what comes: an undo takes it out again. */
  brought: z.array(z.string()),
  /** The same of routines and events; earlier journals have none. */
  asideObjects: z.array(Standing).default([]),
  /** What is made once the tables stand; nothing of it can be made before. */
  after: z.object({
    keys: z.array(KeyOf),
    /** Keys of tables that stay, which went aside with the table that they point at. */
    repointed: z.array(KeyOf),
    triggers: z.array(TriggerOf),
    views: z.array(Structure),
    objects: z.array(Standing).default([]),
  }),
});
export type Journal = z.infer<typeof Journal>;

/** A journal as it lies there. */
export interface Kept {
  readonly job: string;
  readonly state: JournalState;
  readonly journal: Journal;
  /** What was to be made afterwards is made. */
  readonly repaired: boolean;
  /** Of that the routines and events: whatever became of them, they are the app's own from then on. */
  readonly objectsMade: boolean;
}

/**
 * Whoever may make tables here may make one that looks like a journal, and what it says to be made is made with our
 * rights. So it counts only with a sign that needs our account's own password.
 */
const signOf = ({ connection }: MysqlSettings, text: string): Buffer =>
  createHmac('sha256', `ark journal ${connection.user ?? ''} ${connection.password ?? ''}`)
    .update(text)
    .digest();

/** Pieces that any server takes in one packet. */
const PIECE = 512 * 1024;

export const writeJournal = (client: Client, settings: MysqlSettings, entry: Journal): Promise<void> =>
  writeSigned(client, settings, journal(entry.job, 'ready'), entry, {
    comment: `Ark: what a restore has replaced, until ${entry.expiresAt}`,
  });

/** A table that says something; until this resolves it says nothing. The comment is for people. */
export async function writeSigned(
  client: Client,
  settings: MysqlSettings,
  name: string,
  entry: object,
  { comment }: { readonly comment: string },
): Promise<void> {
  const table = quote(name);
  const text = JSON.stringify(entry);
  await run(
    client,
    `CREATE TABLE ${table} (part int NOT NULL PRIMARY KEY, entry longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL)
     ENGINE=InnoDB COMMENT='${comment}'`,
  );
  await run(client, 'START TRANSACTION');
  for (let at = 0; at * PIECE < text.length; at += 1)
    await run(client, `INSERT INTO ${table} VALUES (?, ?)`, [
      at + 1,
      text.slice(at * PIECE, (at + 1) * PIECE),
    ]);
  await run(client, `INSERT INTO ${table} VALUES (0, ?)`, [signOf(settings, text).toString('hex')]);
  await run(client, 'COMMIT');
}

/** From here on no routine and no event is touched any more. */
export const markObjectsMade = (client: Client, job: string): Promise<number> =>
  run(client, `INSERT IGNORE INTO ${quote(journal(job, 'done'))} VALUES (-2, 'objects')`);

/** From here on nothing is left to be made. */
export const markRepaired = (client: Client, job: string): Promise<number> =>
  run(client, `INSERT IGNORE INTO ${quote(journal(job, 'done'))} VALUES (-1, 'repaired')`);

/** All of our account's, newest first. */
export async function readJournals(client: Client, settings: MysqlSettings): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const name of await ourTables(client)) {
    const part = partOf(name);
    if (!part || part.part === 'staged' || part.part === 'undo' || part.part === 'prepared') continue;
    const entry = await readJournal(client, settings, name).catch(() => undefined);
    if (entry?.journal.job === part.job) kept.push({ job: part.job, state: part.part, ...entry });
  }
  return kept.sort((a, b) => (a.journal.at < b.journal.at ? 1 : -1));
}

async function readJournal(
  client: Client,
  settings: MysqlSettings,
  name: string,
): Promise<Pick<Kept, 'journal' | 'repaired' | 'objectsMade'> | undefined> {
  const said = await readSigned(client, settings, name);
  const parsed = Journal.safeParse(said?.entry);
  if (!said || !parsed.success) return undefined;
  return {
    journal: parsed.data,
    repaired: said.parts.includes('-1'),
    objectsMade: said.parts.includes('-2'),
  };
}

/** What a table says that `writeSigned` has written; undefined: it is none of this account's. */
export async function readSigned(
  client: Client,
  settings: MysqlSettings,
  name: string,
): Promise<{ readonly entry: unknown; readonly parts: readonly string[] } | undefined> {
  const parts = await rows<{ part: string; entry: string }>(
    client,
    `SELECT part, entry FROM ${quote(name)} ORDER BY part`,
  );
  const text = parts
    .filter(({ part }) => Number(part) > 0)
    .map(({ entry }) => entry)
    .join('');
  const sign = Buffer.from(parts.find(({ part }) => part === '0')?.entry ?? '', 'hex');
  const own = signOf(settings, text);
  if (sign.length !== own.length || !timingSafeEqual(sign, own)) return undefined;
  return { entry: JSON.parse(text), parts: parts.map(({ part }) => part) };
}

/** What Ark has made in this database, tables and views. */
export async function ourTables(client: Client): Promise<string[]> {
  const tables = await rows<{ name: string }>(
    client,
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE '\\_ark\\_%' ORDER BY 1",
    [client.database] satisfies Value[],
  );
  return tables.map(({ name }) => name).filter((name) => partOf(name) !== undefined);
}

export async function journalOf(client: Client, settings: MysqlSettings, job: string): Promise<Kept> {
  const kept = (await readJournals(client, settings)).find(
    (each) => each.job === job && each.state === 'done',
  );
  if (kept) return kept;
  throw refused('undo-gone', { job });
}
