import { refused, throwIfCancelled } from '../../../../errors/errors';
import type { Aside, AsideOptions, DatabasePreview, RestorePlan, RowSource } from '../../../dialect';
import { relationKey } from '../../../schema/structure';
import { isView, type Relation } from '../../../schema/structure';
import type { LeftOut } from '../../../schema/code';
import { rows, run, type Client, type MysqlSettings } from '../connection/connection';
import { databaseError, isErrno } from '../connection/failure';
import { withWorkers } from '../load/workers';
import { planSwap, type SwapPlan } from '../plan/plan';
import { ERRNO } from '../sql/errno';
import { staged as stagedName } from '../sql/names';
import { quote } from '../sql/quote';
import { withoutCode } from '../structure/code';
import { drop } from '../swap/leftovers';
import { naming, readStaged, stage } from './stage';

/** Letters of a name. */
const LONGEST = 64;
const RESERVED = /^(mysql|sys|information_schema|performance_schema)$/i;

/** `free`: there is no database of the name; `empty`: there is one with nothing in it. Throws NAME_INVALID and NAME_TAKEN. */
async function look(client: Client, name: string): Promise<'free' | 'empty'> {
  if (Array.from(name).length > LONGEST) throw refused('into-long', { name, most: LONGEST });
  // The server knows no others, and would cut off or refuse a space at the end.
  if (RESERVED.test(name) || / $|[\u{10000}-\u{10FFFF}]/u.test(name))
    throw refused('into-reserved', { name });
  const [there] = await rows<{ things: string; here: string }>(
    client,
    `SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = s.SCHEMA_NAME)
       + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = s.SCHEMA_NAME)
       + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = s.SCHEMA_NAME) AS things,
       s.SCHEMA_NAME = DATABASE() AS here
     FROM information_schema.SCHEMATA s WHERE s.SCHEMA_NAME = ?`,
    [name],
  );
  if (!there) return 'free';
  if (there.things !== '0' || there.here !== '0') throw refused('into-taken', { name });
  return 'empty';
}

interface Plan {
  readonly plan: Pick<SwapPlan, 'tables' | 'keys' | 'repointed' | 'aside'>;
  readonly leftOut: readonly LeftOut[];
}

/** Tables that stand by themselves: nothing in them runs, and no key ties them to others. */
function planAside({ schema, selected }: RestorePlan): Plan {
  const byKey = new Map(schema.relations.map((relation) => [relationKey(relation.name), relation]));
  const chosen = schema.order.flatMap((key) => byKey.get(key) ?? []).filter(({ name }) => selected.has(name));
  const { relations, leftOut } = withoutCode(
    { relations: chosen.filter((relation) => !isView(relation)), objects: [] },
    { relations: [], objects: [] },
  );
  const { tables, keys, repointed, aside } = planSwap(
    relations.map((relation): Relation => ({ ...relation, foreignKeys: [] })),
    [],
  );
  return {
    plan: { tables, keys, repointed, aside },
    leftOut: [
      ...chosen.filter(isView).map(({ name }): LeftOut => ({ kind: 'view', collection: name, name })),
      ...leftOut,
      // A key cannot be made before the tables have their place, nor with them in one go.
      ...relations.flatMap(({ name: collection, foreignKeys }) =>
        foreignKeys.map(({ name }): LeftOut => ({ kind: 'constraint', collection, name })),
      ),
    ],
  };
}

/** What would come into a database of its own, without changing anything. */
export async function previewAside(
  client: Client,
  wanted: RestorePlan,
  into: string,
): Promise<DatabasePreview> {
  await look(client, into);
  const { plan, leftOut } = planAside(wanted);
  return {
    collections: plan.tables.map(({ name, kind }) => {
      const then = wanted.rows?.get(name);
      return {
        name,
        kind,
        action: 'create',
        ...(then !== undefined && { rowsInBackup: then }),
        structure: [],
      };
    }),
    warnings: [],
    code: [],
    missing: [],
    leftOut,
    blemishes: [],
    undoBytes: 0,
  };
}

/** Built and compared under names of Ark's own, and then moved into the other database by one statement. */
export async function restoreAside(
  settings: MysqlSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  source: RowSource,
  options: AsideOptions,
): Promise<Aside> {
  const { into, signal } = options;
  await look(control, into);
  const { plan, leftOut } = planAside(wanted);
  options.onLeftOut(leftOut);
  const nameOf = naming(plan.tables, (at) => stagedName(job, at));
  try {
    return await withWorkers(settings, control, options, async (clients) => {
      const { rows: counts, blemishes } = await stage(clients, plan, nameOf, source, options);
      options.onBlemishes(blemishes);
      await options.check(counts, (name) => readStaged(clients, plan.tables, nameOf, name));
      throwIfCancelled(signal);
      await move(
        control,
        plan.tables.map(({ name }) => [nameOf(name), name]),
        into,
      );
      return {
        tables: plan.tables.map(({ name }) => ({ name, rows: counts.get(name) ?? 0 })),
        drop: `DROP DATABASE ${quote(into)}`,
      };
    });
  } catch (error) {
    await drop(
      control,
      plan.tables.map(({ name }) => nameOf(name)),
    ).catch(() => undefined);
    throwIfCancelled(signal);
    throw databaseError(error);
  }
}

async function move(
  control: Client,
  names: readonly (readonly [from: string, to: string])[],
  into: string,
): Promise<void> {
  const made = (await look(control, into)) === 'free';
  if (made) await make(control, into);
  try {
    const moves = names.map(([from, to]) => `${quote(from)} TO ${quote(into)}.${quote(to)}`);
    await run(control, `RENAME TABLE ${moves.join(', ')}`);
  } catch (error) {
    // Only what is still empty is ours to remove.
    if (made && (await look(control, into).catch(() => undefined)) === 'empty')
      await run(control, `DROP DATABASE ${quote(into)}`).catch(() => undefined);
    throw error;
  }
}

async function make(control: Client, into: string): Promise<void> {
  const [defaults] = await rows<{ charset: string; collation: string }>(
    control,
    'SELECT @@character_set_database AS charset, @@collation_database AS collation',
  );
  try {
    await run(
      control,
      `CREATE DATABASE ${quote(into)} CHARACTER SET ${defaults?.charset ?? 'utf8mb4'} COLLATE ${defaults?.collation ?? 'utf8mb4_general_ci'}`,
    );
  } catch (error) {
    if (isErrno(error, ERRNO.accessDeniedToDatabase, ERRNO.specificAccessDenied))
      throw refused('into-no-rights', { name: into });
    if (isErrno(error, ERRNO.databaseExists)) throw refused('into-taken', { name: into });
    throw error;
  }
}
