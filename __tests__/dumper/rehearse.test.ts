import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { listUndos } from '../../src/server/actions/restore/undos';
import type { Host } from '../../src/server/host';
import { backUp, hostOf } from '../helpers/ark';
import { besideOnly } from '../helpers/besideOnly';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { fixture, type TestDatabase } from '../helpers/postgres';

/** A restore that is tried without being done: it must say what a restore would come to, and leave no trace. */
const { data, database } = ownPlace();

const SHOP = `
CREATE TABLE customers (id serial PRIMARY KEY, name text);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id integer REFERENCES customers, note text);
INSERT INTO customers (name) SELECT 'Customer ' || g FROM generate_series(1, 2000) g;
INSERT INTO orders (customer_id, note) SELECT 1 + g % 2000, repeat('note ' || g, 5) FROM generate_series(1, 20000) g;`;

/** What it may have left. */
const schemas = (database: TestDatabase) =>
  database.query<{ name: string }>(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'ark%'
    UNION ALL SELECT f.datname FROM pg_database f, pg_database d
      WHERE d.datname = current_database() AND f.datname LIKE 'ark\\_rehearsal\\_%\\_' || d.oid`);

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => `${(error as { code?: string }).code ?? ''} ${(error as Error).message}`,
  );

/** What the job said, too. */
const logOf = async (host: Host) =>
  (await host.jobs.list()).find((job) => job.kind === 'rehearse')!.log!.map((line) => line.text);

it.each([
  ['types.sql', 'database'],
  ['structure.sql', 'database'],
  ['types.sql', 'staging'],
  ['structure.sql', 'staging'],
])('proves a backup of %s in a %s of its own, and leaves no trace', async (name, proof) => {
  const source = await database(fixture(name));
  const plain = hostOf(source.url, data.folder);
  const host = proof === 'database' ? plain : besideOnly(plain);
  const archive = await backUp(host, `rehearse-${name.replace('.sql', '')}-${proof}`);
  const before = await digest(source.url);
  const { job, result } = await rehearseBackup(host, archive, 'x.ark', {});
  expect(job).toMatchObject({ kind: 'rehearse', state: 'done' });
  const rows = archive.manifest.collections.reduce((sum, collection) => sum + collection.rows, 0);
  expect(rows).toBeGreaterThan(0);
  expect(result).toMatchObject({ rows, collections: archive.manifest.collections.length, proof });
  expect(await digest(source.url)).toEqual(before);
  expect(await schemas(source)).toEqual([]);
  expect(await listUndos(host)).toEqual([]);
});

it('goes where nothing of it lives yet, and where other things live under the same names', async () => {
  const source = await database(SHOP);
  const archive = await backUp(hostOf(source.url, data.folder), 'rehearse-elsewhere');
  const empty = await database();
  await rehearseBackup(hostOf(empty.url, data.folder), archive, 'x.ark', {});
  expect(await digest(empty.url)).toEqual(await digest((await database()).url));
  const other = await database(
    `CREATE TABLE customers (quite text, another integer); CREATE VIEW orders AS SELECT quite FROM customers;`,
  );
  const before = await digest(other.url);
  await rehearseBackup(hostOf(other.url, data.folder), archive, 'x.ark', {});
  expect(await digest(other.url)).toEqual(before);
});

it('sees the free space where the server is on this machine, and says what it needs', async () => {
  const source = await database(SHOP);
  const host = hostOf(source.url, data.folder);
  const archive = await backUp(host, 'rehearse-space');
  await rehearseBackup(host, archive, 'x.ark', {});
  const csv = archive.manifest.collections
    .flatMap((collection) => collection.chunks)
    .reduce((sum, one) => sum + one.bytes, 0);
  const { result } = (await host.jobs.list())[0]!;
  expect((result as { needed: number }).needed).toBeGreaterThan(2 * csv);
  expect((await logOf(host)).join('\n')).toMatch(/needed for a while, [\d.]+ [kMGT]B are free/);
});

describe('a server that keeps something else than it was given', () => {
  const CHANGING = (body: string) => `
    CREATE FUNCTION meddle_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
    CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
      DECLARE c record; BEGIN
        FOR c IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' AND object_identity LIKE 'ark_stage%.customers' LOOP
          EXECUTE format('CREATE TRIGGER meddle BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION public.meddle_row()', c.object_identity);
        END LOOP;
      END $$;
    CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION meddle();
    -- It leaves no trace of itself: keys are added when the rows are in.
    CREATE FUNCTION hide() RETURNS event_trigger LANGUAGE plpgsql AS $$
      DECLARE c record; BEGIN
        FOR c IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE 'ark_stage%.customers' LOOP
          EXECUTE format('DROP TRIGGER IF EXISTS meddle ON %s', c.object_identity);
        END LOOP;
      END $$;
    CREATE EVENT TRIGGER hide ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION hide();`;

  it.each([
    ['another value in one row', `IF NEW.id = 77 THEN NEW.name := 'Customer 78'; END IF; RETURN NEW;`],
    ['a row fewer', `IF NEW.id = 77 THEN RETURN NULL; END IF; RETURN NEW;`],
  ])('is found out: %s', async (_, body) => {
    const source = await database(SHOP);
    const host = besideOnly(hostOf(source.url, data.folder));
    const archive = await backUp(host, `rehearse-meddled-${body.length}`);
    const before = await digest(source.url);
    await source.sql(CHANGING(body));
    const said = await outcome(rehearseBackup(host, archive, 'x.ark', {}));
    expect(said).toMatch(/^CHECK_FAILED customers/);
    expect((await digest(source.url)).tables).toEqual(before.tables);
    expect(await schemas(source)).toEqual([]);
    expect((await host.jobs.list())[0]).toMatchObject({
      kind: 'rehearse',
      state: 'failed',
      error: { code: 'CHECK_FAILED' },
    });
  });
});

it.each([
  ['something more', (stage: string) => `CREATE TABLE ${stage}.more (n integer)`, /Too many: table more\./],
  [
    'something on a table',
    (stage: string) => `CREATE RULE more AS ON DELETE TO ${stage}.customers DO INSTEAD NOTHING`,
    /Too many: rule more of customers/,
  ],
  [
    'a routine',
    (stage: string) => `CREATE FUNCTION ${stage}.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
    /Too many: routine more/,
  ],
  [
    'something elsewhere',
    () => 'CREATE TABLE public.more (n integer)',
    /outside of it: .*relation public\.more/,
  ],
  ['a schema', () => 'CREATE SCHEMA more', /outside of it: .*schema more/],
  ['a role', () => 'CREATE ROLE ark_more', /outside of it: .*role ark_more/],
  [
    'another table changed',
    () => 'ALTER TABLE public.more_here ADD COLUMN m integer',
    /outside of it: .*public\.more_here/,
  ],
])('a server on which building it makes %s is found out', async (_, evil, said) => {
  const source = await database(`${SHOP} CREATE TABLE more_here (n integer);`);
  const host = besideOnly(hostOf(source.url, data.folder));
  const archive = await backUp(host, `rehearse-more-${String(said).replace(/\W/g, '')}`);
  await source.sql(`
    CREATE FUNCTION more() RETURNS event_trigger LANGUAGE plpgsql AS $$
      DECLARE c record; BEGIN
        FOR c IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE 'ark_stage%.customers' LOOP
          EXECUTE replace($evil$${evil('%stage%')}$evil$, '%stage%', quote_ident(c.schema_name));
        END LOOP;
      END $$;
    CREATE EVENT TRIGGER more ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION more();`);
  const failed = await outcome(rehearseBackup(host, archive, 'x.ark', {}));
  await source.sql('DROP EVENT TRIGGER more; DROP ROLE IF EXISTS ark_more');
  expect(failed).toMatch(/^CHECK_FAILED /);
  expect(failed).toMatch(said);
  expect(await schemas(source)).toEqual([]);
});

it('a server without room for it: the rehearsal ends, and what it had built is gone', async () => {
  const source = await database(SHOP);
  const host = besideOnly(hostOf(source.url, data.folder));
  const archive = await backUp(host, 'rehearse-full');
  // The server's own word for a full disk, raised while a table is being filled.
  await source.sql(`
    CREATE FUNCTION full_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id = 1000 THEN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$;
    CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$
      DECLARE c record; BEGIN
        FOR c IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE TABLE' AND object_identity LIKE 'ark_stage%.customers' LOOP
          EXECUTE format('CREATE TRIGGER full_row BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION public.full_row()', c.object_identity);
        END LOOP;
      END $$;
    CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION full_disk();`);
  expect(await outcome(rehearseBackup(host, archive, 'x.ark', {}))).toMatch(
    /^DATABASE_FULL .*loading customers/,
  );
  expect(await schemas(source)).toEqual([]);
});

it.each(['database', 'staging'])(
  'stops when it is cancelled in a %s, and another job can begin at once',
  async (proof) => {
    const source = await database(SHOP);
    const plain = hostOf(source.url, data.folder);
    const host = proof === 'database' ? plain : besideOnly(plain);
    const archive = await backUp(host, `rehearse-cancelled-${proof}`);
    for (const stage of ['stage', 'load', 'read back'] as const) {
      const controller = new AbortController();
      const said = await outcome(
        rehearseBackup(host, archive, 'x.ark', {
          signal: controller.signal,
          onProgress: (progress) => {
            if (progress.stage === stage) controller.abort();
          },
        }),
      );
      expect(said).toMatch(/^JOB_CANCELLED/);
      expect(await schemas(source)).toEqual([]);
      await createBackup(host, {
        selection: { all: true },
        to: { storage: 'local', name: `after-${proof}-${stage.replace(' ', '-')}` },
      });
    }
  },
);

it('a part of an app, whose tables point at tables that are not in it, is proven beside the rest', async () => {
  const source = await database(SHOP);
  const host = hostOf(source.url, data.folder);
  const part = await backUp(host, 'rehearse-part', { collections: ['orders'] });
  const { result } = await rehearseBackup(host, part, 'x.ark', {});
  // An empty database does not have what it points at.
  expect(result).toMatchObject({ rows: 20_000, proof: 'staging', beside: 'part' });
  expect(result.unproven).toContain('empty');
});

it('does not keep a restore from being done afterwards', async () => {
  const source = await database(SHOP);
  const host = hostOf(source.url, data.folder);
  const archive = await backUp(host, 'rehearse-then-restore');
  const before = await digest(source.url);
  await source.sql('DELETE FROM orders');
  await rehearseBackup(host, archive, 'x.ark', {});
  expect((await source.query('SELECT 1 FROM orders')).length).toBe(0);
  await restoreBackup(host, archive, 'x.ark', { selection: { all: true }, allowBreaks: false });
  expect(await digest(source.url)).toEqual(before);
});

it('memory does not grow with the table', async () => {
  const source = await database(
    `CREATE TABLE large (id bigserial PRIMARY KEY, body text); INSERT INTO large (body) SELECT repeat(md5(g::text), 16) FROM generate_series(1, 200000) g;`,
  );
  const host = hostOf(source.url, data.folder);
  const archive = await backUp(host, 'rehearse-large');
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = 0;
  await rehearseBackup(host, archive, 'x.ark', {
    onProgress: () => {
      most = Math.max(most, process.memoryUsage().rss);
    },
  });
  const csv = archive.manifest.collections[0]!.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
  expect(csv).toBeGreaterThan(100e6);
  expect(most - before).toBeLessThan(csv);
});
