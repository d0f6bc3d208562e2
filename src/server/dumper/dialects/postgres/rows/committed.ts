import type { Client } from 'pg';
import type { Committed } from '../../../dialect';
import { readCommitted } from '../swap/undos';
import { keptJobs } from './keptRows';

/** Of jobs that swapped, and of those that wrote rows. */
export async function committed(client: Client): Promise<Committed> {
  const swapped = await readCommitted(client);
  const wrote = new Set(await keptJobs(client));
  return (job) => wrote.has(job) || swapped(job);
}
