import { refused, type BackupError } from '../../../../errors/errors';
import { holdLock, jobLock, jobsLock } from '../sql/names';
import { rows, type Client, type MysqlSettings } from './connection';

/** A named lock is the session's: it dies with it. */
export async function tryLock(client: Client, name: string): Promise<boolean> {
  const [row] = await rows<{ won: string | null }>(client, 'SELECT GET_LOCK(?, 0) AS won', [name]);
  return row?.won === '1';
}

export async function freeLock(client: Client, name: string): Promise<void> {
  await rows(client, 'SELECT RELEASE_LOCK(?) AS done', [name]);
}

/** The number of the session that has it. */
export async function holderOf(client: Client, name: string): Promise<string | undefined> {
  const [row] = await rows<{ id: string | null }>(client, 'SELECT IS_USED_LOCK(?) AS id', [name]);
  return row?.id ?? undefined;
}

export const isHeld = async (client: Client): Promise<boolean> =>
  (await holderOf(client, holdLock(client.database))) !== undefined;

/** Who holds the lock of jobs now; it is not taken. */
export async function jobHolder(client: Client, settings: MysqlSettings): Promise<BackupError | undefined> {
  const id = await holderOf(client, jobsLock(client.database));
  return id === undefined ? undefined : refused('job-unseen', { database: settings.label });
}

/** Whether a living session works for that job. */
export const isAlive = async (client: Client, job: string): Promise<boolean> =>
  (await holderOf(client, jobLock(client.database, job))) !== undefined;
