import type { Client } from 'pg';
import { BackupError, throwIfCancelled } from '../../../errors';
import type { Lock, RestoreOptions, RestorePlan, RowSource, Undo } from '../../dialect';
import { objectKey, relationKey } from '../../structure';
import { connect, cut, databaseError, quote, rows, type PostgresSettings } from './connection';
import type { Target } from './ddl';
import { describeSchema, type Description } from './describe';
import { stageSchema, undoSchema } from './names';
import { movableKind, movableOfRelation, planSwap, type Incoming, type Movable, type SwapPlan } from './plan';
import { dropSchema, removeLeftovers } from './leftovers';
import { stage } from './stage';
import { fingerprint, swap, tiesTo, type Journal } from './swap';
import { describeUndo, readUndos } from './undos';

/** Two numbers that mean "a job of Ark" to PostgreSQL; advisory locks are a database's own. */
const LOCK_KEY = '1095912235, 0';

const DAY = 24 * 60 * 60 * 1000;

/**
 * The swap runs on the very connection that holds the lock: if this process dies between sending COMMIT and
 * hearing of it, nobody else gets the lock before the server has made up its mind.
 */
export async function takeLock(settings: PostgresSettings, job: string): Promise<Lock> {
  const client = await connect(settings, `job ${job}`);
  try {
    const [got] = await rows<{ won: boolean }>(client, `SELECT pg_try_advisory_lock(${LOCK_KEY}) AS won`);
    if (!got?.won) throw await busy(client, settings);
    await removeLeftovers(client, job);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw databaseError(error, 'taking the lock for the job');
  }

  return {
    restore: (plan, source, options) => restore(settings, client, job, plan, source, options),
    undo: (undone, options) => undo(settings, client, job, undone, options),
    async dropUndo(which) {
      const found = (await readUndos(client)).find((one) => one.job === which);
      if (!found) throw noUndo(which);
      const ties = await tiesTo(client, undoSchema(which));
      if (ties.length > 0) {
        throw new BackupError(
          'DEPENDENT_WOULD_BREAK',
          `These still use what ${which} replaced and would be dropped with it: ${ties.join('; ')}. Drop or change them first.`,
        );
      }
      await dropSchema(client, undoSchema(which));
    },
    release: () => client.end().catch(() => undefined),
  };
}

async function busy(client: Client, settings: PostgresSettings): Promise<BackupError> {
  const [holder] = await rows<{ pid: number; app: string; since: Date }>(
    client,
    `SELECT l.pid, a.application_name AS app, a.backend_start AS since FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1095912235 AND l.objid = 0
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1`,
  ).catch(() => []);
  const who = holder ? ` (${holder.app}, since ${holder.since.toISOString()})` : '';
  return new BackupError(
    'JOB_BUSY',
    `Another job is running on ${settings.label}${who}. Wait until it has ended.`,
  );
}

export const noUndo = (job: string): BackupError =>
  new BackupError(
    'UNDO_UNKNOWN',
    `There is nothing to undo for ${job}. It may have expired or been undone already.`,
  );

export async function readTarget(client: Client): Promise<Target> {
  const [server] = await rows<{ user: string; version: string }>(
    client,
    "SELECT current_user AS user, current_setting('server_version_num') AS version",
  );
  const roles = await rows<{ name: string; usable: boolean }>(
    client,
    `SELECT rolname AS name, pg_has_role(oid, 'MEMBER') AND rolname <> current_user AND rolname !~ '^pg_' AS usable FROM pg_roles`,
  );
  return {
    user: server?.user ?? '',
    version: Number(server?.version),
    roles: new Set(roles.map((one) => one.name)),
    owners: new Set(roles.filter((one) => one.usable).map((one) => one.name)),
  };
}

/** The live schema at one moment, with the mark by which a later look can tell whether it has changed. */
export async function readLive(client: Client, schema: string): Promise<{ live: Description; mark: string }> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const mark = await fingerprint(client, schema);
    return { live: await describeSchema(client, schema), mark };
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Only the roles that own something here need to be let into the staging schema. */
function narrow(target: Target, plan: SwapPlan): Target {
  const used = new Set([...plan.relations, ...plan.carried, ...plan.objects].map((one) => one.owner));
  return { ...target, owners: new Set([...target.owners].filter((owner) => used.has(owner))) };
}

function arrivalsOf(plan: SwapPlan, schema: string): { schema: string; movable: Movable }[] {
  return [
    ...plan.objects.map((one) => ({ kind: movableKind(one), identity: one.identity })),
    ...plan.relations.flatMap(movableOfRelation),
  ].map((movable) => ({ schema, movable }));
}

const broughtBy = (plan: SwapPlan): string[] => [
  ...plan.relations.map((one) => relationKey(one.name)),
  ...plan.carried.map((one) => relationKey(one.name)),
  ...plan.objects.map(objectKey),
];

const REPLANS = 3;

async function restore(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  source: RowSource,
  options: RestoreOptions,
): Promise<Undo> {
  await checkExtensions(control, wanted);
  await checkMayCreateSchema(control, settings);
  const stageName = stageSchema(job);
  const clients: Client[] = [];
  const stop = () => clients.forEach(cut);
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    for (let i = 0; i < options.workers; i += 1) clients.push(await connect(settings, `job ${job}`));
    // Whatever came after the signal was not cut by it.
    throwIfCancelled(options.signal);
    options.onStage('stage');
    let counts = new Map<string, number>();
    for (let attempt = 1; ; attempt += 1) {
      const target = await readTarget(control);
      const { live, mark } = await readLive(control, settings.schema);
      const plan = planSwap(wanted.schema, live, { selected: wanted.selected, all: wanted.all, target });
      refuseBreaks(plan, options.allowBreaks);
      counts = await stage(clients, plan, wanted.schema, live, source, {
        stage: stageName,
        path: [settings.schema],
        target: narrow(target, plan),
        signal: options.signal,
        onRows: (rows, bytes) => options.onRows(rows, bytes),
        onStage: (stage) => options.onStage(stage),
      });
      options.check(counts);
      throwIfCancelled(options.signal);
      options.onStage('swap');
      const collections = plan.relations.map(({ name }) => ({ name, rows: counts.get(name) ?? 0 }));
      const journal = newJournal(job, 'restore', options, collections, plan);
      const done = await swap(control, plan, {
        arrivals: [
          ...arrivalsOf(plan, stageName),
          ...plan.carried.flatMap(movableOfRelation).map((movable) => ({ schema: stageName, movable })),
        ],
        stage: stageName,
        live: settings.schema,
        undo: undoSchema(job),
        journal,
        fingerprint: mark,
        lockTimeoutMs: options.lockTimeoutMs,
        allowBreaks: options.allowBreaks,
        signal: options.signal,
      });
      if (done) return await toUndo(control, journal);
      await dropSchema(control, stageName);
      if (attempt === REPLANS) throw restless(settings);
    }
  } catch (error) {
    stop();
    await dropSchema(control, stageName).catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error, 'restoring');
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

async function undo(
  settings: PostgresSettings,
  control: Client,
  job: string,
  undone: string,
  options: Pick<RestoreOptions, 'keepUndoDays' | 'lockTimeoutMs' | 'allowBreaks' | 'signal'>,
): Promise<Undo> {
  const stageName = stageSchema(job);
  const worker = await connect(settings, `job ${job}`);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const found = await describeUndo(control, undone);
      if (!found) throw noUndo(undone);
      const { incoming, journal: past } = found;
      const target = await readTarget(control);
      const { live, mark } = await readLive(control, settings.schema);
      const planned = planSwap(incoming, live, {
        selected: new Set(incoming.relations.map((one) => one.name)),
        all: false,
        target,
        takeBack: new Set(past.brought),
      });
      const plan: SwapPlan = {
        ...planned,
        arriving: past.leaving,
        redefined: past.redefined.map(({ before, now }) => ({ before: now, now: before })),
      };
      refuseBreaks(plan, options.allowBreaks);
      // Nothing is loaded: only views of others on top of what changes place are made anew.
      await stageCarried(worker, plan, incoming, live, {
        stage: stageName,
        path: [undoSchema(undone), settings.schema],
        target: narrow(target, plan),
      });
      const collections = plan.relations.map(({ name }) => ({ name, rows: 0 }));
      const journal = newJournal(job, 'undo', { ...options, source: undone }, collections, plan);
      const done = await swap(control, plan, {
        arrivals: [
          ...arrivalsOf(plan, undoSchema(undone)),
          ...plan.carried.flatMap(movableOfRelation).map((movable) => ({ schema: stageName, movable })),
        ],
        stage: stageName,
        live: settings.schema,
        undo: undoSchema(job),
        journal,
        fingerprint: mark,
        lockTimeoutMs: options.lockTimeoutMs,
        allowBreaks: options.allowBreaks,
        signal: options.signal,
      });
      if (!done) await dropSchema(control, stageName);
      else {
        // The old undo schema holds nothing but its journal now.
        await dropSchema(control, undoSchema(undone));
        return await toUndo(control, journal);
      }
      if (attempt === REPLANS) throw restless(settings);
    }
  } catch (error) {
    await dropSchema(control, stageName).catch(() => undefined);
    throw databaseError(error, 'undoing');
  } finally {
    await worker.end().catch(() => undefined);
  }
}

async function stageCarried(
  worker: Client,
  plan: SwapPlan,
  incoming: Incoming,
  live: Description,
  names: { stage: string; path: readonly string[]; target: Target },
): Promise<void> {
  const none = { bytes: () => 0, chunks: async function* () {} };
  const views: SwapPlan = { ...plan, relations: [], objects: [] };
  await stage([worker], views, { ...incoming, order: [] }, live, none, {
    ...names,
    onRows: () => undefined,
    onStage: () => undefined,
  });
}

function newJournal(
  job: string,
  action: Journal['action'],
  { source, keepUndoDays }: { source: string; keepUndoDays: number },
  collections: Journal['collections'],
  plan: SwapPlan,
): Journal {
  const at = new Date();
  return {
    job,
    action,
    at: at.toISOString(),
    expiresAt: new Date(at.getTime() + keepUndoDays * DAY).toISOString(),
    source,
    collections,
    brought: broughtBy(plan),
    leaving: [...plan.leaving],
    redefined: [...plan.redefined],
  };
}

async function toUndo(client: Client, journal: Journal): Promise<Undo> {
  const found = (await readUndos(client)).find((one) => one.job === journal.job);
  if (!found) throw new Error(`the undo of ${journal.job} is not there`);
  return found;
}

function refuseBreaks(plan: SwapPlan, allow: boolean): void {
  const breaks = plan.warnings.filter((one) => one.kind === 'breaks');
  if (allow || breaks.length === 0) return;
  throw new BackupError(
    'DEPENDENT_WOULD_BREAK',
    `${breaks.map((one) => one.message).join(' ')} Nothing was changed. Allow it explicitly (--allow-breaks) to go on.`,
  );
}

const restless = (settings: PostgresSettings): BackupError =>
  new BackupError(
    'TABLE_LOCKED',
    `The structure of ${settings.label} was changed by others again and again during the restore. Nothing was changed by Ark. Try again when nobody alters tables.`,
  );

async function checkExtensions(client: Client, wanted: RestorePlan): Promise<void> {
  const here = await rows<{ name: string }>(client, 'SELECT extname AS name FROM pg_extension');
  const names = new Set(here.map((one) => one.name));
  const missing = wanted.extensions.filter((one) => !names.has(one.name));
  if (missing.length === 0) return;
  throw new BackupError(
    'EXTENSION_MISSING',
    `The backup's database uses ${missing.map((one) => one.name).join(', ')}, which this one does not have. Nothing was changed. Run: ${missing
      .map((one) => `CREATE EXTENSION ${quote(one.name)};`)
      .join(' ')}`,
  );
}

async function checkMayCreateSchema(client: Client, settings: PostgresSettings): Promise<void> {
  const [may] = await rows<{ may: boolean; user: string }>(
    client,
    `SELECT has_database_privilege(current_database(), 'CREATE') AS may, current_user AS user`,
  );
  if (may?.may) return;
  throw new BackupError(
    'SCHEMA_NOT_ALLOWED',
    `${may?.user ?? 'The user'} may not create schemas in ${settings.label}, which a restore needs for staging. Nothing was changed. Run as the database's owner: GRANT CREATE ON DATABASE ... TO ${may?.user ?? '...'};`,
  );
}
