/**
 * A backup of many rows beside the database that it is from, after rows were inserted, changed and deleted: the numbers
 * of `ark diff` must be those that SQL counts. Prints its time and peak memory beside those of a restore, also for rows
 * that lie in another order than in the backup, and for two backups. `npx tsx bench/compare.ts [ROWS] [CHANGES]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import { bundleCli } from '../__tests__/helpers/cli';
import type { Comparison } from '../src/server/api/api';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { table } from '../src/server/terminal/table';
import { makeRows } from './data';

const [ROWS, CHANGES] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 1000)];

/** Spread over the whole table, each kind on rows of its own. */
const CHANGE = `
CREATE TABLE kept AS SELECT * FROM orders;
DELETE FROM orders WHERE id IN (SELECT g * ${Math.floor(ROWS / CHANGES)} FROM generate_series(1, ${CHANGES}) g);
UPDATE orders SET note = note || '!', amount = CASE WHEN id % 3 = 0 THEN amount + 1 ELSE amount END
  WHERE id IN (SELECT g * ${Math.floor(ROWS / CHANGES)} - 1 FROM generate_series(1, ${CHANGES}) g);
INSERT INTO orders SELECT (id + 1000000000) AS id, order_no, customer_id, status, amount, paid, created_at, updated_at, address, note, meta, email
  FROM kept ORDER BY id LIMIT ${CHANGES}`;

const COUNT = `
SELECT count(*) FILTER (WHERE k.id IS NULL)::int AS "onlyHere", count(*) FILTER (WHERE o.id IS NULL)::int AS "onlyThere",
  count(*) FILTER (WHERE o.id = k.id AND o IS DISTINCT FROM k)::int AS changed, count(*) FILTER (WHERE o IS NOT DISTINCT FROM k)::int AS equal,
  count(*) FILTER (WHERE o.id = k.id AND o.note IS DISTINCT FROM k.note)::int AS note, count(*) FILTER (WHERE o.id = k.id AND o.amount IS DISTINCT FROM k.amount)::int AS amount
FROM orders o FULL JOIN kept k USING (id)`;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ark-bench-'));
  chmodSync(folder, 0o755);
  const cli = await bundleCli(folder);
  const server = await startEmbedded({ folder: join(folder, 'postgres') });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  await admin.query('CREATE DATABASE source');
  await admin.query('CREATE DATABASE target');
  const url = server.url('source');
  const client = new Client({ connectionString: url });
  await client.connect();
  const lines: string[][] = [];
  const ark = async (what: string, ...args: string[]): Promise<string> => {
    await admin.query('CHECKPOINT');
    const env = { ...process.env, ARK_DATA: join(folder, 'ark'), NODE_ENV: 'production' };
    const began = performance.now();
    const child = spawn(process.execPath, [cli, ...args, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [out, peak] = ['', 0];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    const timer = setInterval(() => (peak = Math.max(peak, highWater(child.pid))), 10);
    const [code] = (await once(child, 'close')) as [number];
    clearInterval(timer);
    if (code !== 0 && code !== 4) throw new Error(`${what} ended with ${code}`);
    lines.push([
      what,
      ((performance.now() - began) / 1000).toFixed(2),
      (peak / 1e6).toFixed(0),
      String(code),
    ]);
    return out;
  };
  try {
    await makeRows(client, ROWS);
    const archive = join(folder, 'source.ark');
    await ark('backup', 'backup', '--all', '--database', url, '--output', archive);
    await ark(
      'restore',
      'restore',
      archive,
      '--all',
      '--yes',
      '--allow-code',
      '--database',
      server.url('target'),
    );
    await ark('diff, nothing changed', 'diff', archive, '--database', url);
    await client.query(CHANGE);
    const [sql] = (await client.query<Record<string, number>>(COUNT)).rows;
    const told = (out: string) => {
      const { collections } = JSON.parse(out) as Comparison;
      const orders = collections.find(({ name }) => name === 'orders');
      const columns = new Map(orders?.columns.map(({ name, rows }) => [name, rows]));
      const { onlyHere, onlyThere, changed, equal } = orders ?? {};
      const note = columns.get('note') ?? 0;
      return { onlyHere, onlyThere, changed, equal, note, amount: columns.get('amount') ?? 0 };
    };
    const first = told(await ark('diff, changed', 'diff', archive, '--database', url));
    await client.query('CREATE INDEX shuffle ON orders (md5(id::text)); CLUSTER orders USING shuffle');
    const second = told(await ark('diff, in another order', 'diff', archive, '--database', url));
    const later = join(folder, 'later.ark');
    await ark(
      'backup, in another order',
      'backup',
      '--collections',
      'orders',
      '--database',
      url,
      '--output',
      later,
    );
    const third = told(await ark('diff, two backups', 'diff', archive, later));
    await client.query('DROP INDEX shuffle');
    const prepared = ['--all', '--allow-code', '--allow-breaks', '--database', url];
    const fourth = told(
      JSON.stringify(
        (
          JSON.parse(
            await ark('restore --prepare, and look', 'restore', archive, '--prepare', ...prepared),
          ) as { comparison: Comparison }
        ).comparison,
      ),
    );
    const fifth = told(await ark('prepared show', 'prepared', 'show', '--database', url));
    await ark('prepared swap, whatever goes', 'prepared', 'swap', '--yes', '--database', url);
    await ark(
      'restore, over itself',
      'restore',
      archive,
      '--all',
      '--yes',
      '--allow-code',
      '--database',
      url,
    );
    console.log(table(['', 'seconds', 'MB', 'exit'], lines, { right: [1, 2, 3] }).join('\n'));
    console.log('SQL ', sql, '\ndiff', first);
    if (![first, second, third, fourth, fifth].every((numbers) => isDeepStrictEqual({ ...sql }, numbers)))
      throw new Error(
        `the numbers are not those of SQL: ${JSON.stringify([first, second, third, fourth, fifth])}`,
      );
  } finally {
    await client.end();
    await admin.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function highWater(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

void main();
