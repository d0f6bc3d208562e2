import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { offlineHost } from '../../src/server/hosts/standalone/offline';
import { deleteCommand } from '../../src/server/commands/delete';
import { historyCommand } from '../../src/server/commands/history';
import { storagesCommands } from '../../src/server/commands/storages';
import { readSettings } from '../../src/server/environment';
import { JobKind, type Job } from '../../src/server/jobs/jobs';
import { backUp, hostOf } from '../helpers/ark';
import { testConsole } from '../helpers/console';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { runCommand, type Said } from '../helpers/terminal';

/** Backups are deleted as on the page: after a question, and not while anybody uses them. */
const { data, database } = ownPlace();
let shop: TestDatabase;

const folder = () => join(data.folder, 'backups');
const there = async () => (await readdir(folder())).filter((name) => !name.startsWith('.')).sort();
const run = (
  add: (made: Command) => void,
  args: readonly string[],
  answers?: readonly string[],
): Promise<Said> => runCommand(add, args, data.folder, answers);
const remove = (args: readonly string[], answers?: readonly string[]) =>
  run(deleteCommand, ['delete', ...args], answers);
const codeOf = ({ out }: Said) => (JSON.parse(out) as { error?: { code: string } }).error?.code;

const AT = '2026-11-26T10:00:00.000Z';
const job = (more: Partial<Job>): Job => ({
  id: '20261126_100000_aaaaaa',
  kind: 'restore',
  state: 'running',
  subject: 'a.ark',
  startedAt: AT,
  host: hostname(),
  pid: process.ppid,
  ...more,
});
const jobs = () => offlineHost(readSettings({ ARK_DATA: data.folder })).jobs;

beforeAll(async () => {
  shop = await database('CREATE TABLE notes (id integer PRIMARY KEY)');
  const host = hostOf(shop.url, data.folder);
  for (const name of ['a', 'b', 'c', 'd']) await backUp(host, name);
});

it('shows and asks first, deletes on a yes, and nothing otherwise', async () => {
  const before = await there();
  for (const answer of ['', 'n', 'no', 'a.ark']) {
    const { exit, asked, err } = await remove(['d'], [answer]);
    expect({ exit, asked: asked.length }).toEqual({ exit: 1, asked: 1 });
    expect(asked[0]).toMatch(/Delete this backup \(.*\) for good\?/);
    expect(err).toMatch(/│ d\.ark /);
    expect(await there()).toEqual(before);
  }
  expect(codeOf(await remove(['d', '--json']))).toBe('CONFIRMATION_NEEDED');
  expect(await there()).toEqual(before);
  const done = await remove(['d'], ['y']);
  expect(done).toMatchObject({ exit: 0, out: 'd.ark is deleted from local.\n' });
  expect(await there()).toEqual(before.filter((name) => name !== 'd.ark'));
});

it.each(JobKind.options)('not while it is used by: %s, on the page neither', async (kind) => {
  const before = await there();
  const served = await testConsole(shop.url);
  try {
    await mkdir(join(served.folder, 'backups'), { recursive: true });
    await copyFile(join(folder(), 'a.ark'), join(served.folder, 'backups', 'a.ark'));
    const page = offlineHost(readSettings({ ARK_DATA: served.folder })).jobs;
    for (const subject of ['a.ark', 'a', '/somewhere/a.ark']) {
      for (const store of [jobs(), page]) await store.save(job({ kind, subject }));
      const refused = await remove(['b', 'a.ark', '--yes', '--json']);
      expect([subject, codeOf(refused)]).toEqual([subject, 'JOB_BUSY']);
      expect(await there()).toEqual(before);
      const onPage = served.raw('POST', '/api/arkBackups:destroy?filterByTk=a.ark', {
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(await served.refused(onPage)).toBe('409 JOB_BUSY');
    }
    // Whose process is gone uses nothing any more.
    await page.save(job({ kind, pid: 2 ** 22 + 1 }));
    await served.post('arkBackups:destroy', { filterByTk: 'a.ark' }, {});
  } finally {
    await jobs().save(job({ state: 'done', endedAt: AT }));
    await served.stop();
  }
});

it.each<[string, readonly string[], string]>([
  ['a name that is not there', ['b', 'nothing'], 'BACKUP_UNKNOWN'],
  ['a path', ['b', '../a.ark'], 'NAME_INVALID'],
  ['a storage that is not there', ['b', '--storage', 'moon'], 'STORAGE_UNKNOWN'],
])('%s: nothing goes, not what was named before it either', async (_, args, code) => {
  const before = await there();
  expect(codeOf(await remove([...args, '--yes', '--json']))).toBe(code);
  expect(await there()).toEqual(before);
});

it('which of several copies is meant has to be said', async () => {
  const second = join(data.folder, 'second');
  await mkdir(second);
  await run(storagesCommands, ['storages', 'add', 'second', '--kind', 'local', '--set', `folder=${second}`]);
  await copyFile(join(folder(), 'c.ark'), join(second, 'c.ark'));
  const refused = await remove(['c', '--yes', '--json']);
  expect(JSON.parse(refused.out)).toMatchObject({
    error: {
      code: 'USAGE',
      message: expect.stringMatching(/c is in local and second.*--storage local/) as string,
    },
  });
  expect(await remove(['c', '--yes', '--json', '--storage', 'second'])).toMatchObject({ exit: 0 });
  expect([await readdir(second), (await there()).includes('c.ark')]).toEqual([[], true]);
  await copyFile(join(folder(), 'c.ark'), join(second, 'c.ark'));
  const both = await remove(['c', '--yes', '--json', '--storage', 'second,local']);
  expect((JSON.parse(both.out) as { deleted: unknown[] }).deleted).toHaveLength(2);
  expect([await readdir(second), (await there()).includes('c.ark')]).toEqual([[], false]);
});

it('latest is the newest of this instance', async () => {
  const { out, err } = await remove(['latest', '--instance', 'test', '--yes', '--json']);
  expect(JSON.parse(out)).toEqual({ deleted: [{ key: 'b.ark', storage: 'local' }] });
  expect(err).toMatch(/^latest: b\.ark in local/m);
});

describe('history', () => {
  const history = async (...args: string[]) => run(historyCommand, ['history', ...args]);
  it('says when, what, of what, by whom and with which end, the newest first, as many as are wanted', async () => {
    await jobs().save(
      job({
        id: '20301126_100000_bbbbbb',
        startedAt: '2030-11-26T10:00:00.000Z',
        endedAt: '2030-11-26T10:02:05.000Z',
        state: 'failed',
        by: 'ann',
        error: { code: 'DATABASE_FULL', message: 'full' },
      }),
    );
    await jobs().save(
      job({
        id: '20311126_100000_cccccc',
        startedAt: '2031-11-26T10:00:00.000Z',
        kind: 'undo',
        pid: 2 ** 22 + 1,
      }),
    );
    const { out, exit } = await history('--limit', '2');
    const rows = out
      .split('\n')
      .slice(3, -2)
      .map((line) =>
        line
          .split('│')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(exit).toBe(0);
    expect(rows.map((row) => row.slice(1))).toEqual([
      ['', 'Undo', 'a.ark', '', 'its process has ended', '20311126_100000_cccccc'],
      ['2 min 5 s', 'Restore', 'a.ark', 'ann', 'Failed [DATABASE_FULL]', '20301126_100000_bbbbbb'],
    ]);
    const all = JSON.parse((await history('--json', '--limit', '500')).out) as { jobs: Job[] };
    expect(all.jobs).toHaveLength((await jobs().list()).length);
    expect(all.jobs[0]).toMatchObject({ kind: 'undo', interrupted: true });
    expect(all.jobs[1]).toMatchObject({ by: 'ann', error: { code: 'DATABASE_FULL' } });
  });

  it.each(['0', '-1', 'x', '501', '1.5', ''])('refuses --limit %p', async (limit) => {
    expect(await history(`--limit=${limit}`)).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/--limit/) as string,
    });
  });
});
