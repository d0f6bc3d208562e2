import type { Archive } from '../../dumper/archive/archive';
import { filesOf, type PlannedFile } from '../../dumper/takeBack/files';
import { planTakeBack, type TakeBackAsked, type TakeBackPlan } from '../../dumper/takeBack/plan';
import type { Host } from '../../host';

export interface Planned {
  readonly plan: TakeBackPlan;
  readonly files: readonly PlannedFile[];
}

/** What would happen, with everything that nobody is to see still in it. */
export async function planRows(
  host: Host,
  archive: Archive,
  asked: TakeBackAsked,
  signal?: AbortSignal,
): Promise<Planned> {
  const app = await host.files();
  const target = { app: host.app, appKeyFingerprint: host.appKeyFingerprint, files: app };
  const plan = await planTakeBack(host.database, archive, asked, target, signal);
  return { plan, files: await filesOf(plan.archive, plan.rows, app, signal) };
}

/** Tables that an app reads when it starts, and then knows by heart. */
export const restartFor = (rows: TakeBackPlan['rows']): string[] => [
  ...new Set(
    rows.flatMap(({ does, raw: { collection } }) =>
      does !== 'same' && collection.group === 'required' ? [collection.name] : [],
    ),
  ),
];
