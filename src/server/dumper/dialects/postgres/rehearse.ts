import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { formatBytes } from '../../../bytes';
import { BackupError, throwIfCancelled } from '../../../errors';
import { refuseCode } from '../../code';
import type { Rehearsed, RehearseOptions, RestorePlan, RowSource } from '../../dialect';
import { closure } from '../../order';
import { withParents } from './blemish';
import { RowDigest } from '../../rowDigest';
import { hasRows, objectKey, relationKey, type Relation, type Schema } from '../../structure';
import { columnList, quote, rows, type PostgresSettings } from './connection';
import { databaseError } from './failure';
import { BufferPool, copyOut } from './copyOut';
import type { Target } from './ddl';
import type { Description } from './describe';
import { guestsIn } from './guests';
import { dropSchema } from './leftovers';
import { readLive, readTarget } from './live';
import { stageSchema } from './names';
import { planCode } from './planCode';
import { narrow } from './replace';
import { planExtensions } from './extensions';
import { planMissing } from './planMissing';
import { checkMayCreateSchema } from './restore';
import { stage } from './stage';
import { NO_OUTSIDE_PLAN, type SwapPlan } from './swapPlan';
import { NO_WAITS } from './waits';
import { sideBySide, withWorkers } from './workers';

/**
 * A restore without its swap: everything is built aside, every row is read back and compared with what was sent,
 * and all of it is dropped again. The staging schema has the name of a restore's, so that what a killed
 * rehearsal leaves goes the same way.
 */
export async function rehearse(
  settings: PostgresSettings,
  control: Client,
  job: string,
  wanted: RestorePlan,
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
  const plan = planAll(coded.schema, target);
  const tables = plan.relations.filter(hasRows);
  const space = await checkSpace(control, settings, tables, source);
  options.onSpace(space);

  const schema = stageSchema(job);
  try {
    return await withWorkers(settings, control, job, options, async (clients) => {
      const sent = new Map(tables.map((one) => [one.name, new RowDigest()]));
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
      return {
        blemishes: withParents(blemishes, plan.relations),
        collections: tables.map(({ name }) => ({
          name,
          rows: sent.get(name)?.rows ?? 0,
          digest: sent.get(name)?.value ?? '',
        })),
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
const NOTHING: Description = {
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
function planAll(schema: Schema, target: Target): SwapPlan {
  const guests = guestsIn(schema.relations, target);
  const byKey = new Map(schema.relations.map((one) => [relationKey(one.name), one]));
  const objects = new Map(schema.objects.map((one) => [objectKey(one), one]));
  const needed = closure([...byKey.keys()], schema.needs, schema.laterNeeds);
  return {
    relations: schema.order.map((key) => byKey.get(key)).filter((one) => one !== undefined),
    objects: schema.order
      .filter((key) => needed.has(key))
      .map((key) => objects.get(key))
      .filter((one) => one !== undefined),
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
      fills: new Set([...guests.filled, ...guests.empty.map((one) => one.name)]),
    },
    warnings: [],
  };
}

const digesting = (source: RowSource, sent: ReadonlyMap<string, RowDigest>): RowSource => ({
  bytes: (name) => source.bytes(name),
  async *chunks(name) {
    for await (const fetch of source.chunks(name)) {
      yield async () => {
        const chunk = await fetch();
        const digest = sent.get(name);
        if (!('data' in chunk)) return digest ? { ...chunk, pieces: digest.reading(chunk.pieces) } : chunk;
        digest?.add(chunk.data);
        return chunk;
      };
    }
  },
});

const CHUNK_BYTES = 4 * 1024 * 1024;

async function compare(
  clients: readonly Client[],
  schema: string,
  tables: readonly Relation[],
  sent: ReadonlyMap<string, RowDigest>,
  options: RehearseOptions,
): Promise<void> {
  const queue = [...tables];
  const pool = new BufferPool(CHUNK_BYTES);
  await sideBySide(clients, async (client, failed) => {
    for (let table = queue.shift(); table && !failed(); table = queue.shift()) {
      const found = new RowDigest();
      const from = `${quote(schema)}.${quote(table.name)}${columnList(table)}`;
      for await (const chunk of copyOut(client, `COPY ${from} TO STDOUT (FORMAT csv)`, pool)) {
        throwIfCancelled(options.signal);
        found.add(chunk.data);
        options.onRows(chunk.rows, chunk.data.length);
        chunk.release();
      }
      const expected = sent.get(table.name);
      if (found.rows === expected?.rows && found.value === expected.value) continue;
      throw new BackupError(
        'CHECK_FAILED',
        `${table.name} did not come back as it is in the archive: ${found.rows} rows were read and ${expected?.rows ?? 0} were loaded${found.rows === expected?.rows ? ', but with other contents' : ''}. The live tables were not touched.`,
      );
    }
  });
}

/** Rows take more room in a table than in CSV, and indexes come on top. */
const ROOM_PER_BYTE = 2;
const ROOM_PER_TABLE = 64 * 1024;
/** Kept free on the server's disk: a full one stops the app. */
const MARGIN = 256 * 1024 * 1024;

async function checkSpace(
  client: Client,
  settings: PostgresSettings,
  tables: readonly Relation[],
  source: RowSource,
): Promise<{ needed: number; free?: number }> {
  const needed = tables.reduce(
    (sum, one) => sum + source.bytes(one.name) * ROOM_PER_BYTE + ROOM_PER_TABLE,
    0,
  );
  const free = await freeHere(client);
  if (free === undefined) return { needed };
  if (free < needed + MARGIN) {
    throw new BackupError(
      'DATABASE_FULL',
      `A rehearsal needs about ${formatBytes(needed)} for a while, and the disk of ${settings.label} has ${formatBytes(free)} free, of which ${formatBytes(MARGIN)} are left to the app. Free some space, or rehearse elsewhere.`,
    );
  }
  return { needed, free };
}

/** SQL does not tell of the server's disk. It can be looked at where the server's folder is one of this machine. */
async function freeHere(client: Client): Promise<number | undefined> {
  try {
    const [server] = await rows<{ folder: string; began: string }>(
      client,
      `SELECT current_setting('data_directory') AS folder, extract(epoch FROM pg_postmaster_start_time())::bigint::text AS began`,
    );
    if (!server) return undefined;
    // A folder of that name may be another server's, as with one in a container: its process file tells.
    const lines = (await readFile(join(server.folder, 'postmaster.pid'), 'utf8')).split('\n');
    if (Math.abs(Number(lines[2]) - Number(server.began)) > 2) return undefined;
    const { bavail, bsize } = await statfs(server.folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
