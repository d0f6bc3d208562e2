import type { Host } from '../../host';
import { readMade } from '../trust/madeBook';
import type { StoredItem } from './storedItem';

type Shown = Pick<StoredItem, 'instance' | 'origin' | 'id' | 'storage' | 'name' | 'size'>;
type Whose = Pick<StoredItem, 'instance' | 'origin'>;

/** Whose a backup is: as it says, or, as an encrypted one tells nobody, as our own records of what was made here do. */
export async function instancesBy(host: Pick<Host, 'settings'>): Promise<(item: Shown) => Whose> {
  const places = new Map<string, Whose>();
  for (const { id, storage, name, size, instance, instanceId, schedule } of await readMade(host)) {
    const whose = { instance, origin: { instance: instanceId, ...(schedule !== undefined && { schedule }) } };
    places.set(`${storage}/${name}/${size}`, whose);
    if (id !== undefined) places.set(id, whose);
  }
  return ({ instance, origin, id = '', storage, name, size }) => {
    if (instance !== undefined) return { instance, ...(origin && { origin }) };
    return places.get(id) ?? places.get(`${storage}/${name}/${size}`) ?? {};
  };
}
