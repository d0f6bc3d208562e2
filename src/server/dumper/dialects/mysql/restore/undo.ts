import { refused } from '../../../../errors/errors';
import type { RestoreOptions, Undo } from '../../../dialect';
import { checkSchema } from '../structure/checkSchema';
import { describe, type Description } from '../catalog/describe';
import type { Client, MysqlSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { planSwap, type SwapPlan } from '../plan/plan';
import { goingObjects, planObjectsBack } from '../plan/planObjects';
import { nameOf } from '../structure/neutral';
import { drop } from '../swap/leftovers';
import { journal, staged } from '../sql/names';
import { journalOf, type Journal } from '../swap/journal';
import { copyCounters, keepCounters } from './counters';
import { refuseBreaks } from '../../../app/warning';
import { swap } from './swap';

const REPLANS = 3;

type UndoOptions = Pick<
  RestoreOptions,
  'keepUndoDays' | 'lockTimeoutMs' | 'allowBreaks' | 'counters' | 'signal'
> &
  Partial<Pick<RestoreOptions, 'onBlemishes'>>;

/** The swap the other way, with what a restore moved aside as the side that comes. */
export async function undo(
  settings: MysqlSettings,
  control: Client,
  job: string,
  undone: string,
  options: UndoOptions,
): Promise<Undo> {
  const copy = staged(job, 0);
  try {
    for (let attempt = 1; attempt <= REPLANS; attempt += 1) {
      const { plan, waiting: kept } = await planUndo(control, settings, undone);
      refuseBreaks(plan.warnings, options.allowBreaks);
      const copied = await copyCounters(control, options.counters, plan, kept, copy);
      const waiting = copied ? new Map([...kept, [copied.table, copy] as const]) : kept;
      const done = await swap(
        settings,
        control,
        {
          job,
          action: 'undo',
          plan,
          keys: plan.keys,
          rows: new Map(),
          waiting,
          spent: { job: undone, table: journal(undone, 'done') },
        },
        {
          ...options,
          source: undone,
          last: () => keepCounters(control, options.counters, plan, waiting),
          onUnmade: (unmade) => options.onBlemishes?.(unmade),
        },
      );
      if (done) {
        // Whoever comes next does it if this does not.
        const spent = [...(copied ? [copied.kept] : []), journal(undone, 'spent')];
        await drop(control, spent).catch(() => undefined);
        return done;
      }
      await drop(control, [copy]);
    }
    throw refused('tables-altered', { database: settings.label });
  } catch (error) {
    await drop(control, [copy, journal(job, 'ready')]).catch(() => undefined);
    throw databaseError(error);
  }
}

/** What an undo would do, and all that it was decided from. Rejects with UNDO_UNKNOWN. */
export async function planUndo(
  client: Client,
  settings: MysqlSettings,
  undone: string,
): Promise<{
  readonly plan: ReturnType<typeof planSwap> & Pick<SwapPlan, 'objects'>;
  readonly live: Description;
  readonly past: Journal;
  /** By its name, where what comes back waits. */
  readonly waiting: ReadonlyMap<string, string>;
}> {
  const { journal: past } = await journalOf(client, settings, undone);
  const live = await describe(client);
  const back = past.aside.map(({ relation }) => relation);
  checkSchema({
    relations: back,
    objects: past.asideObjects,
    order: [],
    needs: new Map(),
    laterNeeds: new Map(),
  });
  const { relations, objects } = live.schema;
  const plan = planSwap(back, relations, new Set(past.brought));
  const moved = new Set([...plan.aside, ...back].map(({ name }) => name));
  const ofObjects = planObjectsBack(
    past.asideObjects,
    new Set(past.after.objects.map(nameOf)),
    objects,
    relations.filter(({ name }) => !moved.has(name)),
  );
  return {
    plan: { ...plan, objects: ofObjects, warnings: [...plan.warnings, ...goingObjects(ofObjects)] },
    live,
    past,
    waiting: new Map(past.aside.map(({ kept, relation }) => [relation.name, kept])),
  };
}
