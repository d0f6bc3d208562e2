import type { RealConsole } from '../../__tests__/browser/realConsole';

/** A table that takes a while. */
export async function makeReadings(ark: RealConsole, rows: number): Promise<void> {
  await ark.sql.query(
    `CREATE TABLE readings AS SELECT n AS id, now() - n * interval '1 second' AS at, md5(n::text) || md5((n + 1)::text) AS reading FROM generate_series(1, ${rows}) n`,
  );
  await ark.sql.query('ALTER TABLE readings ADD PRIMARY KEY (id)');
  // As autovacuum would: without it nobody knows how many rows there are, nor how long they take.
  await ark.sql.query('ANALYZE readings');
}
