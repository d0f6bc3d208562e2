import type { Client } from 'pg';
import { BackupError, throwIfCancelled } from '../../../errors';
import type { RestoreOptions, RestorePlan, RowSource, Undo } from '../../dialect';
import { connect, cut, databaseError, quote, rows, type PostgresSettings } from './connection';
import { dropSchema } from './leftovers';
import { readLive, readTarget } from './live';
import { stageSchema, undoSchema } from './names';
import { planSwap } from './plan';
import { arrivalsOf, narrow, newJournal, refuseBreaks, REPLANS, restless, settle, toUndo } from './replace';
import { stage } from './stage';
import { CommitLost, swap } from './swap';

/** stage → check → swap, on a connection that holds the lock. */
export async function restore(
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
      await options.check(counts);
      throwIfCancelled(options.signal);
      options.onStage('swap');
      const collections = plan.relations.map(({ name }) => ({ name, rows: counts.get(name) ?? 0 }));
      const journal = newJournal(job, 'restore', options, collections, plan);
      const done = await swap(control, plan, {
        arrivals: arrivalsOf(plan, stageName),
        stage: stageName,
        live: settings.schema,
        undo: undoSchema(job),
        journal,
        fingerprint: mark,
        lockTimeoutMs: options.lockTimeoutMs,
        allowBreaks: options.allowBreaks,
        signal: options.signal,
      });
      if (done) return await toUndo(control, journal.job);
      await dropSchema(control, stageName);
      if (attempt === REPLANS) throw restless(settings);
    }
  } catch (error) {
    if (error instanceof CommitLost) return await settle(settings, job, error);
    stop();
    await endSessions(control, clients).catch(() => undefined);
    await dropSchema(control, stageName).catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error, 'restoring');
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** A statement that was on its way when its connection was cut still runs: it must have ended before we clean up. */
export async function endSessions(control: Client, clients: readonly Client[]): Promise<void> {
  const pids = clients.map((client) => (client as unknown as { processID: number | null }).processID);
  for (let tries = 0; tries < 100; tries += 1) {
    const left = await rows(
      control,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY($1)',
      [pids.filter((pid) => pid !== null)],
    );
    if (left.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function checkExtensions(client: Client, wanted: RestorePlan): Promise<void> {
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

export async function checkMayCreateSchema(client: Client, settings: PostgresSettings): Promise<void> {
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
