import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rehearseBackup, type RehearseResult, type Shown } from '../../src/server/actions/restore/rehearse';
import type { Archive } from '../../src/server/dumper/archive/archive';
import { warningText } from '../../src/server/dumper/app/warning';
import type { Database } from '../../src/server/dumper/dialect';
import { newJobId } from '../../src/server/dumper/job';
import type { Host } from '../../src/server/host';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { besideOnly } from '../helpers/besideOnly';
import { bundleCli } from '../helpers/cli';
import { forge, openForged } from '../helpers/forge';
import { ownPlace } from '../helpers/place';
import { serverUrl, withClient, type TestDatabase } from '../helpers/postgres';
import { pause, until } from '../helpers/waiting';

/** A rehearsal in a database of its own: what an empty server says of the backup, it says. */
const { data, database } = ownPlace();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

const SHOP = `
  CREATE TABLE customers (id serial PRIMARY KEY, name text);
  CREATE TABLE orders (id serial PRIMARY KEY, customer_id integer REFERENCES customers, note text);
  INSERT INTO customers (name) SELECT 'Customer ' || g FROM generate_series(1, 500) g;
  INSERT INTO orders (customer_id, note) SELECT 1 + g % 500, 'note ' || g FROM generate_series(1, 2000) g;`;

const server = <T>(text: string, values: unknown[] = []): Promise<T[]> =>
  withClient(serverUrl('postgres'), async (client) => (await client.query(text, values)).rows as T[]);

const numberOf = async (database: TestDatabase): Promise<string> =>
  (
    await database.query<{ oid: string }>(
      'SELECT oid::text FROM pg_database WHERE datname = current_database()',
    )
  )[0]!.oid;

/** The databases that rehearsals of this one have made. */
const made = async (database: TestDatabase): Promise<string[]> =>
  (
    await server<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE datname ~ ('^ark_rehearsal_[0-9]{8}_[0-9]{6}_[0-9a-f]{6}_' || $1 || '$')`,
      [await numberOf(database)],
    )
  ).map((each) => each.name);

const stages = (database: TestDatabase) =>
  database.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ark%'`);

/** What it comes to, and what the backup then bears. */
async function verdict(
  host: Host,
  archive: Archive,
): Promise<{ said: string; result?: RehearseResult; shown?: Shown }> {
  let shown: Shown | undefined;
  try {
    const { result } = await rehearseBackup(host, archive, 'x.ark', {
      allowCode: true,
      remember: (given) => {
        shown = given;
        return Promise.resolve();
      },
    });
    return { said: 'done', result, ...(shown && { shown }) };
  } catch (error) {
    return { said: (error as { code?: string }).code ?? String(error), ...(shown && { shown }) };
  }
}

/** The same host, whose fresh databases are looked at, or changed, when they are made. */
const watched = (host: Host, made: (fresh: Database) => Database | Promise<Database>): Host => ({
  ...host,
  database: {
    ...host.database,
    async lock(job) {
      const lock = await host.database.lock(job);
      return {
        ...lock,
        async fresh(...given) {
          const fresh = await lock.fresh(...given);
          return 'why' in fresh ? fresh : { ...fresh, database: await made(fresh.database) };
        },
      };
    },
  },
});

let roles = 0;
/** An account that owns the database, and is no superuser. */
async function owner(
  database: TestDatabase,
  options: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  roles += 1;
  const name = `ark_owner_${process.pid}_${roles}`;
  await database.sql(`CREATE ROLE ${name} LOGIN PASSWORD 'owner' ${options};
    ALTER DATABASE ${database.name} OWNER TO ${name}; GRANT ALL ON SCHEMA public TO ${name};
    DO $$ DECLARE t record; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
      EXECUTE format('ALTER TABLE public.%I OWNER TO ${name}', t.tablename); END LOOP; END $$;
    DO $$ BEGIN IF to_regnamespace('other') IS NOT NULL THEN GRANT USAGE ON SCHEMA other TO ${name};
      GRANT ALL ON ALL TABLES IN SCHEMA other TO ${name}; GRANT ALL ON ALL SEQUENCES IN SCHEMA other TO ${name}; END IF; END $$`);
  const url = new URL(database.url);
  url.username = name;
  url.password = 'owner';
  return {
    url: url.toString(),
    drop: () =>
      database.sql(`ALTER DATABASE ${database.name} OWNER TO CURRENT_USER; REASSIGN OWNED BY ${name} TO CURRENT_USER;
        DROP OWNED BY ${name}; DROP ROLE ${name}`),
  };
}

describe('who may', () => {
  it.each([
    ['CREATEDB', { proof: 'database', unproven: ['exchange'] }],
    ['NOCREATEDB', { proof: 'staging', beside: 'rights', unproven: ['exchange', 'empty'] }],
  ])('%s', async (right, expected) => {
    const source = await database(SHOP);
    const account = await owner(source, right);
    try {
      const host = hostOf(account.url, data.folder);
      const archive = await backUp(host, `who-${right}`);
      const { said, result, shown } = await verdict(host, archive);
      expect(said).toBe('done');
      expect(result).toMatchObject(expected);
      expect(shown).toEqual({ proof: expected.proof, unproven: expected.unproven });
      expect(await made(source)).toEqual([]);
      expect(await stages(source)).toEqual([]);
    } finally {
      await account.drop();
    }
  });
});

it('the database is one like the app’s, closed to others, with no more connections than a restore has', async () => {
  const name = `ark_odd_${process.pid}`;
  await server(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' ALLOW_CONNECTIONS true`,
  );
  try {
    await withClient(serverUrl(name), (client) => client.query(SHOP));
    const host = hostOf(serverUrl(name), data.folder);
    const archive = await backUp(host, 'like');
    const about = (which: string) =>
      server<{ oid: string }>(
        `SELECT encoding, datcollate, datctype, to_jsonb(d) ->> 'datlocprovider' AS provider,
           coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale
         FROM pg_database d WHERE datname LIKE $1`,
        [which],
      );
    const [{ oid } = { oid: '' }] = await server<{ oid: string }>(
      'SELECT oid::text FROM pg_database WHERE datname = $1',
      [name],
    );
    let like: unknown[] = [];
    let open: unknown[] = [];
    let most = 0;
    const seen = watched(host, async (fresh) => {
      like = await about(`ark_rehearsal_%_${oid}`);
      open = await server(
        `SELECT 1 FROM pg_database WHERE datname LIKE 'ark_rehearsal_%_' || $1 AND has_database_privilege('pg_monitor', oid, 'CONNECT')`,
        [oid],
      );
      return fresh;
    });
    const count = async () => {
      const [now] = await server<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'ark %' AND datname IN ($1, (SELECT datname FROM pg_database WHERE datname LIKE 'ark_rehearsal_%_' || $2))`,
        [name, oid],
      );
      most = Math.max(most, now?.n ?? 0);
    };
    let counting = true;
    const counts = (async () => {
      while (counting) {
        await count();
        await pause(5);
      }
    })();
    const { said } = await verdict(seen, archive);
    counting = false;
    await counts;
    expect(said).toBe('done');
    expect(like).toEqual(await about(name));
    expect(open).toEqual([]);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(host.workers + 2);
    const left = await server(
      `SELECT 1 FROM pg_stat_activity WHERE datname LIKE 'ark_rehearsal_%_' || $1 UNION ALL SELECT 1 FROM pg_database WHERE datname LIKE 'ark_rehearsal_%_' || $1`,
      [oid],
    );
    expect(left).toEqual([]);
  } finally {
    await server(`DROP DATABASE IF EXISTS ${name}`);
  }
});

describe('what passes beside the app and an empty server refuses', () => {
  const ELSEWHERE = `
    CREATE SCHEMA other; CREATE TYPE other.mood AS ENUM ('good'); CREATE COLLATION other.german (provider = libc, locale = 'C');
    CREATE FUNCTION other.code() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x'::text $$;
    CREATE DOMAIN other.word AS text; CREATE SEQUENCE other.numbers;`;
  /** `refused`: by a superuser’s restore into an empty database. */
  it.each([
    ['an extension', 'CREATE EXTENSION xml2; CREATE TABLE t (a text, CHECK (xml_valid(a)))'],
    ['a type', `${ELSEWHERE} CREATE TABLE t (a other.mood)`],
    ['a domain', `${ELSEWHERE} CREATE TABLE t (a other.word)`],
    ['a collation', `${ELSEWHERE} CREATE TABLE t (a text COLLATE other.german)`],
    ['a function of a default', `${ELSEWHERE} CREATE TABLE t (a text DEFAULT other.code())`],
    [
      'a function of a column',
      `${ELSEWHERE} CREATE TABLE t (a text, b text GENERATED ALWAYS AS (other.code()) STORED)`,
    ],
    [
      'a function of an index',
      `${ELSEWHERE} CREATE TABLE t (a text); CREATE INDEX ON t ((a || other.code()))`,
    ],
    [
      'a function of a domain',
      `${ELSEWHERE} CREATE DOMAIN d AS text CHECK (VALUE <> other.code()); CREATE TABLE t (a d)`,
    ],
    ['a sequence', `${ELSEWHERE} CREATE TABLE t (a bigint DEFAULT nextval('other.numbers'))`],
    [
      'a table of a view',
      `${ELSEWHERE} CREATE TABLE other.o (i int); CREATE TABLE t (a text); CREATE VIEW v AS SELECT a FROM t, other.o`,
    ],
  ])('%s: the rehearsal says what that restore would', async (what, sql) => {
    const source = await database(sql);
    const account = await owner(source, 'CREATEDB');
    const empty = await database('SELECT 1');
    const other = await owner(empty, 'CREATEDB');
    try {
      const host = hostOf(account.url, data.folder);
      const archive = await backUp(hostAt(source), `empty-${what.replace(/\W/g, '-')}`);
      const beside = besideOnly(host);
      const staged = await verdict(beside, archive);
      expect(staged).toMatchObject({ said: 'done', shown: { proof: 'staging' } });
      expect(staged.shown?.unproven).toContain('empty');

      const restored = await restoreAll(hostOf(other.url, data.folder), archive).then(
        ({ warnings }) => ({ said: 'done', whole: warnings.length === 0 }),
        (error: unknown) => ({ said: (error as { code: string }).code, whole: false }),
      );
      const { said, result, shown } = await verdict(host, archive);
      // It never bears more than that restore has shown; what that would want leave for is named.
      if (restored.said !== 'done') {
        expect(shown).toBeUndefined();
        if (said === 'done') expect(result?.breaks).not.toEqual([]);
        else expect(said).toBe(restored.said);
      } else {
        expect(said).toBe('done');
        expect(restored.whole).toBe(false);
        expect(shown?.unproven ?? ['elsewhere']).toContain('elsewhere');
      }
      expect(await made(source)).toEqual([]);
    } finally {
      await account.drop();
      await other.drop();
    }
  });
});

it.each(['database', 'staging'])(
  'a collation that the server cannot have: a stand-in in a %s, named and not borne',
  async (proof) => {
    const source = await database(
      `CREATE COLLATION german (provider = icu, locale = 'de'); CREATE TABLE t (a text COLLATE german); INSERT INTO t VALUES ('x')`,
    );
    const host = hostAt(source);
    await backUp(host, `stand-${proof}`);
    const bytes = await readFile(join(data.folder, 'backups', `stand-${proof}.ark`));
    const archive = await openForged(
      await forge(bytes, (manifest) => {
        const text = JSON.stringify(manifest);
        const { objects } = JSON.parse(text) as {
          objects: { native: { postgres: { collation?: object } } }[];
        };
        const collation = {
          provider: 'libc',
          collate: 'xx_XX.nowhere',
          ctype: 'xx_XX.nowhere',
          deterministic: true,
        };
        const changed = objects.map(({ native: { postgres }, ...object }) => ({
          ...object,
          native: { postgres: postgres.collation ? { ...postgres, collation } : postgres },
        }));
        Object.assign(manifest as object, { objects: changed });
      }),
    );
    const target = proof === 'database' ? host : besideOnly(host);
    const { said, result, shown } = await verdict(target, archive);
    expect(said).toBe('done');
    expect(result).toMatchObject({ proof, rows: 1 });
    expect(result?.breaks.map(warningText)).toEqual([expect.stringMatching(/german.*compares bytes/)]);
    expect(shown).toBeUndefined();
  },
);

it('rows that come back otherwise are found out', async () => {
  const source = await database(SHOP);
  const archive = await backUp(hostAt(source), 'otherwise');
  for (const wrong of [
    (text: string) => text.replace('Customer 77\n', 'Customer 78\n'),
    (text: string) => text.replace('77,Customer 77\n', ''),
  ]) {
    const host = watched(hostAt(source), (fresh) => ({
      ...fresh,
      async snapshot(options) {
        const snapshot = await fresh.snapshot(options);
        return {
          ...snapshot,
          async *read(relation, bytes) {
            const reading = snapshot.read(relation, bytes);
            for (;;) {
              const { done, value } = await reading.next();
              if (done) return value;
              const text = Buffer.from(value.data).toString();
              yield { ...value, data: Buffer.from(relation.name === 'customers' ? wrong(text) : text) };
            }
          },
        };
      },
    }));
    expect(await verdict(host, archive)).toEqual({ said: 'CHECK_FAILED' });
    expect(await made(source)).toEqual([]);
  }
});

describe('only what it has made itself goes', () => {
  it('a database of that name that somebody else has: it goes beside the app, and that one stays', async () => {
    const source = await database(SHOP);
    const account = await owner(source, 'CREATEDB');
    const host = hostOf(account.url, data.folder);
    const archive = await backUp(host, 'taken');
    let taken = '';
    const hidden: Host = {
      ...host,
      database: {
        ...host.database,
        async lock(job) {
          if (taken === '') {
            taken = `ark_rehearsal_${job}_${await numberOf(source)}`;
            await server(`CREATE DATABASE ${taken}`);
          }
          return host.database.lock(job);
        },
      },
    };
    try {
      const { said, result } = await verdict(hidden, archive);
      expect(said).toBe('done');
      expect(result).toMatchObject({ proof: 'staging', beside: 'refused' });
      await (await host.database.lock(newJobId())).release();
      expect(await server('SELECT 1 FROM pg_database WHERE datname = $1', [taken])).toHaveLength(1);
    } finally {
      if (taken !== '') await server(`DROP DATABASE IF EXISTS ${taken}`);
      await account.drop();
    }
  });

  it('one that somebody sits in stays for a while, is told of, and goes with the next job', async () => {
    const source = await database(SHOP);
    const account = await owner(source, 'CREATEDB');
    const host = hostOf(account.url, data.folder);
    const archive = await backUp(host, 'sat-in');
    try {
      let leave = () => Promise.resolve();
      const seen = watched(host, async (fresh) => {
        const [name = ''] = await made(source);
        await new Promise<void>((inside) => {
          const sitting = withClient(
            serverUrl(name),
            () =>
              new Promise<void>((out) => {
                leave = async () => {
                  out();
                  await sitting;
                };
                inside();
              }),
          );
        });
        return fresh;
      });
      expect(await verdict(seen, archive)).toMatchObject({ said: 'done', shown: { proof: 'database' } });
      const log = (await host.jobs.list())
        .find((one) => one.kind === 'rehearse')
        ?.log?.map((line) => line.text);
      expect(log?.join('\n')).toMatch(/could not be dropped/);
      expect(await made(source)).toHaveLength(1);
      expect(await host.database.leftovers()).toEqual([
        { name: expect.stringMatching(/^ark_stage_/) as string, bytes: expect.any(Number) as number },
      ]);
      expect((await host.database.leftovers())[0]!.bytes).toBeGreaterThan(1e6);
      await leave();
      await (await host.database.lock(newJobId())).release();
      expect(await made(source)).toEqual([]);
      expect(await host.database.leftovers()).toEqual([]);
    } finally {
      await account.drop();
    }
  });

  it('killed at any moment, it leaves nothing that the next job does not take away, and takes nothing else', async () => {
    const source = await database(
      `${SHOP} CREATE TABLE large (id int, body text); INSERT INTO large SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 40000) g`,
    );
    const host = hostAt(source);
    await backUp(host, 'killed');
    const cli = await bundleCli(data.folder);
    const oid = await numberOf(source);
    // Like one of ours but for one thing: another database's, without a number, without a schema that says so.
    const strangers = [
      `ark_rehearsal_20260101_000000_aaaaaa_${oid}1`,
      'ark_rehearsal_20260101_000000_aaaaaa',
      `ark_rehearsal_20260101_000000_bbbbbb_${oid}`,
    ];
    for (const stranger of strangers) await server(`CREATE DATABASE ${stranger}`);
    try {
      const kept = (names: readonly string[]) => names.filter((name) => !strangers.includes(name));
      let left = 0;
      for (const after of [0, 60, 250, 700]) {
        const child = spawn(
          process.execPath,
          [cli, 'rehearse', join(data.folder, 'backups', 'killed.ark'), '--database', source.url],
          {
            cwd: data.folder,
            env: { PATH: process.env.PATH, ARK_DATA: data.folder, ARK_INSTANCE: 'test' },
            stdio: 'ignore',
          },
        );
        const ended = new Promise<NodeJS.Signals | null>((done) =>
          child.once('close', (_, signal) => done(signal)),
        );
        await until('its database is there', async () =>
          kept(await made(source)).length > 0 ? true : undefined,
        );
        await pause(after);
        child.kill('SIGKILL');
        if ((await ended) === 'SIGKILL') left += 1;
        await until('the lock of the dead one is free', () =>
          host.database.lock(newJobId()).then(
            async (lock) => {
              await lock.release();
              return true;
            },
            () => undefined,
          ),
        );
        expect(kept(await made(source))).toEqual([]);
        expect(await stages(source)).toEqual([]);
      }
      expect(left).toBeGreaterThan(0);
      for (const stranger of strangers)
        expect(await server('SELECT 1 FROM pg_database WHERE datname = $1', [stranger])).toHaveLength(1);
    } finally {
      for (const stranger of strangers) await server(`DROP DATABASE IF EXISTS ${stranger}`);
    }
  });
});
