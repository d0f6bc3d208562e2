import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import { applyUndo, findUndo } from '../../src/server/actions/restore/undos';
import { newJobId } from '../../src/server/dumper/job';
import type { Progress } from '../../src/server/dumper/progress';
import { BackupError, refused } from '../../src/server/errors/errors';
import { fileJobStore } from '../../src/server/jobs/files';
import { mendRecords, runJob, type Job, type JobProgress, type JobStore } from '../../src/server/jobs/jobs';
import { partialName } from '../../src/server/storage/files';
import { hostOf } from '../helpers/ark';
import { bundleCli } from '../helpers/cli';
import { ownPlace } from '../helpers/place';
import { pause } from '../helpers/waiting';
import { digest } from '../helpers/digest';
import { type TestDatabase } from '../helpers/postgres';

const { data, database } = ownPlace();
let folders = 0;

const newFolder = () => join(data.folder, `jobs-${(folders += 1)}`);

/** The id of a process that was there and is no more. */
const deadPid = (): Promise<number> =>
  new Promise((done) => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    child.once('close', () => done(child.pid ?? 0));
  });

const record = (more: Partial<Job> = {}): Job => ({
  id: newJobId(),
  kind: 'restore',
  state: 'running',
  subject: 'shop.ark',
  startedAt: new Date().toISOString(),
  host: hostname(),
  // Somebody who runs, and is not this process, whose jobs are known.
  pid: process.ppid,
  ...more,
});

const caught = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe('runJob leaves a record of how it ended', () => {
  it('done, with its result; and says that it runs while it does', async () => {
    const store = fileJobStore(newFolder());
    let during: Job | undefined;
    const { job, result } = await runJob(
      store,
      { kind: 'verify', subject: 'shop.ark', by: 'mia' },
      async ({ id }) => {
        during = await store.get(id);
        return { entries: 3 };
      },
    );
    expect(during).toMatchObject({ state: 'running', kind: 'verify', subject: 'shop.ark', by: 'mia' });
    expect(during).toMatchObject({ host: hostname(), pid: process.pid });
    expect(during?.endedAt).toBeUndefined();
    expect(result).toEqual({ entries: 3 });
    expect(job).toMatchObject({ state: 'done', result: { entries: 3 } });
    expect(await store.list()).toEqual([job]);
    expect(Date.parse(job.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(job.startedAt));
  });

  it('failed, with code and message, and the failure goes on to the caller', async () => {
    const store = fileJobStore(newFolder());
    const failure = refused('disk-full-there', { path: '/there' });
    const error = await caught(
      runJob(store, { kind: 'backup', subject: 'x' }, () => Promise.reject(failure)),
    );
    expect(error).toBe(failure);
    expect(await store.list()).toMatchObject([
      { state: 'failed', error: { code: 'STORAGE_FULL', message: failure.message } },
    ]);
  });

  it('failed with INTERNAL when nobody foresaw it', async () => {
    const store = fileJobStore(newFolder());
    const error = await caught(
      runJob(store, { kind: 'backup', subject: 'x' }, () => Promise.reject(new TypeError('oops'))),
    );
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'oops', exit: 1 });
    expect(await store.list()).toMatchObject([
      { state: 'failed', error: { code: 'INTERNAL', message: 'oops' } },
    ]);
  });

  it('cancelled, whatever error the cancelling led to', async () => {
    const store = fileJobStore(newFolder());
    const controller = new AbortController();
    const error = await caught(
      runJob(store, { kind: 'restore', subject: 'x', signal: controller.signal }, () => {
        controller.abort();
        return Promise.reject(new Error('socket hang up'));
      }),
    );
    expect(error).toMatchObject({ code: 'JOB_CANCELLED' });
    expect(await store.list()).toMatchObject([{ state: 'cancelled', error: { code: 'JOB_CANCELLED' } }]);
  });

  it('done, when the work was through before it heard of the cancelling', async () => {
    const store = fileJobStore(newFolder());
    const controller = new AbortController();
    const { job } = await runJob(store, { kind: 'restore', subject: 'x', signal: controller.signal }, () => {
      controller.abort();
      return Promise.resolve(1);
    });
    expect(job.state).toBe('done');
  });
});

describe('progress', () => {
  const through = async (given: readonly (Progress & { wait?: number })[]): Promise<JobProgress[]> => {
    const seen: JobProgress[] = [];
    const options = {
      kind: 'restore',
      subject: 'x',
      onProgress: (progress: JobProgress) => seen.push(progress),
    } as const;
    await runJob(fileJobStore(newFolder()), options, async ({ onProgress }) => {
      for (const { wait, ...one } of given) {
        if (wait !== undefined) await pause(wait);
        onProgress(one);
      }
    });
    return seen;
  };

  it('is 0 to 100, and 100 where there is nothing to do', async () => {
    const at = (done: number, total: number): Progress => ({ stage: 'load', done, total, rows: 1, bytes: 2 });
    const seen = await through([at(0, 10), at(5, 10), at(10, 10), at(12, 10), at(0, 0)]);
    expect(seen.map((progress) => progress.percent)).toEqual([0, 50, 100, 100, 100]);
    expect(seen.every((progress) => progress.rows === 1 && progress.bytes === 2)).toBe(true);
  });

  it('has a time left only once there is something to go by, and begins anew at each stage', async () => {
    const seen = await through([
      { stage: 'load', done: 0, total: 100, rows: 0, bytes: 0 },
      { stage: 'load', done: 50, total: 100, rows: 0, bytes: 0, wait: 1_100 },
      { stage: 'load', done: 100, total: 100, rows: 0, bytes: 0 },
      { stage: 'swap', done: 50, total: 100, rows: 0, bytes: 0 },
    ]);
    expect(seen[0]?.eta).toBeUndefined();
    expect(seen[1]?.eta).toBeGreaterThanOrEqual(1);
    expect(seen[1]?.eta).toBeLessThan(30);
    expect(seen[2]?.eta).toBe(0);
    expect(seen[3]?.eta).toBeUndefined();
  });

  it('never goes back within a stage, and rows and bytes never at all but from stage to stage', async () => {
    const tables = Array.from(
      { length: 12 },
      (_, n) =>
        `CREATE TABLE t${n} (id serial PRIMARY KEY, v text); INSERT INTO t${n} (v) SELECT repeat(md5(g::text), 4) FROM generate_series(1, ${(n + 1) * 800}) g;`,
    );
    const target = await database(`${tables.join('')} ANALYZE`);
    const host = hostOf(target.url, newFolder());
    const check = (seen: readonly JobProgress[]) => {
      expect(seen.length).toBeGreaterThan(3);
      const back = seen.filter((now, n) => {
        const before = seen[n - 1];
        return (
          before?.stage === now.stage &&
          (now.percent < before.percent || now.rows < before.rows || now.bytes < before.bytes)
        );
      });
      expect(back).toEqual([]);
      for (const now of seen) {
        expect(now.percent).toBeGreaterThanOrEqual(0);
        expect(now.percent).toBeLessThanOrEqual(100);
        if (now.eta !== undefined) expect(now.eta).toBeGreaterThanOrEqual(0);
      }
    };
    const backup: JobProgress[] = [];
    await createBackup(host, {
      selection: { all: true },
      to: { storage: 'local', name: 'progress' },
      onProgress: (progress) => backup.push(progress),
    });
    const restored: JobProgress[] = [];
    await restoreBackup(host, await findArchive(host, 'progress.ark'), 'progress.ark', {
      selection: { all: true },
      allowBreaks: false,
      onProgress: (progress) => restored.push(progress),
    });
    check(restored);
    expect([...new Set(restored.map((now) => now.stage))]).toEqual([
      'verify',
      'stage',
      'load',
      'finish',
      'swap',
    ]);
    check(backup);
    expect([...new Set(backup.map((now) => now.stage))]).toEqual(['snapshot', 'read', 'read back']);
  });
});

describe('mendRecords', () => {
  const none = () => false;

  it('of a process that is gone: failed, and it says so', async () => {
    const store = fileJobStore(newFolder());
    const job = record({ pid: await deadPid() });
    await store.save(job);
    const mended = await mendRecords(store, none);
    expect(mended.map((one) => one.id)).toEqual([job.id]);
    expect(await store.get(job.id)).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } });
    expect((await store.get(job.id))?.endedAt).toBeDefined();
    expect(await mendRecords(store, none)).toEqual([]);
  });

  it('of a process that runs, of another machine, and of what has ended: untouched', async () => {
    const store = fileJobStore(newFolder());
    const pid = await deadPid();
    const jobs = [
      record(),
      record({ pid, host: 'another-machine' }),
      record({ pid, state: 'done', endedAt: new Date().toISOString() }),
      record({ pid, state: 'cancelled', endedAt: new Date().toISOString() }),
    ];
    for (const job of jobs) await store.save(job);
    expect(await mendRecords(store, none)).toEqual([]);
    for (const job of jobs) expect(await store.get(job.id)).toEqual(job);
  });

  it('of a container that was made anew, under another name: failed after a while', async () => {
    const store = fileJobStore(newFolder());
    const startedAt = new Date(Date.now() - 20 * 60_000).toISOString();
    const gone = record({ host: 'the-container-before', startedAt });
    const verification = record({ host: 'the-container-before', startedAt, kind: 'verify' });
    for (const job of [gone, verification]) await store.save(job);
    expect((await mendRecords(store, none)).map((record) => record.id)).toEqual([gone.id]);
    expect(await store.get(verification.id)).toMatchObject({ state: 'running' });
  });

  it('of a job of this very process whose end could not be written: it is told, and mended', async () => {
    const files = fileJobStore(newFolder());
    let full = false;
    const store: JobStore = {
      ...files,
      save: (job) => (full ? Promise.reject(new Error('no space left')) : files.save(job)),
    };
    const told: string[] = [];
    const job = runJob(
      store,
      { kind: 'backup', subject: 'x', onRecord: (one) => told.push(one.state) },
      () => {
        full = true;
        return Promise.reject(refused('disk-full-there', { path: '/there' }));
      },
    );
    await expect(job).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(told).toEqual(['running', 'failed']);
    full = false;
    expect(await mendRecords(store, none)).toHaveLength(1);
  });

  it('of a process that is gone, but its undo is there: done', async () => {
    const store = fileJobStore(newFolder());
    const job = record({ pid: await deadPid() });
    await store.save(job);
    await mendRecords(store, (id) => id === job.id);
    const mended = await store.get(job.id);
    expect(mended).toMatchObject({ state: 'done' });
    expect(mended?.error).toBeUndefined();
  });

  it('of an earlier process that had the same id as this one, as in a container that is started anew', async () => {
    const store = fileJobStore(newFolder());
    const long = new Date(Date.now() - process.uptime() * 1000 - 60_000);
    const job = record({ pid: process.pid, id: newJobId(long), startedAt: long.toISOString() });
    await store.save(job);
    await mendRecords(store, none);
    expect(await store.get(job.id)).toMatchObject({ state: 'failed' });
  });

  it('by two processes that start at the same moment', async () => {
    const store = fileJobStore(newFolder());
    const pid = await deadPid();
    for (let n = 0; n < 40; n += 1) await store.save(record({ pid }));
    await Promise.all([1, 2, 3].map(() => mendRecords(store, none)));
    expect((await store.list()).map((one) => one.state)).toEqual(Array.from({ length: 40 }, () => 'failed'));
  });
});

describe('records of a restore that was committed before its process died', () => {
  const SQL = "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')";

  /** A restore that went through, with the record that a process leaves which dies right after the commit. */
  async function died() {
    const target = await database(SQL);
    const folder = newFolder();
    const host = hostOf(target.url, folder);
    await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'x' } });
    const archive = await findArchive(host, 'x.ark');
    const { job } = await restoreBackup(host, archive, 'x.ark', {
      selection: { all: true },
      allowBreaks: false,
    });
    await host.jobs.save({ ...job, state: 'running', endedAt: undefined, pid: await deadPid() });
    return { one: target, folder, host, id: job.id };
  }
  const all = { selection: { all: true } };

  it('done, says the next job of that database', async () => {
    const { host, id } = await died();
    await createBackup(host, { ...all, to: { storage: 'local', name: 'next' } });
    expect(await host.jobs.get(id)).toMatchObject({ state: 'done' });
  });

  it('not failed, says a job of another database with the same data folder', async () => {
    const { folder, host, id } = await died();
    const other = hostOf((await database(SQL)).url, folder);
    await createBackup(other, { ...all, to: { storage: 'local', name: 'other' } });
    expect((await host.jobs.get(id))?.state).not.toBe('failed');
    await createBackup(host, { ...all, to: { storage: 'local', name: 'next' } });
    expect(await host.jobs.get(id)).toMatchObject({ state: 'done' });
  });

  it('not failed, says a job that cannot reach the database', async () => {
    const { one, folder, host, id } = await died();
    const wrong = new URL(one.url);
    wrong.port = '1';
    const error = await caught(
      createBackup(hostOf(wrong.toString(), folder), { ...all, to: { storage: 'local', name: 'no' } }),
    );
    expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect((await host.jobs.get(id))?.state).not.toBe('failed');
    await createBackup(host, { ...all, to: { storage: 'local', name: 'next' } });
    expect(await host.jobs.get(id)).toMatchObject({ state: 'done' });
  });

  it('done, also when the next thing is its undo', async () => {
    const { host, id } = await died();
    await applyUndo(host, await findUndo(host, id), { allowBreaks: false });
    await createBackup(host, { ...all, to: { storage: 'local', name: 'next' } });
    expect(await host.jobs.get(id)).toMatchObject({ state: 'done' });
  });
});

describe('fileJobStore', () => {
  it('replaces a record whole: whoever reads meanwhile sees the old one or the new one', async () => {
    const folder = newFolder();
    const store = fileJobStore(folder);
    const job = record();
    const long = 'x'.repeat(200_000);
    await store.save(job);
    let saving = true;
    const reader = (async () => {
      let reads = 0;
      while (saving) {
        const found = await store.get(job.id);
        expect(found?.id).toBe(job.id);
        expect(['shop.ark', long]).toContain(found?.subject);
        reads += 1;
      }
      return reads;
    })();
    for (let n = 0; n < 60; n += 1) await store.save({ ...job, subject: n % 2 === 0 ? long : 'shop.ark' });
    saving = false;
    expect(await reader).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([`${job.id}.json`]);
  });

  it('passes over what is no record, and does not fall over it', async () => {
    const folder = newFolder();
    const store = fileJobStore(folder);
    expect(await store.list()).toEqual([]);
    const job = record();
    await store.save(job);
    const id = () => newJobId();
    await writeFile(join(folder, `${id()}.json`), '');
    await writeFile(join(folder, `${id()}.json`), '{"id": "cut o');
    await writeFile(join(folder, `${id()}.json`), JSON.stringify({ ...record(), state: 'unheard of' }));
    await writeFile(join(folder, `${id()}.json`), Buffer.from([0, 255, 254, 0]));
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await mkdir(join(folder, `${id()}.json`));
    expect(await store.list()).toEqual([job]);
    expect(await mendRecords(store, () => false)).toEqual([]);
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it.each(['', '..', '../x', 'a/b', 'a\\b', 'nobody'])('has no job %p', async (id) => {
    const folder = newFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '..', 'x.json'), JSON.stringify(record()));
    expect(await fileJobStore(folder).get(id)).toBeUndefined();
  });

  it('lists the newest first, also of one second', async () => {
    const store = fileJobStore(newFolder());
    const start = Date.now();
    const at = (n: number) => new Date(start + n * 20);
    const jobs = Array.from({ length: 30 }, (_, n) =>
      record({ id: newJobId(at(n)), startedAt: at(n).toISOString() }),
    );
    for (const job of jobs) await store.save(job);
    expect((await store.list()).map((one) => one.startedAt)).toEqual(
      jobs.map((job) => job.startedAt).reverse(),
    );
  });

  it('keeps the newest 500', async () => {
    const folder = newFolder();
    const store = fileJobStore(folder);
    await mkdir(folder, { recursive: true });
    const at = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, n));
    const jobs = Array.from({ length: 510 }, (_, n) =>
      record({ id: newJobId(at(n)), startedAt: at(n).toISOString(), state: 'done' }),
    );
    for (const job of jobs.slice(0, 509))
      await writeFile(join(folder, `${job.id}.json`), JSON.stringify(job));
    await writeFile(join(folder, 'notes.txt'), 'mine');
    const last = jobs[509];
    if (!last) throw new Error('no last job');
    await store.save(last);
    const kept = (await store.list()).map((one) => one.id);
    expect(kept).toEqual(
      jobs
        .slice(10)
        .map((job) => job.id)
        .reverse(),
    );
    expect(await readdir(folder)).toContain('notes.txt');
  });

  it('does not keep what a process left that was killed while it wrote', async () => {
    const target = await database('CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
    const folder = newFolder();
    const host = hostOf(target.url, folder);
    await mkdir(join(folder, 'jobs'), { recursive: true });
    const left = join(folder, 'jobs', partialName(`${newJobId(new Date(0))}.json`));
    await writeFile(left, '{"id": "cut o');
    await utimes(left, new Date(0), new Date(0));
    await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'next' } });
    expect((await readdir(join(folder, 'jobs'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

it('an unfinished archive of an earlier process with the same id as this one is removed too', async () => {
  const target = await database('CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
  const folder = newFolder();
  const host = hostOf(target.url, folder);
  await mkdir(join(folder, 'backups'), { recursive: true });
  const left = join(folder, 'backups', partialName('x.ark'));
  await writeFile(left, 'PK');
  const before = new Date(Date.now() - process.uptime() * 1000 - 60_000);
  await utimes(left, before, before);
  await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'next' } });
  expect(await stat(left).catch(() => 'gone')).toBe('gone');
});

it('a store that cannot be written to fails the job before it has begun', async () => {
  const broken: JobStore = {
    save: () => Promise.reject(refused('disk-full-there', { path: '/there' })),
    get: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
  };
  let begun = false;
  const error = await caught(
    runJob(broken, { kind: 'backup', subject: 'x' }, () => {
      begun = true;
      return Promise.resolve();
    }),
  );
  expect(error).toMatchObject({ code: 'STORAGE_FULL' });
  expect(begun).toBe(false);
});

describe('Ctrl-C at the command line', () => {
  let cli: string;
  beforeAll(async () => {
    cli = await bundleCli(data.folder);
  });

  const BIG = `CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, md5(g::text) FROM generate_series(1, 20000) g;
    CREATE TABLE u (id serial PRIMARY KEY, t integer REFERENCES t); INSERT INTO u (t) SELECT g FROM generate_series(1, 5000) g;`;

  interface Ended {
    readonly code: number | null;
    readonly signal: string | null;
    readonly stdout: string;
    readonly stderr: string;
  }

  /** Runs it, and sends signals once a word has been seen on stderr. */
  function ark(args: string[], folder: string, word: string, signals: readonly NodeJS.Signals[]) {
    return new Promise<Ended>((done, fail) => {
      const child = spawn(process.execPath, [cli, ...args], {
        cwd: data.folder,
        env: { PATH: process.env.PATH, ARK_DATA: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr, sent] = ['', '', false];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (sent || !stderr.includes(word)) return;
        sent = true;
        void (async () => {
          for (const signal of signals) {
            child.kill(signal);
            await pause(100);
          }
        })();
      });
      child.once('error', fail);
      child.once('close', (code, signal) => done({ code, signal, stdout, stderr }));
    });
  }

  /**
   * An archive, a database that has gone on since, and a lock on it that keeps the restore from ending before the
   * signal has come: the swap cannot have its tables.
   */
  async function held() {
    const target = await database(BIG);
    const folder = newFolder();
    const host = hostOf(target.url, folder);
    const file = join(data.folder, `${target.name}.ark`);
    await createBackup(host, { selection: { all: true }, to: { file } });
    await target.sql("UPDATE t SET v = 'since' WHERE id % 2 = 0");
    const before = await digest(target.url);
    return { one: target, folder, host, file, before };
  }

  async function nothingIsLeft(database: TestDatabase): Promise<void> {
    for (let tries = 0; tries < 500; tries += 1) {
      const found = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ark %'`,
      );
      if (found.length === 0) break;
      await pause(20);
    }
    expect(await database.query(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ark\\_%'`)).toEqual([]);
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s while a restore loads: exit code 1, a message, and everything as before',
    async (signal) => {
      const { one, folder, host, file, before } = await held();
      // Building an index takes its time here, so there is a while between the loading and the swap.
      await one.sql(`CREATE SCHEMA slow;
        CREATE FUNCTION slow.down() RETURNS event_trigger LANGUAGE plpgsql AS $$
          BEGIN IF current_setting('application_name') LIKE 'ark job %' THEN PERFORM pg_sleep(0.5); END IF; END $$;
        CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow.down()`);
      const args = ['restore', file, '--all', '--yes', '--database', one.url];
      const ended = await ark(args, folder, 'loading', [signal]);
      expect(ended).toMatchObject({ code: 1, signal: null });
      expect(ended.stderr).toContain('Stopping; nothing will be changed.');
      expect(ended.stderr).toContain('[JOB_CANCELLED]');
      expect(ended.stdout).toBe('');
      expect(await digest(one.url)).toEqual(before);
      const restores = (await host.jobs.list()).filter((job) => job.kind === 'restore');
      expect(restores).toMatchObject([{ state: 'cancelled', error: { code: 'JOB_CANCELLED' } }]);
      await one.sql('DROP EVENT TRIGGER slow');
      await nothingIsLeft(one);
    },
  );

  it('with --json: one object on standard output that says so', async () => {
    const { one, folder, file, before } = await held();
    await one.sql(`CREATE SCHEMA slow;
      CREATE FUNCTION slow.down() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN IF current_setting('application_name') LIKE 'ark job %' THEN PERFORM pg_sleep(0.5); END IF; END $$;
      CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow.down()`);
    const args = ['restore', file, '--all', '--yes', '--json', '--database', one.url];
    const ended = await ark(args, folder, 'loading', ['SIGINT']);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'JOB_CANCELLED' } });
    expect(await digest(one.url)).toEqual(before);
  });

  it('twice: it leaves at once, and the next job clears up and says how it ended', async () => {
    const { one, folder, host, file, before } = await held();
    await one.sql(`CREATE SCHEMA slow;
      CREATE FUNCTION slow.down() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN IF current_setting('application_name') LIKE 'ark job %' THEN PERFORM pg_sleep(1.5); END IF; END $$;
      CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow.down()`);
    const args = ['restore', file, '--all', '--yes', '--database', one.url];
    const ended = await ark(args, folder, 'loading', ['SIGINT', 'SIGINT']);
    // The first may have been enough if everything was put back within a tenth of a second; and the second may come
    // when node has taken its handlers down already, at the very end.
    if (ended.signal === null) expect([1, 130]).toContain(ended.code);
    else expect(ended.signal).toBe('SIGINT');
    expect(await digest(one.url)).toEqual(before);
    await one.sql('DROP EVENT TRIGGER slow');
    for (let tries = 0; ; tries += 1) {
      const to = { file: join(data.folder, `${one.name}-next-${tries}.ark`) };
      const error = await caught(createBackup(host, { selection: { all: true }, to }));
      if (!(error instanceof BackupError)) break;
      expect(error.code).toBe('JOB_BUSY');
      if (tries > 200) throw error;
      await pause(50);
    }
    const restores = (await host.jobs.list()).filter((job) => job.kind === 'restore');
    expect(restores).toHaveLength(1);
    // Cut off by the second after the first had been written down.
    expect(ended.code === 130 ? ['failed', 'cancelled'] : ['cancelled']).toContain(restores[0]?.state);
    await nothingIsLeft(one);
  });

  it('while a backup is written: exit code 1, and no archive', async () => {
    const { one, folder, before } = await held();
    // The snapshot's look at the database ends, the reading waits for the table.
    const args = ['backup', '--all', '--name', 'never', '--database', one.url];
    const ended = await ark(args, folder, 'looking at the database', ['SIGINT']);
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.stderr).toContain('[JOB_CANCELLED]');
    expect(await readdir(join(folder, 'backups')).catch(() => [])).toEqual([]);
    expect(await digest(one.url)).toEqual(before);
    await nothingIsLeft(one);
  });
});

it('the file of an archive is not kept open by those who looked at it', async () => {
  const target = await database('CREATE TABLE t (id integer); INSERT INTO t VALUES (1)');
  const folder = newFolder();
  const host = hostOf(target.url, folder);
  const file = join(data.folder, 'looked-at.ark');
  await createBackup(host, { selection: { all: true }, to: { file } });
  await rename(file, join(data.folder, 'moved.ark'));
  const moved = join(data.folder, 'moved.ark');
  for (let n = 0; n < 20; n += 1) await findArchive(host, moved);
  const open = await promisify(execFile)('ls', ['-l', `/proc/${process.pid}/fd`]);
  expect(open.stdout.split('\n').filter((line) => line.includes('moved.ark'))).toEqual([]);
});
