import Table from 'cli-table3';
import { Command } from 'commander';
import { build } from 'esbuild';
import { existsSync, mkdirSync, mkdtempSync, chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import external from '../scripts/external.json';
import { formatBytes } from '../src/server/bytes';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { makeData } from './data';
import { measure, sizeOf, type Measured } from './measure';

/**
 * Ark beside PostgreSQL's own tools, on the same server, in one run, in turn. Prints a table and writes JSON to
 * bench/results/. Figures are medians; ratios are against the line named in the column.
 */
const program = new Command('bench')
  .option('--rows <n>', 'rows of the large table', '1000000')
  .option('--tables <n>', 'small tables beside it', '200')
  .option('--rounds <n>', 'rounds, of which the median counts', '3')
  .option('--tools <folder>', "PostgreSQL's bin folder, for pg_dump and pg_restore; its server is used too")
  .option('--keep', 'leave the data folder')
  .parse();
const options = program.opts<{
  rows: string;
  tables: string;
  rounds: string;
  tools?: string;
  keep?: boolean;
}>();

interface Line {
  readonly what: string;
  readonly name: string;
  readonly seconds: number[];
  readonly peak: number[];
  size?: number;
}

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN;

function findTools(): string | undefined {
  const base = '/usr/lib/postgresql';
  const candidates = existsSync(base)
    ? readdirSync(base)
        .sort()
        .map((version) => join(base, version, 'bin'))
    : [];
  return candidates
    .reverse()
    .find((bin) => existsSync(join(bin, 'pg_dump')) && existsSync(join(bin, 'postgres')));
}

async function main(): Promise<void> {
  const tools = options.tools ?? findTools();
  const folder = mkdtempSync(join(tmpdir(), 'ark-bench-'));
  chmodSync(folder, 0o755);
  const cli = join(folder, 'cli.js');
  await build({
    entryPoints: ['src/server/cli.ts'],
    outfile: cli,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external,
    logLevel: 'error',
  });
  const server = await startEmbedded({
    folder: join(folder, 'postgres'),
    ...(tools !== undefined && { native: join(tools, '..') }),
  });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const fresh = async (name: string) => {
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  };
  try {
    await fresh('source');
    const source = new Client({ connectionString: server.url('source') });
    await source.connect();
    await makeData(source, Number(options.rows), Number(options.tables));
    const { rows } = await source.query<{ version: string; bytes: string }>(
      "SELECT version(), pg_total_relation_size('orders')::text AS bytes",
    );
    await source.end();

    const lines: Line[] = [];
    const add = (what: string, name: string, one: Measured, size?: number) => {
      let line = lines.find((other) => other.name === name && other.what === what);
      if (!line) lines.push((line = { what, name, seconds: [], peak: [] }));
      line.seconds.push(one.seconds);
      line.peak.push(one.peak);
      if (size !== undefined) line.size = size;
    };
    const bin = (name: string) => join(tools ?? '', name);
    const url = server.url('source');
    const file = (name: string) => join(folder, name);
    const env = { ARK_DATA: join(folder, 'ark') };

    for (let round = 0; round < Number(options.rounds); round += 1) {
      const target = async (name: string, run: () => Promise<Measured>, size?: number) => {
        await fresh('target');
        await admin.query('CHECKPOINT');
        add('restore', name, await run(), size);
      };
      const dumped = async (name: string, path: string, run: () => Promise<Measured>) => {
        rmSync(path, { recursive: true, force: true });
        await admin.query('CHECKPOINT');
        const one = await run();
        add('backup', name, one, sizeOf(path));
      };
      await dumped('ark', file('a.ark'), () =>
        measure(
          process.execPath,
          [cli, 'backup', '--all', '--database', url, '--output', file('a.ark')],
          env,
        ),
      );
      if (tools !== undefined) {
        await dumped('pg_dump -Fc', file('fc'), () =>
          measure(bin('pg_dump'), ['-Fc', '-f', file('fc'), url]),
        );
        await dumped('pg_dump -Fd -j2', file('fd'), () =>
          measure(bin('pg_dump'), ['-Fd', '-j2', '-f', file('fd'), url]),
        );
        add(
          'backup',
          'COPY to nowhere',
          await measure(bin('psql'), ['-Xqc', '\\copy orders to /dev/null', url]),
        );
      }
      const to = server.url('target');
      await target('ark', () =>
        measure(
          process.execPath,
          [cli, 'restore', file('a.ark'), '--all', '--yes', '--json', '--database', to],
          env,
        ),
      );
      if (tools !== undefined) {
        await target('pg_restore -j2 (-Fc)', () => measure(bin('pg_restore'), ['-j2', '-d', to, file('fc')]));
        await target('pg_restore -j2 (-Fd)', () => measure(bin('pg_restore'), ['-j2', '-d', to, file('fd')]));
      }
    }

    const ark = (what: string) => lines.find((line) => line.what === what && line.name === 'ark');
    const table = new Table({
      head: ['', 'with', 'seconds', 'min–max', 'ark / this', 'peak memory', 'size', 'ark / this'],
      colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
      style: { head: [], border: [], compact: true },
    });
    const results = lines.map((line) => {
      const mine = ark(line.what);
      const seconds = median(line.seconds);
      return {
        what: line.what,
        name: line.name,
        seconds,
        min: Math.min(...line.seconds),
        max: Math.max(...line.seconds),
        peak: Math.max(...line.peak),
        size: line.size,
        timeRatio: mine && median(mine.seconds) / seconds,
        sizeRatio: mine?.size !== undefined && line.size !== undefined ? mine.size / line.size : undefined,
      };
    });
    for (const one of results) {
      table.push([
        one.what,
        one.name,
        one.seconds.toFixed(2),
        `${one.min.toFixed(2)}–${one.max.toFixed(2)}`,
        one.timeRatio?.toFixed(2) ?? '',
        formatBytes(one.peak),
        one.size === undefined ? '' : formatBytes(one.size),
        one.sizeRatio?.toFixed(2) ?? '',
      ]);
    }
    const about = {
      at: new Date().toISOString(),
      rows: Number(options.rows),
      tables: Number(options.tables),
      tableBytes: Number(rows[0]?.bytes),
      server: rows[0]?.version,
      node: process.version,
      cpus: cpus().length,
      memory: totalmem(),
      settings: {
        gzip: process.env.ARK_GZIP_LEVEL,
        chunk: process.env.ARK_CHUNK_BYTES,
        workers: process.env.ARK_WORKERS,
      },
    };
    process.stdout.write(
      `${about.rows} rows and ${about.tables} small tables, ${about.server ?? ''}\n${table.toString()}\n`,
    );
    mkdirSync(join(__dirname, 'results'), { recursive: true });
    const out = join(__dirname, 'results', `bench-${about.rows}.json`);
    writeFileSync(out, `${JSON.stringify({ ...about, results }, undefined, 2)}\n`);
    process.stdout.write(`${out}\n`);
  } finally {
    await admin.end().catch(() => undefined);
    await server.stop();
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

void main();
