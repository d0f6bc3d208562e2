import type { Client } from 'pg';
import { BackupError, refused } from '../../../../errors/errors';
import { refuseCode } from '../../../schema/code';
import type { Database, Lock } from '../../../dialect';
import { hasRows } from '../../../schema/structure';
import { literal } from '../sql/quote';
import { rows, type PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { dropSchema, dropUndoSchema, removeLeftovers } from '../swap/leftovers';
import { waitingStage } from '../swap/prepared';
import { undoSchema } from '../sql/names';
import { isStandby } from '../connection/identity';
import { connectAgain, leave } from '../connection/looker';
import { readLive, readTarget } from '../catalog/live';
import { planCode } from '../plan/planCode';
import { restoreAside } from './aside';
import { makeFresh } from './fresh';
import { rehearse } from './rehearse';
import { LOCK_KEY, tryLock } from '../swap/replace';
import { holderOf, type LockHolder } from '../connection/locks';
import { prepare } from './prepare';
import { restore } from './restore';
import { swapPrepared } from './swapPrepared';
import { checkSpace } from './space';
import { tiesTo } from '../catalog/ties';
import { noUndo, undo } from './undo';
import { dropExpired, dropKept } from '../rows/keptRows';
import { writeRows } from '../rows/writeRows';
import { wantedOf } from '../neutral/wanted';
import { readJournals } from '../swap/undos';

/**
 * The swap runs on the very connection that holds the lock: if this process dies between sending COMMIT and
 * hearing of it, nobody else gets the lock before the server has made up its mind.
 */
export async function takeLock(
  settings: PostgresSettings,
  job: string,
  open: (settings: PostgresSettings) => Database,
): Promise<Lock> {
  // Not "job" yet: whoever has the lock ends the sessions of jobs that do not have it.
  const client = await connectAgain(settings, `waiting ${job}`);
  try {
    if (!(await tryLock(client))) throw await jobBusy(client, settings);
    await client.query(`SET application_name = ${literal(`ark job ${job}`)}`);
    // What a standby has, the primary's jobs may be working on: it is theirs to remove.
    if (!(await isStandby(client))) {
      await removeLeftovers(client, job);
      await dropExpired(client);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw databaseError(error, 'taking the lock for the job');
  }

  return {
    restore: (plan, source, options) => restore(settings, client, job, wantedOf(plan), source, options),
    prepare: (plan, source, options) => prepare(settings, client, job, wantedOf(plan), source, options),
    swapPrepared: (prepared, plan, options) =>
      swapPrepared(settings, client, job, prepared, wantedOf(plan), options),
    async dropPrepared(prepared) {
      const { schema } = await waitingStage(client, prepared);
      await dropSchema(client, schema).catch((error: unknown) => {
        throw databaseError(error, 'deleting what was prepared');
      });
    },
    undo: (undone, options) => undo(settings, client, job, undone, options),
    writeRows: (changes, options) => writeRows(settings, client, job, changes, options),
    async dropRows(which) {
      if (!(await dropKept(client, which))) throw noUndo(which);
    },
    rehearse: (plan, source, options) => rehearse(settings, client, job, wantedOf(plan), source, options),
    aside: (plan, source, options) => restoreAside(settings, client, job, wantedOf(plan), source, options),
    async fresh(plan, source, options) {
      const wanted = wantedOf(plan);
      // What is here already needs no consent, and in an empty database nothing is.
      const { live } = await readLive(client, settings.schema);
      refuseCode((await planCode(wanted, live, await readTarget(client), true)).code, options.allowCode);
      const space = await checkSpace(client, settings, wanted.schema.relations.filter(hasRows), source);
      const made = await makeFresh(settings, client, job);
      if ('why' in made) return made;
      options.onSpace(space);
      return { database: open(made.settings), drop: () => made.drop() };
    },
    async dropUndo(which, { allowBreaks = false } = {}) {
      const journals = await readJournals(client);
      if (!journals.some((journal) => journal.journal.job === which)) throw noUndo(which);
      const ties = await tiesTo(client, undoSchema(which));
      if (ties.length > 0 && !allowBreaks) {
        throw refused('ties-of-undo', { undo: which, ties }, { way: 'allowBreaks' });
      }
      await dropUndoSchema(client, undoSchema(which)).catch((error: unknown) => {
        throw databaseError(error, 'deleting an undo');
      });
      return ties;
    },
    // Whoever looks at how it ended looks through the same session.
    release: () => leave(settings, client),
  };
}

/** Anybody who may connect can hold an advisory lock, so the holder need not be an Ark: all that can be seen is said. */
const HOLDERS = `SELECT l.pid, a.usename AS role, a.application_name AS app, a.backend_start AS since
  FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND (l.classid, l.objid, l.objsubid) = (${LOCK_KEY}, 2)
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1`;

/** Who holds the lock now; it is not taken. */
export async function lockHolder(
  client: Client,
  settings: PostgresSettings,
): Promise<BackupError | undefined> {
  const [holder] = await rows<LockHolder>(client, HOLDERS);
  return holder && busyWith(holder, settings);
}

/** Of a lock that could not be had; who has it may have let it go meanwhile. */
const jobBusy = async (client: Client, settings: PostgresSettings): Promise<BackupError> =>
  (await lockHolder(client, settings).catch(() => undefined)) ?? busyWith(undefined, settings);

function busyWith(holder: LockHolder | undefined, settings: PostgresSettings): BackupError {
  const database = settings.label;
  if (!holder) return refused('job-unseen', { database });
  const told = { database, who: holderOf(holder) };
  return holder.app && !holder.app.startsWith('ark ')
    ? refused('job-lock-held', told)
    : refused('job-of-database', told);
}
