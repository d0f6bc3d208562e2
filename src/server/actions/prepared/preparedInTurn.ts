import { join } from 'node:path';
import type * as api from '../../api/api';
import type { Archive } from '../../dumper/archive/archive';
import type { Ark } from '../ark';
import { inTurnOf } from '../compare/compareInTurn';
import { comparePrepared } from './comparePrepared';
import type { PreparedRestore } from './entry';

/** As any comparison: one of an app at a time, given up when nobody waits for it. */
export const preparedInTurn = (
  ark: Ark,
  archive: Archive,
  prepared: PreparedRestore,
  examples: number,
  signal: AbortSignal,
): Promise<api.PreparedComparison> =>
  inTurnOf(ark, signal, () =>
    comparePrepared(ark.host, archive, prepared, {
      examples,
      folder: join(ark.dataFolder, 'compare'),
      signal,
    }),
  );
