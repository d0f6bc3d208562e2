import { join } from 'node:path';
import type * as api from '../../api/api';
import type { Ark } from '../ark';
import { openStored } from '../backups/findBackup';
import { recordLook } from '../look/recordLook';
import type { Selection } from '../../dumper/app/groups';
import type { Keys } from '../../dumper/container/cipher';
import { Turns } from '../../dumper/rows/turns';
import { throwIfCancelled } from '../../errors/errors';
import { compareBackup, compareBackups } from './compareBackup';

export interface CompareRequest {
  readonly name: string;
  readonly storage: string | undefined;
  readonly against: string | undefined;
  readonly keys: Keys;
  readonly selection: Selection;
  readonly examples: number;
}

const turns = new WeakMap<Ark['running'], Turns<'turn'>>();

export const compareInTurn = (
  ark: Ark,
  request: CompareRequest,
  signal: AbortSignal,
): Promise<api.Comparison> => inTurnOf(ark, signal, () => compared(ark, request, signal));

/** One comparison of an app at a time, as it reads all there is; given up when nobody waits for it. */
export async function inTurnOf<T>(
  { running }: Pick<Ark, 'running'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const own = turns.get(running) ?? new Turns(['turn'] as const);
  turns.set(running, own);
  const turn = await own.take();
  try {
    throwIfCancelled(signal);
    return await work();
  } finally {
    own.give(turn);
  }
}

async function compared(
  { host, dataFolder }: Ark,
  { name, storage, against, keys, selection, examples }: CompareRequest,
  signal: AbortSignal,
): Promise<api.Comparison> {
  const archive = await openStored(host, name, storage, keys);
  const asked = { selection, examples, folder: join(dataFolder, 'compare'), signal };
  const other = against === undefined ? undefined : await openStored(host, against, storage, keys);
  const comparison =
    other === undefined || against === undefined
      ? await compareBackup(host, archive, asked)
      : await compareBackups(
          { name: against, archive: other },
          { name, archive },
          { ...asked, workers: host.workers },
        );
  const looked = comparison.collections.map((collection) => collection.name);
  for (const backup of [name, ...(against === undefined ? [] : [against])])
    await recordLook(host, backup, looked);
  return comparison;
}
