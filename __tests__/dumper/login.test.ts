import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { rehearseBackup } from '../../src/server/actions/restore/rehearse';
import { readSettings } from '../../src/server/environment';
import { startEmbedded, type Embedded } from '../../src/server/hosts/embedded/postgres';
import { standaloneHost } from '../../src/server/hosts/standalone/host';
import { hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { withClient } from '../helpers/postgres';
import { until } from '../helpers/waiting';

/** A server of our own: with TLS by an authority that nobody knows, prepared transactions, a role's limit, and a standby. */
const { data, database } = ownPlace();
let folder: string;
let primary: Embedded;

const native = process.env.ARK_TEST_POSTGRES;
const options = (name: string, more: readonly string[] = []) => ({
  folder: join(folder, name),
  ...(native !== undefined && { native }),
  settings: [
    'fsync=off',
    'log_min_messages=fatal',
    'max_prepared_transactions=2',
    `unix_socket_directories=${join(folder, name)}`,
    ...more,
  ],
});
const on = (server: Embedded, change: (url: URL) => void = () => undefined): string => {
  const url = new URL(server.url('postgres'));
  change(url);
  return url.toString();
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-login-'));
  execFileSync('chmod', ['755', folder]);
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.crt')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  if (userInfo().uid === 0) execFileSync('chown', ['postgres', key, cert]);
  execFileSync('chmod', ['600', key]);
  primary = await startEmbedded(
    options('primary', ['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`]),
  );
  await withClient(primary.url('postgres'), (client) =>
    client.query(`CREATE TABLE t (id integer PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one');
      CREATE ROLE alone LOGIN PASSWORD 'secret' CONNECTION LIMIT 1`),
  );
}, 60_000);
afterAll(async () => {
  await primary.stop();
  await rm(folder, { recursive: true, force: true });
});

const look = (url: string) => hostOf(url, data.folder).database.app({});

describe('what keeps Ark out is said with what to do', () => {
  it.each<[string, (url: URL) => void, string, RegExp]>([
    ['no password', (url) => (url.password = ''), 'DATABASE_LOGIN_REFUSED', /wants a password.*pgpass/],
    ['a wrong password', (url) => (url.password = 'x'), 'DATABASE_LOGIN_REFUSED', /Check the user/],
    [
      'a file of an authority that is not there',
      (url) => (url.search = '?sslmode=verify-full&sslrootcert=/nowhere/ca.pem'),
      'DATABASE_URL_INVALID',
      /\/nowhere\/ca\.pem cannot be read \(ENOENT\).*sslrootcert/,
    ],
    [
      'an authority that nobody knows',
      (url) => (url.search = '?sslmode=require'),
      'DATABASE_UNREACHABLE',
      /authority that this machine does not know.*sslrootcert=FILE.*DB_DIALECT_OPTIONS_SSL_CA/,
    ],
  ])('%s', async (_, change, code, says) => {
    const refused = look(on(primary, change));
    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.not.toThrow(new RegExp(primary.password));
  });

  it("a role's limit of connections", async () => {
    const url = on(primary, (url) => ([url.username, url.password] = ['alone', 'secret']));
    await withClient(url, async () => {
      const refused = look(url);
      await expect(refused).rejects.toMatchObject({ code: 'DATABASE_CROWDED' });
      await expect(refused).rejects.toThrow(/CONNECTION LIMIT/);
    });
  });

  it('a prepared transaction that holds a lock', async () => {
    const host = hostOf(primary.url('postgres'), data.folder, { ARK_LOCK_TIMEOUT_MS: '700' });
    await withClient(primary.url('postgres'), (client) =>
      client.query(`BEGIN; LOCK TABLE t; PREPARE TRANSACTION 'forgotten'`),
    );
    try {
      const refused = createBackup(host, {
        selection: { all: true },
        to: { storage: 'local', name: 'held' },
      });
      await expect(refused).rejects.toMatchObject({ code: 'TABLE_LOCKED' });
      await expect(refused).rejects.toThrow(
        /Locked: t\. By: a prepared transaction .*ROLLBACK PREPARED 'forgotten'/,
      );
    } finally {
      await withClient(primary.url('postgres'), (client) => client.query(`ROLLBACK PREPARED 'forgotten'`));
    }
  });
});

describe('ways in', () => {
  it('a socket, by the parameter alone', async () => {
    const socket = join(folder, 'primary');
    const url = `postgres://postgres:${primary.password}@/postgres?host=${encodeURIComponent(socket)}&port=${primary.port}`;
    await expect(look(url)).resolves.toBeDefined();
    expect(hostOf(url, data.folder).database.label).toContain(socket);
  });

  const ca = () => join(folder, 'server.crt');
  const named = (more: Record<string, string>) =>
    standaloneHost(
      readSettings({
        ARK_DATA: data.folder,
        DB_DIALECT: 'postgres',
        DB_HOST: '127.0.0.1',
        DB_PORT: String(primary.port),
        DB_USER: 'postgres',
        DB_PASSWORD: primary.password,
        DB_DATABASE: 'postgres',
        ...more,
      }),
    ).database;
  const isEncrypted = async () =>
    withClient(primary.url('postgres'), async (client) => {
      const { rows } = await client.query<{ ssl: boolean }>(
        `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'ark job %'`,
      );
      return rows.map((row) => row.ssl);
    });

  it.each<[string, () => Promise<Record<string, string>> | Record<string, string>]>([
    ['the path of an authority', () => ({ DB_DIALECT_OPTIONS_SSL_CA: ca() })],
    ['its text', async () => ({ DB_DIALECT_OPTIONS_SSL_CA: await readFile(ca(), 'utf8') })],
    ['no check at all', () => ({ DB_DIALECT_OPTIONS_SSL_REJECT_UNAUTHORIZED: 'false' })],
    [
      'a certificate of the client',
      () => ({
        DB_DIALECT_OPTIONS_SSL_CA: ca(),
        DB_DIALECT_OPTIONS_SSL_CERT: ca(),
        DB_DIALECT_OPTIONS_SSL_KEY: join(folder, 'server.key'),
        DB_DIALECT_OPTIONS_SSL_MODE: 'verify-full',
      }),
    ],
  ])("TLS by NocoBase's names: %s", async (_, more) => {
    const open = named(await more());
    await open.app({});
    const lock = await open.lock('20260101_000000_abcdef');
    expect(await isEncrypted()).toEqual([true]);
    await lock.release();
  });

  it('TLS that is asked for and cannot be is never left out', async () => {
    await expect(named({ DB_DIALECT_OPTIONS_SSL_MODE: 'require' }).app({})).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
    });
    expect(() => named({ DB_DIALECT_OPTIONS_SSL_CA: '/nowhere/ca.pem' })).toThrow(
      /DB_DIALECT_OPTIONS_SSL_CA is neither .* \(ENOENT\)/,
    );
    const plain = await database();
    const url = new URL(plain.url);
    url.search = '?sslmode=require';
    await expect(look(url.toString())).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});

describe('a standby', () => {
  let standby: Embedded;

  beforeAll(async () => {
    // As pg_basebackup does it, which the embedded server has not.
    const [from, to] = [join(folder, 'primary'), join(folder, 'standby')];
    const newer = Number(
      await withClient(primary.url('postgres'), async (client) => {
        const { rows } = await client.query<{ v: string }>(
          `SELECT current_setting('server_version_num') AS v`,
        );
        return rows[0]?.v;
      }),
    );
    await withClient(primary.url('postgres'), async (client) => {
      await client.query(
        newer >= 150000 ? `SELECT pg_backup_start('x', true)` : `SELECT pg_start_backup('x', true, false)`,
      );
      await cp(from, to, {
        recursive: true,
        filter: (path) => !/postmaster\.(pid|opts)$|\.s\.PGSQL/.test(path),
      });
      const { rows } = await client.query<{ label: string }>(
        `SELECT labelfile AS label FROM ${newer >= 150000 ? 'pg_backup_stop(false)' : 'pg_stop_backup(false, false)'}`,
      );
      await writeFile(join(to, 'backup_label'), rows[0]?.label ?? '');
    });
    await writeFile(join(to, 'standby.signal'), '');
    const upstream = `host=127.0.0.1 port=${primary.port} user=postgres password=${primary.password}`;
    await writeFile(join(to, 'postgresql.auto.conf'), `primary_conninfo = '${upstream}'\n`, { flag: 'a' });
    await writeFile(`${to}.password`, primary.password);
    execFileSync('chmod', ['700', to]);
    if (userInfo().uid === 0) execFileSync('chown', ['-R', 'postgres', to]);
    expect(existsSync(join(to, 'PG_VERSION'))).toBe(true);
    standby = await startEmbedded(
      options('standby', ['hot_standby=on', 'hot_standby_feedback=on', 'ssl=off']),
    );
  }, 60_000);
  afterAll(async () => {
    await standby.stop();
  });

  /** What the primary has done is there too. */
  const caughtUp = async () => {
    const lsn = await withClient(primary.url('postgres'), async (client) => {
      const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
      return rows[0]?.lsn;
    });
    await until('the standby has it', () =>
      withClient(standby.url('postgres'), async (client) => {
        const { rows } = await client.query<{ ok: boolean }>(
          `SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS ok`,
          [lsn],
        );
        return rows[0]?.ok === true ? true : undefined;
      }),
    );
  };

  it('is backed up, previewed and copied from, whatever the primary has lying about, and takes nothing for dead', async () => {
    const source = hostOf(primary.url('postgres'), data.folder);
    const host = hostOf(standby.url('postgres'), data.folder);
    const made = await createBackup(source, {
      selection: { all: true },
      to: { storage: 'local', name: 'primary' },
    });
    const archive = await findArchive(source, made.result.stored.key);
    // An undo whose time is up, and the staging of a restore that is running: only the primary may remove them.
    await restoreAll(source, archive);
    await withClient(primary.url('postgres'), async (client) => {
      await client.query(
        `DO $$ DECLARE s text; BEGIN
           SELECT nspname INTO s FROM pg_namespace WHERE nspname LIKE 'ark\\_undo\\_%';
           EXECUTE format('UPDATE %I."ark:journal" SET entry = jsonb_set(entry, ''{expiresAt}'', ''"2020-01-01T00:00:00.000Z"'')', s);
         END $$;
         CREATE SCHEMA ark_stage_20260101_000000_abcdef;
         COMMENT ON SCHEMA ark_stage_20260101_000000_abcdef IS 'Ark: tables being restored. Removed by the next Ark job if this one died.'`,
      );
    });
    await caughtUp();
    expect(await host.database.leftovers()).toEqual([]);
    expect((await host.database.committed())('20260101_000000_aaaaaa')).toBeUndefined();
    const backup = await createBackup(host, {
      selection: { all: true },
      to: { storage: 'local', name: 'standby' },
    });
    expect(
      backup.result.manifest.collections.map((collection) => [collection.name, collection.rows]),
    ).toEqual([['t', 1]]);
    await previewBackup(host, archive, {});
    const to = await database();
    await copyDatabase(host, hostOf(to.url, data.folder), {
      selection: { all: true },
      allowBreaks: false,
      allowCode: true,
    });
    expect(await to.query('SELECT * FROM t')).toEqual([{ id: 1, name: 'one' }]);
    const still = await withClient(primary.url('postgres'), (client) =>
      client.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ark\\_%'`),
    );
    expect(still.rowCount).toBe(2);
  });

  it('what would write there says that the primary is the place', async () => {
    const host = hostOf(standby.url('postgres'), data.folder);
    const archive = await findArchive(host, 'standby.ark');
    const lock = await host.database.lock('20260101_000000_bbbbbb');
    const [undo] = await host.database.undos();
    const drop = lock.dropUndo(undo?.job ?? '');
    await expect(drop).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' });
    await expect(drop).rejects.toThrow(/primary/);
    await lock.release();
    await expect(restoreAll(host, archive)).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' });
    await expect(rehearseBackup(host, archive, 'x', { allowCode: true })).rejects.toMatchObject({
      code: 'DATABASE_READ_ONLY',
    });
  });
});
