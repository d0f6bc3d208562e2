import type { Client } from 'pg';
import { throwIfCancelled } from '../../../../errors/errors';
import { refuseCode } from '../../../schema/code';
import type { Rehearsed, RehearseOptions, RowSource } from '../../../dialect';
import type { Wanted } from '../neutral/wanted';
import { digesting, refuseDifferent } from '../../../rows/digesting';
import { closure } from '../../../schema/order';
import { withParents } from '../build/blemish';
import { RowDigest } from '../../../rows/rowDigest';
import { hasRows, objectKey, relationKey } from '../../../schema/structure';
import type { Relation, Schema } from '../structure/structure';
import { type PostgresSettings } from '../connection/connection';
import { databaseError } from '../connection/failure';
import type { Target } from '../ddl/target';
import type { Description } from '../catalog/describe';
import { guestsIn } from '../ddl/guests';
import { dropSchema } from '../swap/leftovers';
import { readLive, readTarget } from '../catalog/live';
import { stageSchema } from '../sql/names';
import { planCode } from '../plan/planCode';
import { narrow } from '../swap/replace';
import { planExtensions } from '../plan/extensions';
import { planMissing } from '../plan/planMissing';
import { refusedCollations, standIn } from '../ddl/refused';
import { checkMayCreateSchema } from './planned';
import { checkSpace } from './space';
import { loadOf, stage } from './stage';
import { readStaged } from './staged';
import { NO_OUTSIDE_PLAN, type SwapPlan } from '../plan/swapPlan';
import { NO_WAITS } from '../plan/waits';
import { sideBySide } from '../../../rows/workers';
import { withWorkers } from '../connection/workers';
import { warn } from '../../../app/warning';

/**
 * A restore without its swap: everything is built aside, every row is read back and compared with what was sent,
 * and all of it is dropped again. The staging schema has the name of a restore's, so that what a killed
 * rehearsal leaves goes the same way.
 */
export async function rehearse(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: Wanted,
  source: RowSource,
  options: RehearseOptions,
): Promise<Rehearsed> {
  const extensions = await planExtensions(control, wanted, { make: false, without: false, rehearsal: true });
  await checkMayCreateSchema(control, settings);
  const target = await readTarget(control);
  const { live } = await readLive(control, settings.schema);
  const fitted = await planMissing(control, wanted, extensions, true);
  const coded = await planCode(fitted.wanted, live, target, true);
  refuseCode(coded.code, options.allowCode);
  options.onLeftOut(coded.leftOut);
  const refused = await refusedCollations(control, coded.schema.objects, []);
  const plan = planAll(coded.schema, target, refused);
  const tables = plan.relations.filter(hasRows);
  const space = await checkSpace(control, settings, tables, source);
  options.onSpace(space);

  const schema = stageSchema(job);
  try {
    return await withWorkers(settings, control, job, options, loadOf(plan, source), async (clients) => {
      const sent = new Map<string, RowDigest>();
      options.onStage('stage');
      const { rows: counts, blemishes } = await stage(
        clients,
        plan,
        coded.schema,
        NOTHING,
        digesting(source, sent),
        {
          stage: schema,
          path: [settings.schema],
          target: narrow(target, plan),
          signal: options.signal,
          onRows: (count, bytes) => options.onRows(count, bytes),
          onStage: (name) => options.onStage(name),
        },
      );
      await options.check(counts);
      options.onStage('read back');
      await compare(clients, schema, tables, sent, options);
      const breaks = coded.schema.objects.flatMap((object) => {
        const why = refused.get(objectKey(object));
        return why === undefined ? [] : [warn('collation-refused', { name: object.name, why })];
      });
      return {
        blemishes: withParents(blemishes, plan.relations),
        breaks: [
          ...[...fitted.warnings, ...coded.warnings].filter((warning) => warning.kind === 'breaks'),
          ...breaks,
        ],
        missing: fitted.missing,
      };
    });
  } catch (error) {
    throwIfCancelled(options.signal);
    throw databaseError(error, 'rehearsing a restore');
  } finally {
    await dropSchema(control, schema).catch(() => undefined);
  }
}

/** Nothing lives where a rehearsal builds. */
export const NOTHING: Description = {
  oid: 0,
  relations: [],
  objects: [],
  order: [],
  needs: new Map(),
  laterNeeds: new Map(),
  facts: new Map(),
  foreign: [],
  typed: [],
  publications: [],
  oids: new Map(),
};

/** All of the archive is built; there is nothing to move aside, and nothing that stays to be tied to. */
export function planAll(schema: Schema, target: Target, refused: ReadonlyMap<string, string>): SwapPlan {
  const guests = guestsIn(schema.relations, target);
  const byKey = new Map(schema.relations.map((relation) => [relationKey(relation.name), relation]));
  const objects = new Map(
    schema.objects.map((object) => [
      objectKey(object),
      refused.has(objectKey(object)) ? standIn(object) : object,
    ]),
  );
  const needed = closure([...byKey.keys()], schema.needs, schema.laterNeeds);
  return {
    relations: schema.order.map((key) => byKey.get(key)).filter((relation) => relation !== undefined),
    objects: schema.order
      .filter((key) => needed.has(key))
      .map((key) => objects.get(key))
      .filter((relation) => relation !== undefined),
    carried: [],
    remade: [],
    redefined: [],
    outgoing: [],
    dropped: [],
    rebound: [],
    leaving: [],
    arriving: [],
    outside: NO_OUTSIDE_PLAN,
    detached: [],
    attached: [],
    emptied: [],
    // What another role wrote is filled in a swap, or not at all.
    waits: {
      ...NO_WAITS,
      fills: new Set([...guests.filled, ...guests.empty.map((relation) => relation.name)]),
    },
    warnings: [],
  };
}

async function compare(
  clients: readonly Client[],
  schema: string,
  tables: readonly Relation[],
  sent: ReadonlyMap<string, RowDigest>,
  options: RehearseOptions,
): Promise<void> {
  const queue = [...tables];
  await sideBySide(clients, async (client, failed) => {
    for (let table = queue.shift(); table && !failed(); table = queue.shift()) {
      const digest = new RowDigest();
      for await (const chunk of readStaged([client], schema, tables, table.name)) {
        throwIfCancelled(options.signal);
        digest.add(chunk.data);
        options.onRows(chunk.rows, chunk.data.length);
        chunk.release();
      }
      refuseDifferent(table.name, digest, sent.get(table.name));
    }
  });
}
