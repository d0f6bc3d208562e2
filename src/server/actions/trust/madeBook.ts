import * as z from 'zod';
import { Holds } from '../../dumper/backup/holds';
import type { Host } from '../../host';
import { inTurn } from '../inTurn';
import { instanceId } from './instance';

/** A backup that this instance made, and where it put it. */
const Made = z.object({
  storage: z.string(),
  name: z.string(),
  size: z.number(),
  createdAt: z.string(),
  instance: z.string(),
  instanceId: z.string(),
  /** Absent: made by hand. */
  schedule: z.string().optional(),
  encrypted: z.boolean().optional(),
  /** What is older lacks these, and tells of encrypted backups of schedules only. */
  id: z.string().optional(),
  manifestSha256: z.string().optional(),
  /** What is in it, also where that cannot be read without its key. */
  holds: Holds.optional(),
});
export type Made = z.infer<typeof Made>;

const NAME = 'made';
const KEPT = 5000;

export async function readMade({ settings }: Pick<Host, 'settings'>): Promise<Made[]> {
  const kept: unknown = await settings.get('settings', NAME);
  if (!Array.isArray(kept)) return [];
  // One line that cannot be read does not take the others along.
  return kept.flatMap((item: unknown) => Made.safeParse(item).data ?? []);
}

export async function rememberMade(
  host: Pick<Host, 'settings' | 'exclusive' | 'instance'>,
  made: readonly Omit<Made, 'instance' | 'instanceId'>[],
): Promise<void> {
  const maker = { instance: host.instance, instanceId: await instanceId(host) };
  await inTurn(host, NAME, async () => {
    const all = [...(await readMade(host)), ...made.map((backup): Made => ({ ...backup, ...maker }))];
    await host.settings.save('settings', NAME, all.slice(-KEPT));
  });
}
