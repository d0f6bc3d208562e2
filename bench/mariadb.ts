/**
 * Ark beside mariadb-dump and mariadb, on the same server, in one run, in turn: a large table of some 430 bytes a row,
 * and many small ones. Starts Debian's MariaDB with its own settings, but that nothing waits for the disk. Prints a table
 * with the ratio to each target and writes JSON to bench/results/.
 */
import { Command } from 'commander';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { bundleCli } from '../__tests__/helpers/cli';
import { startMysql } from '../__tests__/services/mysql';
import { table } from '../src/server/terminal/table';
import { measure, sizeOf, type Measured } from './measure';
import { MEGABYTES } from './targets';

const options = new Command('mariadb')
  .option('--rounds <n>', 'rounds, of which the median counts; from a million rows on one', '3')
  .option('--tables <list>', 'how many small tables', '139,1000')
  .option('--rows <list>', 'how many rows of a table', '100000,1000000,5000000')
  .parse()
  .opts<{ rounds: string; tables: string; rows: string }>();
const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
/** Of what the tool takes. */
const TARGET = 0.8;

const ORDERS = `CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, order_no varchar(255) NOT NULL, customer_id int NOT NULL,
  status varchar(255) NOT NULL, amount decimal(12,2) NOT NULL, paid tinyint(1) NOT NULL, created_at datetime(3) NOT NULL,
  updated_at datetime(3), address text, note text, meta json, email varchar(255), KEY (customer_id), KEY (created_at))`;
const fill = (from: number, to: number) => `INSERT INTO orders
  SELECT seq, concat('SO-', lpad(seq * 7919 % 100000000, 8, '0')), seq * 48271 % 20011, elt(1 + seq % 6, 'new', 'paid', 'packed', 'shipped', 'delivered', 'returned'),
    (seq * 7561 % 1000000) / 100, seq % 3 <> 0, '2021-01-01' + INTERVAL seq * 97137 * 1000 MICROSECOND, if(seq % 4 > 0, '2022-01-01' + INTERVAL seq * 61530 * 1000 MICROSECOND, NULL),
    concat(seq % 997, ' ', md5(seq), ' street, ', 10000 + seq * 17 % 89999), concat_ws(' ', md5(seq * 3), 'please call before delivery', md5(seq * 5), 'gate code', seq, 'neighbour', md5(seq * 7)),
    concat('{"channel":"', elt(1 + seq % 3, 'web', 'shop', 'phone'), '","weight":', seq % 5000 / 10, ',"ref":"', md5(seq * 11), '","lines":', seq % 9, '}'), concat('customer', seq % 100000, '@example.org')
  FROM seq_${from}_to_${to}`;

interface Line {
  readonly what: string;
  readonly tool: boolean;
  readonly all: Measured[];
  size?: number;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ark-bench-'));
  const cli = await bundleCli(folder);
  const server = await startMysql();
  const at = (name: string) => new URL(server.url(name));
  const { hostname: host, port } = at('x');
  const admin = await createConnection({ host, port: Number(port), user: 'root' });
  const lines = new Map<string, Line>();
  const take = async (what: string, tool: boolean, work: () => Promise<Measured>, made?: string) => {
    const line = lines.get(what) ?? { what, tool, all: [] };
    lines.set(what, line);
    if (made !== undefined) rmSync(made, { force: true });
    const run = await work();
    line.all.push(run);
    console.error(`${what}: ${run.seconds.toFixed(2)} s, ${(run.peak / 1e6).toFixed(0)} MB`);
    if (made !== undefined) line.size = sizeOf(made);
  };
  const ark = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    measure(process.execPath, [cli, ...args], {
      ARK_DATA: join(folder, 'ark'),
      NODE_ENV: 'production',
      ...env,
    });
  const fresh = async (name: string) => {
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    await admin.query(`USE ${name}`);
  };
  const client = (tool: string, ...args: string[]): string =>
    [tool, '--no-defaults', `-h${host}`, `-P${port}`, '-uroot', ...args].join(' ');
  const sh = (command: string) => measure('sh', ['-c', `exec ${command}`]);

  const compare = async (name: string, label: string, rounds: number): Promise<void> => {
    const [archive, dumped] = [join(folder, `${name}.ark`), join(folder, `${name}.sql`)];
    for (let round = 0; round < rounds; round += 1) {
      const url = server.url(name);
      // Like beside like: what is not compressed, and what is.
      const backUp = (env: NodeJS.ProcessEnv) => () =>
        ark(['backup', '--all', '--database', url, '--output', archive], env);
      await take(`backup, not compressed, ${label}`, false, backUp({ ARK_GZIP_LEVEL: '0' }), archive);
      const dump = client('mariadb-dump', '--single-transaction', `--result-file=${dumped}`, name);
      await take(`mariadb-dump, ${label}`, true, () => sh(dump), dumped);
      await take(`backup, ${label}`, false, backUp({}), archive);
      const packed = `${dumped}.gz`;
      const gzip = `${client('mariadb-dump', '--single-transaction', name)} | gzip > ${packed}`;
      await take(`mariadb-dump | gzip, ${label}`, true, () => measure('sh', ['-c', gzip]), packed);
      rmSync(packed);
      await fresh('target');
      await take(`restore, ${label}`, false, () =>
        ark([
          'restore',
          archive,
          ...['--all', '--yes', '--allow-code', '--json', '--database', server.url('target')],
        ]),
      );
      await fresh('target');
      await take(`mariadb, ${label}`, true, () => sh(`${client('mariadb', 'target')} < ${dumped}`));
      await fresh('target');
    }
    rmSync(archive);
    rmSync(dumped);
  };

  try {
    const rounds = Number(options.rounds);
    for (const tables of numbers(options.tables)) {
      await fresh('source');
      for (let i = 1; i <= tables; i += 1) {
        const reference = i === 1 ? '' : `, FOREIGN KEY (parent) REFERENCES small_${i >> 1} (id)`;
        await admin.query(
          `CREATE TABLE small_${i} (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, createdAt datetime(3) DEFAULT now(3), parent bigint, meta json, KEY (name)${reference})`,
        );
        await admin.query(
          `INSERT INTO small_${i} (name, parent) SELECT concat('row ', seq), seq FROM seq_1_to_10`,
        );
      }
      await compare('source', `${tables} tables`, rounds);
    }
    for (const rows of numbers(options.rows)) {
      await fresh('source');
      await admin.query(ORDERS);
      for (let from = 1; from <= rows; from += 100_000)
        await admin.query(fill(from, Math.min(rows, from + 99_999)));
      await compare('source', `${rows} rows`, rows >= 1_000_000 ? 1 : rounds);
    }
    report([...lines.values()]);
  } finally {
    await admin.end();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(lines: readonly Line[]): void {
  const secondsOf = ({ all }: Line): number =>
    all.map((run) => run.seconds).sort((a, b) => a - b)[all.length >> 1] ?? NaN;
  const results = lines.map((line, at) => {
    const beside = line.tool ? undefined : lines[at + 1];
    return {
      what: line.what,
      seconds: secondsOf(line),
      ratio: beside && secondsOf(line) / secondsOf(beside),
      peak: Math.max(...line.all.map((run) => run.peak)),
      size: line.size,
    };
  });
  const rows = results.map(({ what, seconds, ratio, peak, size }) => [
    what,
    seconds.toFixed(2),
    ratio === undefined ? '' : `${ratio.toFixed(2)}${ratio > TARGET ? ' !' : ''}`,
    `${(peak / 1e6).toFixed(0)}${ratio !== undefined && peak > MEGABYTES * 1e6 ? ' !' : ''}`,
    size === undefined ? '' : (size / 1e6).toFixed(1),
  ]);
  const head = ['', 'seconds', `ark / tool (${TARGET})`, 'peak MB', 'size MB'];
  console.log(table(head, rows, { right: [1, 2, 3, 4] }).join('\n'));
  const load = loadavg().map((n) => n.toFixed(2));
  console.log(`load of the machine at the end: ${load.join(' ')}`);
  mkdirSync(join(__dirname, 'results'), { recursive: true });
  writeFileSync(
    join(__dirname, 'results', 'mariadb.json'),
    `${JSON.stringify({ at: new Date().toISOString(), load, results }, undefined, 2)}\n`,
  );
}

void main();
