import type { Client } from 'pg';
import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { Aside, AsideOptions, DatabasePreview, RowSource } from '../../../dialect';
import { hasRows } from '../../../schema/structure';
import { warn } from '../../../app/warning';
import { withParents } from '../build/blemish';
import { readTarget } from '../catalog/live';
import { rows, type PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import { withWorkers } from '../connection/workers';
import type { Wanted } from '../neutral/wanted';
import { planAside, type AsidePlan } from '../plan/planAside';
import { literal, quote } from '../sql/quote';
import { ASIDE_COMMENT, stageSchema } from '../sql/names';
import { run, sql } from '../sql/sql';
import { dropSchema } from '../swap/leftovers';
import { narrow } from '../swap/replace';
import { NOTHING, planAll } from './rehearse';
import { checkMayCreateSchema } from './planned';
import { checkSpace } from './space';
import { loadOf, stage } from './stage';
import { readStaged } from './staged';

/** Bytes of a name; the server would cut a longer one off, unsaid. */
const LONGEST = 63;

/** Throws NAME_INVALID and NAME_TAKEN. */
async function checkName(client: Client, name: string): Promise<void> {
  if (Buffer.byteLength(name) > LONGEST) throw refused('into-long', { name, most: LONGEST });
  if (/^(pg_|information_schema$)/i.test(name)) throw refused('into-reserved', { name });
  const [taken] = await rows(client, 'SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1', [name]);
  if (taken) throw refused('into-taken', { name });
}

/** What would come into a schema of its own, without changing anything. */
export async function previewAside(
  client: Client,
  settings: PostgresSettings,
  wanted: Wanted,
  into: string,
): Promise<DatabasePreview> {
  await checkName(client, into);
  await checkMayCreateSchema(client, settings);
  const plan = await planAside(client, wanted, await readTarget(client));
  return {
    collections: plan.schema.relations.map(({ name, kind, ...relation }) => {
      const rowsThen = hasRows({ kind, ...relation }) ? wanted.rows?.get(name) : undefined;
      return {
        name,
        kind,
        action: 'create',
        ...(rowsThen !== undefined && { rowsInBackup: rowsThen }),
        structure: [],
      };
    }),
    warnings: plan.along.map((name) => warn('shares-rows', { name })),
    code: [],
    missing: plan.missing,
    leftOut: plan.leftOut,
    blemishes: [],
    undoBytes: 0,
  };
}

/** Built and compared in a staging schema, which then gets its name: one statement, and nothing live is touched. */
export async function restoreAside(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: Wanted,
  source: RowSource,
  options: AsideOptions,
): Promise<Aside> {
  const { into, signal } = options;
  await checkName(control, into);
  await checkMayCreateSchema(control, settings);
  const target = await readTarget(control);
  const plan = await planAside(control, wanted, target);
  options.onLeftOut(plan.leftOut);
  options.onMissing(plan.missing);
  const swap = planAll(plan.schema, target, new Map());
  await checkSpace(control, settings, swap.relations.filter(hasRows), source);
  const staged = stageSchema(job);
  try {
    return await withWorkers(settings, control, job, options, loadOf(swap, source), async (clients) => {
      options.onStage('stage');
      const { rows: counts, blemishes } = await stage(clients, swap, plan.schema, NOTHING, source, {
        stage: staged,
        // Not the app's schema: what a name means here must be here.
        path: [],
        target: narrow(target, swap),
        signal,
        onRows: (count, bytes) => options.onRows(count, bytes),
        onStage: (name) => options.onStage(name),
      });
      options.onBlemishes(withParents(blemishes, swap.relations));
      await options.check(counts, (name) => readStaged(clients, staged, swap.relations, name));
      throwIfCancelled(signal);
      await name(control, staged, options);
      return { tables: asideTables(plan, counts), drop: `DROP SCHEMA ${quote(into)} CASCADE` };
    });
  } catch (error) {
    await dropSchema(control, staged).catch(() => undefined);
    throwIfCancelled(signal);
    throw databaseError(error, `restoring into ${into}`);
  }
}

const asideTables = ({ schema }: AsidePlan, counts: ReadonlyMap<string, number>): Aside['tables'] =>
  schema.relations.filter(hasRows).map(({ name }) => ({ name, rows: counts.get(name) ?? 0 }));

async function name(control: Client, staged: string, { into }: AsideOptions): Promise<void> {
  await control.query('BEGIN');
  try {
    await checkName(control, into);
    await run(control, [
      sql`ALTER SCHEMA ${quote(staged)} RENAME TO ${quote(into)}`,
      sql`COMMENT ON SCHEMA ${quote(into)} IS ${literal(ASIDE_COMMENT)}`,
    ]);
    await control.query('COMMIT');
  } catch (error) {
    await control.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
