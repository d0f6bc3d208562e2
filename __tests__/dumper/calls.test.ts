import type { CodeItem } from '../../src/server/dumper/schema/code';
import { findCode } from '../../src/server/dumper/dialects/postgres/code/code';
import type { Relation, SchemaObject } from '../../src/server/dumper/dialects/postgres/structure/structure';

/** What counts as code: anything that calls more than a function of the server's own that only computes. */

const relation = (more: Partial<Relation>): Relation => ({
  name: 't',
  kind: 'table',
  owner: 'app',
  columns: [column('a'), column('b')],
  parents: [],
  constraints: [],
  indexes: [],
  attachments: [],
  sequences: [],
  options: [],
  toastOptions: [],
  ...more,
});
const column = (name: string, value?: string): Relation['columns'][number] => ({
  name,
  type: 'text',
  native: 'text',
  notNull: false,
  local: true,
  ...(value !== undefined && { default: value }),
});
const sequence: Relation['sequences'][number] = {
  name: 'Own_seq',
  type: 'bigint',
  start: '1',
  increment: '1',
  min: '1',
  max: '9',
  cache: '1',
  cycle: false,
  last: '1',
  called: false,
};
const routine: SchemaObject = {
  kind: 'function',
  name: 'lower',
  identity: 'lower(character varying)',
  definition: 'CREATE FUNCTION lower(character varying) RETURNS text LANGUAGE sql AS $$ SELECT pwn() $$',
  owner: 'app',
};

const kinds = async (relations: Relation[], objects: SchemaObject[] = []): Promise<string[]> =>
  (await findCode({ relations, objects })).map((item: CodeItem) => item.kind);

const ofDefault = async (text: string, objects: SchemaObject[] = []) =>
  (
    await kinds([relation({ columns: [column('x', text), column('a')], sequences: [sequence] })], objects)
  ).includes('default');

it.each([
  ["'x'::text", false],
  ['now()', false],
  ['CURRENT_TIMESTAMP', false],
  ["(now() AT TIME ZONE 'utc'::text)", false],
  ['gen_random_uuid()', false],
  ['uuidv7()', false],
  ['(random() * (10)::double precision)', false],
  ['nextval(\'"Own_seq"\'::regclass)', false],
  ['pg_catalog.clock_timestamp()', false],
  ['EXTRACT(year FROM now())', false],
  ["lower('A'::text)", false],
  ["ARRAY['a'::text, upper('b'::text)]", false],
  ["COALESCE('a'::text, GREATEST('b'::text, 'c'::text))", false],
  ["('{}'::jsonb || jsonb_build_object('a', 1))", false],
  ['NULL', false],
  ["nextval('own_seq'::regclass)", true],
  ['nextval(\'elsewhere."Own_seq"\'::regclass)', true],
  ["nextval(('Own' || '_seq')::regclass)", true],
  ['setval(\'"Own_seq"\'::regclass, 5)', true],
  ["query_to_xml('DELETE FROM users', true, true, '')", true],
  ["table_to_xml('v'::regclass, true, true, '')", true],
  ["database_to_xml(true, true, '')", true],
  ["ts_rewrite('a'::tsquery, 'SELECT 1')", true],
  ["lo_import('/etc/passwd')", true],
  ["lo_export(1, '/tmp/x')", true],
  ['lo_unlink(1)', true],
  ["pg_read_file('/etc/passwd')", true],
  ["pg_ls_dir('/')", true],
  ["dblink('', 'SELECT 1')", true],
  ['pg_terminate_backend(1)', true],
  ["set_config('role', 'postgres', false)", true],
  ["pg_notify('a', 'b')", true],
  ['pg_sleep(1)', true],
  ['own()', true],
  ['public.now()', true],
  ['"pg_catalog "."now"()', true],
  ['other.pg_catalog.now()', true],
  ['upper(own())', true],
  ['CASE WHEN true THEN own() ELSE 1 END', true],
  ['(own())::text', true],
  ['ARRAY[own()]', true],
  ['(SELECT 1)', true],
  ['(a).own', true],
  ['t.own', true],
  ['t.a', false],
  ["('a'::text OPERATOR(public.||) 'b'::text)", true],
  ["('a'::text OPERATOR(pg_catalog.||) 'b'::text)", false],
  ["('a'::text ||| 'b'::text)", true],
  ['1) FROM pg_class, LATERAL (SELECT 2', true],
  ['1); DROP TABLE users; SELECT (1', true],
  ['1) UNION SELECT (1', true],
  ['1) LIMIT (1', true],
  ['1), (2', true],
  ['this is no expression', true],
  [`${'('.repeat(50_000)}1${')'.repeat(50_000)}`, true],
  [`1${' + 1'.repeat(100_000)}`, true],
])('the default %.60s: code %s', async (text, code) => {
  expect(await ofDefault(text)).toBe(code);
});

it('takes a name that the archive has a routine of for that routine', async () => {
  expect(await ofDefault("lower('A'::text)", [routine])).toBe(true);
  expect(await ofDefault("pg_catalog.lower('A'::text)", [routine])).toBe(false);
});

it.each<[string, Partial<Relation>, string[]]>([
  ['check', { constraints: [constraint('CHECK ((a > 0))')] }, []],
  ['check', { constraints: [constraint('CHECK (own(a))')] }, ['constraint']],
  ['key', { constraints: [constraint('PRIMARY KEY (a)')] }, []],
  ['foreign key', { constraints: [constraint('FOREIGN KEY (a) REFERENCES u(b) ON DELETE CASCADE')] }, []],
  ['exclusion', { constraints: [constraint('EXCLUDE USING gist (a WITH &&)')] }, []],
  ['exclusion', { constraints: [constraint('EXCLUDE USING gist (own(a) WITH &&)')] }, ['constraint']],
  [
    'exclusion',
    { constraints: [constraint('EXCLUDE USING gist (a WITH OPERATOR(public.&&))')] },
    ['constraint'],
  ],
  ['a check that is more', { constraints: [constraint('CHECK (true), DROP COLUMN a')] }, ['constraint']],
  ['a check that is two', { constraints: [constraint('CHECK (true); SELECT own()')] }, ['constraint']],
  ['index', { indexes: [index('CREATE INDEX i ON t USING btree (lower(a)) WHERE (b IS NOT NULL)')] }, []],
  ['index', { indexes: [index('CREATE INDEX i ON t USING btree (own(a))')] }, ['index']],
  ['index', { indexes: [index('CREATE INDEX i ON t USING btree (a) WHERE own(b)')] }, ['index']],
  ['no index', { indexes: [index('DROP TABLE users')] }, ['index']],
  ['key of partitions', { partitionKey: 'RANGE (a, lower(b))' }, []],
  ['key of partitions', { partitionKey: 'LIST (own(a))' }, ['partition']],
  ['bound of a partition', { partitionBound: "FOR VALUES FROM ('a') TO (MAXVALUE)" }, []],
  ['bound of a partition', { partitionBound: 'FOR VALUES IN (own())' }, ['partition']],
  ['view', { kind: 'view', query: 'SELECT 1' }, ['view']],
  ['trigger', { attachments: [attachment('trigger')] }, ['trigger']],
  ['rule', { attachments: [attachment('rule')] }, ['rule']],
  ['policy', { attachments: [attachment('policy')] }, ['policy']],
  ['statistics', { attachments: [attachment('statistics', 'CREATE STATISTICS s ON a, b FROM t')] }, []],
  [
    'statistics',
    { attachments: [attachment('statistics', 'CREATE STATISTICS s ON own(a) FROM t')] },
    ['statistics'],
  ],
])('%s %j: %j', async (_, part, expected) => {
  expect(await kinds([relation(part)])).toEqual(expected);
});

it.each<[SchemaObject['kind'], string, string[]]>([
  ['enum', "CREATE TYPE x AS ENUM ('a')", []],
  ['composite', 'CREATE TYPE x AS (a integer)', []],
  ['domain', "CREATE DOMAIN x AS text DEFAULT 'a' CONSTRAINT c CHECK ((length(VALUE) > 1))", []],
  ['domain', 'CREATE DOMAIN x AS text CONSTRAINT c CHECK (own(VALUE))', ['type']],
  ['domain', 'CREATE DOMAIN x AS text DEFAULT own()', ['type']],
  ['range', 'CREATE TYPE x AS RANGE (subtype = float8, subtype_diff = float8mi)', []],
  ['range', 'CREATE TYPE x AS RANGE (subtype = float8, subtype_diff = own)', ['type']],
  ['range', 'CREATE TYPE x AS RANGE (subtype = float8, canonical = public.own)', ['type']],
  ['enum', 'CREATE FUNCTION x() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', ['type']],
  ['function', 'CREATE FUNCTION x() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', ['function']],
])('the %s %s: %j', async (kind, definition, expected) => {
  expect(await kinds([], [{ kind, name: 'x', identity: 'x', definition, owner: 'app' }])).toEqual(expected);
});

it.each([
  ['LANGUAGE plpgsql SECURITY DEFINER', { definer: true, language: 'plpgsql' }],
  ['LANGUAGE sql', { language: 'sql' }],
  ["LANGUAGE sql SECURITY INVOKER SET search_path TO 'security definer'", { language: 'sql' }],
])('of a function it tells who it runs as, and its language: %s', async (options, expected) => {
  const definition = `CREATE OR REPLACE FUNCTION x() RETURNS int ${options} AS $f$ SELECT 1 -- SECURITY DEFINER $f$`;
  const [found] = await findCode({
    relations: [],
    objects: [{ kind: 'function', name: 'x', identity: 'x()', definition, owner: 'app' }],
  });
  expect(found).toEqual({ kind: 'function', name: 'x()', text: definition, ...expected });
});

function constraint(definition: string): Relation['constraints'][number] {
  return { name: 'c', kind: 'check', definition, validated: true };
}
function index(definition: string): Relation['indexes'][number] {
  return { name: 'i', definition };
}
function attachment(
  kind: Relation['attachments'][number]['kind'],
  definition = 'anything',
): Relation['attachments'][number] {
  return { kind, name: 'x', definition };
}
