/**
 * Ark beside PostgreSQL's own tools, on the same server, in one run, in turn: many small tables, many rows, the demo,
 * lists of backups, a large row. Prints a table with the ratio to each target (targets.ts), writes JSON to
 * bench/results/ and, with --picture, draws how each line grows. Medians; the largest sizes run once.
 */
import { Command } from 'commander';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { bundleCli } from '../__tests__/helpers/cli';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { table } from '../src/server/terminal/table';
import { makeBackups } from './backups';
import { makeLargeRow, makeRows, makeTables } from './data';
import { measure, sizeOf, type Measured } from './measure';
import { picture, type Curve } from './picture';
import { MEGABYTES, TARGETS } from './targets';

const options = new Command('bench')
  .option('--rounds <n>', 'rounds, of which the median counts', '5')
  .option('--tables <list>', 'how many small tables', '10,139,1000,5000')
  .option(
    '--rows <list>',
    'how many rows of a table of some 430 bytes a row',
    '100000,1000000,5000000,20000000',
  )
  .option(
    '--once-from <n>',
    'databases of so many tables, or a thousand times as many rows, run once',
    '5000',
  )
  .option('--backups <n>', 'backups of 1,000 collections to list', '500')
  .option('--large <megabytes>', 'a row as large', '200')
  .option(
    '--tools <folder>',
    "PostgreSQL's bin folder: its server and tools are used",
    '/usr/lib/postgresql/15/bin',
  )
  .option('--picture <file>', 'draws the growth as SVG')
  .parse()
  .opts<{
    rounds: string;
    tables: string;
    rows: string;
    onceFrom: string;
    backups: string;
    large: string;
    tools: string;
    picture?: string;
  }>();

const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;
const DEMO = join(__dirname, '..', 'assets', 'demo.ark');

interface Line {
  readonly what: string;
  readonly all: Measured[];
  /** Bytes of what it made. */
  size?: number;
  /** What it was refused for, before anything was done. */
  refused?: string;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ark-bench-'));
  chmodSync(folder, 0o755);
  const cli = await bundleCli(folder);
  const tool = (name: string) => join(options.tools, name);
  const server = await startEmbedded({
    folder: join(folder, 'postgres'),
    ...(existsSync(tool('postgres')) && { native: join(options.tools, '..') }),
  });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const lines = new Map<string, Line>();
  const take = async (what: string, work: () => Promise<Measured>, made?: string) => {
    const line = lines.get(what) ?? { what, all: [] };
    lines.set(what, line);
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    await admin.query('CHECKPOINT');
    try {
      const run = await work();
      line.all.push(run);
      // A run that is stopped has still said what it measured.
      console.error(`${what}: ${run.seconds.toFixed(2)} s, ${(run.peak / 1e6).toFixed(0)} MB`);
      if (made !== undefined) line.size = sizeOf(made);
    } catch (error) {
      // With the server's default settings so many tables cannot be locked at once; that is what the preview says.
      if (!String(error).includes('[TOO_MANY_LOCKS]')) throw error;
      line.refused = 'TOO_MANY_LOCKS';
    }
  };
  const ark = (...args: string[]) =>
    measure(process.execPath, [cli, ...args], { ARK_DATA: join(folder, 'ark'), NODE_ENV: 'production' });
  const fresh = async (name: string, template = 'template0') => {
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  };
  const filled = async (name: string, fill: (client: Client) => Promise<unknown>) => {
    await fresh(name);
    const client = new Client({ connectionString: server.url(name) });
    await client.connect();
    await fill(client);
    await client.end();
  };
  const target = server.url('target');
  const restore = (archive: string) =>
    ark('restore', archive, '--all', '--yes', '--allow-code', '--json', '--database', target);

  /** All of it for one database; what it is called in the lines. */
  async function database(name: string, label: string, large: boolean): Promise<void> {
    const url = server.url(name);
    const [archive, dumped] = [join(folder, `${name}.ark`), join(folder, `${name}.fc`)];
    await take(
      `backup, ${label}`,
      () => ark('backup', '--all', '--database', url, '--output', archive),
      archive,
    );
    await take(`pg_dump -Fc, ${label}`, () => measure(tool('pg_dump'), ['-Fc', '-f', dumped, url]), dumped);
    if (!large)
      await take(`preview, ${label}`, () => ark('preview', archive, '--all', '--json', '--database', url));
    await fresh('target');
    await take(`restore, ${label}`, () => restore(archive));
    await fresh('target');
    await take(`pg_restore -j2, ${label}`, () => measure(tool('pg_restore'), ['-j2', '-d', target, dumped]));
    if (large) {
      await fresh('target');
      await take(`copy, ${label}`, () =>
        ark('copy', '--from', url, '--to', target, '--all', '--yes', '--json'),
      );
    } else {
      await fresh('target', name);
      await take(`restore over itself, ${label}`, () => restore(archive));
    }
    await fresh('target');
    if (large) rmSync(dumped);
  }

  try {
    const rounds = Number(options.rounds);
    const sizes = [
      ...numbers(options.tables).map((size) => ({
        name: `tables_${size}`,
        label: `${size} tables`,
        large: false,
        weight: size,
        fill: (client: Client) => makeTables(client, size),
      })),
      ...numbers(options.rows).map((size) => ({
        name: `rows_${size}`,
        label: `${size} rows`,
        large: true,
        weight: size / 1000,
        fill: (client: Client) => makeRows(client, size),
      })),
    ];
    for (let round = 0; round < rounds; round += 1) {
      await take('ark --help', () => ark('--help'));
      await take('ark list', () => ark('list'));
    }
    for (const { name, label, large, weight, fill } of sizes) {
      await filled(name, fill);
      for (let round = 0; round < (weight >= Number(options.onceFrom) ? 1 : rounds); round += 1)
        await database(name, label, large);
      await admin.query(`DROP DATABASE ${name}`);
    }
    await fresh('target');
    await restore(DEMO);
    const demo = join(folder, 'demo.ark');
    for (let round = 0; round < rounds; round += 1) {
      await take(
        'backup, the demo',
        () => ark('backup', '--all', '--database', target, '--output', demo),
        demo,
      );
      await take('restore, the demo', () => restore(demo));
    }
    const megabytes = Number(options.large);
    if (megabytes > 0) {
      await filled('large', (client) => makeLargeRow(client, megabytes));
      const [archive, label] = [join(folder, 'large.ark'), `a row of ${megabytes} MB`];
      await take(
        `backup, ${label}`,
        () => ark('backup', '--all', '--database', server.url('large'), '--output', archive),
        archive,
      );
      await fresh('target');
      await take(`restore, ${label}`, () => restore(archive));
    }
    if (Number(options.backups) > 0) {
      const many = join(folder, 'many');
      mkdirSync(join(many, 'backups'), { recursive: true });
      await makeBackups(join(many, 'backups'), Number(options.backups), 1000);
      const list = () => measure(process.execPath, [cli, 'list', '--json'], { ARK_DATA: many });
      await take('first list', list);
      for (let round = 0; round < rounds; round += 1) await take('later list', list);
    }
    report([...lines.values()]);
  } finally {
    await admin.end().catch(() => undefined);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(lines: readonly Line[]): void {
  const secondsOf = (what: string) =>
    median(lines.find((line) => line.what === what)?.all.map((run) => run.seconds) ?? []);
  const results = lines.map(({ what, all, size, refused }) => {
    const wanted = TARGETS[what];
    const seconds = all.length > 0 ? median(all.map((run) => run.seconds)) : undefined;
    const at =
      wanted && 'of' in wanted ? wanted.of.reduce((sum, line) => sum + secondsOf(line), 0) : undefined;
    const target = wanted && 'seconds' in wanted ? wanted.seconds : undefined;
    return {
      what,
      seconds,
      all: all.map((run) => run.seconds),
      peak: all.length > 0 ? Math.max(...all.map((run) => run.peak)) : undefined,
      size,
      refused,
      /** Seconds that it may take. */
      target: at !== undefined && wanted && 'of' in wanted ? at * wanted.ratio : target,
      /** Of what the other tools take. */
      ratio: at === undefined || seconds === undefined ? undefined : seconds / at,
    };
  });
  const shown = (n: number | undefined) => (n === undefined || Number.isNaN(n) ? '' : n.toFixed(2));
  const isArk = (what: string) => !what.startsWith('pg_');
  const rows = results.map(({ what, seconds, target, ratio, peak, size, refused }) => [
    what,
    refused ?? shown(seconds),
    shown(target),
    target === undefined || seconds === undefined ? '' : shown(seconds / target),
    shown(ratio),
    peak === undefined
      ? ''
      : `${(peak / 1e6).toFixed(0)}${isArk(what) && peak > MEGABYTES * 1e6 ? ' !' : ''}`,
    size === undefined ? '' : (size / 1e6).toFixed(1),
  ]);
  const head = ['', 'seconds', 'target', 'of the target', 'ark / tool', 'peak MB', 'size MB'];
  const load = loadavg().map((n) => n.toFixed(2));
  console.log(table(head, rows, { right: [1, 2, 3, 4, 5, 6] }).join('\n'));
  console.log(`load of the machine at the end: ${load.join(' ')}, ${cpus().length} cores`);
  const out = join(__dirname, 'results', 'bench.json');
  mkdirSync(dirname(out), { recursive: true });
  const about = {
    at: new Date().toISOString(),
    node: process.version,
    cpus: cpus().length,
    memory: totalmem(),
    load,
    rounds: Number(options.rounds),
  };
  writeFileSync(out, `${JSON.stringify({ ...about, results }, undefined, 2)}\n`);
  console.log(out);
  if (options.picture === undefined) return;
  const curve = (name: string, unit: string, sizes: readonly number[]): Curve => ({
    name,
    points: sizes.flatMap((size) => {
      const seconds = secondsOf(`${name}, ${size} ${unit}`);
      return Number.isNaN(seconds) ? [] : [[size, seconds] as const];
    }),
  });
  const charts = (['tables', 'rows'] as const).map((unit) => {
    const sizes = numbers(options[unit]);
    const names = [
      'backup',
      'pg_dump -Fc',
      'restore',
      'pg_restore -j2',
      unit === 'rows' ? 'copy' : 'preview',
    ];
    return {
      title: `seconds by ${unit}`,
      curves: names.map((name) => curve(name, unit, sizes)).filter(({ points }) => points.length > 0),
    };
  });
  writeFileSync(options.picture, picture(charts));
}

void main();
