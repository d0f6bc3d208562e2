import type { Committed, Undo } from '../../../dialect';
import { rows, type Client, type MysqlSettings } from '../connection/connection';
import { partOf } from '../sql/names';
import { ourTables, readJournals, type Journal } from '../swap/journal';

/** Undos lie in the database itself, so any process finds them, newest first. */
export async function readUndos(client: Client, settings: MysqlSettings): Promise<Undo[]> {
  const journals = (await readJournals(client, settings)).filter(({ state }) => state === 'done');
  if (journals.length === 0) return [];
  const sizes = new Map(
    (
      await rows<{ name: string; bytes: string | null }>(
        client,
        "SELECT TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE '\\_ark\\_%'",
        [client.database],
      )
    ).map(({ name, bytes }) => [name, Number(bytes ?? 0)]),
  );
  return journals.map(({ journal }) => toUndo(journal, sizes));
}

const toUndo = (entry: Journal, sizes: ReadonlyMap<string, number>): Undo => ({
  job: entry.job,
  action: entry.action,
  at: new Date(entry.at),
  expiresAt: new Date(entry.expiresAt),
  source: entry.source,
  collections: entry.collections,
  aside: entry.aside.map(({ relation }) => relation.name),
  bytes: entry.aside.reduce((sum, { kept }) => sum + (sizes.get(kept) ?? 0), 0),
});

export async function undoOf(client: Client, settings: MysqlSettings, job: string): Promise<Undo> {
  const undo = (await readUndos(client, settings)).find((each) => each.job === job);
  if (!undo) throw new Error(`the undo of ${job} is not there`);
  return undo;
}

/** A journal that is none to us may be another account's, or a newer Ark's: then nobody can tell. */
export async function readCommitted(client: Client, settings: MysqlSettings): Promise<Committed> {
  const ours = new Set(
    (await readJournals(client, settings)).filter(({ state }) => state === 'done').map(({ job }) => job),
  );
  const named = new Set(
    (await ourTables(client)).flatMap((name) => {
      const part = partOf(name);
      return part?.part === 'done' ? [part.job] : [];
    }),
  );
  return (job) => (ours.has(job) ? true : named.has(job) ? undefined : false);
}
