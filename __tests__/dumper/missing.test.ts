import { previewBackup } from '../../src/server/actions/previewBackup';
import { CodeKind } from '../../src/server/dumper/codeKind';
import { backUp, hostOf, restoreAll } from '../helpers/ark';
import { digest } from '../helpers/digest';
import { ownPlace } from '../helpers/place';
import { serverUrl, withClient, type TestDatabase } from '../helpers/postgres';

/** Whatever names a thing of another schema that the target lacks: rows come, it does not, and the preview says so. */
const { data, database } = ownPlace();
const hostAt = (one: TestDatabase) => hostOf(one.url, data.folder);

interface Sample {
  readonly sql: string;
  /** Of the missing thing, and of each thing that does not come for it. */
  readonly name: string;
  readonly kind: string;
  readonly neededBy: readonly string[];
  readonly since?: number;
}

const ELSEWHERE = `
  CREATE SCHEMA "Ref"; CREATE TABLE "Ref".country (code text PRIMARY KEY); CREATE SEQUENCE "Ref".numbers;
  CREATE FUNCTION "Ref".norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(t) $$;
  CREATE FUNCTION "Ref".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TYPE "Ref".mood AS ENUM ('good');
  CREATE COLLATION "Ref".german (provider = libc, locale = 'C');
  CREATE TABLE site (id int PRIMARY KEY, code text);`;
const ROWS = `INSERT INTO site (id, code) VALUES (1, 'nl'), (2, 'de');`;

const relation = { kind: 'relation', name: 'Ref.country' };
const routine = { kind: 'routine', name: 'Ref.norm' };

/** By the kinds of what an archive can bring that names others. */
const SAMPLES: Record<
  Exclude<CodeKind, 'partition' | 'type' | 'operatorFamily' | 'operatorClass'>,
  Sample
> = {
  operator: {
    kind: 'type',
    name: 'Ref.norm',
    sql: `CREATE OPERATOR @#@ (RIGHTARG = text, FUNCTION = "Ref".norm);`,
    neededBy: ['operator @#@(NONE, text)'],
  },
  view: {
    ...relation,
    sql: `CREATE VIEW v AS SELECT s.id FROM site s JOIN "Ref".country c USING (code); CREATE VIEW over_v AS SELECT count(*) FROM v;`,
    neededBy: ['view over_v', 'view v'],
  },
  materialized: {
    ...routine,
    sql: `CREATE MATERIALIZED VIEW m AS SELECT "Ref".norm(code) FROM site; CREATE INDEX ON m (norm);`,
    neededBy: ['index m_norm_idx', 'materialized m'],
  },
  constraint: {
    ...relation,
    sql: `INSERT INTO "Ref".country VALUES ('nl'), ('de'); ALTER TABLE site ADD CONSTRAINT to_ref FOREIGN KEY (code) REFERENCES "Ref".country;`,
    neededBy: ['constraint to_ref'],
  },
  default: {
    kind: 'relation',
    name: 'Ref.numbers',
    sql: `ALTER TABLE site ALTER id SET DEFAULT nextval('"Ref".numbers');`,
    neededBy: ['default id'],
  },
  generated: {
    ...routine,
    sql: `CREATE TABLE g (id int, n text GENERATED ALWAYS AS ("Ref".norm('x')) STORED); INSERT INTO g VALUES (1);`,
    neededBy: ['generated n'],
  },
  index: { ...routine, sql: `CREATE INDEX normed ON site ("Ref".norm(code));`, neededBy: ['index normed'] },
  statistics: {
    ...routine,
    since: 140000,
    sql: `CREATE STATISTICS s ON "Ref".norm(code), id FROM site;`,
    neededBy: ['statistics s'],
  },
  trigger: {
    kind: 'routine',
    name: 'Ref.touch',
    sql: `CREATE TRIGGER touched BEFORE INSERT ON site FOR EACH ROW EXECUTE FUNCTION "Ref".touch(); ALTER TABLE site DISABLE TRIGGER touched;`,
    neededBy: ['trigger touched'],
  },
  rule: {
    ...relation,
    sql: `CREATE RULE copied AS ON INSERT TO site DO ALSO INSERT INTO "Ref".country VALUES (new.code);`,
    neededBy: ['rule copied'],
  },
  policy: {
    ...relation,
    sql: `CREATE POLICY known ON site USING (code IN (SELECT code FROM "Ref".country));`,
    neededBy: ['policy known'],
  },
  function: {
    kind: 'type',
    name: 'Ref.mood',
    sql: `CREATE FUNCTION feel(m "Ref".mood) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;`,
    neededBy: ['function feel(m "Ref".mood)'],
  },
  procedure: {
    kind: 'type',
    name: 'Ref.mood',
    sql: `CREATE PROCEDURE feel(m "Ref".mood) LANGUAGE sql AS $$ SELECT 1 $$;`,
    neededBy: ['procedure feel(IN m "Ref".mood)'],
  },
  aggregate: {
    kind: 'type',
    name: 'Ref.plus',
    sql: `CREATE FUNCTION "Ref".plus(a int, b int) RETURNS int LANGUAGE sql AS $$ SELECT a + b $$; CREATE AGGREGATE sums(int) (SFUNC = "Ref".plus, STYPE = int);
      CREATE VIEW summed AS SELECT sums(id) FROM site;`,
    neededBy: ['aggregate sums(integer)', 'view summed'],
  },
};

it('has a sample of every kind', () => {
  const known = [...Object.keys(SAMPLES), 'partition', 'type', 'operatorFamily', 'operatorClass'].sort();
  expect(known).toEqual([...CodeKind.options].sort());
});

it.each(Object.keys(SAMPLES) as (keyof typeof SAMPLES)[])('%s', async (kind) => {
  const sample = SAMPLES[kind];
  const server = await withClient(serverUrl('postgres'), (client) =>
    client.query<{ v: number }>(`SELECT current_setting('server_version_num')::int AS v`),
  );
  if ((server.rows[0]?.v ?? 0) < (sample.since ?? 0)) return;
  const [source, target] = [await database(ELSEWHERE + ROWS + sample.sql), await database()];
  const archive = await backUp(hostAt(source), kind);

  const { missing } = await previewBackup(hostAt(target), archive, { all: true });
  const found = missing.map((one) => ({
    ...one,
    neededBy: one.neededBy.map((each) => `${each.kind} ${each.name}`.replace('(IN m', '(m')).sort(),
  }));
  const neededBy = sample.neededBy.map((one) => one.replace('(IN m', '(m'));
  expect(found).toEqual([{ kind: sample.kind, name: sample.name, outcome: 'left-out', neededBy }]);

  const { warnings } = await restoreAll(hostAt(target), archive);
  expect(warnings.join('\n')).toContain(sample.name);
  expect((await digest(target.url)).tables.site).toEqual((await digest(source.url)).tables.site);
  // Where it is there, nothing is left out.
  expect((await previewBackup(hostAt(source), archive, { all: true })).missing).toEqual([]);
});

it('makes an extension that the server has, and says so', async () => {
  const [source, target] = [
    await database(
      `CREATE SCHEMA more; CREATE EXTENSION citext SCHEMA more; CREATE TABLE t (v more.citext); INSERT INTO t VALUES ('A');`,
    ),
    await database(),
  ];
  const archive = await backUp(hostAt(source), 'extension');
  const { missing, asksForName } = await previewBackup(hostAt(target), archive, { all: true });
  expect(missing).toEqual([{ kind: 'extension', name: 'citext', outcome: 'made', neededBy: [] }]);
  expect(asksForName).toBe(true);
  await restoreAll(hostAt(target), archive);
  expect(await digest(target.url)).toEqual(await digest(source.url));
});

it('takes an extension and its schema away again if the restore fails', async () => {
  const [source, target] = [
    await database(
      `CREATE SCHEMA more; CREATE EXTENSION citext SCHEMA more; CREATE TABLE t (v more.citext);`,
    ),
    await database(`CREATE TABLE other (id int); CREATE INDEX t ON other (id);`),
  ];
  const archive = await backUp(hostAt(source), 'extension-taken-away');
  const extensions = () =>
    target.query(`SELECT extname::text FROM pg_extension UNION ALL SELECT nspname FROM pg_namespace`);
  const before = await extensions();
  await expect(restoreAll(hostAt(target), archive)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(await extensions()).toEqual(before);
});

it('makes no extension where code stays out', async () => {
  const [source, target] = [
    await database(`CREATE EXTENSION citext; CREATE TABLE t (v citext);`),
    await database(),
  ];
  const archive = await backUp(hostAt(source), 'extension-no-code');
  await expect(previewBackup(hostAt(target), archive, { all: true }, { noCode: true })).rejects.toMatchObject(
    { code: 'EXTENSION_MISSING' },
  );
});
