import { Command } from 'commander';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { format, resolveConfig } from 'prettier';
import { digest } from '../__tests__/helpers/digest';
import { formatBytes } from '../src/server/bytes';
import { startEmbedded } from '../src/server/hosts/embedded/postgres';
import { measure, sizeOf, type Measured } from './measure';

/**
 * Ark beside NocoBase's official backup-restore plugin: the same real app, backed up and restored by both into a
 * fresh installation with the same plugins; a table survived if every row of it has the digest it had. Writes
 * docs/compared.json and the table in docs/compared.md. Needs a NocoBase: __tests__/nocobase/install.sh.
 */
const program = new Command('bench:nocobase')
  .option('--nocobase <folder>', 'what __tests__/nocobase/install.sh made')
  .option('--table', 'only write the table anew, from the figures of the last run')
  .option('--orders <n>', 'rows of the table of orders', '100000')
  .option('--postgres <folder>', 'a PostgreSQL (with bin/), instead of the one from npm')
  .option('--keep', 'leave the data folder')
  .parse();
const options = program.opts<{
  nocobase?: string;
  table?: boolean;
  orders: string;
  postgres?: string;
  keep?: boolean;
}>();
const [FIGURES, TABLE] = [join('docs', 'compared.json'), join('docs', 'compared.md')];

interface Outcome {
  readonly seconds: number;
  readonly peak: number;
  /** What the process took before the operation began. */
  readonly base?: number;
  readonly error?: string;
}

interface Line {
  readonly app: string;
  readonly by: string;
  readonly backup?: Outcome;
  readonly size: number;
  readonly restore: Outcome;
  readonly tables: number;
  readonly survived: number;
  /** Definitions of columns, keys, indexes, views, sequences, comments and the like. */
  readonly objects: number;
  readonly objectsKept: number;
  readonly lost: Record<string, string>;
}

/** More orders than the demo has, with values that break CSV, JSON and SQL. */
const ORDERS = `INSERT INTO orders ("createdAt", "updatedAt", id, number, status, "orderedAt", "deliverAt", "paidAt", "pickupTime", total, remark, "createdById", "customerId")
  SELECT at, at, 700000000000000 + g, 'X-' || g, (ARRAY['draft','confirmed','delivered','paid'])[1 + g % 4], at, at::timestamp, 1700000000 + g, make_time(g % 24, g % 60, 0),
    (g % 100000) / 100.0, (ARRAY['plain', 'a, "quoted" text', E'line\\r\\nbreaks\\tand tabs', '👩‍👩‍👧‍👦 日本語 ünïcödé', E'back\\\\slash \\\\. \\\\N', ''''''])[1 + g % 6] || repeat(' lorem ipsum dolor', g % 20),
    1, (SELECT min(id) FROM customers)
  FROM (SELECT g, timestamptz '2025-01-01' + g * interval '61.001 seconds' AS at FROM generate_series(1, $1::int) g) s`;

/** Values that the official plugin cannot restore at all: it stops there, with the tables after it lost. */
const FATAL = `DELETE FROM samples WHERE "bigWhole" < -9007199254740991 OR "datetime" < '0001-01-01' AND "datetime" > '-infinity' OR "date" < '0001-01-01' AND "date" > '-infinity'`;

async function main(): Promise<void> {
  if (options.table) {
    await writeTable((JSON.parse(readFileSync(FIGURES, 'utf8')) as { lines: Line[] }).lines);
    return;
  }
  const { nocobase } = options;
  if (nocobase === undefined) throw new Error('Say with --nocobase where NocoBase is.');
  const folder = mkdtempSync(join(tmpdir(), 'ark-compare-'));
  chmodSync(folder, 0o755);
  const cli = resolve('dist/server/cli.js');
  if (!existsSync(cli)) throw new Error('Run npm run build first.');
  const server = await startEmbedded({
    folder: join(folder, 'postgres'),
    ...(options.postgres !== undefined && { native: options.postgres }),
  });
  const admin = new Client({ connectionString: server.url('postgres') });
  await admin.connect();
  const url = new URL(server.url('postgres'));
  const clone = async (name: string, from: string) => {
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${from}`);
    await admin.query('CHECKPOINT');
  };
  const sql = async (database: string, text: string, values: unknown[] = []) => {
    const client = new Client({ connectionString: server.url(database) });
    await client.connect();
    try {
      await client.query(text, values);
    } finally {
      await client.end();
    }
  };
  const app = async (database: string, ...args: string[]): Promise<Outcome | undefined> => {
    const result = join(folder, 'result.json');
    rmSync(result, { force: true });
    const [verb = '', file] = args;
    await measure('node', [join(__dirname, 'nocobase', 'app.cjs'), verb, result, ...(file ? [file] : [])], {
      NB_NODE_MODULES: join(resolve(nocobase), 'node_modules'),
      NB_HOME: join(folder, 'home'),
      DB_HOST: url.hostname,
      DB_PORT: url.port,
      DB_USER: decodeURIComponent(url.username),
      DB_PASSWORD: decodeURIComponent(url.password),
      DB_DATABASE: database,
    });
    return existsSync(result) ? (JSON.parse(readFileSync(result, 'utf8')) as Outcome) : undefined;
  };
  const ark = (...args: string[]): Promise<Measured> =>
    measure('node', [cli, ...args], { ARK_DATA: join(folder, 'ark'), NODE_ENV: 'production' });
  const say = (text: string) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);

  try {
    mkdirSync(join(folder, 'home'), { recursive: true });
    await admin.query('CREATE DATABASE fresh TEMPLATE template0');
    say('installing NocoBase');
    await app('fresh', 'install');
    await clone('nasty', 'fresh');
    say('filling it');
    await app('nasty', 'fill');
    await sql('nasty', ORDERS, [Math.max(0, Number(options.orders) - 2000)]);
    await sql('nasty', 'VACUUM ANALYZE');
    await clone('tame', 'nasty');
    await sql('tame', FATAL);

    const lines: Line[] = [];
    for (const [source, about] of [
      ['tame', 'without values that stop the official plugin'],
      ['nasty', 'as it is'],
    ] as const) {
      say(`${about}: official backup`);
      const old = join(folder, `${source}.nbdump`);
      const dumped = await app(source, 'dump', old);
      // Taken after the app has run: it writes into its own tables when it starts.
      const { tables: expected, objects } = await digest(server.url(source));
      say('official restore');
      await clone('official', 'fresh');
      const restored = await app('official', 'restore', old);
      if (!dumped || !restored) throw new Error('the official plugin told no result');
      const add = async (by: string, target: string, size: number, restore: Outcome, backup?: Outcome) => {
        const { tables: found, objects: there } = await digest(server.url(target));
        const kept = new Set(there);
        const lost: Record<string, string> = {};
        for (const [table, was] of Object.entries(expected)) {
          const is = found[table];
          const [rowsWas, rowsIs] = [was.split(' ')[0] ?? '', is?.split(' ')[0] ?? ''];
          if (is === undefined) lost[table] = 'missing';
          else if (rowsIs !== rowsWas) lost[table] = `${rowsIs} rows instead of ${rowsWas}`;
          else if (is !== was) lost[table] = await differing(server.url(source), server.url(target), table);
        }
        const tables = Object.keys(expected).length;
        const survived = tables - Object.keys(lost).length;
        lines.push({
          app: about,
          by,
          ...(backup && { backup }),
          size,
          restore,
          tables,
          survived,
          objects: objects.length,
          objectsKept: objects.filter((object) => kept.has(object)).length,
          lost,
        });
      };
      await add('backup-restore', 'official', sizeOf(old), restored, dumped);

      say('Ark');
      const file = join(folder, `${source}.ark`);
      const backup = await ark('backup', '--all', '--output', file, '--database', server.url(source));
      await clone('by_ark', 'fresh');
      const back = await ark('restore', file, '--all', '--yes', '--database', server.url('by_ark'));
      await add('Ark', 'by_ark', sizeOf(file), back, backup);

      say('Ark, from the old file');
      await clone('from_old', 'fresh');
      const begin = Date.now();
      const fromOld = await ark('restore', old, '--all', '--yes', '--database', server.url('from_old')).catch(
        (error: unknown): Outcome => ({
          seconds: (Date.now() - begin) / 1000,
          peak: 0,
          error: / (\S.* \[[A-Z_]+\])/.exec((error as Error).message)?.[1] ?? (error as Error).message,
        }),
      );
      await add('Ark, from the .nbdump', 'from_old', sizeOf(old), fromOld);
    }

    const { rows } = await admin.query<{ version: string }>('SELECT version()');
    const result = {
      at: new Date().toISOString(),
      machine: { cpus: cpus().length, cpu: cpus()[0]?.model, memory: totalmem(), node: process.version },
      postgres: rows[0]?.version,
      orders: Number(options.orders),
      lines,
    };
    writeFileSync(FIGURES, await format(JSON.stringify(result), { parser: 'json' }));
    await writeTable(lines);
  } finally {
    await admin.end();
    await server.stop();
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
    else say(folder);
  }
}

/** The columns whose values are others now. */
async function differing(source: string, target: string, table: string): Promise<string> {
  const columns = async (url: string): Promise<Map<string, string>> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(`SET timezone = 'UTC'`);
      const { fields } = await client.query(`SELECT * FROM ONLY "${table}" LIMIT 0`);
      const parts = fields.map(
        ({ name }) => `md5(string_agg(md5("${name}"::text), '' ORDER BY md5("${name}"::text)))`,
      );
      const { rows } = await client.query<string[]>({
        text: `SELECT ${parts.join(', ')} FROM ONLY "${table}"`,
        rowMode: 'array',
      });
      return new Map(fields.map(({ name }, i) => [name, rows[0]?.[i] ?? '']));
    } finally {
      await client.end();
    }
  };
  const [was, is] = [await columns(source), await columns(target)];
  const names = [...was.keys()].filter((name) => was.get(name) !== is.get(name));
  return `other values in ${names.join(', ')}`;
}

async function writeTable(lines: readonly Line[]): Promise<void> {
  const shown = (outcome: Outcome | undefined) => {
    if (!outcome) return ['', ''];
    const seconds = `${outcome.seconds.toFixed(1)} s`;
    return [
      outcome.error === undefined ? seconds : `**fails** after ${seconds}`,
      outcome.peak === 0 ? '' : formatBytes(outcome.peak),
    ];
  };
  const rows = [
    ['app', 'by', 'backup', 'peak', 'file', 'restore', 'peak', 'tables that survived', 'definitions'],
    Array.from({ length: 9 }, () => '---'),
    ...lines.map((line) => [
      line.app,
      line.by,
      ...shown(line.backup),
      formatBytes(line.size),
      ...shown(line.restore),
      line.survived === line.tables ? `**all ${line.tables}**` : `${line.survived} of ${line.tables}`,
      line.objectsKept === line.objects
        ? `**all ${line.objects}**`
        : `${line.objectsKept} of ${line.objects}`,
    ]),
  ];
  const table = rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
  const differences = lines.flatMap((line) => {
    const lost = Object.entries(line.lost).map(([name, how]) => `\`${name}\` (${how})`);
    const stopped = line.restore.error === undefined ? [] : [`It stopped at: ${line.restore.error}`];
    if (lost.length === 0 && stopped.length === 0) return [];
    return [`- ${line.app}, ${line.by}: ${lost.join(', ')}. ${stopped.join('')}`];
  });
  const text = readFileSync(TABLE, 'utf8').replace(
    /(<!-- figures -->)[^]*(<!-- \/figures -->)/,
    (_, begin: string, end: string) =>
      `${begin}\n\n${table}\n\nWhat did not survive:\n\n${differences.join('\n')}\n\n${end}`,
  );
  const settings = (await resolveConfig(TABLE)) ?? {};
  writeFileSync(TABLE, await format(text, { ...settings, parser: 'markdown' }));
  process.stdout.write(`${table}\n\n${differences.join('\n')}\n`);
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
