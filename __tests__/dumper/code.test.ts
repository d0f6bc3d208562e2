import { codeOf } from '../../src/server/dumper/archive/contents';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { addTrusted } from '../../src/server/actions/trust/trust';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { codeLabel, leftOutText } from '../../src/server/dumper/schema/code';
import { CodeKind } from '../../src/server/dumper/schema/codeKind';
import type { Host } from '../../src/server/host';
import { backUp, hostOf } from '../helpers/ark';
import { testConsole } from '../helpers/console';
import { digest } from '../helpers/digest';
import { putTogether, takenApart } from '../helpers/forged';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { readFileOf } from '../helpers/stored';
import { warningText } from '../../src/server/dumper/app/warning';

/** Whatever of an archive can run is shown, wants consent, and can be left out; whichever kind of thing it is. */
const { data, database } = ownPlace();

const FUNCTION = `CREATE FUNCTION seen(v integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN v; END $$;`;
const TABLE = `CREATE TABLE notes (id integer PRIMARY KEY, v integer);`;
const ROWS = `INSERT INTO notes (id, v) SELECT i, i FROM generate_series(1, 20) i;`;
const TRIGGER = `CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;`;

/** For each kind (events are MySQL's: services/mysqlObjects) a database with one such thing, its label, and what else has to stay out with it. */
const KINDS: Record<Exclude<CodeKind, 'event'>, { sql: string; label: string; more?: string[] }> = {
  function: { sql: `${FUNCTION}${TABLE}${ROWS}`, label: 'function seen(v integer)' },
  procedure: {
    sql: `CREATE PROCEDURE run() LANGUAGE sql AS $$ SELECT 1 $$;${TABLE}${ROWS}`,
    label: 'procedure run()',
  },
  aggregate: {
    sql: `CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);${TABLE}${ROWS}`,
    label: 'aggregate total(integer)',
  },
  operator: {
    sql: `${FUNCTION}${TABLE}${ROWS} CREATE OPERATOR @#@ (RIGHTARG = integer, FUNCTION = seen);
      ALTER TABLE notes ADD CONSTRAINT good CHECK (@#@ v > 0);`,
    label: 'operator @#@(NONE, integer)',
    more: ['constraint good of notes', 'function seen(v integer)'],
  },
  operatorFamily: {
    sql: `${TABLE}${ROWS} CREATE OPERATOR FAMILY ways USING hash;`,
    label: 'operator family "ways" USING "hash"',
  },
  operatorClass: {
    sql: `${TABLE}${ROWS} CREATE OPERATOR CLASS way FOR TYPE integer USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(integer);
      CREATE INDEX by_way ON notes USING hash (v way);`,
    label: 'operator class "way" USING "hash"',
    more: ['index by_way of notes', 'operator family "way" USING "hash"'],
  },
  trigger: {
    sql: `${TRIGGER}${TABLE}${ROWS} CREATE TRIGGER watch AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION audit();`,
    label: 'trigger watch of notes',
    more: ['function audit()'],
  },
  rule: {
    sql: `${TABLE}${ROWS} CREATE RULE quiet AS ON DELETE TO notes DO INSTEAD NOTHING;`,
    label: 'rule quiet of notes',
  },
  policy: {
    sql: `${TABLE}${ROWS} ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON notes USING (v > 3);`,
    label: 'policy mine of notes',
  },
  view: { sql: `${TABLE}${ROWS} CREATE VIEW few AS SELECT id FROM notes WHERE v < 5;`, label: 'view few' },
  materialized: {
    sql: `${TABLE}${ROWS} CREATE MATERIALIZED VIEW sums AS SELECT sum(v) FROM notes;`,
    label: 'materialized view sums',
  },
  default: {
    sql: `${FUNCTION}${TABLE}${ROWS} ALTER TABLE notes ALTER v SET DEFAULT seen(7);`,
    label: 'default v of notes',
    more: ['function seen(v integer)'],
  },
  generated: {
    sql: `${FUNCTION} CREATE TABLE notes (id integer PRIMARY KEY, v integer, w integer GENERATED ALWAYS AS (seen(v)) STORED, UNIQUE (w, id));
      CREATE INDEX by_w ON notes (w); CREATE TABLE lines (w integer, id integer, FOREIGN KEY (w, id) REFERENCES notes (w, id));
      ALTER TABLE notes ADD CHECK (w > 0); ${ROWS} INSERT INTO lines VALUES (3, 3);`,
    label: 'generated column w of notes',
    more: [
      'constraint lines_w_id_fkey of lines',
      'constraint notes_w_check of notes',
      'constraint notes_w_id_key of notes',
      'function seen(v integer)',
      'index by_w of notes',
    ],
  },
  constraint: {
    sql: `${FUNCTION}${TABLE}${ROWS} ALTER TABLE notes ADD CONSTRAINT good CHECK (seen(v) > 0);`,
    label: 'constraint good of notes',
    more: ['function seen(v integer)'],
  },
  index: {
    sql: `${FUNCTION}${TABLE}${ROWS} CREATE INDEX by_seen ON notes (seen(v));`,
    label: 'index by_seen of notes',
    more: ['function seen(v integer)'],
  },
  statistics: {
    sql: `${FUNCTION}${TABLE}${ROWS} CREATE STATISTICS guess ON seen(v), id FROM notes;`,
    label: 'statistics object guess of notes',
    more: ['function seen(v integer)'],
  },
  partition: {
    sql: `${FUNCTION} CREATE TABLE notes (id integer, v integer) PARTITION BY LIST (seen(v)); CREATE TABLE rest PARTITION OF notes DEFAULT; ${ROWS}`,
    label: 'partition key of notes',
    more: ['function seen(v integer)'],
  },
  type: {
    sql: `${FUNCTION} CREATE DOMAIN amount AS integer DEFAULT 4 CONSTRAINT big CHECK (seen(VALUE) > 0) CONSTRAINT small CHECK (VALUE < 100);
      CREATE TABLE notes (id integer PRIMARY KEY, v amount);${ROWS}`,
    label: 'type amount',
    more: ['function seen(v integer)'],
  },
};

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => `${(error as { code?: string }).code ?? ''} ${(error as Error).message}`,
  );

/** Another instance: what it has made is a stranger's here. */
const elsewhere = (database: TestDatabase): Host =>
  hostOf(database.url, join(data.folder, 'elsewhere'), { ARK_INSTANCE: 'elsewhere' });
const ALL = { selection: { all: true }, allowBreaks: false };

describe.each(CodeKind.exclude(['event']).options)('%s', (kind) => {
  const { sql, label, more = [] } = KINDS[kind];
  let source: TestDatabase;
  let archive: Awaited<ReturnType<typeof backUp>>;
  beforeAll(async () => {
    source = await database(sql);
    archive = await backUp(elsewhere(source), `code-${kind}`);
  });

  it('is listed by inspect with its text, and by the preview as new', async () => {
    const found = await codeOf(archive.manifest);
    expect(found.map(codeLabel).sort()).toEqual(
      // What misses a column is no code by itself.
      [label, ...more.filter((one) => one.startsWith('function') || kind.startsWith('operator'))].sort(),
    );
    expect(found.every((one) => one.text.length > 3)).toBe(true);
    const empty = hostOf((await database()).url, data.folder);
    const preview = await previewBackup(empty, archive, { all: true });
    expect(preview.code).toEqual(found.map((one) => ({ ...one, state: 'new' })));
    expect(preview.asksForCode).toBe(true);
  });

  it('is refused without consent, by a restore and by a rehearsal, and nothing has changed', async () => {
    const target = await database('CREATE TABLE notes (other text); INSERT INTO notes VALUES (1);');
    const host = hostOf(target.url, data.folder);
    const before = await digest(target.url);
    expect(await outcome(restoreBackup(host, archive, 'x.ark', ALL))).toMatch(/^CODE_NOT_ALLOWED /);
    expect(await outcome(rehearseBackup(host, archive, 'x.ark', {}))).toMatch(/^CODE_NOT_ALLOWED /);
    expect(await digest(target.url)).toEqual(before);
    expect(await target.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ark%'`)).toEqual([]);
  });

  it('comes with consent, and where it is already it needs none', async () => {
    const target = await database();
    const host = hostOf(target.url, data.folder);
    await restoreBackup(host, archive, 'x.ark', { ...ALL, allowCode: true });
    expect(await digest(target.url)).toEqual(await digest(source.url));
    const preview = await previewBackup(host, archive, { all: true });
    expect(preview.code.map((one) => one.state)).toEqual(preview.code.map(() => 'same'));
    expect(preview.asksForCode).toBe(false);
    await restoreBackup(host, archive, 'x.ark', ALL);
    await rehearseBackup(host, archive, 'x.ark', {});
    expect(await digest(target.url)).toEqual(await digest(source.url));
  });

  it('is left out by name, with what cannot be without it, and all rows come', async () => {
    const target = await database();
    const host = hostOf(target.url, data.folder);
    if (kind === 'partition') {
      expect(await outcome(restoreBackup(host, archive, 'x.ark', { ...ALL, noCode: true }))).toMatch(
        /^CODE_NOT_ALLOWED notes cannot be restored without code/,
      );
      expect((await digest(target.url)).objects).toEqual((await digest((await database()).url)).objects);
      return;
    }
    const expected = [label, ...more].sort();
    const preview = await previewBackup(host, archive, { all: true }, { noCode: true });
    expect(preview.leftOut.map(codeLabel).sort()).toEqual(expected);
    expect(preview.code).toEqual([]);
    const { job, result } = await restoreBackup(host, archive, 'x.ark', { ...ALL, noCode: true });
    expect(result.leftOut.map(codeLabel).sort()).toEqual(expected);
    const said = job.log!.map((line) => line.text);
    for (const one of result.leftOut) expect(said).toContain(leftOutText(one));
    const plain = 'SELECT id, v FROM notes ORDER BY id';
    expect(await target.query(plain)).toEqual(await source.query(plain));
    const now = await backUp(host, `without-${kind}`);
    expect(await codeOf(now.manifest)).toEqual([]);
  });
});

it('what is left out of a type is that part alone', async () => {
  const source = await database(`${KINDS.type.sql}
    CREATE FUNCTION apart(a float8, b float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT a - b';
    CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = apart, multirange_type_name = spans);
    ALTER TABLE notes ADD at span;`);
  const archive = await backUp(elsewhere(source), 'parts');
  const target = await database();
  await restoreBackup(hostOf(target.url, data.folder), archive, 'x.ark', { ...ALL, noCode: true });
  expect(
    await target.query(
      `SELECT conname AS name, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contypid = 'amount'::regtype`,
    ),
  ).toEqual([{ name: 'small', text: 'CHECK ((VALUE < 100))' }]);
  expect(await target.query(`SELECT typdefault AS value FROM pg_type WHERE typname = 'amount'`)).toEqual([
    { value: '4' },
  ]);
  expect(
    await target.query(`SELECT typname FROM pg_type WHERE typname IN ('span', 'spans') ORDER BY 1`),
  ).toEqual([{ typname: 'span' }, { typname: 'spans' }]);
});

it('row security without its policies stays on, and what goes with a replaced table is named', async () => {
  const source = await database(KINDS.policy.sql);
  const archive = await backUp(elsewhere(source), 'closed');
  const target = await database(
    `${TABLE}${TRIGGER} CREATE TRIGGER mine AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION audit();`,
  );
  const host = hostOf(target.url, data.folder);
  const { warnings } = await previewBackup(host, archive, { all: true }, { noCode: true });
  const said = warnings.filter((warning) => warning.kind === 'left-out').map(warningText);
  expect(said).toEqual([
    expect.stringMatching(/^notes: row security stays on/),
    expect.stringMatching(/trigger mine of notes\.$/),
  ]);
  await restoreBackup(host, archive, 'x.ark', { ...ALL, noCode: true });
  expect(
    await target.query(`SELECT relrowsecurity AS on FROM pg_class WHERE oid = 'public.notes'::regclass`),
  ).toEqual([{ on: true }]);
});

it('code that differs from what is here wants consent; without it the app keeps its own', async () => {
  const source = await database(KINDS.trigger.sql);
  const archive = await backUp(elsewhere(source), 'differs');
  const target = await database(
    KINDS.trigger.sql.replace('AFTER INSERT', 'AFTER UPDATE').replace('RETURN NEW', 'RETURN NULL'),
  );
  const host = hostOf(target.url, data.folder);
  const { code } = await previewBackup(host, archive, { all: true });
  expect(code.map((one) => `${codeLabel(one)}: ${one.state ?? ''}`)).toEqual([
    'function audit(): different',
    'trigger watch of notes: different',
  ]);
  expect(await outcome(restoreBackup(host, archive, 'x.ark', ALL))).toMatch(/^CODE_NOT_ALLOWED /);
  await restoreBackup(host, archive, 'x.ark', { ...ALL, noCode: true });
  const [{ text }] = (await target.query<{ text: string }>(
    `SELECT prosrc AS text FROM pg_proc WHERE proname = 'audit'`,
  )) as [{ text: string }];
  expect(text).toContain('RETURN NULL');
});

it('what is needed by what was chosen is listed, and nothing else comes', async () => {
  const source = await database(`${FUNCTION}${TRIGGER}${TABLE}${ROWS} CREATE TABLE harmless (v text);
    CREATE TRIGGER watch AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION audit();`);
  const host = elsewhere(source);
  await backUp(host, 'pulled');
  const written = await takenApart(await readFileOf(host, 'pulled.ark'));
  const needs = { ...(written.manifest.needs as object), 'relation:harmless': ['function:seen(v integer)'] };
  const file = join(data.folder, 'forged.ark');
  await writeFile(file, await putTogether({ ...written, manifest: { ...written.manifest, needs } }));
  const target = await database();
  const here = hostOf(target.url, data.folder);
  const archive = await findArchive(here, file);
  const selection = { collections: ['harmless'] };
  const { code } = await previewBackup(here, archive, selection);
  expect(code.map(codeLabel)).toEqual(['function seen(v integer)']);
  expect(await outcome(restoreBackup(here, archive, 'x.ark', { selection, allowBreaks: false }))).toMatch(
    /^CODE_NOT_ALLOWED .*1 function\./,
  );
  await restoreBackup(here, archive, 'x.ark', { selection, allowBreaks: false, allowCode: true });
  const made = await codeOf((await backUp(here, 'made')).manifest);
  expect(made.map(codeLabel)).toEqual(['function seen(v integer)']);
});

it('the API lists it, refuses it before there is a job, and takes either choice', async () => {
  const source = await database(KINDS.trigger.sql);
  const target = await database();
  const [from, to] = [await testConsole(source.url, { ARK_INSTANCE: 'a' }), await testConsole(target.url)];
  try {
    const { job } = await from.post<{ job: { id: string } }>(
      'arkBackups:create',
      {},
      { name: 'api', all: true },
    );
    await from.ended(job.id);
    const file = await from.raw('GET', '/api/arkBackups:download?filterByTk=api.ark');
    const sent = await to.raw('POST', '/api/arkBackups:upload?name=api', {
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(file.body.length) },
      body: file.body,
    });
    expect(sent.status).toBe(200);
    const which = { filterByTk: 'api.ark' };
    const detail = await to.get<{ code: { kind: string }[] }>('arkBackups:get', which);
    expect(detail.code.map((one) => one.kind)).toEqual(['function', 'trigger']);
    const preview = await to.post<{ asksForCode: boolean; code: unknown[] }>('arkBackups:preview', which);
    expect(preview).toMatchObject({ asksForCode: true, code: [{ state: 'new' }, { state: 'new' }] });
    const refused = (action: string, body: object) =>
      to.refused(
        to.raw('POST', `/api/${action}?filterByTk=api.ark`, {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
    expect(await refused('arkBackups:restore', {})).toBe('409 CODE_NOT_ALLOWED');
    expect(await refused('arkBackups:rehearse', {})).toBe('409 CODE_NOT_ALLOWED');
    expect(await refused('arkBackups:restore', { allowCode: true, noCode: true })).toBe('400 USAGE');
    expect((await to.get<unknown[]>('arkJobs:list')).length).toBe(0);
    const started = await to.post<{ job: { id: string } }>('arkBackups:restore', which, {
      all: true,
      noCode: true,
    });
    const ended = await to.ended(started.job.id);
    expect(ended).toMatchObject({
      state: 'done',
      result: { leftOut: [{ kind: 'function' }, { kind: 'trigger' }] },
    });
    const again = await to.post<{ job: { id: string } }>('arkBackups:restore', which, {
      all: true,
      allowCode: true,
    });
    expect(await to.ended(again.job.id)).toMatchObject({ state: 'done', result: { leftOut: [] } });
    expect(await digest(target.url)).toEqual(await digest(source.url));
  } finally {
    await from.stop();
    await to.stop();
  }
});

it('an account that may do more than the app needs is named', async () => {
  const source = await database(KINDS.view.sql);
  const archive = await backUp(elsewhere(source), 'account');
  const target = await database();
  const of = async (url: string) =>
    (await previewBackup(hostOf(url, data.folder), archive, { all: true })).warnings.filter(
      (warning) => warning.kind === 'account',
    );
  expect(await of(target.url)).toEqual([
    { kind: 'account', code: 'account-superuser', user: expect.any(String) as string },
  ]);
  const role = `lesser_${target.name}`;
  await target.sql(
    `CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE ${target.name} TO ${role}; GRANT ALL ON SCHEMA public TO ${role};`,
  );
  try {
    const url = new URL(target.url);
    [url.username, url.password] = [role, 'x'];
    expect(await of(url.toString())).toEqual([]);
  } finally {
    await target.sql(`DROP OWNED BY ${role}; DROP ROLE ${role};`);
  }
});

it('of this instance, and of one that it trusts, it is shown and needs no consent', async () => {
  const source = await database(KINDS.trigger.sql);
  const [own, theirs] = [hostOf(source.url, data.folder), elsewhere(source)];
  const archives = { own: await backUp(own, 'mine'), theirs: await backUp(theirs, 'theirs') };
  const target = await database();
  const host = hostOf(target.url, data.folder);
  expect((await previewBackup(host, archives.own, { all: true })).asksForCode).toBe(false);
  await restoreBackup(host, archives.own, 'x.ark', ALL);
  expect(await digest(target.url)).toEqual(await digest(source.url));
  const other = hostOf((await database()).url, join(data.folder, 'trusting'));
  expect((await previewBackup(other, archives.theirs, { all: true })).asksForCode).toBe(true);
  await addTrusted(
    other,
    { name: 'elsewhere', fingerprint: archives.theirs.signature!.fingerprint },
    new Date(),
  );
  const preview = await previewBackup(other, archives.theirs, { all: true });
  expect(preview).toMatchObject({ asksForCode: false, code: [{ state: 'new' }, { state: 'new' }] });
  await restoreBackup(other, archives.theirs, 'x.ark', ALL);
});
