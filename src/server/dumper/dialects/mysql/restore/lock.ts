import type { Database, Lock } from '../../../dialect';
import { refused } from '../../../../errors/errors';
import { connect, end, type MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { jobHolder, tryLock } from '../connection/locks';
import { jobLock, jobsLock } from '../sql/names';
import { dropStage, dropUndo, removeLeftovers } from '../swap/leftovers';
import { waitingStage } from '../swap/prepared';
import { dropExpired, dropKept } from '../rows/keptRows';
import { writeRows } from '../rows/writeRows';
import { restoreAside } from './aside';
import { makeFresh, rehearse } from './rehearse';
import { prepare } from './prepare';
import { restore } from './restore';
import { swapPrepared } from './swapPrepared';
import { undo } from './undo';

/**
 * The swap runs on the very connection that holds the lock: if this process dies with it under way, nobody else gets the
 * lock before the server has made up its mind.
 */
export async function takeLock(
  settings: MysqlSettings,
  job: string,
  open: (settings: MysqlSettings) => Database,
): Promise<Lock> {
  const client = await connect(settings);
  try {
    if (!(await tryLock(client, jobsLock(client.database))))
      throw (await jobHolder(client, settings)) ?? refused('job-unseen', { database: settings.label });
    await tryLock(client, jobLock(client.database, job));
    await removeLeftovers(client, settings);
    await dropExpired(client);
  } catch (error) {
    await end(client);
    throw databaseError(error);
  }
  return {
    restore: (plan, source, options) => restore(settings, client, job, plan, source, options),
    prepare: (plan, source, options) => prepare(settings, client, job, plan, source, options),
    swapPrepared: (prepared, plan, options) => swapPrepared(settings, client, job, prepared, plan, options),
    async dropPrepared(prepared) {
      await dropStage(client, await waitingStage(client, settings, prepared));
    },
    undo: (undone, options) => undo(settings, client, job, undone, options),
    writeRows: (changes, options) => writeRows(client, job, changes, options),
    async dropRows(which) {
      if (!(await dropKept(client, which))) throw refused('undo-gone', { job: which });
    },
    rehearse: (plan, source, options) => rehearse(settings, client, job, plan, source, options),
    aside: (plan, source, options) => restoreAside(settings, client, job, plan, source, options),
    fresh: (plan, source, options) => makeFresh(settings, client, job, plan, source, options, open),
    async dropUndo(which) {
      try {
        await dropUndo(client, settings, which);
        return [];
      } catch (error) {
        throw databaseError(error);
      }
    },
    release: () => end(client),
  };
}
