import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { RestoreOptions, RestorePlan, RowSource, Undo } from '../../../dialect';
import { describe } from '../catalog/describe';
import type { Client, MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { withWorkers } from '../load/workers';
import { planRestore, refuseNewCode } from '../plan/plan';
import { journal, staged as stagedName } from '../sql/names';
import { drop } from '../swap/leftovers';
import { readJournals } from '../swap/journal';
import { keepCounters } from './counters';
import { previewSwap } from './preview';
import { naming, readStaged, stage } from './stage';
import { refuseBreaks } from '../../../app/warning';
import { swap } from './swap';
import { tryOut, without } from './tryOut';

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
        const live = await describe(control);
        const plan = planRestore(wanted, live.schema.relations);
        refuseNewCode(plan, options.allowCode);
        options.onLeftOut(plan.leftOut);
        options.onMissing([]);
        options.onBreaks(refuseBreaks(plan.warnings, options.allowBreaks));
        const nameOf = naming(plan.tables, (at) => stagedName(job, at));
        names = plan.tables.map(({ name }) => nameOf(name));
        const staged = await stage(clients, plan, nameOf, source, options);
        const spare = (at: number) => stagedName(job, plan.tables.length + at);
        const unmade = await tryOut(control, plan, nameOf, spare);
        await options.check(staged.rows, (name) => readStaged(clients, plan.tables, nameOf, name));
        await options.ready(
          async () =>
            (
              await previewSwap(
                control,
                plan,
                await describe(control),
                wanted.rows ?? new Map(),
                wanted.createdAt,
              )
            ).collections,
        );
        throwIfCancelled(options.signal);
        options.onStage('swap');
        const blemishes = [...plan.blemishes, ...staged.blemishes, ...unmade];
        options.onBlemishes(blemishes);
        const waiting = new Map(plan.tables.map(({ name }) => [name, nameOf(name)]));
        const done = await swap(
          settings,
          control,
          {
            job,
            action: 'restore',
            plan: without(plan, unmade),
            keys: staged.keys,
            rows: staged.rows,
            waiting,
          },
          {
            ...options,
            last: () => keepCounters(control, options.counters, plan, waiting),
            onUnmade: (more) => options.onBlemishes([...blemishes, ...more]),
          },
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
