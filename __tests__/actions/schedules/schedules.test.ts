import { MASK } from '../../../src/server/secrets/mask';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkAge,
  readAlarmLog,
  readChannels,
  saveChannels,
} from '../../../src/server/actions/alarms/alarms';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { findArchive } from '../../../src/server/actions/backups/findBackup';
import { restoreBackup } from '../../../src/server/actions/restore/restoreBackup';
import { prune } from '../../../src/server/actions/schedules/prune';
import { backupItems } from '../../../src/server/actions/backups/ownBackups';
import { safetyOf } from '../../../src/server/actions/system/safety';
import { look, runSchedule } from '../../../src/server/actions/schedules/scheduledRun';
import {
  addSchedule,
  changeSchedule,
  describeSchedule,
  findSchedule,
  removeSchedule,
} from '../../../src/server/actions/schedules/schedules';
import { ScheduleInput } from '../../../src/server/api/input';
import type { Host } from '../../../src/server/host';
import { fixedStorages } from '../../helpers/fixedStorages';
import { readBook } from '../../../src/server/jobs/runs';
import { BackupError, refused } from '../../../src/server/errors/errors';
import { localStorage } from '../../../src/server/storage/local/local';
import type { Storage } from '../../../src/server/storage/storage';
import { hostOf } from '../../helpers/ark';
import { listen } from '../../helpers/listener';
import { keeper } from '../../helpers/means';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';

/** Schedules as an admin lives with them; only the clock is not the wall's. */
const { database } = ownPlace();
const folders: string[] = [];
const closing: { close(): void }[] = [];
afterAll(async () => {
  closing.forEach((one) => one.close());
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

let shop: TestDatabase;
beforeAll(async () => {
  shop = await database(
    `CREATE TABLE orders (id serial PRIMARY KEY, note text); INSERT INTO orders (note) SELECT 'note ' || g FROM generate_series(1, 500) g;`,
  );
});

/** A host with a data folder of its own, and as many storages as wanted. */
async function place(...wrap: ((storage: Storage) => Storage)[]) {
  const folder = await mkdtemp(join(tmpdir(), 'ark-schedules-'));
  folders.push(folder);
  const bare = ['local', 'second'].map((name) => localStorage(join(folder, name), name));
  const storages = bare.map((storage, i) => wrap[i]?.(storage) ?? storage);
  const host: Host = { ...hostOf(shop.url, folder), storages: fixedStorages(storages) };
  const names = async (storage = 'local') =>
    (await readdir(join(folder, storage)).catch(() => [] as string[])).filter((one) => one.endsWith('.ark'));
  return { folder, host, storages, names };
}

const input = (more: Partial<ScheduleInput> = {}): ScheduleInput =>
  ScheduleInput.parse({ name: 'nightly', timing: { every: 1, unit: 'days', at: '02:30' }, ...more });
const START = '2026-06-10T12:00:00.000Z';
/** Archives bear the true time of their making; what counts their age has to begin there. */
const NOW = new Date().toISOString();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: string }).code ?? (error as Error).message,
  );

describe('a schedule runs', () => {
  it('when its time has come, once, and makes a backup that says what it came from', async () => {
    const { host, folder, names } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(host, input(), time.clock.now());
    expect(await time.turn()).toEqual([]);
    time.clock.set('2026-06-11T02:30:00Z');
    expect(await time.turn()).toMatchObject([
      {
        state: 'done',
        why: 'time',
        missed: 0,
        due: '2026-06-11T02:30:00.000Z',
        storages: [{ storage: 'local' }],
      },
    ]);
    expect(await time.turn()).toEqual([]);
    time.clock.set('2026-06-11T14:00:00Z');
    expect(await time.turn()).toEqual([]);
    const [name] = await names();
    expect(name).toBe('test-nightly-20260611-023000.ark');
    const { origin, instance } = (await findArchive(host, name!)).manifest;
    expect(origin).toMatchObject({ schedule: 'nightly' });
    expect(instance).toBe('test');
    const item = await describeSchedule(host, await findSchedule(host, 'nightly'), time.clock.now());
    expect(item.next).toEqual(['12', '13', '14'].map((day) => `2026-06-${day}T02:30:00.000Z`));
    expect(item.lastGood).toMatchObject({ name, storages: ['local'] });
  });

  it('not while it is off, and what passed meanwhile is not missed', async () => {
    const { host, folder } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(host, input({ on: false }), time.clock.now());
    time.clock.set('2026-06-20T12:00:00Z');
    expect(await time.turn()).toEqual([]);
    await changeSchedule(host, 'nightly', { on: true }, time.clock.now());
    expect(await time.turn()).toEqual([]);
    time.clock.set('2026-06-21T02:31:00Z');
    expect(await time.turn()).toMatchObject([{ state: 'done', missed: 0 }]);
  });

  it('when somebody asks, without changing its times', async () => {
    const { host, folder, names } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(host, input(), time.clock.now());
    expect(await runSchedule(time, 'nightly', true)).toMatchObject({ why: 'asked', state: 'done' });
    time.clock.set('2026-06-11T02:30:00Z');
    expect(await time.turn()).toMatchObject([{ why: 'time' }]);
    expect(await names()).toHaveLength(2);
  });

  it('encrypted, into several storages, with one and the same archive', async () => {
    const { host, folder, names } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(
      host,
      input({ storages: ['second', 'local'], passphrase: 'open wide sesame' }),
      time.clock.now(),
    );
    const kept = JSON.stringify(await host.settings.list('schedules'));
    expect(kept).not.toContain('open wide sesame');
    const run = await runSchedule(time, 'nightly', true);
    expect(run?.storages.map((storage) => storage.storage)).toEqual(['second', 'local']);
    expect(await names('second')).toEqual(await names('local'));
    const [name] = await names();
    expect(await codeOf(findArchive(host, name!))).toBe('ARCHIVE_LOCKED');
    const opened = await Promise.all(
      ['local', 'second'].map((one) => findArchive(host, name!, { passphrase: 'open wide sesame' }, one)),
    );
    expect(opened[0]!.manifestSha256).toBe(opened[1]!.manifestSha256);
  });

  it('waits while another job has the database, and is not called missed', async () => {
    const { host, folder } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(host, input(), time.clock.now());
    time.clock.set('2026-06-11T02:30:00Z');
    const lock = await host.database.lock('20260611_000000_aaaaaa');
    expect(await time.turn()).toEqual([undefined]);
    const item = await describeSchedule(host, await findSchedule(host, 'nightly'), time.clock.now());
    expect(item.waitingSince).toBe('2026-06-11T02:30:00.000Z');
    expect(await codeOf(runSchedule(time, 'nightly', true))).toBe('JOB_BUSY');
    expect((await host.jobs.list()).filter((job) => job.kind === 'backup')).toEqual([]);
    time.clock.advance(2 * HOUR);
    expect(await time.turn()).toEqual([undefined]);
    await lock.release();
    time.clock.advance(HOUR);
    expect(await time.turn()).toMatchObject([{ state: 'done', why: 'late', missed: 0 }]);
    expect(await time.turn()).toEqual([]);
  });

  it('only once, though two processes look at the same moment', async () => {
    const { host, folder, names } = await place();
    const [one, two] = [keeper(host, folder, START), keeper(hostOf(shop.url, folder), folder, START)];
    await addSchedule(host, input(), one.clock.now());
    for (const time of [one, two]) time.clock.set('2026-06-11T02:30:00Z');
    const other = { ...two.host, storages: host.storages };
    const twin = keeper(other, folder, '2026-06-11T02:30:00Z');
    const runs = (await Promise.all([one.turn(), twin.turn()])).flat().filter(Boolean);
    expect(runs).toHaveLength(1);
    expect([...(await one.turn()), ...(await twin.turn())]).toEqual([]);
    expect(await names()).toHaveLength(1);
  });
});

describe('a run that was missed', () => {
  it('is made up once, and said', async () => {
    const { host, folder, names } = await place();
    const hook = await listen();
    closing.push(hook);
    const time = keeper(host, folder, START);
    await saveChannels(host, { webhook: { url: hook.url } }, time.clock.now());
    await addSchedule(host, input(), time.clock.now());
    time.clock.set('2026-06-14T10:00:00Z');
    expect(await time.turn()).toMatchObject([{ state: 'done', why: 'missed', missed: 4 }]);
    expect(await time.turn()).toEqual([]);
    expect(await names()).toHaveLength(1);
    expect(hook.heard.map((one) => JSON.parse(one.body) as object)).toMatchObject([
      { event: 'missed', schedule: 'nightly', instance: 'test' },
    ]);
    const safety = await safetyOf(host, time.catalog, time.clock.now());
    expect(safety.banners).toMatchObject([{ kind: 'missed', level: 'warning', schedule: 'nightly' }]);
    time.clock.set('2026-06-15T02:30:00Z');
    expect(await time.turn()).toMatchObject([{ why: 'time', missed: 0 }]);
  });

  it('and a clock that jumps ahead and back again', async () => {
    const { host, folder } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(host, input({ timing: { every: 1, unit: 'hours' } }), time.clock.now());
    time.clock.set('2031-01-01T00:00:00Z');
    expect(await time.turn()).toMatchObject([{ why: 'missed', missed: 1000 }]);
    // Put right: it must not be silent for five years.
    time.clock.set('2026-06-10T12:30:00Z');
    expect(await time.turn()).toEqual([]);
    expect(time.said.join('\n')).toMatch(/the clock went back/);
    time.clock.set('2026-06-10T13:00:00Z');
    expect(await time.turn()).toMatchObject([{ why: 'time', due: '2026-06-10T13:00:00.000Z' }]);
    // A small step back repeats nothing.
    time.clock.set('2026-06-10T12:50:00Z');
    expect(await time.turn()).toEqual([]);
    time.clock.set('2026-06-10T13:00:30Z');
    expect(await time.turn()).toEqual([]);
    time.clock.set('2026-06-10T14:00:00Z');
    expect(await time.turn()).toMatchObject([{ why: 'time', missed: 0 }]);
  });
});

describe('when something fails', () => {
  const failing =
    (error: BackupError) =>
    (storage: Storage): Storage => ({ ...storage, put: () => Promise.reject(error) });
  const full = refused('disk-full-there', { path: '/in/there' });

  it('one storage: the copy in the other is good, the run says which failed and why, and nothing old goes', async () => {
    const { host, folder, names, storages } = await place();
    const hook = await listen();
    closing.push(hook);
    const time = keeper(host, folder, NOW);
    await saveChannels(host, { webhook: { url: hook.url } }, time.clock.now());
    await addSchedule(
      host,
      input({ storages: ['local', 'second'], retention: { last: 1 } }),
      time.clock.now(),
    );
    await runSchedule(time, 'nightly', true);
    time.clock.advance(HOUR);
    const broken = fixedStorages([failing(full)(storages[0]!), storages[1]!]);
    const run = await runSchedule({ ...time, host: { ...host, storages: broken } }, 'nightly', true);
    expect(run).toMatchObject({
      state: 'failed',
      error: {
        code: 'STORAGE_FULL',
        message: expect.stringMatching(/^local: No space left.*second is good/) as string,
      },
      storages: [{ storage: 'local', error: { code: 'STORAGE_FULL' } }, { storage: 'second' }],
    });
    expect(await names('local')).toHaveLength(1);
    // The rule went by the storage that has the new backup.
    expect(await names('second')).toEqual([run!.storages[1]!.name]);
    expect(JSON.parse(hook.heard[0]!.body)).toMatchObject({ event: 'failed', code: 'STORAGE_FULL' });
    const plan = await prune(host, time.catalog, await findSchedule(host, 'nightly'), {
      now: time.clock.now(),
      dryRun: true,
    });
    expect(plan.flatMap((storage) => storage.decisions).every((decision) => decision.keep)).toBe(true);
  });

  it('a storage that was deleted while a schedule uses it: seen before, told at the run, the others go on', async () => {
    const { host, folder, names, storages } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(host, input({ storages: ['second', 'local'] }), time.clock.now());
    const without: Host = { ...host, storages: fixedStorages([storages[0]!]) };
    const item = await describeSchedule(without, await findSchedule(host, 'nightly'), time.clock.now());
    expect(item.problems).toMatchObject([{ code: 'STORAGE_UNKNOWN' }]);
    const run = await runSchedule({ ...time, host: without }, 'nightly', true);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'STORAGE_UNKNOWN' } });
    expect(await names('local')).toHaveLength(1);
    const safety = await safetyOf(without, time.catalog, time.clock.now());
    expect(safety.banners.map((banner) => banner.kind)).toEqual(['failed', 'problem']);
  });

  it('the database: one alarm, no backup, and the next time it is tried again', async () => {
    const { folder } = await place();
    const host = hostOf('postgres://nobody@127.0.0.1:1/none', folder);
    const time = keeper(host, folder, START);
    await addSchedule(host, input(), time.clock.now());
    time.clock.set('2026-06-11T02:30:00Z');
    expect(await time.turn()).toMatchObject([{ state: 'failed', error: { code: 'DATABASE_UNREACHABLE' } }]);
    expect(await time.turn()).toEqual([]);
    time.clock.advance(DAY);
    expect(await time.turn()).toMatchObject([{ state: 'failed', why: 'time' }]);
  });

  it('the webhook: the backup is good all the same, and the trouble with the alarm is shown', async () => {
    const { host, folder } = await place();
    const hook = await listen((_, response) => void response.writeHead(500).end());
    closing.push(hook);
    const time = keeper(host, folder, START);
    await saveChannels(host, { heartbeat: { url: `${hook.url}/beat` } }, time.clock.now());
    await addSchedule(host, input(), time.clock.now());
    expect(await runSchedule(time, 'nightly', true)).toMatchObject({ state: 'done' });
    expect(hook.heard).toMatchObject([{ path: '/beat' }]);
    const safety = await safetyOf(host, time.catalog, time.clock.now());
    expect(safety.banners).toMatchObject([
      { level: 'warning', kind: 'alarm', message: expect.stringContaining('answered 500') as string },
    ]);
  });
});

describe('old backups', () => {
  it('go by the rule, in their storage; those of others, by hand and of other schedules stay', async () => {
    const { host, folder, names } = await place();
    const time = keeper(host, folder, NOW);
    await addSchedule(host, input({ retention: { last: 2 }, passphrase: 'a long secret' }), time.clock.now());
    await addSchedule(host, input({ name: 'other', retention: { last: 1 } }), time.clock.now());
    await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'by-hand' } });
    const stranger = hostOf(shop.url, folder, { ARK_INSTANCE: 'stranger' });
    await createBackup(
      { ...stranger, storages: host.storages },
      { selection: { all: true }, to: { storage: 'local', name: 'strange' }, schedule: 'nightly' },
    );
    await runSchedule(time, 'other', true);
    const made: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      time.clock.advance(HOUR);
      made.push((await runSchedule(time, 'nightly', true))!.storages[0]!.name!);
    }
    const left = await names();
    expect(left).toEqual(expect.arrayContaining(['by-hand.ark', 'strange.ark', ...made.slice(2)]));
    expect(left).toHaveLength(5);
    const [plan] = await prune(host, time.catalog, await findSchedule(host, 'nightly'), {
      now: time.clock.now(),
      dryRun: true,
    });
    const why = Object.fromEntries(
      plan!.decisions.map((decision) => [decision.name, decision.reasons.map((r) => r.why)]),
    );
    expect(why).toMatchObject({
      'by-hand.ark': ['manual'],
      'strange.ark': ['other-instance'],
      [made[3]!]: ['last'],
      [made[2]!]: ['last'],
    });
  });

  it('another instance of the same name keeps its own', async () => {
    const [one, two] = [await place(), await place()];
    const shared = one.host.storages;
    const time = keeper(one.host, one.folder, NOW);
    const twin = keeper({ ...two.host, storages: shared }, two.folder, NOW);
    for (const each of [time, twin]) {
      await addSchedule(each.host, input({ retention: { last: 1 } }), each.clock.now());
    }
    for (let i = 0; i < 2; i += 1) {
      for (const each of [time, twin]) {
        time.clock.advance(HOUR);
        twin.clock.set(time.clock.now());
        await runSchedule(each, 'nightly', true);
      }
    }
    expect(await one.names()).toHaveLength(2);
  });

  it('stay while the newest cannot be read', async () => {
    const { host, folder, names } = await place();
    const time = keeper(host, folder, NOW);
    await addSchedule(host, input({ retention: { last: 1 } }), time.clock.now());
    await runSchedule(time, 'nightly', true);
    await writeFile(join(folder, 'local', 'newest.ark'), randomBytes(1000));
    await rm(join(folder, 'cache'), { recursive: true, force: true });
    time.clock.advance(HOUR);
    await runSchedule(time, 'nightly', true);
    expect(await names()).toContain('newest.ark');
  });

  it('a rule that would delete everything is refused, also when it comes as a change', async () => {
    const { host } = await place();
    expect(ScheduleInput.safeParse({ ...input(), retention: { last: 0 } }).success).toBe(false);
    await addSchedule(host, input({ retention: { last: 2 } }), new Date(START));
    expect(await codeOf(changeSchedule(host, 'nightly', { retention: { daily: 0 } }, new Date(START)))).toBe(
      'USAGE',
    );
    expect((await findSchedule(host, 'nightly')).retention).toEqual({ last: 2 });
  });
});

describe('a backup that is proven', () => {
  it('bears when, wherever its copies are; nothing lives on from the rehearsal', async () => {
    const { host, folder } = await place();
    const time = keeper(host, folder, START);
    await addSchedule(
      host,
      input({ prove: true, passphrase: 'a long secret', storages: ['local', 'second'] }),
      time.clock.now(),
    );
    expect(await runSchedule(time, 'nightly', true)).toMatchObject({
      state: 'done',
      rehearsed: true,
      proof: 'database',
    });
    const items = await backupItems(host, (await time.catalog.list(host, 'local')).items);
    expect(items).toMatchObject([{ state: 'locked', rehearsedAt: START, proof: 'database' }]);
    expect(await shop.query(`SELECT 1 FROM pg_namespace WHERE nspname LIKE 'ark%'`)).toEqual([]);
    const safety = await safetyOf(host, time.catalog, new Date());
    expect(safety.lastGood).toMatchObject({ rehearsedAt: START, proof: 'database' });
    expect(safety.lastGood?.unproven).toContain('exchange');
  });

  it('cannot be asked for where the key is elsewhere', () => {
    const given = { ...input(), prove: true, recipients: ['age1xyz'] };
    expect(ScheduleInput.safeParse(given).error?.issues[0]?.message).toContain('use a passphrase');
  });
});

describe('the alarm of an old backup', () => {
  it('is raised once a day while it lasts, and ends with the next backup', async () => {
    const { host, folder } = await place();
    const hook = await listen();
    closing.push(hook);
    const time = keeper(host, folder, START);
    await saveChannels(host, { webhook: { url: hook.url }, staleHours: 24 }, time.clock.now());
    await checkAge(host, time.clock.now());
    for (const hours of [23, 2, 1, 1]) {
      time.clock.advance(hours * HOUR);
      await checkAge(host, time.clock.now());
    }
    expect(hook.heard).toHaveLength(1);
    expect(JSON.parse(hook.heard[0]!.body)).toMatchObject({ event: 'stale' });
    time.clock.advance(DAY);
    await checkAge(host, time.clock.now());
    expect(hook.heard).toHaveLength(2);
    expect((await safetyOf(host, time.catalog, time.clock.now())).banners[0]).toMatchObject({
      kind: 'stale',
    });
    await addSchedule(host, input(), time.clock.now());
    await runSchedule(time, 'nightly', true);
    time.clock.advance(23 * HOUR);
    await checkAge(host, time.clock.now());
    expect(hook.heard).toHaveLength(2);
    expect((await readAlarmLog(host)).sent).toHaveLength(2);
  });
});

describe('what is set', () => {
  it('keeps secrets sealed, and answers with a mask that keeps them', async () => {
    const { host, folder } = await place();
    await addSchedule(host, input({ passphrase: 'open wide sesame' }), new Date(START));
    await changeSchedule(host, 'nightly', { passphrase: MASK, on: false }, new Date(START));
    const kept = await findSchedule(host, 'nightly');
    expect(host.seal.open(kept.passphrase!)).toBe('open wide sesame');
    expect(kept.on).toBe(false);
    expect(JSON.stringify(await describeSchedule(host, kept, new Date()))).not.toContain('sealed');
    await saveChannels(
      host,
      {
        webhook: { url: 'https://hook.example.org/token' },
        email: { to: ['a@example.org'], smtp: { host: 'mx', port: 25, secure: false, password: 'hush' } },
      },
      new Date(START),
    );
    const files = await Promise.all(['schedules', 'settings'].map((one) => readFileText(folder, one)));
    expect(files.join('')).not.toMatch(/open wide sesame|token|hush/);
    // The mask keeps a password for its server; a server of somebody else's gets none.
    const mailTo = (host: string) => ({
      email: { to: ['a@example.org'], smtp: { host, port: 25, secure: false, password: MASK } },
    });
    await saveChannels(host, mailTo('mx'), new Date(START));
    expect((await readChannels(host)).email?.smtp?.password).toBe('hush');
    expect(await codeOf(saveChannels(host, mailTo('mx.example.net'), new Date(START)))).toBe('USAGE');
    expect((await readChannels(host)).email?.smtp?.host).toBe('mx');
  });

  it.each<[Partial<ScheduleInput>, string]>([
    [{ timing: { cron: '0 0 31 2 *' } }, 'USAGE'],
    [{ timing: { cron: 'whenever' } }, 'USAGE'],
    [{ timeZone: 'Mars/Phobos' }, 'USAGE'],
    [{ storages: ['nowhere'] }, 'STORAGE_UNKNOWN'],
    [{ passphrase: MASK }, 'USAGE'],
    // Nobody has said where the app of this place keeps them.
    [{ files: true }, 'FILES_UNKNOWN'],
  ])('that cannot be is refused: %j', async (more, code) => {
    const { host } = await place();
    expect(await codeOf(addSchedule(host, input(more), new Date(START)))).toBe(code);
    expect(await host.settings.list('schedules')).toEqual([]);
  });

  it('does not take on uploaded files that nobody can find, and says so of one that did before', async () => {
    const { host, folder } = await place();
    const knows = { ...hostOf(shop.url, folder, { STORAGE_PATH: folder }), storages: host.storages };
    const item = async (at: Host) => describeSchedule(at, await findSchedule(at, 'nightly'), new Date(START));
    await addSchedule(knows, input({ files: true }), new Date(START));
    expect((await item(knows)).problems).toEqual([]);
    expect((await item(host)).problems).toMatchObject([{ code: 'FILES_UNKNOWN' }]);
    // All else of it can be changed, and then the files can be left out.
    await changeSchedule(host, 'nightly', { on: false }, new Date(START));
    await changeSchedule(host, 'nightly', { files: false }, new Date(START));
    expect((await item(host)).problems).toEqual([]);
    expect(await codeOf(changeSchedule(host, 'nightly', { files: true }, new Date(START)))).toBe(
      'FILES_UNKNOWN',
    );
    expect((await findSchedule(host, 'nightly')).files).toBe(false);
  });

  it('has one schedule under a name, and says which there are', async () => {
    const { host } = await place();
    await addSchedule(host, input(), new Date(START));
    expect(await codeOf(addSchedule(host, input(), new Date(START)))).toBe('SCHEDULE_EXISTS');
    await expect(findSchedule(host, 'x')).rejects.toThrow('There is: nightly.');
    await removeSchedule(host, 'nightly');
    expect(await codeOf(removeSchedule(host, 'nightly'))).toBe('SCHEDULE_UNKNOWN');
    expect(await readBook(host.settings, 'nightly')).toBeUndefined();
  });

  it('stays as it is when a restore replaces the whole database: schedules, runs, history, alarms', async () => {
    const { host, folder, names } = await place();
    const time = keeper(host, folder, START);
    await createBackup(host, { selection: { all: true }, to: { storage: 'local', name: 'before' } });
    await addSchedule(host, input(), time.clock.now());
    await saveChannels(host, { staleHours: 48 }, time.clock.now());
    await runSchedule(time, 'nightly', true);
    const before = await Promise.all(
      (['schedules', 'settings', 'storages'] as const).map((kind) => host.settings.list(kind)),
    );
    const jobs = (await host.jobs.list()).map((job) => job.id);
    const archive = await findArchive(host, 'before.ark');
    await restoreBackup(host, archive, 'before.ark', { selection: { all: true }, allowBreaks: false });
    const after = await Promise.all(
      (['schedules', 'settings', 'storages'] as const).map((kind) => host.settings.list(kind)),
    );
    expect(after).toEqual(before);
    expect((await host.jobs.list()).map((job) => job.id).slice(1)).toEqual(jobs);
    expect(await names()).toHaveLength(2);
    expect(existsSync(join(folder, 'settings', 'schedules.json'))).toBe(true);
    time.clock.set('2026-06-11T02:30:00Z');
    expect((await look(time, time.clock.now())).due).toEqual(['nightly']);
  });
});

async function readFileText(folder: string, kind: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(join(folder, 'settings', `${kind}.json`), 'utf8');
}
