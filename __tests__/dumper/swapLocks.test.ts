import { wantedOf } from '../../src/server/dumper/dialects/postgres/neutral/wanted';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { connect } from '../../src/server/dumper/dialects/postgres/connection/connection';
import { readLive, readTarget } from '../../src/server/dumper/dialects/postgres/catalog/live';
import { parser } from '../../src/server/dumper/dialects/postgres/sql/parser';
import { planSwap } from '../../src/server/dumper/dialects/postgres/plan/plan';
import { locksOf } from '../../src/server/dumper/dialects/postgres/swap/swapLocks';
import { planUndo } from '../../src/server/dumper/dialects/postgres/restore/undo';
import { planOf } from '../../src/server/dumper/restore/plan';
import { startEmbedded, type Embedded } from '../../src/server/hosts/embedded/postgres';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { play } from '../helpers/play';
import { fixture, withClient, type TestDatabase } from '../helpers/postgres';

/** All that changes place is locked at once, and the server has only so many locks: that is known before it begins. */
const { data, database } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

/** After each step of a swap, and not of what is staged before it, how many locks it has. */
const COUNTER = `
  CREATE SCHEMA counted; CREATE TABLE counted.locks (n int);
  CREATE FUNCTION counted.count() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO counted.locks SELECT count(*) FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND NOT fastpath
      HAVING bool_or(mode = 'AccessExclusiveLock' AND relation IN (SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = 'public'::pg_catalog.regnamespace)); END $$;
  CREATE EVENT TRIGGER counting ON ddl_command_end EXECUTE FUNCTION counted.count();`;

const OTHERS = `
  CREATE SCHEMA beside;
  CREATE TABLE parent (id serial PRIMARY KEY, n text UNIQUE); CREATE TABLE child (id bigserial PRIMARY KEY, parent int REFERENCES parent);
  CREATE FUNCTION public.norm(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN lower(t); END $$;
  CREATE TABLE made (id serial PRIMARY KEY, n text, g text GENERATED ALWAYS AS (public.norm(n)) STORED, CHECK (public.norm(n) <> ''));
  CREATE INDEX made_normed ON made (public.norm(n));
  CREATE VIEW seen AS SELECT * FROM parent; CREATE VIEW seen_again AS SELECT * FROM seen;
  CREATE MATERIALIZED VIEW kept AS SELECT public.norm(n) AS n FROM parent; CREATE INDEX ON kept (n);
  CREATE VIEW beside.outside AS SELECT * FROM public.parent; CREATE TABLE beside.points (parent int REFERENCES public.parent);`;

async function most(at: TestDatabase): Promise<number> {
  const [row] = await at.query<{ n: number }>('SELECT max(n) AS n FROM counted.locks');
  await at.sql('TRUNCATE counted.locks');
  return row?.n ?? 0;
}

const SOURCES = {
  'what hangs together': OTHERS,
  'tables with counters': Array.from(
    { length: 60 },
    (_, i) => `CREATE TABLE t${i} (id bigserial PRIMARY KEY, n text);`,
  ).join(''),
  'views alone over others':
    'CREATE TABLE t (id int);' +
    Array.from({ length: 40 }, (_, i) => `CREATE VIEW v${i} AS SELECT * FROM t;`).join(''),
};

it.each([...Object.keys(SOURCES), 'everything'] as const)(
  '%s: a swap and its undo take no more locks than was said',
  async (name) => {
    const at = await database();
    if (name === 'everything') {
      await play(at, fixture('everything.sql'));
      // A database that one belongs to cannot be dropped.
      await at.sql('ALTER SUBSCRIPTION daily SET (slot_name = NONE)');
      await at.sql('DROP SUBSCRIPTION daily');
    } else await at.sql(SOURCES[name as keyof typeof SOURCES]);
    const archive = await backUp(hostAt(at), name.replaceAll(' ', '-'));
    const settings = {
      connection: { connectionString: at.url },
      label: at.name,
      schema: 'public',
      patienceMs: 1000,
    };
    const client = await connect(settings, 'look');
    try {
      const { live } = await readLive(client, 'public');
      const { schema, selected } = wantedOf(
        await planOf(archive.manifest, archive.manifest.collections, { all: true }),
      );
      const options = { all: true, target: await readTarget(client), parse: await parser() };
      const said = locksOf(planSwap(schema, live, { ...options, selected }), live.relations);
      await at.sql(COUNTER);
      await restoreAll(hostAt(at), archive);
      const taken = await most(at);
      expect({ name, taken, said, enough: taken <= said, near: said < 3 * taken + 200 }).toEqual({
        name,
        taken,
        said,
        enough: true,
        near: true,
      });

      const undo = await findUndo(hostAt(at));
      const back = await planUndo(client, settings, undo.job);
      const saidOfUndo = locksOf(back.plan, back.live.relations);
      await applyUndo(hostAt(at), undo, { allowBreaks: false });
      expect(await most(at)).toBeLessThanOrEqual(saidOfUndo);
    } finally {
      await client.end();
    }
  },
);

describe('on a server with few locks', () => {
  let folder: string;
  let server: Embedded | undefined;
  const native = process.env.ARK_TEST_POSTGRES;
  const start = (locks: number) =>
    startEmbedded({
      folder: join(folder, 'postgres'),
      settings: [
        `max_locks_per_transaction=${locks}`,
        'max_connections=12',
        'max_worker_processes=1',
        'max_wal_senders=0',
        'autovacuum_max_workers=1',
        'fsync=off',
      ],
      ...(native !== undefined && { native }),
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ark-locks-'));
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('the preview refuses with the value that the setting needs, and with that value it works', async () => {
    server = await start(256);
    await withClient(server.url('postgres'), async (client) => {
      for (let i = 0; i < 200; i += 1) await client.query(`CREATE TABLE t${i} (id bigserial PRIMARY KEY)`);
    });
    const whole = await backUp(hostOf(server.url('postgres'), data.folder), 'whole');
    await server.stop();

    server = await start(10);
    const refusal: unknown = await previewBackup(hostOf(server.url('postgres'), data.folder), whole, {
      all: true,
    }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'TOO_MANY_LOCKS' });
    const needed = Number(/Set max_locks_per_transaction = (\d+)/.exec((refusal as Error).message)?.[1]);
    await server.stop();

    server = await start(needed);
    const roomy = hostOf(server.url('postgres'), data.folder);
    await previewBackup(roomy, whole, { all: true });
    await restoreAll(roomy, whole);
  });
});
