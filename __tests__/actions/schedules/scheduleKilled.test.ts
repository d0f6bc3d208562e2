import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupItem, JobItem, Safety, ScheduleItem } from '../../../src/server/api/api';
import { saveChannels } from '../../../src/server/actions/alarms/alarms';
import { addSchedule } from '../../../src/server/actions/schedules/schedules';
import { ScheduleInput } from '../../../src/server/api/input';
import { readBook } from '../../../src/server/jobs/runs';
import { hostOf } from '../../helpers/ark';
import { bundleCli } from '../../helpers/cli';
import { testConsole } from '../../helpers/console';
import { listen } from '../../helpers/listener';
import { ownPlace } from '../../helpers/place';
import { until } from '../../helpers/waiting';
import { withClient, type TestDatabase } from '../../helpers/postgres';

/** `ark schedule run-due` and the console, killed in the middle of a scheduled backup. */
const { data, database } = ownPlace();
const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

let cli: string;
let shop: TestDatabase;
beforeAll(async () => {
  cli = await bundleCli(data.folder);
  shop = await database(
    `CREATE TABLE orders (id serial PRIMARY KEY, note text); INSERT INTO orders (note) SELECT 'note ' || g FROM generate_series(1, 5000) g;`,
  );
});

function ark(folder: string, ...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args, '--database', shop.url], {
    cwd: folder,
    env: { PATH: process.env.PATH, ARK_DATA: folder, ARK_INSTANCE: 'test' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended };
}

/** Begins what is due, and kills it while the backup waits for a table that somebody else has. */
async function killInTheMiddle(folder: string): Promise<void> {
  const host = hostOf(shop.url, folder);
  await withClient(shop.url, async (client) => {
    await client.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    const before = (await host.jobs.list()).length;
    const { child, ended } = ark(folder, 'schedule', 'run-due');
    await until('the backup is under way', async () => {
      const jobs = await host.jobs.list();
      return jobs.length > before && jobs[0]?.state === 'running' ? true : undefined;
    });
    child.kill('SIGKILL');
    expect((await ended).code).toBeNull();
    await client.query('ROLLBACK');
  });
  expect((await readBook(host.settings, 'nightly'))?.running).toMatchObject({ state: 'running' });
}

async function place() {
  const folder = await mkdtemp(join(tmpdir(), 'ark-killed-'));
  folders.push(folder);
  const host = hostOf(shop.url, folder);
  const given = ScheduleInput.parse({ name: 'nightly', timing: { every: 12, unit: 'hours' } });
  // Once due, and then not for hours: 12 hours are counted from midnight.
  const past = new Date(Date.now() - 13 * 3_600_000);
  await addSchedule(host, given, past);
  return { folder, host };
}

const runDue = (folder: string) =>
  until('the lock of the dead job is free', async () => {
    const { code, stdout, stderr } = await ark(folder, 'schedule', 'run-due', '--json').ended;
    const { runs } = JSON.parse(stdout) as { runs: { name: string; run: object }[] };
    return runs.length > 0 ? { code, runs, stderr } : undefined;
  });

it('on the command line: the next start reports it as failed, cleans up, and makes it up', async () => {
  const { folder, host } = await place();
  await killInTheMiddle(folder);
  const first = await ark(folder, 'schedule', 'run-due', '--json').ended;
  const { runs } =
    (JSON.parse(first.stdout) as { runs: { run: object }[] }).runs.length > 0
      ? (JSON.parse(first.stdout) as { runs: { run: object }[] })
      : await runDue(folder);
  expect(first.stderr).toMatch(/nightly: The process that ran the scheduled backup .* made up now/);
  expect(runs).toMatchObject([{ run: { why: 'killed', state: 'done' } }]);
  const jobs = (await host.jobs.list()).filter((job) => job.kind === 'backup');
  expect(jobs.map((job) => job.state)).toEqual(['done', 'failed']);
  const files = await readdir(join(folder, 'backups'));
  expect(files.filter((file) => !file.endsWith('.ark'))).toEqual([]);
  expect(files).toHaveLength(1);
  const again = await ark(folder, 'schedule', 'run-due').ended;
  expect(again).toMatchObject({ code: 0, stdout: 'Nothing is due.\n' });
});

it('killed again while it is made up, it is not tried for ever', async () => {
  const { folder, host } = await place();
  await killInTheMiddle(folder);
  await until('the server has noticed', async () => {
    const lock = await host.database.lock('20260101_000000_aaaaaa').catch(() => undefined);
    await lock?.release();
    return lock && true;
  });
  await killInTheMiddle(folder);
  const third = await ark(folder, 'schedule', 'run-due', '--json').ended;
  expect(third.stderr).toMatch(/That was the second time/);
  expect(JSON.parse(third.stdout)).toEqual({ runs: [] });
  expect((await readBook(host.settings, 'nightly'))?.last).toMatchObject({
    state: 'failed',
    error: { code: 'RUN_KILLED' },
  });
});

it('in the console: its start raises the alarm, makes the backup up, and the page can tell', async () => {
  const { folder, host } = await place();
  const hook = await listen();
  await saveChannels(host, { webhook: { url: hook.url } }, new Date());
  await killInTheMiddle(folder);
  const served = await testConsole(shop.url, { ARK_DATA: folder });
  try {
    const item = await until(
      'the backup is made up',
      async () => {
        const [one] = await served.get<ScheduleItem[]>('arkSchedules:list');
        return one?.last?.state === 'done' ? one : undefined;
      },
      60_000,
    );
    expect(item.last).toMatchObject({ why: 'killed', storages: [{ storage: 'local' }] });
    const events = hook.heard.map((one) => JSON.parse(one.body) as { event: string; code?: string });
    expect(events).toContainEqual(expect.objectContaining({ event: 'failed', code: 'RUN_KILLED' }));
    const jobs = await served.get<JobItem[]>('arkJobs:list', { kind: 'backup' });
    expect(jobs.map((job) => job.state)).toEqual(['done', 'failed']);
    const backups = await served.get<BackupItem[]>('arkBackups:list');
    expect(backups).toMatchObject([{ origin: { schedule: 'nightly' } }]);
    const safety = await served.get<Safety>('arkSystem:safety');
    expect(safety.lastGood).toMatchObject({ name: backups[0]!.name });
    expect(safety.next).toMatchObject({ schedule: 'nightly' });
  } finally {
    await served.stop();
    hook.close();
  }
});
