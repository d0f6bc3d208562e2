import type { Client } from 'pg';
import { throwIfCancelled, refused } from '../../../../errors/errors';
import { refuseCode } from '../../../schema/code';
import type { Lock, PrepareOptions, RestoreOptions, RowSource } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import { rows, type PostgresSettings } from '../connection/connection';
import type { Blemish } from '../../../schema/blemish';
import type { Relation } from '../structure/structure';
import { withParents } from '../build/blemish';
import { planExtensions, type ExtensionPlan } from '../plan/extensions';
import { counterSteps } from '../build/counters';
import { lateSteps, outsideSteps } from '../build/late';
import { pathOf, type Target } from '../ddl/target';
import type { Fingerprint } from '../catalog/fingerprint';
import { readLive, readTarget, type Live } from '../catalog/live';
import { awaitOlderSnapshots, serverNow } from '../connection/locks';
import { undoSchema } from '../sql/names';
import { parser } from '../sql/parser';
import { planSwap } from '../plan/plan';
import { planCode } from '../plan/planCode';
import { planMissing } from '../plan/planMissing';
import type { Incoming, SwapPlan } from '../plan/swapPlan';
import { previewSwap, thenOf } from './preview';
import { refusedCollations } from '../ddl/refused';
import { refuseBreaks } from '../../../app/warning';
import { narrow, type Staged } from '../swap/replace';
import { stage, type Loaded } from './stage';
import { refuseTooManyLocks } from '../swap/swapLocks';

export async function checkMayCreateSchema(client: Client, settings: PostgresSettings): Promise<void> {
  const [may] = await rows<{ may: boolean; user: string }>(
    client,
    `SELECT has_database_privilege(current_database(), 'CREATE') AS may, current_user AS user`,
  );
  if (may?.may) return;
  throw refused('database-no-schemas', { user: may?.user ?? '?', database: settings.label });
}

export type SwapPreparedOptions = Parameters<Lock['swapPrepared']>[2];
type Telling = Pick<RestoreOptions, 'onLeftOut' | 'onMissing' | 'onBreaks' | 'allowBreaks' | 'allowCode'>;

/** What the rows do not hold, told as a whole each time that more of it is known. */
export class Seen {
  #blemishes: readonly Blemish[] = [];
  #relations: readonly Relation[] = [];

  constructor(private readonly options: Pick<RestoreOptions, 'onBlemishes'>) {}

  begin(blemishes: readonly Blemish[], relations: readonly Relation[]): void {
    this.#blemishes = blemishes;
    this.#relations = relations;
    this.#tell([]);
  }

  readonly told = { onBlemishes: (more: readonly Blemish[]) => this.#tell(more) };

  #tell(more: readonly Blemish[]): void {
    this.options.onBlemishes(withParents([...this.#blemishes, ...more], this.#relations));
  }
}

/** Making one runs its script: that is code, of the server's own, and comes only where code may come. */
export const extensionsFor = (
  control: Client,
  wanted: Wanted,
  { allowCode, allowBreaks }: Pick<Telling, 'allowBreaks' | 'allowCode'>,
): Promise<ExtensionPlan> =>
  planExtensions(control, wanted, {
    make: allowCode && !wanted.withoutCode,
    without: allowBreaks && (allowCode || wanted.withoutCode),
  });

export interface Planned {
  readonly plan: SwapPlan;
  readonly incoming: Incoming;
  readonly live: Live;
  readonly mark: Fingerprint;
  readonly target: Target;
}

export async function plan(
  control: Client,
  settings: PostgresSettings,
  wanted: Wanted,
  extensions: ExtensionPlan,
  options: Telling,
): Promise<Planned> {
  const target = await readTarget(control);
  const { live, mark } = await readLive(control, settings.schema);
  const fitted = await planMissing(control, wanted, extensions);
  const coded = await planCode(fitted.wanted, live, target);
  refuseCode(coded.code, options.allowCode);
  options.onLeftOut(coded.leftOut);
  options.onMissing([...extensions.missing, ...fitted.missing]);
  const plan = planSwap(coded.schema, live, {
    selected: wanted.selected,
    all: wanted.all,
    target,
    parse: await parser(),
    refused: await refusedCollations(control, coded.schema.objects, live.objects),
  });
  await refuseTooManyLocks(control, plan, live.relations);
  options.onBreaks(
    refuseBreaks([...fitted.warnings, ...coded.warnings, ...plan.warnings], options.allowBreaks),
  );
  return { plan, incoming: coded.schema, live, mark, target };
}

export const stagePlanned = (
  clients: readonly Client[],
  settings: PostgresSettings,
  stageName: string,
  { plan, incoming, live, target }: Planned,
  source: RowSource,
  options: Pick<PrepareOptions, 'signal' | 'onRows' | 'onStage'>,
): Promise<Loaded> =>
  stage(clients, plan, incoming, live, source, {
    stage: stageName,
    path: [settings.schema],
    target: narrow(target, plan),
    signal: options.signal,
    onRows: (rows, bytes) => options.onRows(rows, bytes),
    onStage: (stage) => options.onStage(stage),
  });

export async function readyToSwap(
  control: Client,
  settings: PostgresSettings,
  job: string,
  stageName: string,
  wanted: Wanted,
  { plan, incoming, live, mark, target }: Planned,
  { rows: counts, blemishes }: Loaded,
  options: SwapPreparedOptions,
  seen: Seen,
): Promise<Staged> {
  await options.ready(
    async () => (await previewSwap(control, settings, plan, live, thenOf(wanted))).collections,
  );
  throwIfCancelled(options.signal);
  options.onStage('swap');
  options.onOlderSnapshots(
    await awaitOlderSnapshots(control, await serverNow(control), options.lockTimeoutMs, options.signal),
  );
  seen.begin([...blemishes, ...plan.emptied], plan.relations);
  const building = { plan, incoming, live, schema: settings.schema, target };
  const late = [
    ...lateSteps(building, stageName),
    ...counterSteps(plan, live, { schema: settings.schema, undo: undoSchema(job) }, options.counters),
  ];
  return {
    plan,
    mark,
    rows: counts,
    stage: stageName,
    late,
    outside: outsideSteps(building),
    path: pathOf([settings.schema], target),
  };
}
