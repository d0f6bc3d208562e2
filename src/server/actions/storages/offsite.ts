import type { Host } from '../../host';
import { kindOf } from '../../storage/kinds';
import { isThisMachine } from '../../storage/thisMachine';
import { listStorages } from './storages';
import { testedAt } from './storageTests';

export interface Outside {
  /** It would be there after a fire: on another machine by its address, or named in ARK_OFFSITE. */
  readonly offsite: boolean;
  /** When it passed a test, as it is set up now. */
  readonly testedAt?: string;
}

/** By name, of all storages that are set up: whether each is off-site, and tested. */
export async function outsideOf(
  host: Pick<Host, 'settings' | 'seal' | 'environment' | 'roots'>,
): Promise<ReadonlyMap<string, Outside>> {
  const said = new Set(host.environment.ARK_OFFSITE);
  // The built-in one is where the data are, wherever that is.
  const [all, tested] = await Promise.all([listStorages({ ...host, dataFolder: '' }), testedAt(host)]);
  return new Map(
    all.map(({ name, from, record }) => {
      const machine = record && from !== 'built-in' ? kindOf(record).machine(record) : undefined;
      const at = record && tested(record);
      return [
        name,
        {
          offsite: said.has(name) || (machine !== undefined && !isThisMachine(machine)),
          ...(at !== undefined && { testedAt: at }),
        },
      ];
    }),
  );
}
