import { readdir } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { copyDatabase } from '../../src/server/actions/restore/copyDatabase';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { previewBackup } from '../../src/server/actions/restore/previewBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, dropUndo, findUndo, listUndos } from '../../src/server/actions/restore/undos';
import type { Archive } from '../../src/server/dumper/archive/archive';
import type { Database } from '../../src/server/dumper/dialect';
import { dump } from '../../src/server/dumper/backup/dump';
import type { Selection } from '../../src/server/dumper/app/groups';
import { newJobId } from '../../src/server/dumper/job';
import type { ReportProgress } from '../../src/server/dumper/progress';
import { newSigner } from '../../src/server/dumper/archive/signature';
import { BackupError } from '../../src/server/errors/errors';
import type { Host } from '../../src/server/host';
import type { Job, JobProgress } from '../../src/server/jobs/jobs';
import type { Storage } from '../../src/server/storage/storage';
import { hostOf, restoreAll } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import { pause, until } from '../helpers/waiting';
import { digest } from '../helpers/digest';
import { withClient, type TestDatabase } from '../helpers/postgres';

/** Others at work in the same database while Ark is. Gates hold Ark at a chosen moment, so nothing is left to luck. */
const { data, database } = ownPlace();

let names = 0;
const newName = () => `archive-${(names += 1)}`;
const hostFor = (database: TestDatabase, more: Record<string, string> = {}) =>
  hostOf(database.url, data.folder, more);
const ALL: Selection = { all: true };

/** What became of it; if that takes too long, `rescue` must end the waiting, and the test fails instead of hanging. */
async function within<T>(
  ms: number,
  work: Promise<T>,
  rescue: () => Promise<unknown>,
): Promise<T | BackupError> {
  const started = Date.now();
  const timer = setTimeout(() => void rescue(), ms);
  const result = await caught(work);
  clearTimeout(timer);
  if (Date.now() - started >= ms) throw new Error(`it was still waiting after ${ms} ms`);
  return result;
}

async function caught<T>(work: Promise<T>): Promise<T | BackupError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BackupError) return error;
    throw error;
  }
}

const codeOf = (result: unknown): string => (result instanceof BackupError ? result.code : 'done');

/** A session of somebody else. */
async function session(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'the app' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
const closed = (client: Client) => client.end().catch(() => undefined);

interface Gate {
  pass(): Promise<void>;
  close(): void;
  open(): void;
}

function newGate(): Gate {
  let shut: Promise<void> | undefined;
  let release: () => void = () => undefined;
  return {
    pass: () => shut ?? Promise.resolve(),
    close() {
      shut = new Promise((done) => (release = done));
    },
    open() {
      shut = undefined;
      release();
    },
  };
}

/** A storage that takes an archive's bytes only while the gate is open. */
const gatedHostOf = (host: Host, gate: Gate): Host => ({
  ...host,
  storages: {
    ...host.storages,
    find: async (name) => gatedStorage(await host.storages.find(name), gate),
  },
});

const gatedStorage = (inner: Storage, gate: Gate): Storage => ({
  ...inner,
  put: (key, body, signal) =>
    inner.put(
      key,
      (async function* () {
        for await (const piece of body) {
          await gate.pass();
          yield piece;
        }
      })(),
      signal,
    ),
});

interface DumpMore {
  readonly chunkBytes?: number;
  readonly readers?: number;
  readonly database?: Database;
  readonly storage?: Storage;
  readonly signal?: AbortSignal;
  readonly onProgress?: ReportProgress;
}

const SMALL_CHUNKS = 16 * 1024;

/** A backup with small chunks, so that small databases have many of them. */
async function dumpSmall(host: Host, name: string, more: DumpMore = {}): Promise<Archive> {
  const key = `${name}.ark`;
  await dump(more.database ?? host.database, more.storage ?? (await host.storages.find('local')), key, {
    job: newJobId(),
    selection: ALL,
    app: host.app,
    instance: host.instance,
    version: host.version,
    signer: newSigner().signer,
    readers: more.readers ?? 2,
    chunkBytes: more.chunkBytes ?? SMALL_CHUNKS,
    signal: more.signal,
    ...(more.onProgress && { onProgress: more.onProgress }),
  });
  return findArchive(host, key);
}

interface During {
  readonly selection?: Selection;
  readonly signal?: AbortSignal;
}

/** A restore that is held when staging has begun and no row is loaded yet, until `during` is through. */
async function restoreWith(host: Host, archive: Archive, during: () => Promise<void>, more: During = {}) {
  const gate = newGate();
  let reached: () => void = () => undefined;
  const loading = new Promise<void>((done) => (reached = done));
  const gated: Archive = {
    ...archive,
    async *read(part) {
      await gate.pass();
      yield* archive.read(part);
    },
  };
  let begun = false;
  const job = caught(
    restoreBackup(host, gated, 'gated.ark', {
      selection: more.selection ?? ALL,
      allowBreaks: false,
      signal: more.signal,
      onProgress: ({ stage }) => {
        if (stage !== 'load' || begun) return;
        begun = true;
        gate.close();
        reached();
      },
    }),
  );
  await Promise.race([loading, job]);
  try {
    expect(begun).toBe(true);
    await during();
  } finally {
    gate.open();
  }
  return job;
}

/** A backup that is held when some chunks have been read and the storage takes no more, until `during` is through. */
async function dumpWith(host: Host, during: () => Promise<void>, more: DumpMore = {}) {
  const gate = newGate();
  gate.close();
  let reached: () => void = () => undefined;
  const reading = new Promise<void>((done) => (reached = done));
  const job = caught(
    dumpSmall(host, newName(), {
      ...more,
      storage: gatedStorage(await host.storages.find('local'), gate),
      onProgress: ({ stage }) => {
        if (stage === 'read') reached();
      },
    }),
  );
  await Promise.race([reading, job]);
  try {
    await during();
  } finally {
    gate.open();
  }
  return job;
}

interface Session {
  readonly pid: number;
  readonly holder: boolean;
}

/** Ark's sessions, in the order in which they were opened; the holder is the one with the lock of the job. */
const arkSessions = (database: TestDatabase): Promise<Session[]> =>
  database.query<Session>(
    `SELECT a.pid, EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted) AS holder
     FROM pg_stat_activity a WHERE datname = current_database() AND application_name LIKE 'ark %' ORDER BY backend_start`,
  );

const stages = (database: TestDatabase) =>
  database.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'ark\\_stage\\_%'`,
  );

async function nothingIsLeft(database: TestDatabase): Promise<void> {
  await until('its sessions have ended', async () =>
    (await arkSessions(database)).length === 0 ? true : undefined,
  );
  expect(await stages(database)).toEqual([]);
  const files = await readdir(join(data.folder, 'backups')).catch(() => [] as string[]);
  expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
}

/** The next job works, and clears what the one before could not. */
async function nextJobWorks(host: Host, database: TestDatabase): Promise<void> {
  await until('the lock is free', async () => {
    const result = await caught(
      createBackup(host, { selection: ALL, to: { storage: 'local', name: newName() } }),
    );
    if (result instanceof BackupError && result.code !== 'JOB_BUSY') throw result;
    return result instanceof BackupError ? undefined : true;
  });
  await nothingIsLeft(database);
}

const lastJob = async (host: Host): Promise<Job | undefined> =>
  (await host.jobs.list()).sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0];

/** Two tables with an invariant, a table that others point from, and one that has nothing to do with either. */
const BANK = `
CREATE TABLE checking (id integer PRIMARY KEY, balance bigint NOT NULL, note text);
CREATE TABLE savings (id integer PRIMARY KEY, balance bigint NOT NULL, note text);
CREATE TABLE ledger (id bigserial PRIMARY KEY, checking bigint NOT NULL, savings bigint NOT NULL, rows integer NOT NULL);
INSERT INTO checking SELECT g, 1000, md5(g::text) || md5((-g)::text) FROM generate_series(1, 6000) g;
INSERT INTO savings SELECT g, 1000, md5(g::text) || md5((-g)::text) FROM generate_series(1, 6000) g;
INSERT INTO ledger (checking, savings, rows) VALUES (6000000, 6000000, 6000);
CREATE TABLE cards (id serial PRIMARY KEY, account integer NOT NULL REFERENCES checking);
INSERT INTO cards (account) SELECT g FROM generate_series(1, 200) g;
CREATE VIEW rich AS SELECT id FROM checking WHERE balance > 900;`;

/** What one moment of the bank must be, whichever moment. */
async function checkBank(database: TestDatabase): Promise<{ rows: number; entries: number }> {
  const [found] = await database.query<Record<string, string>>(
    `SELECT (SELECT sum(balance) FROM checking)::text AS c, (SELECT sum(balance) FROM savings)::text AS s,
       (SELECT count(*) FROM checking)::text AS cn, (SELECT count(*) FROM savings)::text AS sn,
       (SELECT sum(checking) FROM ledger)::text AS lc, (SELECT sum(savings) FROM ledger)::text AS ls,
       (SELECT sum(rows) FROM ledger)::text AS ln, (SELECT count(*) FROM ledger)::text AS entries`,
  );
  const { c, s, cn, sn, lc, ls, ln, entries } = found ?? {};
  expect({ c, s, total: Number(c) + Number(s), cn, sn }).toEqual({
    c: lc,
    s: ls,
    total: 12_000_000,
    cn: ln,
    sn: ln,
  });
  return { rows: Number(cn), entries: Number(entries) };
}

/** Transfers, new accounts, closed accounts; every transaction notes in the ledger what it did. */
async function teller(url: string, number: number, stop: { now: boolean }): Promise<number> {
  const client = await session(url);
  let commits = 0;
  let next = 100_000 * number;
  const mine: number[] = [];
  try {
    for (let turn = 0; !stop.now; turn += 1) {
      const id = 1 + ((turn * 37 + number * 1009) % 5000);
      const entry = (c: string, s: string, n: number) =>
        `INSERT INTO ledger (checking, savings, rows) SELECT ${c}, ${s}, ${n}`;
      let work: string;
      if (turn % 3 === 0) {
        work = `UPDATE checking SET balance = balance - 7, note = note || 'x' WHERE id = ${id};
          UPDATE savings SET balance = balance + 7 WHERE id = ${id}; ${entry('-7', '7', 0)}`;
      } else if (turn % 3 === 1 || mine.length === 0) {
        next += 1;
        mine.push(next);
        work = `INSERT INTO savings VALUES (${next}, 50, 'new'); INSERT INTO checking VALUES (${next}, -50, 'new'); ${entry('-50', '50', 1)}`;
      } else {
        const old = mine.shift() ?? 0;
        work = `DELETE FROM checking WHERE id = ${old}; DELETE FROM savings WHERE id = ${old}; ${entry('50', '-50', -1)}`;
      }
      await client.query(`BEGIN; ${work}; COMMIT`);
      commits += 1;
    }
  } finally {
    await closed(client);
  }
  return commits;
}

describe('a backup while others write', () => {
  it('is the state of one moment', async () => {
    const [source, target] = [await database(BANK), await database()];
    const host = hostFor(source);
    const stop = { now: false };
    const tellers = [1, 2, 3].map((number) => teller(source.url, number, stop));
    await until('they are at work', async () => ((await checkBank(source)).entries > 20 ? true : undefined));
    let [first, last] = [0, 0];
    const count = async () =>
      Number((await source.query<{ n: string }>('SELECT count(*) AS n FROM ledger'))[0]?.n);
    first = await count();
    const result = await dumpWith(host, async () => {
      // Well over a hundred transactions between the first chunk and the last.
      await until('they have done much', async () => {
        last = await count();
        return last > first + 150 ? true : undefined;
      });
    });
    stop.now = true;
    await Promise.all(tellers);
    if (result instanceof BackupError) throw result;
    await restoreAll(hostFor(target), result);
    const { rows, entries } = await checkBank(target);
    const inArchive = new Map(
      result.manifest.collections.map((collection) => [collection.name, collection.rows]),
    );
    expect(inArchive.get('checking')).toBe(rows);
    expect(inArchive.get('savings')).toBe(rows);
    expect(inArchive.get('ledger')).toBe(entries);
    expect(entries).toBeGreaterThanOrEqual(first);
    // What was committed while it was read is not in it.
    expect(entries).toBeLessThan(last);
    await checkBank(source);
  });

  it('does not take a table for empty that was truncated after the snapshot', async () => {
    const source = await database(BANK);
    const host = hostFor(source);
    const late: Database = {
      ...host.database,
      async snapshot(options) {
        const made = await host.database.snapshot(options);
        // Between the snapshot and the moment at which its tables are held.
        await source.sql('TRUNCATE savings');
        return made;
      },
    };
    const result = await caught(dumpSmall(host, newName(), { database: late }));
    if (result instanceof BackupError) return;
    expect(result.manifest.collections.find((collection) => collection.name === 'savings')?.rows).toBe(6000);
  });

  it('is not stopped by somebody who waits to alter a table', async () => {
    const source = await database(BANK);
    const host = hostFor(source);
    const admin = await session(source.url);
    let altered: Promise<unknown> = Promise.resolve();
    const watched: Database = {
      ...host.database,
      async snapshot(options) {
        const made = await host.database.snapshot(options);
        return {
          ...made,
          async hold(tables) {
            const held = await made.hold(tables);
            // Waits for the backup to end, and whoever wants the table from now on waits behind it.
            altered = admin.query('ALTER TABLE savings ADD COLUMN later integer').catch(() => undefined);
            await until('it waits', async () => {
              const waiting = await source.query(`SELECT 1 FROM pg_locks WHERE NOT granted`);
              return waiting.length > 0 ? true : undefined;
            });
            return held;
          },
        };
      },
    };
    try {
      const result = await within(10_000, dumpSmall(host, newName(), { database: watched }), () =>
        source.sql(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted`),
      );
      if (result instanceof BackupError) expect(result.code).toBe('TABLE_LOCKED');
      else
        expect(result.manifest.collections.find((collection) => collection.name === 'savings')?.rows).toBe(
          6000,
        );
    } finally {
      await altered;
      await closed(admin);
    }
    await nextJobWorks(host, source);
  });

  it('fails when it can no longer keep others from changing the tables', async () => {
    // Enough that cannot be compressed, read first: the reader is held in the middle of it.
    const source = await database(`${BANK} CREATE TABLE bulk AS
      SELECT string_agg(md5(random()::text || g || n), '') AS v FROM generate_series(1, 4000) g, generate_series(1, 64) n GROUP BY g`);
    const host = hostFor(source);
    const before = (await digest(source.url)).tables;
    const result = await dumpWith(
      host,
      async () => {
        const [leader] = await arkSessions(source);
        await source.sql(`SELECT pg_terminate_backend(${leader?.pid ?? 0})`);
        await until('it is gone', async () =>
          (await arkSessions(source)).some((session) => session.pid === leader?.pid) ? undefined : true,
        );
        // If the table is still held, nobody can; that is fine too.
        await source.sql("SET lock_timeout = '1s'; TRUNCATE cards").catch(() => undefined);
      },
      { readers: 1, chunkBytes: 4096 },
    );
    // Either the archive has what the snapshot had, or there is none.
    if (result instanceof BackupError) expect(result.code).toBe('DATABASE_LOST');
    else {
      const cards = result.manifest.collections.find((collection) => collection.name === 'cards');
      expect(cards?.rows).toBe(Number(before.cards?.split(' ')[0]));
    }
  });
});

describe('two jobs at once', () => {
  let source: TestDatabase;
  let host: Host;
  let archive: Archive;
  beforeAll(async () => {
    source = await database(BANK);
    host = hostFor(source);
    archive = await dumpSmall(host, newName());
    await source.sql('UPDATE checking SET balance = 0 WHERE id = 1');
  });

  it.each(['restore', 'backup'] as const)(
    'a second job (%s) during a restore is told who is busy, and changes nothing',
    async (kind) => {
      const before = await digest(source.url);
      let second: unknown;
      const [first] = await Promise.all([
        restoreWith(host, archive, async () => {
          second = await caught<unknown>(
            kind === 'restore'
              ? restoreAll(host, archive)
              : createBackup(host, { selection: ALL, to: { storage: 'local', name: 'never' } }),
          );
          expect(await digest(source.url)).toEqual(before);
          const holder = (await host.jobs.list()).find(
            (job) => job.state === 'running' && job.kind === 'restore',
          );
          expect(second).toBeInstanceOf(BackupError);
          expect(second).toMatchObject({ code: 'JOB_BUSY', exit: 1 });
          expect((second as BackupError).message).toContain(`ark job ${holder?.id ?? '?'}`);
        }),
      ]);
      if (first instanceof BackupError) throw first;
      const refused = (await host.jobs.list()).filter((job) => job.error?.code === 'JOB_BUSY');
      expect(refused.filter((job) => job.kind === kind)).toMatchObject([{ state: 'failed' }]);
      expect(await readdir(join(data.folder, 'backups'))).not.toContain('never.ark');
      const { result } = await applyUndo(host, await findUndo(host), { allowBreaks: false });
      await dropUndo(host, result.job);
      expect(await digest(source.url)).toEqual(before);
    },
  );

  it('a restore during a backup is told who is busy, and the backup is whole', async () => {
    const before = await digest(source.url);
    let second: unknown;
    let asked = false;
    const gate = newGate();
    gate.close();
    let reached: () => void = () => undefined;
    const reading = new Promise<void>((done) => (reached = done));
    const name = newName();
    const gatedHost: Host = gatedHostOf(host, gate);
    const first = createBackup(gatedHost, {
      selection: ALL,
      to: { storage: 'local', name },
      onProgress: ({ stage }: JobProgress) => {
        if (stage === 'read') asked = true;
        if (asked) reached();
      },
    });
    await Promise.race([reading, first]);
    try {
      second = await caught<unknown>(restoreAll(host, archive));
    } finally {
      gate.open();
    }
    const { job } = await first;
    expect(second).toMatchObject({ code: 'JOB_BUSY' });
    expect((second as BackupError).message).toContain(`ark job ${job.id}`);
    expect(await digest(source.url)).toEqual(before);
  });

  it('of several that start at the same moment one wins, and the database is what that one made', async () => {
    const before = await digest(source.url);
    const results = await Promise.all([1, 2, 3].map(() => caught<unknown>(restoreAll(host, archive))));
    const codes = results.map(codeOf);
    expect(codes).toContain('done');
    expect(codes.filter((code) => code !== 'done' && code !== 'JOB_BUSY')).toEqual([]);
    for (const undo of await listUndos(host)) {
      const { result } = await applyUndo(host, undo, { allowBreaks: false });
      await dropUndo(host, result.job);
    }
    expect(await digest(source.url)).toEqual(before);
    await nothingIsLeft(source);
  });

  it('a backup of a database that is being copied elsewhere leaves the copy alone, or is told to wait', async () => {
    const target = await database();
    let backup: unknown;
    let started: Promise<void> | undefined;
    const copied = await caught(
      copyDatabase(host, hostFor(target), {
        selection: ALL,
        allowBreaks: false,
        allowCode: true,
        onProgress: ({ stage }) => {
          if (stage !== 'stage' || started) return;
          started = caught<unknown>(
            createBackup(host, { selection: ALL, to: { storage: 'local', name: newName() } }),
          ).then((result) => {
            backup = result;
          });
        },
      }),
    );
    await started;
    expect(['done', 'JOB_BUSY']).toContain(codeOf(backup));
    expect(codeOf(copied)).toBe('done');
    expect((await digest(target.url)).tables).toEqual((await digest(source.url)).tables);
  });
});

describe('a lock that somebody holds', () => {
  const limits = { ARK_LOCK_TIMEOUT_MS: '300' };

  it.each(['ACCESS SHARE', 'ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'])(
    '%s on a table that is to be replaced: a clear failure after a bounded time, nothing changed',
    async (mode) => {
      const target = await database(BANK);
      const host = hostFor(target, limits);
      const archive = await dumpSmall(host, newName());
      await target.sql('DELETE FROM cards WHERE id > 100');
      const before = await digest(target.url);
      const app = await session(target.url);
      try {
        await app.query(`BEGIN; LOCK TABLE savings IN ${mode} MODE`);
        const pid = (await app.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;
        const result = await within(8_000, restoreAll(host, archive), () => app.query('ROLLBACK'));
        expect(result).toMatchObject({ code: 'TABLE_LOCKED', exit: 1 });
        expect((result as BackupError).message).toContain('savings');
        expect((result as BackupError).message).toContain(`process ${pid}`);
        expect(await stages(target)).toEqual([]);
      } finally {
        await app.query('ROLLBACK');
        await closed(app);
      }
      expect(await digest(target.url)).toEqual(before);
      await nextJobWorks(host, target);
    },
  );

  it.each(['preview', 'backup'] as const)(
    'ACCESS EXCLUSIVE on a table: a %s does not wait for ever',
    async (kind) => {
      const target = await database(BANK);
      const host = hostFor(target, limits);
      const archive = await dumpSmall(host, newName());
      const app = await session(target.url);
      try {
        await app.query('BEGIN; LOCK TABLE savings IN ACCESS EXCLUSIVE MODE');
        const work: Promise<unknown> =
          kind === 'preview'
            ? previewBackup(host, archive, ALL)
            : createBackup(host, { selection: ALL, to: { storage: 'local', name: newName() } });
        // A backup waits up to half a minute for its tables.
        const result = await within(kind === 'preview' ? 8_000 : 40_000, work, () => app.query('ROLLBACK'));
        expect(['done', 'TABLE_LOCKED']).toContain(codeOf(result));
      } finally {
        await app.query('ROLLBACK');
        await closed(app);
      }
      await nextJobWorks(host, target);
    },
  );

  it('a transaction of the app that reads one table after the other is never the victim of a deadlock', async () => {
    const target = await database('CREATE TABLE a (id integer); CREATE TABLE b (id integer)');
    // The default time to wait.
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    const app = await session(target.url);
    try {
      await app.query('BEGIN');
      await app.query('SELECT * FROM b');
      const job = caught(restoreAll(host, archive));
      await until('the swap waits for b', async () => {
        const found = await target.query(
          `SELECT 1 FROM pg_locks l JOIN pg_stat_activity s USING (pid) WHERE NOT l.granted AND l.relation = 'b'::regclass AND s.application_name LIKE 'ark %'`,
        );
        return found.length > 0 ? true : undefined;
      });
      // Past the server's own look for deadlocks (a second), which then found none.
      await pause(1_300);
      await app.query('SELECT * FROM a');
      await app.query('COMMIT');
      expect(['done', 'TABLE_LOCKED']).toContain(codeOf(await job));
    } finally {
      await closed(app);
    }
  });
});

describe('the app goes on during a restore', () => {
  it('readers and writers are not held up, and rows of tables that were not selected stay', async () => {
    const target = await database(BANK);
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    await target.sql('CREATE TABLE visits (id serial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())');
    const stop = { now: false };
    let longest = 0;
    const loop = async (sql: string) => {
      const client = await session(target.url);
      let turns = 0;
      try {
        for (; !stop.now; turns += 1) {
          const started = Date.now();
          await client.query(sql);
          longest = Math.max(longest, Date.now() - started);
        }
      } finally {
        await closed(client);
      }
      return turns;
    };
    const reads = [
      loop('SELECT count(*) FROM checking JOIN savings USING (id) WHERE id < 50'),
      loop('SELECT count(*) FROM rich WHERE id < 50'),
      loop('SELECT count(*) FROM cards JOIN checking ON checking.id = cards.account WHERE cards.id < 20'),
    ];
    const writes = [
      loop('INSERT INTO visits DEFAULT VALUES'),
      loop('UPDATE checking SET balance = balance + 1 WHERE id = 5'),
    ];
    let written = 0;
    const result = await restoreWith(
      host,
      archive,
      async () => {
        await target.sql("INSERT INTO savings VALUES (700000, 1, 'while it was staged')");
        const [found] = await target.query<{ n: string }>('SELECT count(*) AS n FROM visits');
        written = Number(found?.n);
        await until('much was written', async () => {
          const [now] = await target.query<{ n: string }>('SELECT count(*) AS n FROM visits');
          return Number(now?.n) > written + 30 ? true : undefined;
        });
      },
      { selection: { collections: ['checking', 'savings', 'cards', 'rich'] } },
    );
    stop.now = true;
    await Promise.all(reads);
    const [visits] = await Promise.all(writes);
    if (result instanceof BackupError) throw result;
    expect(longest).toBeLessThan(2_000);
    const [found] = await target.query<{ n: string }>('SELECT count(*) AS n FROM visits');
    expect(Number(found?.n)).toBe(visits);
    expect(await target.query('SELECT 1 FROM savings WHERE id = 700000')).toEqual([]);
    // What the app wrote into a table that was replaced meanwhile is not lost either: it went aside.
    await applyUndo(host, await findUndo(host), { allowBreaks: false });
    expect(await target.query('SELECT 1 FROM savings WHERE id = 700000')).toHaveLength(1);
    expect(Number((await target.query<{ n: string }>('SELECT count(*) AS n FROM visits'))[0]?.n)).toBe(
      visits,
    );
  });
});

describe('a connection that is lost', () => {
  const roles = ['the holder of the lock', 'the first worker', 'the second worker'] as const;
  it.each(roles)('during a restore: %s', async (role) => {
    // So many tables that a second worker is worth its while.
    const target = await database(
      `${BANK} DO $$ BEGIN FOR i IN 1..60 LOOP EXECUTE format('CREATE TABLE extra_%s (id int)', i); END LOOP; END $$;`,
    );
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    await target.sql("UPDATE savings SET note = 'since'");
    const before = await digest(target.url);
    const result = await restoreWith(host, archive, async () => {
      const all = await arkSessions(target);
      const workers = all.filter((each) => !each.holder);
      expect(workers).toHaveLength(2);
      const [holder] = all.filter((each) => each.holder);
      const victim =
        role === 'the holder of the lock' ? holder : workers[role === 'the first worker' ? 0 : 1];
      await target.sql(`SELECT pg_terminate_backend(${victim?.pid ?? 0})`);
      await pause(50);
    });
    expect(result).toMatchObject({ code: 'DATABASE_LOST', exit: 1 });
    expect(await digest(target.url)).toEqual(before);
    expect(await lastJob(host)).toMatchObject({ state: 'failed', error: { code: 'DATABASE_LOST' } });
    await nextJobWorks(host, target);
    expect(await digest(target.url)).toEqual(before);
  });

  it.each([0, 1, 2])('during a backup: session %d of the snapshot', async (index) => {
    // More than fits into what lies between the reading and a storage that takes nothing: the reading is not over.
    const target = await database(`${BANK}
      CREATE TABLE noise AS SELECT md5(random()::text) AS a, md5(random()::text) AS b FROM generate_series(1, 100000);`);
    const host = hostFor(target);
    const before = await digest(target.url);
    const result = await dumpWith(
      host,
      async () => {
        const all = (await arkSessions(target)).filter((each) => !each.holder);
        expect(all).toHaveLength(3);
        await target.sql(`SELECT pg_terminate_backend(${all[index]?.pid ?? 0})`);
        // The signal is answered by the server's process in its own time.
        await until('it has ended', async () => {
          const left = await target.query(
            `SELECT 1 FROM pg_stat_activity WHERE pid = ${all[index]?.pid ?? 0}`,
          );
          return left.length === 0 ? true : undefined;
        });
      },
      { chunkBytes: 2048 },
    );
    // A reader that had nothing left to read is no loss.
    expect(['DATABASE_LOST', ...(index === 0 ? [] : ['done'])]).toContain(codeOf(result));
    expect(await digest(target.url)).toEqual(before);
    await nextJobWorks(host, target);
  });
});

/** A wire to the server that can be cut: neither end is told by the other. */
async function newWire(url: string): Promise<{ url: string; cut(): void; close(): Promise<void> }> {
  const to = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === 'object' && address ? address.port : 0);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: through.toString(),
    cut,
    close: () =>
      new Promise((done) => {
        cut();
        server.close(() => done());
      }),
  };
}

it('a wire that is cut during the commit: nobody is told that nothing was changed when it was', async () => {
  const target = await database(BANK);
  const host = hostFor(target);
  const archive = await dumpSmall(host, newName());
  await target.sql("UPDATE savings SET note = 'since'");
  // A deferred trigger is due at the commit, and the last statement before it makes one due.
  await target.sql(`CREATE SCHEMA slow; CREATE TABLE slow.log (at timestamptz DEFAULT now());
    CREATE FUNCTION slow.commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow.log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow.commit();
    CREATE FUNCTION slow.due() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN IF current_setting('application_name') LIKE 'ark job %' THEN INSERT INTO slow.log DEFAULT VALUES; END IF; END $$;
    CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('DROP SCHEMA') EXECUTE FUNCTION slow.due()`);
  const wire = await newWire(target.url);
  try {
    const job = within(30_000, restoreAll(hostOf(wire.url, data.folder), archive), () => {
      wire.cut();
      return Promise.resolve();
    });
    await until('it commits', async () => {
      const found = await target.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ark job %'
           AND state = 'active' AND query = 'COMMIT'`,
      );
      return found.length > 0 ? true : undefined;
    });
    wire.cut();
    const result = await job;
    await until('the server has ended it', async () =>
      (await arkSessions(target)).length === 0 ? true : undefined,
    );
    const [row] = await target.query<{ note: string }>('SELECT note FROM savings WHERE id = 1');
    const changed = row?.note !== 'since';
    if (result instanceof BackupError) {
      expect({ changed, claim: changed && /nothing was changed/i.test(result.message) }).toEqual({
        changed,
        claim: false,
      });
    } else expect(changed).toBe(true);
    await target.sql('DROP EVENT TRIGGER slow');
    await nextJobWorks(host, target);
  } finally {
    await wire.close();
  }
});

describe('cancelling', () => {
  const SEED = Number(process.env.ARK_TEST_SEED ?? Date.now() % 1_000_000);
  const moment = (turn: number, of: number) => ((SEED * 7919 + turn * 104729) % 1000) * (of / 1000);

  /** Cancels after some milliseconds; what it was for must end soon, one way or the other. */
  async function cancelled(
    after: number,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<'cancelled' | 'done'> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), after);
    const result = await within(20_000, work(controller.signal), () => Promise.resolve());
    clearTimeout(timer);
    if (!(result instanceof BackupError)) return 'done';
    expect(result.code).toBe('JOB_CANCELLED');
    return 'cancelled';
  }

  async function timed(work: () => Promise<unknown>): Promise<number> {
    const started = Date.now();
    await work();
    return Date.now() - started;
  }

  it('a restore, at any moment', async () => {
    const target = await database(BANK);
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName(), { chunkBytes: 4096 });
    await target.sql("UPDATE savings SET note = 'since'");
    const before = await digest(target.url);
    const work = (signal?: AbortSignal) =>
      restoreBackup(host, archive, 'x', { selection: ALL, allowBreaks: false, signal });
    const takeBack = async () => {
      const { result } = await applyUndo(host, await findUndo(host), { allowBreaks: false });
      await dropUndo(host, result.job);
    };
    const whole = await timed(() => work());
    const after = await digest(target.url);
    await takeBack();
    const ended = { cancelled: 0, done: 0 };
    for (let turn = 0; turn < 8; turn += 1) {
      const result = await cancelled(moment(turn, whole * 1.05), work);
      ended[result] += 1;
      expect(await digest(target.url)).toEqual(result === 'done' ? after : before);
      expect(await lastJob(host)).toMatchObject({ kind: 'restore', state: result });
      if (result === 'done') await takeBack();
      await nextJobWorks(host, target);
    }
    console.info(`restore cancelled, seed ${SEED}, undisturbed ${whole} ms: ${JSON.stringify(ended)}`);
  });

  it('a backup, at any moment', async () => {
    const target = await database(BANK);
    const host = hostFor(target);
    const before = await digest(target.url);
    let name = newName();
    const work = (signal?: AbortSignal) =>
      createBackup(host, { selection: ALL, to: { storage: 'local', name }, signal });
    const whole = await timed(() => work());
    const ended = { cancelled: 0, done: 0 };
    for (let turn = 0; turn < 8; turn += 1) {
      name = newName();
      const result = await cancelled(moment(turn, whole * 1.05), work);
      ended[result] += 1;
      const there = (await readdir(join(data.folder, 'backups'))).includes(`${name}.ark`);
      expect({ result, there }).toEqual({ result, there: result === 'done' });
      await nothingIsLeft(target);
    }
    console.info(`backup cancelled, seed ${SEED}, undisturbed ${whole} ms: ${JSON.stringify(ended)}`);
    expect(await digest(target.url)).toEqual(before);
    await nextJobWorks(host, target);
  });

  it('a copy, at any moment', async () => {
    const [from, to] = [await database(BANK), await database('CREATE TABLE checking (id integer)')];
    const [source, target] = [hostFor(from), hostFor(to)];
    const before = await digest(to.url);
    const work = (signal?: AbortSignal) =>
      copyDatabase(source, target, { selection: ALL, allowBreaks: false, allowCode: true, signal });
    const whole = await timed(() => work());
    const after = await digest(to.url);
    const takeBack = async () => {
      const { result } = await applyUndo(target, await findUndo(target), { allowBreaks: false });
      await dropUndo(target, result.job);
    };
    await takeBack();
    const ended = { cancelled: 0, done: 0 };
    for (let turn = 0; turn < 8; turn += 1) {
      const result = await cancelled(moment(turn, whole * 1.05), work);
      ended[result] += 1;
      expect(await digest(to.url)).toEqual(result === 'done' ? after : before);
      if (result === 'done') await takeBack();
      await nextJobWorks(target, to);
      await nothingIsLeft(from);
    }
    console.info(`copy cancelled, seed ${SEED}, undisturbed ${whole} ms: ${JSON.stringify(ended)}`);
  });

  it.each(['stage', 'load', 'finish', 'swap'] as const)(
    'a copy or a restore, just as "%s" begins',
    async (at) => {
      const [from, to] = [await database(BANK), await database('CREATE TABLE checking (id integer)')];
      const [source, target] = [hostFor(from), hostFor(to)];
      const archive = await dumpSmall(source, newName());
      const before = await digest(to.url);
      for (const kind of ['copy', 'restore']) {
        const controller = new AbortController();
        const request = {
          selection: ALL,
          allowBreaks: false,
          // It comes from another instance.
          allowCode: true,
          signal: controller.signal,
          onProgress: ({ stage }: JobProgress) => {
            if (stage === at) controller.abort();
          },
        };
        const result = await caught<unknown>(
          kind === 'copy'
            ? copyDatabase(source, target, request)
            : restoreBackup(target, archive, 'x', request),
        );
        expect(codeOf(result)).toBe('JOB_CANCELLED');
        expect(await digest(to.url)).toEqual(before);
        // Time for what was forgotten about to be noticed.
        await nextJobWorks(target, to);
        await nothingIsLeft(from);
      }
    },
  );

  it('leaves nothing behind even if a statement was still on its way', async () => {
    const target = await database(BANK);
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    // The statement that makes the staging schema takes its time, and is cancelled within it.
    await target.sql(`CREATE SCHEMA slow;
      CREATE FUNCTION slow.down() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN IF current_setting('application_name') LIKE 'ark job %' THEN PERFORM pg_sleep(0.6); END IF; END $$;
      CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION slow.down()`);
    const controller = new AbortController();
    const job = caught(
      restoreBackup(host, archive, 'x', { selection: ALL, allowBreaks: false, signal: controller.signal }),
    );
    await until('it is being made', async () => {
      const found = await target.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
           AND application_name LIKE 'ark job %' AND query LIKE 'CREATE SCHEMA%'`,
      );
      return found.length > 0 ? true : undefined;
    });
    controller.abort();
    expect(codeOf(await job)).toBe('JOB_CANCELLED');
    await until('its sessions have ended', async () =>
      (await arkSessions(target)).length === 0 ? true : undefined,
    );
    await target.sql('DROP EVENT TRIGGER slow');
    expect(await stages(target)).toEqual([]);
  });
});

describe('others change the structure while tables are staged', () => {
  interface Case {
    readonly name: string;
    readonly ddl: string;
    readonly selection?: Selection;
    /** True of the database afterwards if the restore went through. */
    readonly holds?: string;
    /** A statement that must be refused afterwards, whatever the restore did. */
    readonly refused?: string;
    /** How the restore may end; it goes through where this says nothing. */
    readonly ends?: readonly string[];
  }
  const cases: Case[] = [
    {
      name: 'a new view on a restored table',
      ddl: 'CREATE VIEW poor AS SELECT id, balance FROM savings WHERE balance < 0',
      holds: `SELECT count(*) = 0 AS ok FROM poor`,
    },
    {
      name: 'a new materialized view on a restored table',
      ddl: 'CREATE MATERIALIZED VIEW sums AS SELECT sum(balance) AS total FROM savings',
      holds: `SELECT total = 6000000 AS ok FROM sums`,
    },
    {
      name: 'a new table that has nothing to do with it',
      ddl: 'CREATE TABLE plants AS SELECT g AS id FROM generate_series(1, 10) g',
      holds: 'SELECT count(*) = 10 AS ok FROM plants',
    },
    {
      name: 'a new column of a restored table',
      ddl: 'ALTER TABLE savings ADD COLUMN rate integer DEFAULT 2',
      holds: `SELECT count(*) = 0 AS ok FROM pg_attribute WHERE attrelid = 'savings'::regclass AND attname = 'rate'`,
    },
    { name: 'a new index of a restored table', ddl: 'CREATE INDEX by_note ON savings (note)' },
    { name: 'a restored table is dropped', ddl: 'DROP TABLE cards' },
    { name: 'a restored table is renamed', ddl: 'ALTER TABLE savings RENAME TO saved', ends: ['NAME_TAKEN'] },
    { name: 'a restored table is truncated', ddl: 'TRUNCATE savings' },
    {
      name: 'a foreign key from a table that was not selected',
      ddl: 'CREATE TABLE loans (id serial PRIMARY KEY, account integer REFERENCES savings); INSERT INTO loans (account) VALUES (1)',
      refused: 'INSERT INTO loans (account) VALUES (999999)',
    },
    {
      name: 'a foreign key from a table that was not selected, to a row that the backup does not have',
      ddl: `INSERT INTO savings VALUES (888888, 1, 'new'); CREATE TABLE loans (id serial PRIMARY KEY, account integer REFERENCES savings); INSERT INTO loans (account) VALUES (888888)`,
      ends: ['FOREIGN_KEY_BROKEN'],
      refused: 'INSERT INTO loans (account) VALUES (999999)',
    },
    {
      name: 'extended statistics of a restored table',
      ddl: 'CREATE STATISTICS more (dependencies) ON id, balance FROM savings',
      ends: ['done', 'DEPENDENT_WOULD_BREAK'],
    },
    {
      name: 'a function over the row type of a restored table',
      ddl: `CREATE FUNCTION twice(savings) RETURNS bigint LANGUAGE sql AS 'SELECT $1.balance * 2'`,
      holds: 'SELECT twice(s) = 2000 AS ok FROM savings s WHERE id = 1',
    },
  ];

  it.each(cases)('$name', async ({ ddl, selection, holds, refused, ends }) => {
    const target = await database(BANK);
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    const archived = (await digest(target.url)).tables;
    await target.sql("UPDATE savings SET note = 'since'; UPDATE checking SET note = 'since'");
    let changed: Awaited<ReturnType<typeof digest>> | undefined;
    const result = await restoreWith(
      host,
      archive,
      async () => {
        await target.sql(ddl);
        changed = await digest(target.url);
      },
      { selection: selection ?? { collections: ['checking', 'savings', 'cards', 'ledger', 'rich'] } },
    );
    const now = await digest(target.url);
    expect(ends ?? ['done']).toContain(codeOf(result));
    if (result instanceof BackupError) {
      // Nothing but what the others did.
      expect(result.exit).toBe(1);
      expect(now).toEqual(changed);
    } else {
      expect(now.tables).toMatchObject(archived);
      if (holds !== undefined) expect(await target.query(holds)).toEqual([{ ok: true }]);
      const ties = await target.query(
        `SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
           AND confrelid IN (SELECT oid FROM pg_class WHERE relnamespace <> 'public'::regnamespace)`,
      );
      expect(ties).toEqual([]);
      const { result: back } = await applyUndo(host, await findUndo(host), { allowBreaks: false });
      expect(await digest(target.url)).toEqual(changed);
      await dropUndo(host, back.job);
    }
    if (refused !== undefined) await expect(target.sql(refused)).rejects.toThrow(/foreign key/);
    await nextJobWorks(host, target);
  });

  it('sees what was committed while it waited for a lock, whatever the default isolation is', async () => {
    const target = await database(BANK);
    await target.sql(`ALTER DATABASE ${target.name} SET default_transaction_isolation = 'repeatable read'`);
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    const admin = await session(target.url);
    try {
      const job = await restoreWith(
        host,
        archive,
        async () => {
          await admin.query('BEGIN; CREATE TABLE loans (account integer REFERENCES savings)');
          void until('the swap waits', async () => {
            const found = await target.query(
              `SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'`,
            );
            return found.length > 0 ? true : undefined;
          })
            .then(() => admin.query('COMMIT'))
            .catch(() => undefined);
        },
        { selection: { collections: ['checking', 'savings', 'cards', 'ledger', 'rich'] } },
      );
      expect(codeOf(job)).toBe('done');
    } finally {
      await closed(admin);
    }
    const pointsAt = await target.query<{ schema: string }>(
      `SELECT n.nspname AS schema FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE k.conrelid = 'loans'::regclass`,
    );
    expect(pointsAt).toEqual([{ schema: 'public' }]);
  });
});

describe('time limits that the server sets for everybody', () => {
  const setShort = async (database: TestDatabase) => {
    const known = await database.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')`,
    );
    for (const { name } of known) await database.sql(`ALTER DATABASE ${database.name} SET ${name} = '300ms'`);
  };

  it('do not end a restore half way', async () => {
    const target = await database(BANK);
    const host = hostFor(target);
    const archive = await dumpSmall(host, newName());
    await setShort(target);
    expect(codeOf(await restoreWith(host, archive, () => pause(700)))).toBe('done');
  });

  it('do not end a backup half way', async () => {
    const target = await database(BANK);
    await setShort(target);
    const result = await dumpWith(hostFor(target), () => pause(700), { chunkBytes: 2048 });
    expect(codeOf(result)).toBe('done');
  });

  it('do not take the lock of a backup', async () => {
    const target = await database(BANK);
    await setShort(target);
    const host = hostFor(target);
    const gate = newGate();
    gate.close();
    const gatedHost: Host = gatedHostOf(host, gate);
    const job = caught<unknown>(
      createBackup(gatedHost, { selection: ALL, to: { storage: 'local', name: newName() } }),
    );
    await pause(900);
    const holders = (await arkSessions(target)).filter((each) => each.holder);
    gate.open();
    expect(codeOf(await job)).toBe('done');
    expect(holders).toHaveLength(1);
  });
});

it('a database that is copied into itself stays what it is', async () => {
  const target = await database(BANK);
  const host = hostFor(target);
  const before = await digest(target.url);
  const result = await within(20_000, copyDatabase(host, host, { selection: ALL, allowBreaks: false }), () =>
    withClient(target.url, (client) =>
      client.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted`),
    ),
  );
  expect(['done', 'USAGE', 'JOB_BUSY', 'TABLE_LOCKED']).toContain(codeOf(result));
  expect(await digest(target.url)).toEqual(before);
  await nextJobWorks(host, target);
});
