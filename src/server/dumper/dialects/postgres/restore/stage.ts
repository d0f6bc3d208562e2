import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { throwIfCancelled, refused } from '../../../../errors/errors';
import { hasRows, relationKey, relationOf } from '../../../schema/structure';
import type { Relation } from '../structure/structure';
import type { Blemish } from '../../../schema/blemish';
import type { LentChunk, RowSource, StreamedChunk } from '../../../dialect';
import { checkStage } from '../build/checkStage';
import { columnList, literal, quote } from '../sql/quote';
import { searchPath } from '../sql/searchPath';
import { databaseError } from '../connection/failure';
import { isBlemish, tryStep } from '../build/blemish';
import { brokeDomain, constraintsOf, domainSteps } from '../build/domains';
import { NATIVE_END, NATIVE_HEAD } from '../snapshot/copyOut';
import { dropSchema } from '../swap/leftovers';
import { parser } from '../sql/parser';
import { type Step } from '../sql/step';
import { type Building } from '../build/building';
import { checkSteps, fillSteps, finishSteps, jointSteps, keySteps } from '../ddl/steps';
import { createAside, foreignKeySteps, makersOf, needsView } from '../build/build';
import { pathOf, type Target } from '../ddl/target';
import { named } from '../ddl/ddl';
import { STAGE_COMMENT } from '../sql/names';
import { attempt, sql, type Statement } from '../sql/sql';
import { apart, closure } from '../../../schema/order';
import type { Incoming, SwapPlan } from '../plan/swapPlan';
import { waitsKey, waitsPart } from '../plan/waits';
import { largestFirst } from '../../../rows/largestFirst';
import { sideBySide } from '../../../rows/workers';
import type { Description } from '../catalog/describe';

export interface StageOptions {
  /** The schema that is made and filled. */
  readonly stage: string;
  /** Where names are looked for after it. */
  readonly path: readonly string[];
  readonly target: Target;
  readonly signal?: AbortSignal | undefined;
  onRows(rows: number, bytes: number): void;
  onStage(name: 'load' | 'finish'): void;
}

/**
 * Builds everything that will be swapped in, in a schema of its own: bare tables, rows by COPY over several
 * connections, then keys, views and the last touches; but for what waits for the swap (waits.ts). The live schema is
 * only read. Returns rows by table, as the server counted them, and what of the structure they do not hold.
 */
export async function stage(
  clients: readonly Client[],
  plan: SwapPlan,
  incoming: Incoming,
  live: Description,
  source: RowSource,
  options: StageOptions,
): Promise<Loaded> {
  const [main] = clients;
  if (!main) throw new Error('no connection');
  const building = { plan, incoming, live, schema: options.stage, target: options.target };
  try {
    return await build(clients, main, building, source, options);
  } catch (error) {
    if (!brokeDomain(error)) throw error;
    // The server takes no row that a domain refuses: once more, and this time domains take everything at first.
    await dropSchema(main, options.stage);
    const loose = constraintsOf(await parser(), plan);
    return build(clients, main, { ...building, loose }, source, options);
  }
}

export interface Loaded {
  readonly rows: Map<string, number>;
  readonly blemishes: readonly Blemish[];
}

async function build(
  clients: readonly Client[],
  main: Client,
  building: Building,
  source: RowSource,
  options: StageOptions,
): Promise<Loaded> {
  const { plan, schema, target, loose } = building;
  const { signal } = options;
  const work: Work = { signal, transactions: new Set(), blemishes: [] };
  const statements = [
    sql`CREATE SCHEMA ${quote(schema)}`,
    sql`COMMENT ON SCHEMA ${quote(schema)} IS ${literal(STAGE_COMMENT)}`,
    // A new owner must be allowed to own things here before they move.
    ...[...target.owners].map((owner) => sql`GRANT ALL ON SCHEMA ${quote(schema)} TO ${quote(owner)}`),
  ];
  await execute(main, [{ what: 'making the staging schema', statements }], work);
  for (const client of clients) {
    await client.query(
      `SET search_path = ${searchPath(pathOf([schema, ...options.path], target))}; SET synchronous_commit = off;`,
    );
  }

  const { waits } = plan;
  const { makers, order: all, needs } = makersOf(building);
  const order = all.filter((key) => !waits.keys.has(key));
  const waiting = plan.relations.filter(
    (relation) => hasRows(relation) && waits.keys.has(relationKey(relation.name)),
  );
  // Views may need a primary key of the table they read, so they wait, and what needs them waits too; unless a
  // table cannot be made without.
  const early = closure(
    order.filter((key) => relationOf(key) !== undefined && !makers.get(key)?.view),
    needs,
  );
  const first = order.filter((key) => early.has(key) || !needsView(key, needs, makers));
  const later = order.filter((key) => !first.includes(key));

  const stepOf = (key: string): Step => makers.get(key) ?? { what: key, statements: [] };
  // Tables that need nothing but each other are made side by side, all else after them in its order: what the catalog
  // does not know, as the text of a function, finds its tables there.
  const groups = apart(first, needs);
  const isTables = (group: readonly string[]) => group.every((key) => makers.get(key)?.table !== undefined);
  await executeApart(
    clients,
    groups.filter(isTables).map((group) => group.map(stepOf)),
    work,
  );
  const others = new Set(groups.filter((group) => !isTables(group)).flat());
  await execute(main, first.filter((key) => others.has(key)).map(stepOf), work);
  await execute(
    main,
    waiting.map((relation) => ({
      what: `making ${relation.name}`,
      statements: [createAside(relation, schema)],
    })),
    work,
  );

  options.onStage('load');
  const counts = await load(clients, plan, source, options, work);

  options.onStage('finish');
  const now = plan.relations.filter((relation) => !waits.keys.has(relationKey(relation.name)));
  await execute(
    main,
    [
      ...(loose ? domainSteps(building, loose) : []),
      ...checkSteps(
        now,
        schema,
        (constraint, name) =>
          !waitsPart(waits, constraint, name) && (constraint.parents.length > 0 || isParent(constraint, now)),
      ),
      ...jointSteps(now, schema, (part, index) => !waitsPart(waits, part, index)),
      ...foreignKeySteps(building, (key, references) => !waitsKey(waits, key, references)),
    ],
    work,
  );
  for (const key of later) {
    const maker = makers.get(key);
    await execute(main, [stepOf(key)], work);
    if (maker?.view?.kind === 'materialized' && !waits.fills.has(maker.view.name)) {
      await execute(main, fillSteps(maker.view, schema), work);
    }
  }
  await execute(
    main,
    finishSteps(
      [...now, ...plan.carried].filter(
        (constraint) =>
          !waits.finishing.has(constraint.name) && !waits.keys.has(relationKey(constraint.name)),
      ),
      schema,
      target,
    ),
    work,
  );
  await main.query(`SET search_path = ${searchPath(['pg_catalog'])}`);
  await checkStage(main, schema, plan, work.blemishes, work.transactions);
  return { rows: counts, blemishes: work.blemishes };
}

/** What there is to load. */
export const loadOf = (
  { relations }: { readonly relations: readonly Relation[] },
  source: RowSource,
): { tables: number; bytes: number } => {
  const tables = relations.filter(hasRows);
  return { tables: tables.length, bytes: tables.reduce((sum, { name }) => sum + source.bytes(name), 0) };
};

const isParent = ({ name }: Relation, relations: readonly Relation[]): boolean =>
  relations.some((relation) => relation.parents.includes(name));

interface Work {
  readonly signal: AbortSignal | undefined;
  /** Those that built what is staged. */
  readonly transactions: Set<string>;
  /** What the rows do not hold. */
  readonly blemishes: Blemish[];
}

/** Groups of steps that do not need each other, on all connections. */
async function executeApart(
  clients: readonly Client[],
  groups: readonly (readonly Step[])[],
  work: Work,
): Promise<void> {
  const queue = [...groups];
  const take = (): Step[] => {
    const some: Step[] = [];
    while (some.length < BATCH && queue.length > 0) some.push(...(queue.shift() ?? []));
    return some;
  };
  await sideBySide(clients, async (client, failed) => {
    for (let steps = take(); steps.length > 0 && !failed(); steps = take())
      await execute(client, steps, work);
  });
}

/** Steps of one transaction. */
const BATCH = 50;

/** Many small steps in few round trips; a failure names the one. */
async function execute(client: Client, steps: readonly Step[], work: Work): Promise<void> {
  for (let at = 0; at < steps.length; at += BATCH) {
    throwIfCancelled(work.signal);
    const some = steps.slice(at, at + BATCH);
    const oneByOne = async () => {
      for (const step of some) {
        throwIfCancelled(work.signal);
        const done = await tryStep(client, step, false);
        if (done.transaction !== undefined) work.transactions.add(done.transaction);
        if (done.blemish) work.blemishes.push(done.blemish);
      }
    };
    if (some.some((step) => step.unless?.blemish?.before)) {
      await oneByOne();
      continue;
    }
    const batch = some.flatMap((step) => step.statements.map((statement) => ({ step, statement })));
    const { refused, transaction } = await attempt(
      client,
      batch.map(({ statement }) => statement),
    );
    if (transaction !== undefined) work.transactions.add(transaction);
    if (!refused) continue;
    throwIfCancelled(work.signal);
    const step = batch[refused.at]?.step;
    if (!isBlemish(step, refused.error)) {
      throw databaseError(refused.error, step?.what ?? 'preparing tables');
    }
    // Nothing of the batch has happened: one by one, so that all but this one is made.
    await oneByOne();
  }
}

/**
 * All connections work on one table at a time, chunk by chunk, the largest table first; whoever finishes the
 * table's last chunk builds its keys while the others go on. So a single large table is loaded in parallel too.
 */
async function load(
  clients: readonly Client[],
  { relations, waits }: Pick<SwapPlan, 'relations' | 'waits'>,
  source: RowSource,
  options: StageOptions,
  doing: Work,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const isAside = ({ name }: Relation) => waits.keys.has(relationKey(name));
  const tables = relations.filter(
    (relation) => relation.kind === 'table' || (relation.kind === 'partitioned' && !isAside(relation)),
  );
  const queue = largestFirst(tables, ({ name }) => source.bytes(name)).map((relation) => ({
    relation,
    chunks: hasRows(relation) ? source.chunks(relation.name)[Symbol.asyncIterator]() : undefined,
    dry: false,
    busy: 0,
    keyed: false,
    // Many small commits would call autovacuum to a table that is still being filled.
    hush: hushes(relation) && source.bytes(relation.name) >= LARGE_BYTES,
  }));
  const finish = async (client: Client, job: (typeof queue)[number]) => {
    if (job.busy > 0 || !job.dry || job.keyed) return;
    job.keyed = true;
    const { relation } = job;
    const rows = counts.get(relation.name) ?? 0;
    const { stage } = options;
    const what = `building the indexes of ${relation.name}`;
    const wanted = (name: string) => !waitsPart(waits, relation, name);
    // Checks of families come later, when the rows of all are in.
    const alone = relation.parents.length === 0 && !isParent(relation, relations);
    await execute(
      client,
      [
        ...(job.hush ? [{ what, statements: [unhush(stage, relation)] }] : []),
        ...(isAside(relation) ? [] : keySteps(relation, stage, wanted)),
        ...(isAside(relation) || !alone ? [] : checkSteps([relation], stage, (_, name) => wanted(name))),
        ...(rows > ANALYZE_ROWS && !isAside(relation)
          ? [{ what, statements: [sql`ANALYZE ${named(stage, relation.name)}`] }]
          : []),
      ],
      doing,
    );
  };

  type Fetched = LentChunk | StreamedChunk | undefined;
  const fetch = async (job: (typeof queue)[number]): Promise<Fetched> => {
    const next = job.dry || !job.chunks ? undefined : await job.chunks.next();
    if (next && !next.done) return next.value();
    job.dry = true;
    return undefined;
  };

  const [first] = clients;
  const large = queue.filter((job) => job.hush).map((job) => hush(options.stage, job.relation));
  if (first) await execute(first, [{ what: 'preparing large tables', statements: large }], doing);

  await sideBySide(clients, async (client, failed) => {
    for (const job of queue) {
      if (job.keyed) continue;
      job.busy += 1;
      // While the server takes one chunk, the next is already being fetched and unpacked.
      let upcoming = fetch(job);
      upcoming.catch(() => undefined);
      for (;;) {
        throwIfCancelled(options.signal);
        const chunk = await upcoming;
        if (!chunk || failed()) break;
        upcoming = fetch(job);
        upcoming.catch(() => undefined);
        try {
          const rows = await copyIn(client, options.stage, job.relation, chunk, options.signal);
          if (rows !== chunk.rows) {
            throw refused('rows-not-taken', { collection: job.relation.name, taken: rows, rows: chunk.rows });
          }
          counts.set(job.relation.name, (counts.get(job.relation.name) ?? 0) + rows);
          options.onRows(rows, 'data' in chunk ? chunk.data.length : chunk.bytes);
        } finally {
          chunk.release();
        }
      }
      job.busy -= 1;
      if (failed()) return;
      await finish(client, job);
    }
  });
  return counts;
}

/** Smaller tables the server's own autovacuum does not analyze either (autovacuum_analyze_threshold). */
const ANALYZE_ROWS = 50;

/** A table from here on takes long enough to load for autovacuum to come by. */
const LARGE_BYTES = 64 * 1024 * 1024;

const hushes = ({ kind, options, toastOptions }: Relation): boolean =>
  kind === 'table' &&
  ![...options, ...toastOptions].some((option) => option.startsWith('autovacuum_enabled='));
const hush = (schema: string, { name }: Relation): Statement =>
  sql`ALTER TABLE ONLY ${named(schema, name)} SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)`;
const unhush = (schema: string, { name }: Relation): Statement =>
  sql`ALTER TABLE ONLY ${named(schema, name)} RESET (autovacuum_enabled, toast.autovacuum_enabled)`;

/** One chunk into one table; resolves with the rows the server took. */
async function copyIn(
  client: Client,
  schema: string,
  relation: Relation,
  chunk: LentChunk | StreamedChunk,
  signal?: AbortSignal,
): Promise<number> {
  const doing = `loading ${relation.name}`;
  const native = 'data' in chunk && chunk.native;
  const form = native ? 'binary' : 'csv';
  const stream = client.query(
    copyFrom(`COPY ${named(schema, relation.name)}${columnList(relation)} FROM STDIN (FORMAT ${form})`),
  );
  try {
    if ('data' in chunk) {
      if (native) stream.write(NATIVE_HEAD);
      stream.write(chunk.data);
      stream.end(native ? NATIVE_END : undefined);
      await once(stream, 'finish');
    } else await pipeline(chunk.pieces, stream);
  } catch (error) {
    throwIfCancelled(signal);
    throw databaseError(error, doing);
  }
  return stream.rowCount;
}
