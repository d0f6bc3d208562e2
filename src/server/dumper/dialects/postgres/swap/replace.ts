import { DAY } from '../../../../durations';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { refused } from '../../../../errors/errors';
import type { RestoreOptions, Undo } from '../../../dialect';
import { isView, objectKey, relationKey } from '../../../schema/structure';
import type { Relation, SchemaObject } from '../structure/structure';
import type { Late } from '../build/late';
import { connect, rows, type PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import type { Target } from '../ddl/target';
import { leftoverOf } from './asLeftover';
import { dropSchema, dropWaiting } from './leftovers';
import { stageSchema, undoSchema } from '../sql/names';
import { movableKind, movableOfRelation, type Movable } from '../structure/movable';
import { goesBy, type SwapPlan } from '../plan/swapPlan';
import { type Fingerprint } from '../catalog/fingerprint';
import { CommitLost, swap, type Journal } from './swap';
import { readUndos } from './undos';

/** Two numbers that mean "a job of Ark" to PostgreSQL; advisory locks are a database's own. */
export const LOCK_KEY = '1095912235, 0';

/** The lock is the connection's: it dies with it. */
export async function tryLock(client: Client): Promise<boolean> {
  const [got] = await rows<{ won: boolean }>(client, `SELECT pg_try_advisory_lock(${LOCK_KEY}) AS won`);
  return got?.won ?? false;
}

/** How often a swap is planned anew because others changed the structure meanwhile. */
const REPLANS = 3;

/** What comes into place, as it waits for that. */
export interface Staged extends Pick<Late, 'late' | 'outside' | 'path'> {
  readonly plan: SwapPlan;
  /** What the live schema was when it was planned for. */
  readonly mark: Fingerprint;
  /** How many were loaded. */
  readonly rows?: ReadonlyMap<string, number>;
  /** The schema where tables and objects wait; without it they are in staging like everything else. */
  readonly from?: string;
  /** Where it was staged, if that was another job. */
  readonly stage?: string;
}

/**
 * What a restore and an undo have in common: one side of a plan takes the other's place, and that one is kept. If
 * others change the structure meanwhile, it is staged and tried again. Rejects with CommitLost when only the
 * server knows whether it has happened.
 */
export async function replace(
  { schema, label }: PostgresSettings,
  control: Client,
  job: string,
  action: Journal['action'],
  options: ReplaceOptions,
  staged: () => Promise<Staged>,
): Promise<Undo> {
  const own = stageSchema(job);
  for (let attempt = 1; attempt <= REPLANS; attempt += 1) {
    const { plan, mark, rows, from, stage = own, late, outside, path } = await staged();
    const collections = plan.relations.map(({ name }) => ({ name, rows: rows?.get(name) ?? 0 }));
    await dropWaiting(control, stage);
    const done = await swap(control, plan, {
      arrivals: arrivalsOf(plan, stage, from),
      stage,
      live: schema,
      undo: undoSchema(job),
      emptied: from,
      late,
      outside,
      path,
      onBlemishes: options.onBlemishes,
      journal: newJournal(job, action, options, collections, plan),
      fingerprint: mark,
      lockTimeoutMs: options.lockTimeoutMs,
      allowBreaks: options.allowBreaks,
      onTies: options.onTies,
      signal: options.signal,
    });
    if (done) {
      if (from !== undefined) await dropSchema(control, leftoverOf(from)).catch(() => undefined);
      return toUndo(control, job).catch((cause: unknown) => {
        throw new CommitLost('', { cause });
      });
    }
    await dropSchema(control, own);
  }
  throw refused('tables-altered', { database: label });
}

type ReplaceOptions = Pick<
  RestoreOptions,
  'source' | 'keepUndoDays' | 'lockTimeoutMs' | 'allowBreaks' | 'onTies' | 'signal'
> &
  Pick<Late, 'onBlemishes'>;

/** Only the roles that own something here need to be let into the staging schema. */
export function narrow(target: Target, plan: SwapPlan): Target {
  const used = new Set(
    [...plan.relations, ...plan.carried, ...plan.objects, ...plan.remade].map((relation) => relation.owner),
  );
  return { ...target, owners: new Set([...target.owners].filter((owner) => used.has(owner))) };
}

/** Views are always made anew in staging; tables and objects wait where they are: in staging, or in an undo. */
function arrivalsOf(
  plan: SwapPlan,
  stageName: string,
  keptIn = stageName,
): { schema: string; movable: Movable }[] {
  const { keys, finishing } = plan.waits;
  const staged = [...plan.relations, ...plan.carried].filter(
    (relation) => !keys.has(relationKey(relation.name)),
  );
  const ofObjects = (list: readonly SchemaObject[]): Movable[] =>
    list
      .filter((thing) => !keys.has(objectKey(thing)))
      .map((thing) => ({ kind: movableKind(thing), identity: thing.identity }));
  // What is finished in the swap has no statistics objects yet.
  const ofRelation = (relation: Relation) =>
    movableOfRelation(finishing.has(relation.name) ? { ...relation, attachments: [] } : relation);
  const from = (schema: string) => (movable: Movable) => ({ schema, movable });
  return [
    // Users first: what a range brings along names its subtype where that still is.
    ...[
      ...ofObjects(plan.objects).reverse(),
      ...staged.filter((relation) => !isView(relation)).flatMap(ofRelation),
    ].map(from(keptIn)),
    ...[...ofObjects(plan.remade), ...staged.filter(isView).flatMap(ofRelation)].map(from(stageName)),
  ];
}

const broughtBy = (plan: SwapPlan): string[] => [
  ...plan.relations.map((relation) => relationKey(relation.name)),
  ...plan.carried.map((relation) => relationKey(relation.name)),
  ...[...plan.objects, ...plan.remade].map(objectKey),
];

function newJournal(
  job: string,
  action: Journal['action'],
  { source, keepUndoDays }: { source: string; keepUndoDays: number },
  collections: Journal['collections'],
  plan: SwapPlan,
): Journal {
  const at = new Date();
  return {
    job,
    action,
    at: at.toISOString(),
    expiresAt: new Date(at.getTime() + keepUndoDays * DAY).toISOString(),
    source,
    collections,
    aside: goesBy(plan),
    brought: broughtBy(plan),
    views: plan.dropped.map(({ relation, needs }) => ({ relation, needs: [...needs] })),
    leaving: plan.leaving.map((movingKey) => ({
      ...movingKey,
      create: movingKey.create.map(({ text }) => text).join('\n'),
    })),
    redefined: [...plan.redefined],
    ...(plan.detached.length > 0 && { detached: [...plan.detached] }),
  };
}

async function toUndo(client: Client, job: string): Promise<Undo> {
  const [undo] = await readUndos(client, job);
  if (!undo) throw new Error(`the undo of ${job} is not there`);
  return undo;
}

/**
 * The connection was lost with the COMMIT under way. The lock was that connection's: once somebody else can have
 * it, the server has made up its mind, and the journal is there or it is not.
 */
export async function settle(settings: PostgresSettings, job: string, lost: CommitLost): Promise<Undo> {
  const unclear = refused('database-unclear', { database: settings.label }, { cause: lost.cause });
  for (let tries = 0; tries < 60; tries += 1) {
    const client = await connect(settings, `waiting ${job}`).catch(() => undefined);
    try {
      if (client && (await tryLock(client))) {
        const [done] = await readUndos(client, job);
        if (done) return done;
        throw databaseError(lost.cause, 'swapping the tables');
      }
    } finally {
      await client?.end().catch(() => undefined);
    }
    await sleep(500);
  }
  throw unclear;
}
