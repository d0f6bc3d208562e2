import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { RestoreOptions, RestorePlan, RowSource, Undo } from '../../../dialect';
import type { Client, MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { planned, readyAndSwap } from './planned';
import { withWorkers } from '../load/workers';
import { journal, staged as stagedName } from '../sql/names';
import { drop } from '../swap/leftovers';
import { readJournals } from '../swap/journal';
import { naming, readStaged, stage } from './stage';
import { tryOut } from './tryOut';

/** How often a swap is planned anew because others changed the structure meanwhile. */
const REPLANS = 3;

/** stage → check → swap, on a connection that holds the lock. */
export async function restore(
  settings: MysqlSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  source: RowSource,
  options: RestoreOptions,
): Promise<Undo> {
  let names: string[] = [];
  try {
    return await withWorkers(settings, control, options, async (clients) => {
      for (let attempt = 1; attempt <= REPLANS; attempt += 1) {
        const plan = await planned(control, wanted, options);
        const nameOf = naming(plan.tables, (at) => stagedName(job, at));
        names = plan.tables.map(({ name }) => nameOf(name));
        const staged = await stage(clients, plan, nameOf, source, options);
        const spare = (at: number) => stagedName(job, plan.tables.length + at);
        const unmade = await tryOut(control, plan, nameOf, spare);
        await options.check(staged.rows, (name) => readStaged(clients, plan.tables, nameOf, name));
        const done = await readyAndSwap(
          settings,
          control,
          job,
          wanted,
          plan,
          { ...staged, unmade, nameOf },
          options,
        );
        if (done) return done;
        await drop(control, [...names, journal(job, 'ready')]);
      }
      throw refused('tables-altered', { database: settings.label });
    });
  } catch (error) {
    await clean(settings, control, job, names).catch(() => undefined);
    throwIfCancelled(options.signal);
    throw databaseError(error);
  }
}

/** What has changed places is not ours to remove any more: its journal says so. */
async function clean(
  settings: MysqlSettings,
  control: Client,
  job: string,
  names: readonly string[],
): Promise<void> {
  const mine = (await readJournals(control, settings)).find((each) => each.job === job);
  if (mine?.state !== 'done') await drop(control, [...names, journal(job, 'ready')]);
}
