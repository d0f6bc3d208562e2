/**
 * What people wait for: an app of many small tables, in databases of several sizes, beside PostgreSQL's own tools, on
 * one server, in turn. Prints a table with the ratio to each target and writes JSON to bench/results/.
 * `npx tsx bench/small.ts --rounds 5 --tables 139,1000,5000`
 */
import { Command } from 'commander';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { bundleCli } from '../__tests__/helpers/cli';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { table } from '../src/server/terminal/table';
import { measure, type Measured } from './measure';

const options = new Command('small')
  .option('--tables <list>', 'how many tables each database has', '139,1000,5000')
  .option('--rounds <n>', 'rounds, of which the median counts', '5')
  .option(
    '--tools <folder>',
    "PostgreSQL's bin folder: its server and tools are used",
    '/usr/lib/postgresql/15/bin',
  )
  .option('--locks <n>', 'max_locks_per_transaction: the default does not do for a swap of 5,000', '512')
  .parse()
  .opts<{ tables: string; rounds: string; tools: string; locks: string }>();

/** In seconds, or of what PostgreSQL's tool takes for the same. */
const TARGETS: Readonly<
  Record<string, { readonly seconds?: number; readonly of?: string; readonly ratio?: number }>
> = {
  'preview 139': { seconds: 0.3 },
  'preview 1000': { seconds: 0.8 },
  'preview 5000': { seconds: 3 },
  'backup 139': { seconds: 0.6 },
  'restore over itself 139': { seconds: 1 },
  'backup 1000': { of: 'pg_dump -Fc 1000', ratio: 1.5 },
  'restore into empty 1000': { of: 'pg_restore -j2 1000', ratio: 0.6 },
  'restore over itself 1000': { seconds: 4 },
  '--help': { seconds: 0.15 },
};

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;

/** As NocoBase makes them: a key, two indexes, a reference to another one, ten rows. */
async function fill(client: Client, tables: number): Promise<void> {
  for (let i = 1; i <= tables; i += 1) {
    const reference = i === 1 ? '' : `REFERENCES small_${i >> 1}`;
    await client.query(
      `CREATE TABLE small_${i} (id bigserial PRIMARY KEY, name varchar(255) NOT NULL, "createdAt" timestamptz DEFAULT now(), parent bigint ${reference}, meta jsonb);
       INSERT INTO small_${i} (name, parent) SELECT 'row ' || g, g FROM generate_series(1, 10) g; CREATE INDEX ON small_${i} (name)`,
    );
  }
  await client.query('VACUUM ANALYZE');
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ark-bench-'));
  chmodSync(folder, 0o755);
  const cli = await bundleCli(folder);
  const tool = (name: string) => join(options.tools, name);
  const server = await startEmbedded({
    folder: join(folder, 'postgres'),
    settings: [`max_locks_per_transaction=${options.locks}`],
    ...(existsSync(tool('postgres')) && { native: join(options.tools, '..') }),
  });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const fresh = async (name: string, template = 'template0') => {
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    await admin.query('CHECKPOINT');
  };
  const found = new Map<string, Measured[]>();
  const take = async (what: string, work: () => Promise<Measured>) => {
    found.set(what, [...(found.get(what) ?? []), await work()]);
  };
  const ark = (...args: string[]) =>
    measure(process.execPath, [cli, ...args], { ARK_DATA: join(folder, 'ark'), NODE_ENV: 'production' });
  try {
    const sizes = options.tables.split(',').map(Number);
    for (const size of sizes) {
      await fresh(`filled_${size}`);
      const client = new Client({ connectionString: server.url(`filled_${size}`) });
      await client.connect();
      await fill(client, size);
      await client.end();
    }
    for (let round = 0; round < Number(options.rounds); round += 1) {
      await take('--help', () => ark('--help'));
      for (const size of sizes) {
        const [url, into] = [server.url(`filled_${size}`), server.url('target')];
        const [archive, dumped] = [join(folder, `${size}.ark`), join(folder, `${size}.fc`)];
        rmSync(archive, { force: true });
        await take(`backup ${size}`, () => ark('backup', '--all', '--database', url, '--output', archive));
        await take(`pg_dump -Fc ${size}`, () => measure(tool('pg_dump'), ['-Fc', '-f', dumped, url]));
        await take(`preview ${size}`, () => ark('preview', archive, '--all', '--json', '--database', url));
        await fresh('target');
        await take(`restore into empty ${size}`, () =>
          ark('restore', archive, '--all', '--yes', '--json', '--database', into),
        );
        await fresh('target');
        await take(`pg_restore -j2 ${size}`, () => measure(tool('pg_restore'), ['-j2', '-d', into, dumped]));
        await fresh('target', `filled_${size}`);
        await take(`restore over itself ${size}`, () =>
          ark('restore', archive, '--all', '--yes', '--json', '--database', into),
        );
      }
    }
    const secondsOf = (what: string) => median((found.get(what) ?? []).map((one) => one.seconds));
    const results = [...found].map(([what, all]) => {
      const { seconds, of, ratio } = TARGETS[what] ?? {};
      const target = of !== undefined && ratio !== undefined ? secondsOf(of) * ratio : seconds;
      const taken = secondsOf(what);
      return {
        what,
        seconds: taken,
        all: all.map((one) => one.seconds),
        peak: Math.max(...all.map((one) => one.peak)),
        target,
        ratio: target === undefined ? undefined : taken / target,
      };
    });
    const shown = (n: number | undefined) => (n === undefined || Number.isNaN(n) ? '' : n.toFixed(2));
    const lines = table(
      ['', 'seconds', 'target', 'of the target', 'peak MB'],
      results.map((one) => [
        one.what,
        shown(one.seconds),
        shown(one.target),
        shown(one.ratio),
        (one.peak / 1e6).toFixed(0),
      ]),
      { right: [1, 2, 3, 4] },
    );
    process.stdout.write(
      `${lines.join('\n')}\nload of the machine at the end: ${loadavg().map(shown).join(' ')}, ${cpus().length} cores\n`,
    );
    mkdirSync(join(__dirname, 'results'), { recursive: true });
    const out = join(__dirname, 'results', 'small.json');
    writeFileSync(
      out,
      `${JSON.stringify({ at: new Date().toISOString(), load: loadavg(), cpus: cpus().length, results }, undefined, 2)}\n`,
    );
  } finally {
    await admin.end().catch(() => undefined);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
