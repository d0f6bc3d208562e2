import { freshDatabase, isFreshOf, journal, partOf, prepared } from '../sql/names';
import { quote } from '../sql/quote';
import { rows, run, type Client, type MysqlSettings } from '../connection/connection';
import { isAlive } from '../connection/locks';
import { endDeadWorkers } from '../load/workers';
import { journalOf, ourTables, readJournals } from './journal';
import { isDue, waitingStages, type KeptStage } from './prepared';
import { dropTrials } from './objects';
import { repair } from './repair';

/**
 * Only one job runs at a time, and it is ours: what other jobs have staged belongs to the dead. A swap that has happened
 * is finished, and undos whose time is up go.
 */
export async function removeLeftovers(client: Client, settings: MysqlSettings): Promise<void> {
  await endDeadWorkers(client);
  const journals = await readJournals(client, settings);
  for (const { journal: entry, state, repaired, objectsMade } of journals)
    if (state === 'done' && !repaired) await repair(client, entry, { objectsMade });
  const done = new Set(journals.filter(({ state }) => state === 'done').map(({ job }) => job));
  const parts = (await ourTables(client)).map((name) => ({ name, ...partOf(name) }));
  // What went aside stays as long as its journal does, of another account too.
  const kept = new Set(parts.filter(({ part }) => part === 'done').map(({ job }) => job));
  const waits = new Set((await waitingStages(client, settings)).filter(isDue).map(({ job }) => job));
  const dead = parts.filter(({ job, part }) => {
    // Once its record has gone with the swap nothing of it waits any more.
    if (part === 'staged' || part === 'prepared') return !waits.has(job ?? '');
    return part === 'ready' || (part !== 'done' && !kept.has(job));
  });
  await dropTrials(client, (job) => !waits.has(job));
  // The journal last: until then it says whose the others are.
  await drop(client, [
    ...dead.filter(({ part }) => part === 'staged' || part === 'undo').map(({ name }) => name),
    ...dead.filter(({ part }) => part !== 'staged' && part !== 'undo').map(({ name }) => name),
  ]);
  for (const { job, journal: entry } of journals)
    if (done.has(job) && new Date(entry.expiresAt) < new Date()) await dropUndo(client, settings, job);
  for (const name of await freshDatabases(client))
    await run(client, `DROP DATABASE IF EXISTS ${quote(name)}`).catch(() => undefined);
}

/** Staged tables of jobs that nobody works on any more. */
export async function readLeftovers(
  client: Client,
  settings: MysqlSettings,
): Promise<{ name: string; bytes: number }[]> {
  const waits = new Set((await waitingStages(client, settings)).filter(isDue).map(({ job }) => job));
  const tables = await rows<{ name: string; bytes: string | null }>(
    client,
    `SELECT TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE '\\_ark\\_%' ORDER BY 1`,
    [client.database],
  );
  const jobs = new Map<string, number>();
  for (const { name, bytes } of tables) {
    const part = partOf(name);
    if (part?.part !== 'staged' && part?.part !== 'ready' && part?.part !== 'prepared') continue;
    if (waits.has(part.job)) continue;
    jobs.set(part.job, (jobs.get(part.job) ?? 0) + Number(bytes ?? 0));
  }
  const left: { name: string; bytes: number }[] = [];
  for (const [job, bytes] of jobs)
    if (!(await isAlive(client, job))) left.push({ name: `_ark_${job}`, bytes });
  for (const name of await freshDatabases(client)) {
    const job = name.slice(freshDatabase(client.database, '').length);
    if (!(await isAlive(client, job))) left.push({ name, bytes: 0 });
  }
  return left;
}

async function freshDatabases(client: Client): Promise<string[]> {
  const databases = await rows<{ name: string }>(
    client,
    "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ark\\_rehearsal\\_%'",
  );
  return databases.map(({ name }) => name).filter((name) => isFreshOf(client.database, name));
}

/**
 * One by one, as the server does it anyway: from the moment on that its journal is no undo's any more, whoever comes next
 * goes on.
 */
export async function dropUndo(client: Client, settings: MysqlSettings, job: string): Promise<void> {
  const { journal: entry } = await journalOf(client, settings, job);
  await run(client, `RENAME TABLE ${quote(journal(job, 'done'))} TO ${quote(journal(job, 'spent'))}`);
  await drop(client, [...entry.aside.map(({ kept }) => kept), journal(job, 'spent')]);
}

/** From the moment on that its record is none any more, whoever comes next goes on. */
export async function dropStage(client: Client, { job, waiting }: KeptStage): Promise<void> {
  await run(client, `RENAME TABLE ${quote(prepared(job))} TO ${quote(journal(job, 'spent'))}`);
  await drop(client, [...waiting.map(([, table]) => table), journal(job, 'spent')]);
}

/** Drops what there is of these, whatever it is; keys between them are no reason to keep any. */
export async function drop(client: Client, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const types = new Map(
    (
      await rows<{ name: string; type: string }>(
        client,
        'SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?)',
        [client.database, names],
      )
    ).map(({ name, type }) => [name, type]),
  );
  await run(client, 'SET SESSION foreign_key_checks = 0');
  try {
    for (const name of names) {
      const type = types.get(name);
      if (type !== undefined)
        await run(client, `DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} IF EXISTS ${quote(name)}`);
    }
  } finally {
    await run(client, 'SET SESSION foreign_key_checks = 1').catch(() => undefined);
  }
}
