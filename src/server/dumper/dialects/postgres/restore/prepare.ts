import type { Client } from 'pg';
import { throwIfCancelled } from '../../../../errors/errors';
import type { PrepareOptions, RowSource } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import type { PostgresSettings } from '../connection/connection';
import { makeExtensions } from '../plan/extensions';
import { databaseError } from '../connection/failure';
import { dropSchema } from '../swap/leftovers';
import { stageSchema } from '../sql/names';
import { digestOf, keepStage } from '../swap/prepared';
import { loadOf } from './stage';
import { readStaged } from './staged';
import { withWorkers } from '../connection/workers';
import { Seen, extensionsFor, plan, stagePlanned, checkMayCreateSchema } from './planned';

/** What is made for it of extensions stays, as with a restore that is killed: it holds no rows of anybody's. */
export async function prepare(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: Wanted,
  source: RowSource,
  options: PrepareOptions,
): Promise<void> {
  await checkMayCreateSchema(control, settings);
  const extensions = await extensionsFor(control, wanted, options);
  const made = await makeExtensions(control, extensions);
  const stageName = stageSchema(job);
  try {
    await withWorkers(settings, control, job, options, loadOf(wanted.schema, source), async (clients) => {
      options.onStage('stage');
      const seen = new Seen(options);
      const planned = await plan(control, settings, wanted, extensions, options);
      const { rows: counts, blemishes } = await stagePlanned(
        clients,
        settings,
        stageName,
        planned,
        source,
        options,
      );
      seen.begin([...blemishes, ...planned.plan.emptied], planned.plan.relations);
      await options.check(counts, (name) => readStaged(clients, stageName, planned.plan.relations, name));
      throwIfCancelled(options.signal);
      await keepStage(control, job, {
        expiresAt: options.expiresAt.toISOString(),
        plan: digestOf(planned.plan),
        live: digestOf(planned.mark),
        rows: [...counts],
        blemishes: [...blemishes],
        entry: options.record(),
      });
    });
  } catch (error) {
    await dropSchema(control, stageName).catch(() => undefined);
    await made.takeAway().catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error, 'preparing a restore');
  }
}
