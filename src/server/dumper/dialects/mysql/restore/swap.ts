import { setTimeout as sleep } from 'node:timers/promises';
import { DAY } from '../../../../durations';
import { refused, refusedLocked, throwIfCancelled } from '../../../../errors/errors';
import type { RestoreOptions, Undo } from '../../../dialect';
import type { Blemish } from '../../../schema/blemish';
import type { SchemaObject } from '../../../schema/structure';
import { connect, end, inSeconds, run, type Client, type MysqlSettings } from '../connection/connection';
import { databaseError, isErrno, isLost, saidBy } from '../connection/failure';
import { lockHolders } from '../connection/holders';
import { tryLock } from '../connection/locks';
import type { KeyOf, SwapPlan } from '../plan/plan';
import { isSame } from '../plan/planObjects';
import { aside, journal, jobsLock } from '../sql/names';
import { ERRNO } from '../sql/errno';
import { quote } from '../sql/quote';
import { nameOf, nativeOf, objectOf } from '../structure/neutral';
import { readJournals, writeJournal, type Journal } from '../swap/journal';
import { repair, unmadeOf } from '../swap/repair';
import { describe, fingerprint } from '../catalog/describe';
import { undoOf } from './undos';

/** Longest single wait for a lock: whoever comes after us waits behind us. */
const WAIT_SECONDS = 1;

export interface Swapping {
  readonly job: string;
  readonly action: Journal['action'];
  readonly plan: Pick<SwapPlan, 'tables' | 'views' | 'aside' | 'repointed' | 'objects'>;
  readonly keys: readonly KeyOf[];
  readonly rows: ReadonlyMap<string, number>;
  /** Where what comes waits, by its name. */
  readonly waiting: ReadonlyMap<string, string>;
  /** Of an undo its journal, of what was prepared its record: it says nothing any more from the swap on. */
  readonly spent?: { readonly job: string; readonly table: string };
}

interface Last {
  /** Told what could not be made after it. */
  readonly onUnmade: (unmade: readonly Blemish[]) => void;
  /** What has to be as it is at the moment of the swap: done before each time that it is tried. */
  readonly last: () => Promise<void>;
}

/**
 * The commit point is one RENAME of everything, the journal's own table with it: the server does all of it or nothing,
 * whatever dies. Resolves to undefined if the live side is no longer what was planned for.
 */
export async function swap(
  settings: MysqlSettings,
  control: Client,
  { job, action, plan, keys, rows, waiting, spent }: Swapping,
  options: Pick<RestoreOptions, 'source' | 'keepUndoDays' | 'lockTimeoutMs' | 'signal'> & Last,
): Promise<Undo | undefined> {
  const at = new Date();
  const kept = plan.aside.map((relation, i) => ({ kept: aside(job, i), relation: structured(relation) }));
  const coming = [...plan.tables, ...plan.views];
  const entry: Journal = {
    job,
    action,
    at: at.toISOString(),
    expiresAt: new Date(at.getTime() + options.keepUndoDays * DAY).toISOString(),
    source: options.source,
    collections: coming.map(({ name }) => ({ name, rows: rows.get(name) ?? 0 })),
    aside: kept,
    brought: coming.map(({ name }) => name),
    asideObjects: plan.objects.aside.map(standing),
    after: {
      keys: [...keys],
      repointed: [...plan.repointed],
      triggers: plan.tables.flatMap((table) =>
        nativeOf(table).triggers.map((trigger) => ({ table: table.name, trigger })),
      ),
      // What waits is as it was; all others are made.
      views: plan.views.filter(({ name }) => !waiting.has(name)).map(structured),
      objects: plan.objects.make.map(standing),
    },
  };
  if (!(await isAsPlanned(control, plan))) return undefined;
  await writeJournal(control, settings, entry);
  const renames = [
    ...kept.map(({ kept: name, relation }) => [relation.name, name] as const),
    ...[...waiting].map(([name, from]) => [from, name] as const),
    ...(spent === undefined ? [] : [[spent.table, journal(spent.job, 'spent')] as const]),
    [journal(job, 'ready'), journal(job, 'done')] as const,
  ];
  const statement = `RENAME TABLE ${renames.map(([from, to]) => `${quote(from)} TO ${quote(to)}`).join(', ')}`;
  try {
    await patiently(control, statement, options);
    // What is left to be made has no way back, and waits as anything else does.
    const patience = inSeconds(settings.patienceMs);
    await run(
      control,
      `SET SESSION lock_wait_timeout = ${patience}, SESSION innodb_lock_wait_timeout = ${patience}`,
    );
    return await finish(settings, control, entry, options.onUnmade);
  } catch (error) {
    if (isLost(error)) return await settle(settings, entry, options.onUnmade, error);
    throw error;
  }
}

/** After the swap: it has happened, whatever becomes of the rest. What is not made is told, and whoever comes next tries. */
async function finish(
  settings: MysqlSettings,
  client: Client,
  entry: Journal,
  onUnmade: Last['onUnmade'],
): Promise<Undo> {
  try {
    onUnmade(await repair(client, entry, { objectsMade: false }));
  } catch (error) {
    if (isLost(error)) throw error;
    onUnmade(unmadeOf(entry, saidBy(error)));
  }
  return undoOf(client, settings, entry.job);
}

const structured = (relation: SwapPlan['aside'][number]): Journal['aside'][number]['relation'] => ({
  ...relation,
  native: { mysql: nativeOf(relation) },
});

const standing = (object: SchemaObject): Journal['asideObjects'][number] => ({
  ...object,
  native: { mysql: objectOf(object).native },
});

/** Nothing keeps others from altering a table between this and the swap but how short that is. */
async function isAsPlanned(control: Client, { aside: then, objects }: Swapping['plan']): Promise<boolean> {
  const { schema } = await describe(control);
  const now = new Map(schema.relations.map((relation) => [relation.name, relation]));
  const here = new Map(schema.objects.map((object) => [nameOf(object), object]));
  const before = new Map(objects.aside.map((object) => [nameOf(object), object]));
  return (
    then.every((relation) => {
      const live = now.get(relation.name);
      return live !== undefined && fingerprint(live) === fingerprint(relation);
    }) &&
    [...objects.make, ...objects.aside].every((object) => {
      const live = here.get(nameOf(object));
      const planned = before.get(nameOf(object));
      return planned === undefined ? live === undefined : isSame(planned, live);
    })
  );
}

/** Short waits, one after the other: in between those pass who came after us. */
async function patiently(
  control: Client,
  statement: string,
  { lockTimeoutMs, signal, last }: Pick<RestoreOptions, 'lockTimeoutMs' | 'signal'> & Last,
): Promise<void> {
  const until = Date.now() + lockTimeoutMs;
  const seconds = Math.min(WAIT_SECONDS, inSeconds(lockTimeoutMs));
  await run(
    control,
    `SET SESSION lock_wait_timeout = ${seconds}, SESSION innodb_lock_wait_timeout = ${seconds}`,
  );
  for (let attempt = 1; ; attempt += 1) {
    throwIfCancelled(signal);
    try {
      await last();
      await run(control, statement);
      return;
    } catch (error) {
      const locked = isErrno(error, ERRNO.lockWaitTimeout, ERRNO.deadlock);
      if (locked && Date.now() >= until)
        throw refusedLocked('tables-locked', await lockHolders(control), { cause: error });
      if (!locked) throw isLost(error) ? error : databaseError(error);
    }
    await sleep(Math.min(50 * attempt, 500));
  }
}

/**
 * The connection was lost with the swap under way. The lock was that connection's: once somebody else can have it, the
 * server has made up its mind, and the journal's name tells how.
 */
async function settle(
  settings: MysqlSettings,
  entry: Journal,
  onUnmade: Last['onUnmade'],
  cause: unknown,
): Promise<Undo> {
  const thrown = databaseError(cause);
  for (let tries = 0; tries < 60; tries += 1) {
    const client = await connect(settings).catch(() => undefined);
    try {
      if (client && (await tryLock(client, jobsLock(client.database)))) {
        const mine = (await readJournals(client, settings)).find(({ job }) => job === entry.job);
        if (mine?.state !== 'done') throw thrown;
        return mine.repaired
          ? await undoOf(client, settings, entry.job)
          : await finish(settings, client, entry, onUnmade);
      }
    } catch (error) {
      // It has gone again.
      if (!isLost(error) || error === thrown) throw error;
    } finally {
      if (client) await end(client);
    }
    await sleep(500);
  }
  throw refused('database-unclear', { database: settings.label }, { cause });
}
