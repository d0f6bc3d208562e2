import { blemishesOf } from '../../src/server/dumper/archive/contents';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { blemishText, type Blemish } from '../../src/server/dumper/schema/blemish';

import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { pgDump, type TestDatabase } from '../helpers/postgres';
import { stateOf } from '../helpers/state';

/** What the rows of a database do not hold comes back as far as it can be, and is counted and named. */
const { data, database } = ownPlace();
const tool = pgDump();
const hostAt = (database: TestDatabase) => hostOf(database.url, data.folder);

const tablesOf = async (database: TestDatabase) =>
  (await stateOf(database.url, undefined)).schemas.public?.tables;

describe('an index that is left out of one partition', () => {
  /** Each way an index is on a partitioned table, what keeps a part of it from being made, and what the parts are called. */
  const KINDS: readonly (readonly [what: string, index: string, kind: string])[] = [
    ['a primary key', 'ALTER TABLE p ADD CONSTRAINT whole PRIMARY KEY (id)', 'primary key'],
    ['a unique constraint', 'ALTER TABLE p ADD CONSTRAINT whole UNIQUE (id)', 'unique constraint'],
    ['a unique index', 'CREATE UNIQUE INDEX whole ON p (id)', 'index'],
    ['an index that runs a routine', 'CREATE INDEX whole ON p (picky(id))', 'index'],
  ];
  it.each(KINDS)('%s: is missing there alone, and is named with those above', async (what, index, kind) => {
    const routine = `CREATE FUNCTION picky(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      IF i = 15 AND coalesce(current_setting('app.works', true), '') <> 'yes' THEN PERFORM nowhere.at_all(); END IF; RETURN i; END $$;`;
    const tables = `
      CREATE TABLE p (id int NOT NULL, n int) PARTITION BY RANGE (id);
      CREATE TABLE low PARTITION OF p FOR VALUES FROM (0) TO (10);
      CREATE TABLE high PARTITION OF p FOR VALUES FROM (10) TO (100) PARTITION BY RANGE (id);
      CREATE TABLE high1 PARTITION OF high FOR VALUES FROM (10) TO (20);
      CREATE TABLE high2 PARTITION OF high FOR VALUES FROM (20) TO (100);`;
    const source = await database(`SET app.works = 'yes'; ${routine} ${tables} ${index};`);
    const twice = await database(
      `${routine} ${tables} INSERT INTO p VALUES (1, 1), (15, 1), (15, 2), (30, 1);`,
    );
    // What a damaged index had let in: rows of tables without one.
    const [structure, archive] = [
      await backUp(hostAt(source), `${what} whole`),
      await backUp(hostAt(twice), `${what} rows`),
    ];
    for (const collection of archive.manifest.collections) {
      const whole = structure.manifest.collections.find(({ name }) => name === collection.name);
      Object.assign(collection, { structure: whole?.structure });
    }
    const target = await database();
    const { blemishes } = await restoreAll(hostAt(target), archive);
    const [part] = await source.query<{ name: string; upper: string }>(
      `SELECT c.relname AS name, m.relname AS upper FROM pg_inherits a JOIN pg_class c ON c.oid = a.inhrelid
         JOIN pg_class m ON m.oid = a.inhparent JOIN pg_index i ON i.indexrelid = c.oid
       WHERE i.indrelid = 'high1'::regclass`,
    );
    expect(blemishes).toEqual([
      expect.objectContaining({
        kind: kindOf(kind),
        collection: 'high1',
        name: part?.name,
        outcome: 'left out',
      }),
      { kind: kindOf(kind), collection: 'high', name: part?.upper, outcome: 'incomplete' },
      { kind: kindOf(kind), collection: 'p', name: 'whole', outcome: 'incomplete' },
    ]);
    expect(await tablesOf(target)).toEqual(await tablesOf(twice));
    const indexes = (database: TestDatabase) =>
      database.query<{ name: string; valid: boolean }>(
        `SELECT i.indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index i WHERE indrelid::regclass::text IN ('p', 'low', 'high', 'high1', 'high2') ORDER BY 1`,
      );
    expect(await indexes(target)).toEqual(
      (await indexes(source))
        .filter(({ name }) => name !== part?.name)
        .map((index) => ({ ...index, valid: !['whole', part?.upper].includes(index.name) })),
    );
    // And once more: what came is itself a good source.
    const again = await database();
    await restoreAll(hostAt(again), await backUp(hostAt(target), `${what} again`));
    expect(await indexes(again)).toEqual(await indexes(target));
    expect(await tablesOf(again)).toEqual(await tablesOf(twice));
  });
});

describe('a domain whose values do not hold it', () => {
  const broken = (name: string) =>
    `UPDATE pg_constraint SET convalidated = true WHERE conname = '${name}' AND contypid <> 0;`;
  const HOLDERS: readonly (readonly [what: string, sql: string, rows: number | undefined])[] = [
    ['in a column', `CREATE TABLE t (v d); INSERT INTO t VALUES (-1), (-2), (3), (NULL);`, 2],
    [
      'in columns of several tables',
      `CREATE TABLE t (v d, "VALUE" int, w d); INSERT INTO t VALUES (-1, 1, -1), (3, 1, 3); CREATE TABLE "O" ("w x" d); INSERT INTO "O" VALUES (-3);`,
      3,
    ],
    ['in a child', `CREATE TABLE p (v d); CREATE TABLE t () INHERITS (p); INSERT INTO t VALUES (-1);`, 1],
    [
      'in a partition',
      `CREATE TABLE p (v d) PARTITION BY LIST (v); CREATE TABLE t PARTITION OF p DEFAULT; INSERT INTO t VALUES (-1);`,
      1,
    ],
    [
      'in a generated column',
      `CREATE TABLE t (i int, v d GENERATED ALWAYS AS (i) STORED); INSERT INTO t VALUES (-1);`,
      1,
    ],
    ['in arrays', `CREATE TABLE t (v d[]); INSERT INTO t VALUES ('{1,-1}');`, undefined],
    ['in rows', `CREATE TYPE c AS (v d); CREATE TABLE t (v c); INSERT INTO t VALUES ('(-1)');`, undefined],
    [
      'under another domain',
      `CREATE DOMAIN e AS d; CREATE TABLE t (v e); INSERT INTO t VALUES (-1);`,
      undefined,
    ],
    [
      'over rows that look at it',
      `CREATE TABLE t (v d); INSERT INTO t VALUES (-1); CREATE MATERIALIZED VIEW m AS SELECT v FROM t; CREATE INDEX ON t (v);`,
      1,
    ],
  ];
  /** As they became so: the check is added without a look at the rows, or what it calls was something else. */
  const CHECKS: readonly (readonly [what: string, before: string, after: string])[] = [
    [
      'the server alone',
      '',
      `ALTER DOMAIN d ADD CONSTRAINT fine CHECK (VALUE > 0) NOT VALID; ${broken('fine')}`,
    ],
    [
      'a routine of the app',
      `CREATE FUNCTION fits(i int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';`,
      `ALTER DOMAIN d ADD CONSTRAINT fine CHECK (fits(VALUE)) NOT VALID; ${broken('fine')}
       CREATE OR REPLACE FUNCTION fits(i int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT i > 0';`,
    ],
  ];
  for (const [by, before, after] of CHECKS) {
    it.each(HOLDERS)(`by ${by}, %s: the rows come back, and it is named`, async (what, sql, rows) => {
      const source = await database(`${before} CREATE DOMAIN d AS int; ${sql} ${after}`);
      const archive = await backUp(hostAt(source), `${by} ${what}`);
      const target = await database();
      for (const round of ['empty', 'over']) {
        const { blemishes } = await restoreAll(hostAt(target), archive);
        expect([round, blemishes]).toEqual([
          round,
          [
            expect.objectContaining({
              kind: 'domain',
              collection: 'd',
              name: 'fine',
              outcome: 'not valid',
              ...(rows !== undefined && { rows }),
            }),
          ],
        ]);
        expect(await tablesOf(target)).toEqual(await tablesOf(source));
        expect(
          await target.query(
            `SELECT convalidated FROM pg_constraint WHERE conname = 'fine' AND connamespace = 'public'::regnamespace`,
          ),
        ).toEqual([{ convalidated: false }]);
        await expect(target.sql(`SELECT (-5)::d`)).rejects.toThrow(/fine/);
      }
    });
  }

  it('that may not be NULL and is: the rows come back, and it is left out', async () => {
    const source = await database(`
      CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TABLE t (v d); INSERT INTO t VALUES (1), (NULL);
      ALTER DOMAIN d ADD CONSTRAINT low CHECK (VALUE < 9);
      UPDATE pg_type SET typnotnull = true WHERE typname = 'd';`);
    const target = await database();
    const { blemishes } = await restoreAll(hostAt(target), await backUp(hostAt(source), 'null in a domain'));
    expect(blemishes).toEqual([
      expect.objectContaining({
        kind: 'domain',
        collection: 'd',
        name: 'NOT NULL',
        outcome: 'left out',
        rows: 1,
      }),
    ]);
    expect(await tablesOf(target)).toEqual(await tablesOf(source));
    expect(
      await target.query(
        `SELECT count(*)::int AS n FROM pg_constraint WHERE contypid = 'd'::regtype AND convalidated`,
      ),
    ).toEqual([{ n: 2 }]);
  });
});

describe('what the catalog says is not whole', () => {
  /** Each kind that can be so, how it becomes so, and the rows that do not hold it. */
  interface Flaw {
    readonly sql: string;
    readonly said: Pick<Blemish, 'kind' | 'collection' | 'name' | 'outcome'>;
    /** Nothing: all hold it, or there is nothing to count. */
    readonly rows?: number;
    readonly since?: number;
  }
  const broken = `INSERT INTO t VALUES (-1, NULL), (-2, 9), (3, 3);`;
  const table = `CREATE TABLE t (v int, o int); CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (3);`;
  const notValid = (kind: Blemish['kind'], collection: string, name: string): Flaw['said'] => ({
    kind,
    collection,
    name,
    outcome: 'not valid',
  });
  const FLAWS: Record<string, Flaw> = {
    'a check': {
      sql: `${table} ${broken} ALTER TABLE t ADD CONSTRAINT low CHECK (v > 0) NOT VALID;`,
      said: notValid('check', 't', 'low'),
      rows: 2,
    },
    'a check that runs a routine': {
      sql: `${table} ${broken} CREATE FUNCTION ok(i int) RETURNS boolean LANGUAGE sql AS 'SELECT i > 0';
        ALTER TABLE t ADD CONSTRAINT low CHECK (ok(v)) NOT VALID;`,
      said: notValid('check', 't', 'low'),
      rows: 2,
    },
    'a check of a parent': {
      sql: `CREATE TABLE t (v int, o int) PARTITION BY LIST (v); CREATE TABLE t1 PARTITION OF t DEFAULT; ${broken}
        ALTER TABLE t ADD CONSTRAINT low CHECK (v > 0) NOT VALID;`,
      said: notValid('check', 't', 'low'),
      rows: 2,
    },
    'a foreign key': {
      sql: `${table} ${broken} ALTER TABLE t ADD CONSTRAINT "U p" FOREIGN KEY (o) REFERENCES u NOT VALID;`,
      said: notValid('foreign', 't', 'U p'),
      rows: 1,
    },
    'a constraint that all rows hold': {
      sql: `${table} ${broken} ALTER TABLE t ADD CONSTRAINT low CHECK (v > -9) NOT VALID;`,
      said: notValid('check', 't', 'low'),
    },
    'a check of a domain': {
      sql: `CREATE DOMAIN d AS int; CREATE TABLE t (v d, o int); ${broken}
        ALTER DOMAIN d ADD CONSTRAINT low CHECK (VALUE > 0) NOT VALID;`,
      said: notValid('domain', 'd', 'low'),
      rows: 2,
    },
    'that a column has a value': {
      sql: `${table} ${broken} ALTER TABLE t ADD CONSTRAINT has NOT NULL o NOT VALID; COMMENT ON CONSTRAINT has ON t IS 'soon';`,
      said: notValid('not-null', 't', 'has'),
      rows: 1,
      since: 180_000,
    },
    'that a column of a child has a value': {
      sql: `${table} CREATE TABLE t1 () INHERITS (t); INSERT INTO t1 VALUES (1); ALTER TABLE t ADD CONSTRAINT has NOT NULL o NOT VALID;`,
      said: notValid('not-null', 't', 'has'),
      rows: 1,
      since: 180_000,
    },
  };
  it.each(Object.entries(FLAWS))(
    '%s: is named by the backup, in the preview and, counted, in the result',
    async (what, { sql, said, rows, since = 0 }) => {
      const source = await database();
      const [server] = await source.query<{ v: number }>(
        `SELECT current_setting('server_version_num')::int AS v`,
      );
      if ((server?.v ?? 0) < since) return;
      await source.sql(sql);
      const before = [{ ...said, before: true }];
      const host = hostAt(source);
      const { job } = await createBackup(host, {
        selection: { all: true },
        to: { storage: 'local', name: `known ${what}` },
      });
      expect(job.result).toMatchObject({ blemishes: before });
      const archive = await findArchive(host, `known ${what}.ark`);
      expect(blemishesOf(archive.manifest)).toEqual(before);
      const target = await database();
      for (const to of [target, target, source]) {
        expect((await previewBackup(hostAt(to), archive, { all: true })).blemishes).toEqual(before);
        const { blemishes, warnings } = await restoreAll(hostAt(to), archive);
        const counted = rows === undefined ? [] : [{ ...said, before: true, rows }];
        expect(blemishes).toEqual(counted);
        expect(warnings).toEqual(blemishes.map(blemishText));
        expect(await stateOf(to.url, tool)).toEqual(await stateOf(source.url, tool));
      }
    },
  );

  it('an index that is INVALID is named in all three, and is not made', async () => {
    const source = await database(`CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1);`);
    await source.sql(`CREATE UNIQUE INDEX CONCURRENTLY once ON t (v)`).catch(() => undefined);
    const archive = await backUp(hostAt(source), 'invalid');
    const said = [{ kind: 'index', collection: 't', name: 'once', outcome: 'left out', before: true }];
    expect(blemishesOf(archive.manifest)).toEqual(said);
    const target = await database();
    expect((await previewBackup(hostAt(target), archive, { all: true })).blemishes).toEqual(said);
    expect((await restoreAll(hostAt(target), archive)).blemishes).toEqual(said);
    expect(await target.query(`SELECT to_regclass('once') AS index`)).toEqual([{ index: null }]);
  });

  it('what nobody enforces is as it should be', async () => {
    const source = await database(`${table} ${broken}`);
    const [server] = await source.query<{ v: number }>(
      `SELECT current_setting('server_version_num')::int AS v`,
    );
    if ((server?.v ?? 0) < 180_000) return;
    await source.sql(`ALTER TABLE t ADD CONSTRAINT low CHECK (v > 0) NOT ENFORCED;
      ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (o) REFERENCES u NOT ENFORCED;`);
    const archive = await backUp(hostAt(source), 'not enforced');
    expect(blemishesOf(archive.manifest)).toEqual([]);
    const target = await database();
    expect((await restoreAll(hostAt(target), archive)).blemishes).toEqual([]);
    expect(await stateOf(target.url, tool)).toEqual(await stateOf(source.url, tool));
  });
});

const kindOf = (words: string): string => words.split(' ')[0] ?? '';
