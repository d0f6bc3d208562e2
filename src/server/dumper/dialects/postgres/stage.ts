import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { BackupError, throwIfCancelled } from '../../../errors';
import { hasRows, isView, objectKey, relationKey, type Needs, type Relation } from '../../structure';
import type { LentChunk, RowSource, StreamedChunk } from '../../dialect';
import { checkStage } from './checkStage';
import { columnList, literal, quote, searchPath } from './connection';
import { databaseError } from './failure';
import {
  attachIndexes,
  createForeignKey,
  createKeys,
  createObject,
  createRelation,
  finishRelation,
  grant,
  identified,
  named,
  type Target,
} from './ddl';
import { STAGE_COMMENT } from './names';
import { attempt, sql, type Statement } from './sql';
import { closure, orderByNeed } from '../../order';
import { movableKind, type Incoming, type SwapPlan } from './swapPlan';
import { sideBySide } from './workers';
import type { Description } from './describe';

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
 * connections, then keys, views and the last touches. The live schema is only read. Returns rows by table, as
 * the server counted them.
 */
export async function stage(
  clients: readonly Client[],
  plan: SwapPlan,
  incoming: Incoming,
  live: Description,
  source: RowSource,
  options: StageOptions,
): Promise<Map<string, number>> {
  const [main] = clients;
  if (!main) throw new Error('no connection');
  const { stage: schema, target, signal } = options;
  const work: Work = { signal, transactions: new Set() };
  const run = (client: Client, what: string, statements: readonly Statement[]) =>
    execute(client, [{ what, statements }], work);

  await run(main, 'making the staging schema', [
    sql`CREATE SCHEMA ${quote(schema)}`,
    sql`COMMENT ON SCHEMA ${quote(schema)} IS ${literal(STAGE_COMMENT)}`,
    // A new owner must be allowed to own things here before they move.
    ...[...target.owners].map((owner) => sql`GRANT ALL ON SCHEMA ${quote(schema)} TO ${quote(owner)}`),
  ]);
  for (const client of clients) {
    await client.query(
      `SET search_path = ${searchPath([schema, ...options.path])}; SET synchronous_commit = off;`,
    );
  }

  const makers = new Map<string, { what: string; view?: Relation; statements: Statement[] }>();
  const family = new Map(plan.relations.map((one) => [one.name, one]));
  for (const object of plan.objects) {
    makers.set(objectKey(object), {
      what: `making the ${object.kind} ${object.identity}`,
      statements: [
        ...createObject(object, schema),
        ...grant(
          movableKind(object),
          identified(schema, object.identity),
          object.owner,
          object.privileges,
          target,
        ),
      ],
    });
  }
  for (const relation of [...plan.relations, ...plan.carried]) {
    makers.set(relationKey(relation.name), {
      what: `making ${relation.name}`,
      ...(isView(relation) && { view: relation }),
      statements: createRelation(relation, family, target.version, schema),
    });
  }
  // Carried views follow the live schema's order of need, everything else the incoming one's.
  const needs = new Map([...live.needs, ...incoming.needs]);
  const order = orderByNeed(
    [...incoming.order, ...live.order].filter((key) => makers.has(key)),
    needs,
  );
  // Views may need a primary key of the table they read, so they wait, and what needs them waits too; unless a
  // table cannot be made without.
  const early = closure(
    order.filter((key) => key.startsWith('relation:') && !makers.get(key)?.view),
    needs,
  );
  const first = order.filter((key) => early.has(key) || !needsView(key, needs, makers));
  const later = order.filter((key) => !first.includes(key));

  const stepOf = (key: string): Step => makers.get(key) ?? { what: key, statements: [] };
  await execute(main, first.map(stepOf), work);

  options.onStage('load');
  const counts = await load(clients, plan.relations, source, options, work);

  options.onStage('finish');
  const staged = new Set(plan.relations.map((one) => one.name));
  const joints = plan.relations.flatMap((relation): Step[] => [
    { what: `joining indexes of ${relation.name}`, statements: attachIndexes(relation, schema) },
  ]);
  const foreignKeys = plan.relations.flatMap((relation) =>
    relation.constraints
      .filter((key) => key.kind === 'foreign' && staged.has(key.references ?? ''))
      .map(({ name }) => ({
        what: `adding the foreign key ${name} of ${relation.name}`,
        statements: createForeignKey(relation, name, schema),
      })),
  );
  await execute(main, [...joints, ...foreignKeys], work);
  for (const key of later) {
    const maker = makers.get(key);
    await run(main, maker?.what ?? key, maker?.statements ?? []);
    if (maker?.view?.kind === 'materialized') {
      const { name, populated } = maker.view;
      await run(main, `filling ${name}`, [
        ...(populated ? [sql`REFRESH MATERIALIZED VIEW ${named(schema, name)}`] : []),
        ...createKeys(maker.view, schema),
      ]);
    }
  }
  await execute(
    main,
    [...plan.relations, ...plan.carried].map((relation) => ({
      what: `finishing ${relation.name}`,
      statements: [
        ...finishRelation(relation, schema),
        ...relation.sequences.flatMap((one) =>
          one.privileges
            ? grant('SEQUENCE', named(schema, one.name), target.user, one.privileges, target)
            : [],
        ),
        ...grant('TABLE', named(schema, relation.name), relation.owner, relation.privileges, target),
      ],
    })),
    work,
  );
  await main.query(`SET search_path = ${searchPath(['pg_catalog'])}`);
  await checkStage(main, schema, plan, work.transactions);
  return counts;
}

function needsView(key: string, needs: Needs, makers: ReadonlyMap<string, { view?: Relation }>): boolean {
  return [...closure([key], needs)].some((one) => makers.get(one)?.view !== undefined);
}

interface Step {
  readonly what: string;
  readonly statements: readonly Statement[];
}

interface Work {
  readonly signal: AbortSignal | undefined;
  /** Those that built what is staged. */
  readonly transactions: Set<string>;
}

/** Many small steps in few round trips; a failure names the one. */
async function execute(
  client: Client,
  steps: readonly Step[],
  { signal, transactions }: Work,
): Promise<void> {
  const BATCH = 50;
  for (let at = 0; at < steps.length; at += BATCH) {
    throwIfCancelled(signal);
    const batch = steps
      .slice(at, at + BATCH)
      .flatMap(({ what, statements }) => statements.map((one) => ({ what, one })));
    const { refused, transaction } = await attempt(
      client,
      batch.map(({ one }) => one),
    );
    if (transaction !== undefined) transactions.add(transaction);
    if (!refused) continue;
    throwIfCancelled(signal);
    throw databaseError(refused.error, batch[refused.at]?.what ?? 'preparing tables');
  }
}

/**
 * All connections work on one table at a time, chunk by chunk, the largest table first; whoever finishes the
 * table's last chunk builds its keys while the others go on. So a single large table is loaded in parallel too.
 */
async function load(
  clients: readonly Client[],
  relations: readonly Relation[],
  source: RowSource,
  options: StageOptions,
  doing: Work,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const tables = relations
    .filter((one) => one.kind === 'table' || one.kind === 'partitioned')
    .map((relation) => ({ relation, size: source.bytes(relation.name) }))
    .sort((a, b) => b.size - a.size);
  const queue = tables.map(({ relation }) => ({
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
    const statements = [
      ...(job.hush ? [unhush(options.stage, relation)] : []),
      ...createKeys(relation, options.stage),
      ...(rows > ANALYZE_ROWS ? [sql`ANALYZE ${named(options.stage, relation.name)}`] : []),
    ];
    await execute(client, [{ what: `building the indexes of ${relation.name}`, statements }], doing);
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
            throw new BackupError(
              'CHECK_FAILED',
              `${job.relation.name}: the server took ${rows} rows of a chunk that has ${chunk.rows}. Nothing was changed.`,
            );
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
  kind === 'table' && ![...options, ...toastOptions].some((one) => one.startsWith('autovacuum_enabled='));
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
  const stream = client.query(
    copyFrom(`COPY ${named(schema, relation.name)}${columnList(relation)} FROM STDIN (FORMAT csv)`),
  );
  try {
    if ('data' in chunk) {
      stream.end(chunk.data);
      await once(stream, 'finish');
    } else await pipeline(chunk.pieces, stream);
  } catch (error) {
    throwIfCancelled(signal);
    throw databaseError(error, doing);
  }
  return stream.rowCount;
}
