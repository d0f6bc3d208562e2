import type { Committed } from '../../../dialect';
import type { Client } from '../connection/connection';
import { keptJobs } from './keptRows';

/** Of jobs that swapped, as `swapped` knows them, and of those that wrote rows. */
export async function alsoRows(client: Client, swapped: Committed): Promise<Committed> {
  const wrote = new Set(await keptJobs(client));
  return (job) => wrote.has(job) || swapped(job);
}
