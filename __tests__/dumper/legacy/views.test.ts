import { readView } from '../../../src/server/dumper/legacy/views';

const view = (query: string, name = 'public.v') =>
  readView([`DROP VIEW IF EXISTS ${name}`, `CREATE VIEW ${name} AS ${query};`], 'public');

describe('a view of the old plugin', () => {
  it('loses the name of its schema, so that it can be built in another one first', async () => {
    const found = await view(
      `SELECT public.f(a.id), 'public.a' AS t, "public".b.x, "a.public.c", notpublic.d FROM public.a JOIN "public"."B" b ON true`,
      'public."My view"',
    );
    expect(found?.relation).toMatchObject({
      name: 'My view',
      kind: 'view',
      query: `SELECT f(a.id), 'public.a' AS t, b.x, "a.public.c", notpublic.d FROM a JOIN "B" b ON true`,
    });
    expect(found?.reads).toEqual(['a', 'B']);
  });

  it.each([
    ['a table and one in brackets', 'SELECT 1 FROM (a JOIN ONLY b ON true)', ['a', 'b']],
    [
      'its own subquery',
      'WITH x AS (SELECT 1 FROM a), y (n) AS MATERIALIZED (SELECT 2) SELECT * FROM x JOIN y ON true',
      ['a'],
    ],
    ['a function', 'SELECT n FROM generate_series(1, 2) n(n)', []],
    ['a table elsewhere', 'SELECT 1 FROM other.a', []],
    ['FROM in an expression', 'SELECT EXTRACT(year FROM at), b IS DISTINCT FROM c FROM a', ['a']],
    ['FROM in a text', "SELECT ' FROM nowhere ' FROM a", ['a']],
    ['a subquery', 'SELECT 1 FROM ( SELECT 2 FROM "A ""b""") s', ['A "b"']],
  ])('reads %s', async (_, query, expected) => {
    expect((await view(query))?.reads).toEqual(expected);
  });

  it.each([
    'SELECT 1; DROP TABLE users',
    "SELECT 1 -- '\n; DROP TABLE users; -- '",
    "SELECT E'\\' ' ; DROP TABLE users; --'",
    'SELECT $$a$$',
    "SELECT 1 /* ' */; DROP TABLE users --'",
    "SELECT 'open",
    "SELECT $é$ ' $é$ AS a; INSERT INTO t VALUES (1); SELECT $é$ ' $é$ AS b",
    'SELECT 1 AS n INTO made',
    'WITH x AS (DELETE FROM t RETURNING n) SELECT n FROM x',
    'INSERT INTO t VALUES (1)',
    'SELECT 1) UNION (SELECT 2',
  ])('with more than one plain statement in it is not taken: %s', async (query) => {
    expect(await view(query)).toBeUndefined();
  });

  it('of another form is not taken for one', async () => {
    expect(await readView(['CREATE OR REPLACE VIEW v AS SELECT 1'], 'public')).toBeUndefined();
    expect(await readView(['DROP VIEW v'], 'public')).toBeUndefined();
  });
});
