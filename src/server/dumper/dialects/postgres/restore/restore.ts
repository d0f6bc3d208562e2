import type { Client } from 'pg';
import { throwIfCancelled } from '../../../../errors/errors';
import type { RestoreOptions, RowSource, Undo } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import type { PostgresSettings } from '../connection/connection';
import { makeExtensions } from '../plan/extensions';
import { databaseError } from '../connection/failure';
import { dropSchema } from '../swap/leftovers';
import { stageSchema } from '../sql/names';
import { replace, settle } from '../swap/replace';
import { loadOf } from './stage';
import { readStaged } from './staged';
import { CommitLost } from '../swap/swap';
import { withWorkers } from '../connection/workers';
import { Seen, extensionsFor, plan, stagePlanned, readyToSwap, checkMayCreateSchema } from './planned';

/** stage → check → swap, on a connection that holds the lock. */
export async function restore(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: Wanted,
  source: RowSource,
  options: RestoreOptions,
): Promise<Undo> {
  await checkMayCreateSchema(control, settings);
  const extensions = await extensionsFor(control, wanted, options);
  const made = await makeExtensions(control, extensions);
  const stageName = stageSchema(job);
  try {
    return await withWorkers(settings, control, job, options, loadOf(wanted.schema, source), (clients) => {
      options.onStage('stage');
      const seen = new Seen(options);
      return replace(settings, control, job, 'restore', { ...options, ...seen.told }, async () => {
        const planned = await plan(control, settings, wanted, extensions, options);
        const loaded = await stagePlanned(clients, settings, stageName, planned, source, options);
        await options.check(loaded.rows, (name) =>
          readStaged(clients, stageName, planned.plan.relations, name),
        );
        return await readyToSwap(control, settings, job, stageName, wanted, planned, loaded, options, seen);
      });
    });
  } catch (error) {
    if (error instanceof CommitLost) return await settle(settings, job, error);
    await dropSchema(control, stageName).catch(() => undefined);
    await made.takeAway().catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error, 'restoring');
  }
}
