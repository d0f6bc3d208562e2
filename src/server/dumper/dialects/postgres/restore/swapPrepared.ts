import type { Client } from 'pg';
import { throwIfCancelled, refused } from '../../../../errors/errors';
import type { Undo } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import type { PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { stageSchema } from '../sql/names';
import { replace, settle } from '../swap/replace';
import { digestOf, waitingStage } from '../swap/prepared';
import { CommitLost } from '../swap/swap';
import { Seen, extensionsFor, plan, readyToSwap, type SwapPreparedOptions } from './planned';

/** The swap of what `prepare` has left: planned anew, and done only where that is the plan that it was staged for. */
export async function swapPrepared(
  settings: PostgresSettings,
  control: Client,
  job: string,
  prepared: string,
  wanted: Wanted,
  options: SwapPreparedOptions,
): Promise<Undo> {
  try {
    const kept = await waitingStage(control, prepared);
    const extensions = await extensionsFor(control, wanted, options);
    if (extensions.make.length > 0) throw refused('prepared-void', { job: prepared });
    const seen = new Seen(options);
    return await replace(settings, control, job, 'restore', { ...options, ...seen.told }, async () => {
      const planned = await plan(control, settings, wanted, extensions, options);
      if (digestOf(planned.plan) !== kept.plan || digestOf(planned.mark) !== kept.live)
        throw refused('prepared-void', { job: prepared });
      const loaded = { rows: new Map(kept.rows), blemishes: kept.blemishes };
      return await readyToSwap(
        control,
        settings,
        job,
        stageSchema(prepared),
        wanted,
        planned,
        loaded,
        options,
        seen,
      );
    });
  } catch (error) {
    if (error instanceof CommitLost) return await settle(settings, job, error);
    throwIfCancelled(options.signal);
    throw databaseError(error, 'restoring');
  }
}
