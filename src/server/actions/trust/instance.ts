import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Host } from '../../host';
import { inTurn } from '../inTurn';

const NAME = 'instance';
const Kept = z.object({ id: z.string() });

/** The number that this instance drew for itself: two may have been given one name, and share a storage. */
export async function instanceId(host: Pick<Host, 'settings' | 'exclusive'>): Promise<string> {
  const kept = async () => Kept.safeParse(await host.settings.get('settings', NAME)).data?.id;
  const draw = () => saveInstanceId(host, randomUUID());
  // Drawn once, though several may look for it at the same time.
  return (await kept()) ?? inTurn(host, NAME, async () => (await kept()) ?? draw());
}

export async function saveInstanceId({ settings }: Pick<Host, 'settings'>, id: string): Promise<string> {
  await settings.save('settings', NAME, { id });
  return id;
}
