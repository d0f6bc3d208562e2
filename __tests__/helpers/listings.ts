import { withClient, type TestDatabase } from './postgres';

/** By the recipe of the listings: rows, and the sum of the rows' own digests, columns by name. */
export const digests = (target: TestDatabase): Promise<Map<string, string>> =>
  withClient(target.url, async (client) => {
    await client.query(
      "SET timezone = 'UTC'; SET extra_float_digits = 1; SET datestyle = 'ISO'; SET bytea_output = 'hex'",
    );
    const names = await client.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind IN ('r','p') AND relnamespace = 'public'::regnamespace",
    );
    const found = new Map<string, string>();
    for (const { name } of names.rows) {
      const columns = await client.query<{ list: string }>(
        `SELECT string_agg(quote_ident(attname) || '::text', ',' ORDER BY attname) AS list FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
        [`public."${name}"`],
      );
      const row = `row(${columns.rows[0]!.list})::text`;
      const { rows } = await client.query<{ n: string; h: string }>(
        `SELECT count(*)::text AS n, coalesce(sum(('x' || left(md5(${row}), 15))::bit(60)::bigint::numeric), 0)::text AS h FROM ONLY public."${name}"`,
      );
      found.set(name, `${rows[0]!.n} ${rows[0]!.h}`);
    }
    return found;
  });

/** Tables whose rows are not those of a listing. */
export const different = (
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): string[] => [...expected.keys()].filter((name) => expected.get(name) !== found.get(name)).sort();
