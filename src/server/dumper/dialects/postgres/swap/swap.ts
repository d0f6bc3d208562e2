import { setTimeout as sleep } from 'node:timers/promises';
import { SQLSTATE } from '../sql/sqlstate';
import { type Fingerprint, fingerprint } from '../catalog/fingerprint';
import type { Client, DatabaseError } from 'pg';
import * as z from 'zod';
import { refused, refusedLocked } from '../../../../errors/errors';
import { Attachment, Relation, SchemaObject } from '../structure/structure';
import { createAttachment, dropView } from '../ddl/ddl';
import { makeLate, type Late } from '../build/late';
import { literal, quote } from '../sql/quote';
import { inPath, OWN_PATH } from '../sql/searchPath';
import { printed, rows } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { asLeftover } from './asLeftover';
import { lockHolders, stopCleaning, WAIT_MS } from '../connection/locks';
import { JOURNAL, UNDO_COMMENT } from '../sql/names';
import { tellNodes } from '../connection/nodes';
import { run, sql, statement } from '../sql/sql';
import { readMarks, type Outsider } from '../catalog/outsiders';
import { refuseTies, tiesTo } from '../catalog/ties';
import { dropAttachment } from '../plan/planTies';
import type { Movable } from '../structure/movable';
import type { SwapPlan } from '../plan/swapPlan';

/** What a swap writes down in the undo schema, in the same transaction: enough to swap back, for any process. */
export const Journal = z.object({
  job: z.string(),
  action: z.enum(['restore', 'undo']),
  at: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** The archive it came from, or the job that was undone. */
  source: z.string(),
  collections: z.array(z.object({ name: z.string(), rows: z.number() })),
  /** Names of what went, where it is known (older journals do not say). */
  aside: z.array(z.string()).optional(),
  /** Keys of what was brought in: an undo takes it out again. */
  brought: z.array(z.string()),
  views: z.array(z.object({ relation: Relation, needs: z.array(z.string()) })),
  leaving: z.array(
    z.object({
      table: z.string(),
      name: z.string(),
      create: z.string(),
      references: z.string().optional(),
    }),
  ),
  redefined: z.array(z.object({ before: SchemaObject, now: SchemaObject })),
  /** What tables lost with a view that is made anew. */
  detached: z.array(z.object({ table: z.string(), attachment: Attachment })).optional(),
});
export type Journal = z.infer<typeof Journal>;

export interface SwapOptions extends Late {
  /** Where the incoming side lies now, one schema for each movable. */
  readonly arrivals: readonly { readonly schema: string; readonly movable: Movable }[];
  /** The staging schema, empty once everything has moved out of it; it goes in the same transaction. */
  readonly stage: string;
  readonly live: string;
  readonly undo: string;
  /** An undo: the schema it takes from, which is a leftover from then on. */
  readonly emptied?: string;
  readonly journal: Journal;
  /** The live schema as the plan saw it; if it has changed since, the plan is void. */
  readonly fingerprint: Fingerprint;
  readonly lockTimeoutMs: number;
  /** Accepts that what the plan said would break stays tied to the tables that went aside. */
  readonly allowBreaks: boolean;
  /** Told what stays so. */
  readonly onTies: (what: readonly string[]) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The server comes to each table once in a while: if it is there so often, something else is in the way. */
const MOST_CLEANINGS = 3;

/** The connection broke while the COMMIT was on its way: only the server knows how it ended. */
export class CommitLost extends Error {}

/**
 * One short transaction: live things move aside, incoming ones take their place, whoever points at them is
 * pointed anew. Either all of it is committed or none. Resolves to false if the live schema is no longer the one
 * that was planned for: then plan again.
 */
export async function swap(client: Client, plan: SwapPlan, options: SwapOptions): Promise<boolean> {
  const until = Date.now() + options.lockTimeoutMs;
  let cleanings = 0;
  const schemas = [options.live, options.stage, ...options.arrivals.map(({ schema }) => schema)];
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await attemptSwap(client, plan, options);
    } catch (error) {
      if (error instanceof CommitLost) throw error;
      const failure = error as Partial<DatabaseError>;
      const locked = failure.code === SQLSTATE.lockNotAvailable || failure.code === SQLSTATE.deadlockDetected;
      await client.query('ROLLBACK').catch(() => undefined);
      if (failure.code === SQLSTATE.dependentObjects) {
        // Something new hangs on what the plan drops, and the plan is void; or something that it does not know.
        const now = await fingerprint(client, options.live);
        if (!sameExcept(now, options.fingerprint, new Set())) return false;
        const said = [failure.message, failure.detail?.replaceAll('\n', '; ')].filter(Boolean).join(': ');
        throw refused('hangs-on', { said }, { cause: error });
      }
      const maybe = failure.code === SQLSTATE.lockNotAvailable && cleanings < MOST_CLEANINGS;
      if (maybe && (await stopCleaning(client, schemas))) {
        cleanings += 1;
        continue;
      }
      if (locked && Date.now() < until) {
        await sleep(Math.min(50 * attempt, 500));
        continue;
      }
      if (locked) throw refusedLocked('tables-locked', await lockHolders(client, schemas), { cause: error });
      if (failure.code === SQLSTATE.foreignKeyViolation) {
        const said = [failure.message, failure.detail].filter(Boolean).join(' ');
        throw refused('key-broken', { said }, { cause: error });
      }
      throw databaseError(error, 'swapping the tables');
    }
  }
}

async function attemptSwap(client: Client, plan: SwapPlan, options: SwapOptions): Promise<boolean> {
  const live = quote(options.live);
  const undo = quote(options.undo);
  await client.query(`
    BEGIN;
    SET LOCAL synchronous_commit = on;
    SET LOCAL lock_timeout = ${Math.round(Math.min(WAIT_MS, options.lockTimeoutMs))};`);
  // They hear it with the commit, whatever becomes of us then, and not without.
  await tellNodes(client, options.live);
  if (!(await sameOutside(client, plan, options.live))) {
    await client.query('ROLLBACK');
    return false;
  }
  await letGo(client, plan);
  if (!(await detach(client, plan, options))) {
    await client.query('ROLLBACK');
    return false;
  }
  // Whoever reads a view locks the view first and its tables after it, and so do we: the other way round the app
  // and the swap would wait for each other.
  await run(
    client,
    inPath(
      [options.live],
      [...plan.dropped].reverse().map(({ relation }) => dropView(relation)),
    ),
  );
  const tables = await liveTables(client, plan, options.live);
  if (tables.length > 0) {
    await client.query(
      `LOCK TABLE ${tables.map((name) => `${live}.${quote(name)}`).join(', ')} IN ACCESS EXCLUSIVE MODE`,
    );
  }
  const changed = new Set([
    ...plan.dropped.map((droppedView) => droppedView.oid),
    ...(await oidsOf(client, hangers(plan), options.live)),
  ]);
  if (!sameExcept(await fingerprint(client, options.live), options.fingerprint, changed)) {
    await client.query('ROLLBACK');
    return false;
  }
  await run(client, plan.outside.cut);
  const sources = new Set([options.stage, ...options.arrivals.map((arrival) => arrival.schema)]);
  const companions = await rangeCompanions(client, options.live);
  const move = (movable: Movable, from: string, to: string) =>
    // Companions first: their names hold the type's, which is where it was until it moves itself.
    [...(companions.get(`${quote(from)} ${movable.kind} ${movable.identity}`) ?? []), movable].map(
      (movable) => sql`ALTER ${movable.kind} ${quote(from)}.${movable.identity} SET SCHEMA ${to}`,
    );

  const known = await rows(client, 'SELECT 1 FROM pg_namespace WHERE nspname = $1', [options.live]);
  await run(client, [
    ...(known.length === 0 ? [sql`CREATE SCHEMA ${live}`] : []),
    sql`CREATE SCHEMA ${undo}`,
    sql`COMMENT ON SCHEMA ${undo} IS ${literal(UNDO_COMMENT)}`,
    // Whoever owns a table must be allowed to have it there.
    ...(await ownersOf(client, plan, options.live)).map(
      (owner) => sql`GRANT ALL ON SCHEMA ${undo} TO ${quote(owner)}`,
    ),
    ...inPath(
      [options.live],
      [
        ...plan.rebound.filter((binding) => !binding.overViews).map((binding) => binding.drop),
        ...plan.leaving.map(
          ({ table, name }) => sql`ALTER TABLE ${quote(table)} DROP CONSTRAINT ${quote(name)}`,
        ),
      ],
    ),
    // The types in a routine's name are looked up where they are by then: before or after their own move.
    ...inPath(
      [options.live, options.undo],
      plan.outgoing.flatMap((movable) => move(movable, options.live, undo)),
    ),
    ...inPath(
      [...sources, options.live],
      options.arrivals.flatMap(({ schema, movable }) => move(movable, schema, live)),
    ),
    ...inPath(
      options.path,
      plan.redefined.map(({ now }) => statement(now.definition)),
    ),
  ]);
  await makeLate(client, options, [options.live, options.undo, ...sources]);
  await run(client, [
    ...inPath(options.path, [
      ...plan.arriving.flatMap((movingKey) => movingKey.create),
      ...plan.rebound.flatMap((binding) => binding.create),
      ...plan.attached.flatMap(({ table, attachment }) => createAttachment(table, attachment)),
    ]),
    sql`CREATE TABLE ${undo}.${quote(JOURNAL)} (entry jsonb NOT NULL)`,
    sql`INSERT INTO ${undo}.${quote(JOURNAL)} VALUES (${literal(JSON.stringify(options.journal))})`,
  ]);
  // Without CASCADE: were anything left behind in staging, dropping it later could take live things along.
  await client.query(`DROP SCHEMA ${quote(options.stage)}`);
  if (options.emptied !== undefined) {
    await refuseTies(client, options.emptied);
    // Dropped after the commit: an event trigger may forbid it, and is no reason to refuse the undo.
    await run(client, asLeftover(options.emptied));
  }
  if (options.allowBreaks) options.onTies(await tiesTo(client, options.undo, 'others'));
  else await refuseTies(client, options.undo);
  await client.query('COMMIT').catch((error: unknown) => {
    if (databaseError(error, '').code === 'DATABASE_LOST') throw new CommitLost('', { cause: error });
    throw error;
  });
  return true;
}

/** What was decided of other schemas was decided of what was there then. */
async function sameOutside(client: Client, { outside }: SwapPlan, live: string): Promise<boolean> {
  const now = await readMarks(client, live);
  const marks = (list: readonly Pick<Outsider, 'key' | 'mark'>[]) =>
    JSON.stringify(list.map(({ key, mark }) => [key, mark]).sort());
  return marks(now) === marks(outside.seen);
}

/** Before the app's own: whoever reads a view locks the view first and its tables after it. */
async function letGo(client: Client, { outside }: SwapPlan): Promise<void> {
  if (outside.release.length === 0) return;
  try {
    await run(client, [...outside.release, sql`SET LOCAL search_path = ${OWN_PATH}`]);
  } catch (error) {
    const { code, detail, message } = error as Partial<DatabaseError>;
    if (code !== SQLSTATE.dependentObjects) throw error;
    const said = [message, detail].filter(Boolean).join(' ');
    throw refused('hangs-elsewhere', { said }, { cause: error });
  }
}

/** Tables that have something on top of a view that is dropped. */
const hangers = ({ detached, rebound }: SwapPlan): string[] => [
  ...new Set(
    [...detached, ...rebound.filter((binding) => binding.overViews)].map((binding) => binding.table),
  ),
];

/**
 * What hangs on a view that is dropped goes before it. Whoever reads such a table locks it before the view. False if
 * the table is not the one that was planned for.
 */
async function detach(client: Client, plan: SwapPlan, options: SwapOptions): Promise<boolean> {
  const tables = hangers(plan).sort();
  if (tables.length === 0) return true;
  const names = tables.map((name) => `${quote(options.live)}.${quote(name)}`);
  await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  const now = await fingerprint(client, options.live);
  const oids = await oidsOf(client, tables, options.live);
  if (oids.some((oid) => now.get(oid) !== options.fingerprint.get(oid))) return false;
  await run(
    client,
    inPath(
      [options.live],
      [
        ...plan.detached.map(({ table, attachment }) => dropAttachment(table, attachment)),
        ...plan.rebound.filter((binding) => binding.overViews).map((binding) => binding.drop),
      ],
    ),
  );
  return true;
}

async function oidsOf(client: Client, names: readonly string[], schema: string): Promise<number[]> {
  const objects = await rows<{ oid: number }>(
    client,
    `SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = ANY($2)`,
    [schema, names],
  );
  return objects.map(({ oid }) => oid);
}

/** A range type does not take its multirange type and its constructors along when it moves. */
async function rangeCompanions(client: Client, live: string): Promise<Map<string, Movable[]>> {
  const members = await printed<{ of: string; kind: 'TYPE' | 'ROUTINE'; identity: string }>(
    client,
    live,
    `WITH RECURSIVE part AS (
       SELECT t.oid AS range, 'pg_type'::regclass::oid AS class, t.oid FROM pg_type t WHERE t.typtype = 'r' AND t.oid >= 16384
       UNION SELECT p.range, d.classid, d.objid FROM part p
         JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.oid AND d.deptype = 'i'
     )
     SELECT format('"%s" TYPE %I', replace(n.nspname, '"', '""'), r.typname) AS of,
       CASE WHEN f.oid IS NULL THEN 'TYPE' ELSE 'ROUTINE' END AS kind,
       coalesce(quote_ident(f.proname) || '(' || pg_get_function_identity_arguments(f.oid) || ')', quote_ident(m.typname)) AS identity
     FROM part p JOIN pg_type r ON r.oid = p.range JOIN pg_namespace n ON n.oid = r.typnamespace
       LEFT JOIN pg_proc f ON p.class = 'pg_proc'::regclass AND f.oid = p.oid
       LEFT JOIN pg_type m ON p.class = 'pg_type'::regclass AND m.oid = p.oid AND m.typtype = 'm'
     WHERE p.oid <> p.range AND (f.oid IS NOT NULL OR m.oid IS NOT NULL)
     ORDER BY 2`,
  );
  const map = new Map<string, Movable[]>();
  for (const { of, kind, identity } of members) map.set(of, [...(map.get(of) ?? []), { kind, identity }]);
  return map;
}

function sameExcept(a: Fingerprint, b: Fingerprint, except: ReadonlySet<number | undefined>): boolean {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].every((key) => except.has(key) || a.get(key) === b.get(key));
}

/**
 * Every live table that the transaction touches is locked before anything is done, in one order for everybody:
 * those that go, and those that share a foreign key or a policy with them. A view needs no lock of its own.
 */
async function liveTables(client: Client, plan: SwapPlan, live: string): Promise<string[]> {
  const going = plan.outgoing
    .filter((movable) => movable.kind === 'TABLE')
    .map((movable) => movable.identity);
  const touched = [
    ...plan.rebound.map((binding) => binding.table),
    ...[...plan.leaving, ...plan.arriving].map((movingKey) => movingKey.references),
  ].filter((name) => name !== undefined);
  const tables = await rows<{ name: string }>(
    client,
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r','p') AND format('"%s"', replace(c.relname, '"', '""')) = ANY($2)
     ORDER BY c.relname COLLATE "C"`,
    [live, [...going, ...touched.map(quote)]],
  );
  return tables.map((table) => table.name);
}

async function ownersOf(client: Client, plan: SwapPlan, live: string): Promise<string[]> {
  const identities = plan.outgoing
    .filter((movable) => movable.kind === 'TABLE')
    .map((movable) => movable.identity);
  const owners = await rows<{ owner: string }>(
    client,
    `SELECT DISTINCT pg_get_userbyid(c.relowner) AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND format('"%s"', replace(c.relname, '"', '""')) = ANY($2) AND c.relowner <> current_user::regrole`,
    [live, identities],
  );
  return owners.map((owner) => owner.owner);
}
