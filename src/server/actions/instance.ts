import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Host } from '../host';

const Kept = z.object({ id: z.string() });

/** The number that this instance drew for itself: two may have been given one name, and share a storage. */
export async function instanceId(host: Pick<Host, 'settings'>): Promise<string> {
  const kept = Kept.safeParse(await host.settings.get('settings', 'instance'));
  if (kept.success) return kept.data.id;
  const id = randomUUID();
  await host.settings.save('settings', 'instance', { id });
  return id;
}
