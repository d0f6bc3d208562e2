import { refuseCode } from '../../../schema/code';
import { throwIfCancelled } from '../../../../errors/errors';
import type { Fresh, NoFresh, Rehearsed, RehearseOptions, RestorePlan, RowSource } from '../../../dialect';
import type { Database } from '../../../dialect';
import { digesting, refuseDifferent } from '../../../rows/digesting';
import { RowDigest } from '../../../rows/rowDigest';
import { describe } from '../catalog/describe';
import { rows, run, type Client, type MysqlSettings } from '../connection/connection';
import { databaseError, isErrno } from '../connection/failure';
import { sideBySide } from '../../../rows/workers';
import { withWorkers } from '../load/workers';
import { liveOf, planRestore, planSwap } from '../plan/plan';
import { ERRNO } from '../sql/errno';
import { freshDatabase, staged as stagedName } from '../sql/names';
import { quote } from '../sql/quote';
import { drop } from '../swap/leftovers';
import { naming, readStaged, stage } from './stage';
import { tryOut } from './tryOut';

/** Rows take more room in a table than in CSV, and indexes come on top. */
const [ROOM_PER_BYTE, ROOM_PER_TABLE] = [2, 128 * 1024];

const spaceFor = ({ schema }: RestorePlan, source: RowSource) => ({
  needed: schema.relations.reduce(
    (sum, { name }) => sum + source.bytes(name) * ROOM_PER_BYTE + ROOM_PER_TABLE,
    0,
  ),
});

/** A restore without its swap: all is built aside, every row is read back and compared, and all of it is dropped again. */
export async function rehearse(
  settings: MysqlSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  source: RowSource,
  options: RehearseOptions,
): Promise<Rehearsed> {
  const live = liveOf(await describe(control));
  const all = { ...wanted, selected: new Set(wanted.schema.relations.map(({ name }) => name)) };
  const { code, leftOut, tables, views, objects } = planRestore(all, live);
  refuseCode(code, options.allowCode);
  options.onLeftOut(leftOut);
  // Nothing lives where it is built.
  const plan = planSwap([...tables, ...views], []);
  options.onSpace(spaceFor(wanted, source));
  const nameOf = naming(plan.tables, (at) => stagedName(job, at));
  try {
    return await withWorkers(settings, control, options, async (clients) => {
      const sent = new Map<string, RowDigest>();
      const { rows: counts, blemishes } = await stage(
        clients,
        plan,
        nameOf,
        digesting(source, sent),
        options,
      );
      const spare = (at: number) => stagedName(job, plan.tables.length + at);
      const unmade = await tryOut(control, { ...plan, objects }, nameOf, spare);
      await options.check(counts);
      options.onStage('read back');
      const queue = [...plan.tables];
      await sideBySide(clients, async (client, failed) => {
        for (let table = queue.shift(); table && !failed(); table = queue.shift()) {
          const digest = new RowDigest();
          for await (const chunk of readStaged([client], plan.tables, nameOf, table.name)) {
            throwIfCancelled(options.signal);
            digest.add(chunk.data);
            options.onRows(chunk.rows, chunk.data.length);
            chunk.release();
          }
          refuseDifferent(table.name, digest, sent.get(table.name));
        }
      });
      return { blemishes: [...plan.blemishes, ...blemishes, ...unmade], breaks: [], missing: [] };
    });
  } catch (error) {
    throwIfCancelled(options.signal);
    throw databaseError(error);
  } finally {
    await drop(
      control,
      plan.tables.map(({ name }) => nameOf(name)),
    ).catch(() => undefined);
  }
}

/** An empty database beside the app's, as a new server would have it. Accounts of apps may seldom make one. */
export async function makeFresh(
  settings: MysqlSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
  source: RowSource,
  options: Pick<RehearseOptions, 'allowCode' | 'onSpace'>,
  open: (settings: MysqlSettings) => Database,
): Promise<Fresh | NoFresh> {
  const live = liveOf(await describe(control));
  refuseCode(
    planRestore({ ...wanted, selected: new Set(wanted.schema.relations.map(({ name }) => name)) }, live).code,
    options.allowCode,
  );
  const [defaults] = await rows<{ charset: string; collation: string }>(
    control,
    'SELECT @@character_set_database AS charset, @@collation_database AS collation',
  );
  const name = freshDatabase(control.database, job);
  try {
    await run(
      control,
      `CREATE DATABASE ${quote(name)} CHARACTER SET ${defaults?.charset ?? 'utf8mb4'} COLLATE ${defaults?.collation ?? 'utf8mb4_general_ci'}`,
    );
  } catch (error) {
    if (isErrno(error, ERRNO.accessDeniedToDatabase, ERRNO.specificAccessDenied)) return { why: 'rights' };
    throw databaseError(error);
  }
  options.onSpace(spaceFor(wanted, source));
  return {
    database: open({
      ...settings,
      label: `${settings.label} (an empty database beside it)`,
      eventsRest: true,
      connection: { ...settings.connection, database: name },
    }),
    drop: async () => {
      await run(control, `DROP DATABASE IF EXISTS ${quote(name)}`);
    },
  };
}
