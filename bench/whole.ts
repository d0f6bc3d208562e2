import Table from 'cli-table3';
import { Command } from 'commander';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { digest } from '../__tests__/helpers/digest';

/**
 * Databases that nobody here wrote, whole through Ark: backup, into an empty database, over itself after half of its
 * rows are gone, and back. Each step is compared by rows, next values and pg_dump's text; what differs is printed.
 * They stand on a server already; they are copied first and never changed. Writes JSON to bench/results/.
 */
const program = new Command('whole')
  .requiredOption('--server <url>', 'postgres://… of an account that may create databases')
  .requiredOption('--tools <folder>', "the bin folder of PostgreSQL's tools")
  .option('--lines <n>', 'differing lines that are printed for each step', '10')
  .argument('<databases...>', 'each a name, with ?schema=… where the app is not in public')
  .parse();
const options = program.opts<{ server: string; tools: string; lines: string }>();

const CLI = join(__dirname, '../dist/server/cli.js');

interface Ran {
  readonly code: number | null;
  readonly said: string;
}

interface Step {
  readonly step: string;
  /** What Ark answered, where it refused at first, and with which consent it went on. */
  readonly refused?: string;
  readonly consents: readonly string[];
  readonly failed?: string;
  /** Lines of the two states that are not in the other one; `-` before Ark, `+` after. */
  readonly differs: readonly string[];
}

const urlOf = (name: string, query = ''): string => {
  const url = new URL(options.server);
  url.pathname = `/${name}`;
  return url.href + query;
};

async function onServer(...statements: string[]): Promise<void> {
  await on(urlOf('postgres'), ...statements);
}

async function on(url: string, ...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function fresh(name: string, template: string): Promise<void> {
  await onServer(
    `DROP DATABASE IF EXISTS ${escapeIdentifier(name)}`,
    `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`,
  );
}

const LISTS = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
]);

/** Settings of a database are not copied with it. */
async function sameSettings(from: string, to: string): Promise<void> {
  const client = new Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    const { rows } = await client.query<{ one: string }>(
      `SELECT unnest(setconfig) AS one FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase
       WHERE datname = $1 AND setrole = 0`,
      [from],
    );
    for (const { one } of rows) {
      const at = one.indexOf('=');
      const [setting, value] = [one.slice(0, at), one.slice(at + 1)];
      // Lists of names are stored as they were written, quotes and all.
      const text = LISTS.has(setting) && value !== '' ? value : escapeLiteral(value);
      await client.query(`ALTER DATABASE ${escapeIdentifier(to)} SET ${setting} = ${text}`);
    }
  } finally {
    await client.end();
  }
}

/** All that a schema holds, a line each: rows, objects, and the text of pg_dump. */
async function stateOf(url: string, schema: string): Promise<string[]> {
  const text = execFileSync(join(options.tools, 'pg_dump'), ['--schema-only', '-n', schema, url], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const { tables, objects } = await digest(url, schema);
  return [
    ...leaves(tables, 'rows'),
    ...objects,
    ...text.split('\n').filter((line) => line !== '' && !/^(--|SET |\\(un)?restrict )|set_config/.test(line)),
  ];
}

function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${String(value)}`];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}.${key}`));
}

function difference(row: string[], other: string[]): string[] {
  const missing = (from: string[], among: string[], sign: string) => {
    const left = new Map<string, number>();
    for (const line of among) left.set(line, (left.get(line) ?? 0) + 1);
    return from
      .filter((line) => {
        const count = left.get(line) ?? 0;
        left.set(line, count - 1);
        return count <= 0;
      })
      .map((line) => `${sign} ${line.slice(0, 400)}`);
  };
  return [...missing(row, other, '-'), ...missing(other, row, '+')];
}

async function whole(argument: string, folder: string): Promise<Step[]> {
  const at = argument.indexOf('?');
  const name = at === -1 ? argument : argument.slice(0, at);
  const query = at === -1 ? '' : argument.slice(at);
  const [source, target] = ['ark_whole_source', 'ark_whole_target'];
  const schema = new URLSearchParams(query).get('schema') ?? 'public';
  const archive = join(folder, `${name}.ark`);
  const ark = (...args: string[]): Ran => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
      env: { ...process.env, ARK_DATA: join(folder, 'data') },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return { code: status, said: stderr || stdout };
  };
  const steps: Step[] = [];
  /** Runs one step, with the consent that Ark asks for if it asks. */
  const step = async (what: string, args: string[], compare: () => Promise<string[]>): Promise<boolean> => {
    let refused: string | undefined;
    const consents: string[] = [];
    let ran = ark(...args);
    if (ran.code !== 0 && ran.said.includes('--allow-breaks')) {
      refused = ran.said;
      consents.push('--allow-breaks');
      ran = ark(...args, ...consents);
    }
    const failed = ran.code === 0 ? undefined : ran.said;
    const differs = failed === undefined ? await compare() : [];
    steps.push({
      step: what,
      consents,
      differs,
      ...(refused !== undefined && { refused }),
      ...(failed !== undefined && { failed }),
    });
    return failed === undefined;
  };

  await fresh(source, name);
  await sameSettings(name, source);
  await fresh(target, 'template0');
  await sameSettings(name, target);
  const from = urlOf(source, query);
  const into = urlOf(target, query);
  const state = (database: string) => stateOf(urlOf(database), schema);
  const before = await state(source);
  const same = (expected: string[], database: string) => async () =>
    difference(expected, await state(database));
  try {
    if (
      !(await step(
        'backup',
        ['backup', '--all', '--output', archive, '--database', from],
        same(before, source),
      ))
    )
      return steps;
    await step('empty', ['restore', archive, '--all', '--yes', '--database', into], same(before, target));
    await on(urlOf(source), halved(schema));
    const left = await state(source);
    const restored = await step(
      'over itself',
      ['restore', archive, '--all', '--yes', '--database', from],
      same(before, source),
    );
    if (restored) await step('undo', ['undo', '--yes', '--database', from], same(left, source));
    return steps;
  } finally {
    await onServer(`DROP DATABASE IF EXISTS ${source}`, `DROP DATABASE IF EXISTS ${target}`);
  }
}

/** Every other row of every table goes, whatever hangs on it. */
const halved = (schema: string): string => `DO $$
  DECLARE one regclass;
  BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
      SELECT oid::regclass FROM pg_catalog.pg_class
      WHERE relkind = 'r' AND relnamespace = ${escapeLiteral(schema)}::regnamespace
        AND relpersistence <> 't'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    LOOP
      BEGIN
        EXECUTE 'DELETE FROM ONLY ' || one || ' WHERE ctid IN (
          SELECT ctid FROM (SELECT ctid, row_number() OVER () AS n FROM ONLY ' || one || ') x WHERE n % 2 = 0)';
      EXCEPTION WHEN OTHERS THEN RAISE NOTICE '% keeps its rows: %', one, SQLERRM;
      END;
    END LOOP;
  END $$`;

async function main(): Promise<void> {
  if (!existsSync(CLI)) execFileSync('npm', ['run', 'build'], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'ark-whole-'));
  const results: Record<string, Step[]> = {};
  const table = new Table({ head: ['database', 'backup', 'empty', 'over itself', 'undo'] });
  const wordOf = (step: Step | undefined): string =>
    step === undefined
      ? 'not run'
      : step.failed !== undefined
        ? 'failed'
        : [step.differs.length === 0 ? 'same' : `${step.differs.length} lines differ`, ...step.consents].join(
            ', ',
          );
  try {
    for (const argument of program.args) {
      const steps = await whole(argument, folder);
      results[argument] = steps;
      table.push([
        argument,
        ...['backup', 'empty', 'over itself', 'undo'].map((what) =>
          wordOf(steps.find((step) => step.step === what)),
        ),
      ]);
      for (const step of steps) {
        console.log(`\n${argument}: ${step.step}: ${wordOf(step)}`);
        if (step.refused !== undefined) console.log(step.refused);
        if (step.failed !== undefined) console.log(step.failed);
        for (const line of step.differs.slice(0, Number(options.lines))) console.log(line);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`\n${table.toString()}`);
  mkdirSync(join(__dirname, 'results'), { recursive: true });
  writeFileSync(join(__dirname, 'results', 'whole.json'), JSON.stringify(results, undefined, 2));
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
