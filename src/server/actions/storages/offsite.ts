import type { Host } from '../../host';
import { kindOf } from '../../storage/kinds';
import { isThisMachine } from '../../storage/thisMachine';
import type { StorageRecord } from './storageRecord';
import { listStorages } from './storages';
import { testedAt } from './storageTests';

/**
 * - `offsite`: it would be there after a fire: on another machine by its address, or named in ARK_OFFSITE.
 * - `here`: somebody set it up, in a folder or at an address of this machine.
 * - `built-in`: the folder that is always there.
 * - `unreadable`: its settings do not say where it is.
 */
export type Where = 'offsite' | 'here' | 'built-in' | 'unreadable';

export interface Outside {
  readonly where: Where;
  /** When it passed a test, as it is set up now. */
  readonly testedAt?: string;
}

/** By name, of all storages that are set up: where each is, and whether it was tested. */
export async function outsideOf(
  host: Pick<Host, 'settings' | 'seal' | 'environment' | 'roots'>,
): Promise<ReadonlyMap<string, Outside>> {
  const said = new Set(host.environment.ARK_OFFSITE);
  // The built-in one is where the data are, wherever that is.
  const [all, tested] = await Promise.all([listStorages({ ...host, dataFolder: '' }), testedAt(host)]);
  return new Map(
    all.map(({ name, from, record }) => {
      const at = record && tested(record);
      return [
        name,
        {
          where: said.has(name) ? 'offsite' : from === 'built-in' ? from : whereIs(record),
          ...(at !== undefined && { testedAt: at }),
        },
      ];
    }),
  );
}

function whereIs(record: StorageRecord | undefined): Where {
  if (!record) return 'unreadable';
  const machine = kindOf(record).machine(record);
  return machine === undefined || isThisMachine(machine) ? 'here' : 'offsite';
}
