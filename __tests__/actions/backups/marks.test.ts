import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { deleteBackup } from '../../../src/server/actions/backups/deleteBackup';
import { locate } from '../../../src/server/actions/backups/findBackup';
import { markBackup } from '../../../src/server/actions/backups/marks';
import { backupItems } from '../../../src/server/actions/backups/ownBackups';
import { prune } from '../../../src/server/actions/schedules/prune';
import { runSchedule } from '../../../src/server/actions/schedules/scheduledRun';
import { addSchedule, findSchedule } from '../../../src/server/actions/schedules/schedules';
import { ScheduleInput } from '../../../src/server/api/input';
import { deleteCommand } from '../../../src/server/commands/delete';
import { noteCommand } from '../../../src/server/commands/note';
import { pinCommand, unpinCommand } from '../../../src/server/commands/pin';
import { listCommand } from '../../../src/server/commands/list';
import { refused } from '../../../src/server/errors/errors';
import type { Host } from '../../../src/server/host';
import type { BackupItem } from '../../../src/server/api/api';
import { localStorage } from '../../../src/server/storage/local/local';
import type { Storage } from '../../../src/server/storage/storage';
import { hostOf, newDataFolder } from '../../helpers/ark';
import { testConsole } from '../../helpers/console';
import { fixedStorages } from '../../helpers/fixedStorages';
import { keeper } from '../../helpers/means';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';
import { runCommand } from '../../helpers/terminal';

/** What people say of backups holds for the backup, wherever it lies and whatever it is called. */
const { data, database } = ownPlace();
let shop: TestDatabase;
const removing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  shop = await database('CREATE TABLE notes (id integer PRIMARY KEY)');
});
afterAll(() => Promise.all(removing.map((remove) => remove())));

const NOW = new Date();
const HOUR = 3_600_000;
const SCHEDULE = ScheduleInput.parse({
  name: 'nightly',
  timing: { every: 1, unit: 'hours' },
  storages: ['local', 'second'],
  retention: { last: 1 },
});

/** Three backups of a schedule whose rule keeps one, in two storages; the oldest is pinned, or not. */
async function place(pinned: boolean) {
  const own = await newDataFolder();
  removing.push(() => own.remove());
  const { folder } = own;
  const storages = ['local', 'second'].map((name) =>
    localStorage(name === 'local' ? join(folder, 'backups') : join(folder, name), name),
  );
  const host: Host = {
    ...hostOf(shop.url, folder),
    storages: fixedStorages(storages),
  };
  const time = keeper(host, folder, NOW.toISOString());
  await addSchedule(host, { ...SCHEDULE, retention: undefined }, time.clock.now());
  for (let i = 0; i < 3; i += 1) {
    await runSchedule(time, 'nightly', true);
    time.clock.advance(HOUR);
  }
  await host.settings.save('schedules', 'nightly', {
    ...(await findSchedule(host, 'nightly')),
    retention: { last: 1 },
  });
  const names = (storage: 'backups' | 'second') =>
    readdir(join(folder, storage)).then((files) => files.filter((file) => file.endsWith('.ark')).sort());
  const [oldest = '', middle = '', newest = ''] = await names('backups');
  if (pinned) {
    const { storage, object } = await locate(host, oldest, 'local');
    await markBackup(host, await time.catalog.item(storage, object), { pinned: true }, NOW);
  }
  return { folder, host, time, storages, names, oldest, middle, newest };
}
type Place = Awaited<ReturnType<typeof place>>;

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as { code?: string }).code ?? (error as Error).message,
  );

/** Every way in which a backup goes; each answers what it says of the oldest in `local`. */
const WAYS: Readonly<Record<string, (at: Place) => Promise<string>>> = {
  async 'the action of the page'({ host, time, oldest }) {
    return codeOf(deleteBackup(host, time.catalog, await locate(host, oldest, 'local')));
  },
  async 'ark schedule prune and arkSchedules:prune'({ host, time, oldest }) {
    const asked = { now: time.clock.now(), dryRun: true };
    const schedule = await findSchedule(host, 'nightly');
    const planned = await prune(host, time.catalog, schedule, asked);
    const done = await prune(host, time.catalog, schedule, { ...asked, dryRun: false });
    expect(done.map(({ decisions }) => decisions)).toEqual(planned.map(({ decisions }) => decisions));
    const said = planned[0]!.decisions.find(({ name }) => name === oldest)!;
    return said.reasons.map(({ why }) => why).join();
  },
  async 'the run of a schedule'({ time, oldest }) {
    const run = await runSchedule(time, 'nightly', true);
    expect(run).toMatchObject({ state: 'done' });
    return run?.removed?.includes(oldest) ? 'not-kept' : 'pinned';
  },
};

describe.each(Object.keys(WAYS))('%s', (way) => {
  it('deletes what is not pinned, and not what is, in no storage', async () => {
    const loose = await place(false);
    expect(['no error', 'not-kept']).toContain(await WAYS[way]!(loose));
    expect(await loose.names('backups')).not.toContain(loose.oldest);
    const kept = await place(true);
    expect(['BACKUP_PINNED', 'pinned']).toContain(await WAYS[way]!(kept));
    for (const storage of ['backups', 'second'] as const)
      expect(await kept.names(storage)).toContain(kept.oldest);
  });
});

it('the command line and the API refuse it by its code, and let it go when it is unpinned', async () => {
  const console = await testConsole(shop.url);
  try {
    const { job } = await console.post<{ job: { id: string } }>(
      'arkBackups:create',
      {},
      { all: true, name: 'a', note: ' before 1.9.2 ' },
    );
    await console.ended(job.id);
    const at = { filterByTk: 'a.ark' };
    expect(await console.get('arkBackups:list')).toMatchObject([{ name: 'a.ark', note: 'before 1.9.2' }]);
    const marked = await console.post<BackupItem>('arkBackups:mark', at, { pinned: true });
    expect(marked).toMatchObject({ note: 'before 1.9.2', pinned: { at: expect.any(String) as string } });
    const post = (action: string, body: unknown) =>
      console.refused(
        console.raw('POST', `/api/${action}?filterByTk=a.ark`, {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
    expect(await post('arkBackups:destroy', {})).toBe('409 BACKUP_PINNED');
    for (const body of [
      {},
      { note: 'x'.repeat(201) },
      { note: 'a\nb' },
      { note: 'a\u001b[2Jb' },
      { pin: true },
    ])
      expect(await post('arkBackups:mark', body)).toBe('400 USAGE');
    expect(await console.post('arkBackups:mark', at, { pinned: false, note: '' })).not.toHaveProperty('note');
    await console.post('arkBackups:destroy', at);
    expect(await console.get('arkBackups:list')).toEqual([]);
  } finally {
    await console.stop();
  }
});

it('by the command line: pin, unpin, note, and what the list shows', async () => {
  const { folder, oldest, middle } = await place(false);
  await mkdir(join(data.folder, 'backups'), { recursive: true });
  for (const name of [oldest, middle])
    await copyFile(join(folder, 'backups', name), join(data.folder, 'backups', name));
  const ark = (add: Parameters<typeof runCommand>[0], ...args: string[]) =>
    runCommand(add, args, data.folder);
  expect(await ark(pinCommand, 'pin', oldest, 'nothing')).toMatchObject({ exit: 1 });
  expect(JSON.parse((await ark(listCommand, 'list', '--json')).out)).not.toMatchObject({
    backups: expect.arrayContaining([
      expect.objectContaining({ pinned: expect.anything() as unknown }),
    ]) as unknown,
  });
  expect(await ark(pinCommand, 'pin', oldest, middle)).toMatchObject({
    exit: 0,
    out: expect.stringContaining('is pinned') as string,
  });
  expect(await ark(noteCommand, 'note', oldest, 'before “1.9.2”')).toMatchObject({ exit: 0 });
  expect(await ark(noteCommand, 'note', oldest, 'x'.repeat(201))).toMatchObject({ exit: 2 });
  const refusal = await ark(deleteCommand, 'delete', middle, oldest, '--yes', '--json');
  expect(JSON.parse(refusal.out)).toMatchObject({ error: { code: 'BACKUP_PINNED' } });
  expect(refusal.err).toContain('(ark unpin)');
  expect((await ark(listCommand, 'list')).out).toContain('pinned: before “1.9.2”');
  expect(await ark(unpinCommand, 'unpin', middle)).toMatchObject({ exit: 0 });
  expect(await ark(deleteCommand, 'delete', middle, oldest, '--yes')).toMatchObject({ exit: 1 });
  expect(await readdir(join(data.folder, 'backups'))).toEqual([oldest, middle].sort());
  expect(await ark(deleteCommand, 'delete', middle, '--yes')).toMatchObject({ exit: 0 });
  expect(await ark(noteCommand, 'note', oldest, '')).toMatchObject({ exit: 0 });
  expect((await ark(listCommand, 'list')).out).not.toContain('1.9.2');
});

it('copies and renamed ones bear them, what has only the same name does not', async () => {
  const { folder, host, oldest, middle } = await place(true);
  const at = (name: string) => join(folder, 'second', name);
  await rename(at(oldest), at('renamed.ark'));
  await copyFile(at(middle), at(oldest));
  const { items } = await catalog(join(folder, 'other.json')).list(host);
  const marked = await backupItems(host, items);
  expect(
    marked
      .filter(({ pinned }) => pinned)
      .map(({ storage, name }) => `${storage}/${name}`)
      .sort(),
  ).toEqual([`local/${oldest}`, 'second/renamed.ark']);
  const seen = catalog(join(folder, 'other.json'));
  expect(await codeOf(deleteBackup(host, seen, await locate(host, 'renamed.ark')))).toBe('BACKUP_PINNED');
  expect(await codeOf(deleteBackup(host, seen, await locate(host, oldest, 'second')))).toBe('no error');
});

it('what is left of a pinned one is kept too, and is unpinned by its name', async () => {
  const { folder, host, time, oldest } = await place(true);
  const file = join(folder, 'backups', oldest);
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, bytes.length - 40));
  const stored = await locate(host, oldest, 'local');
  expect((await time.catalog.item(stored.storage, stored.object)).state).toBe('damaged');
  expect(await codeOf(deleteBackup(host, time.catalog, stored))).toBe('BACKUP_PINNED');
  const item = await time.catalog.item(stored.storage, stored.object);
  await markBackup(host, item, { note: 'broken by the move' }, NOW);
  const whole = await locate(host, oldest, 'second');
  const [other] = await backupItems(host, [await time.catalog.item(whole.storage, whole.object)]);
  expect(other).toMatchObject({ note: 'broken by the move', pinned: { at: NOW.toISOString() } });
  await markBackup(host, item, { pinned: false }, NOW);
  expect(await codeOf(deleteBackup(host, time.catalog, stored))).toBe('no error');
});

it('what cannot be looked at for now is not deleted while anything is pinned', async () => {
  const silent = (storage: Storage): Storage => ({
    ...storage,
    get: () => {
      throw refused('storage-silent', { storage: 'second', address: 'there', seconds: 20 });
    },
  });
  for (const pinned of [true, false]) {
    const { host, folder, storages, oldest, middle, names } = await place(pinned);
    await rename(join(folder, 'second', oldest), join(folder, 'second', 'x.ark'));
    const away: Host = { ...host, storages: fixedStorages([storages[0]!, silent(storages[1]!)]) };
    const seen = catalog(join(folder, 'unseen.json'));
    for (const name of ['x.ark', middle]) {
      const code = await codeOf(deleteBackup(away, seen, await locate(away, name, 'second')));
      expect([pinned, code]).toEqual([pinned, pinned ? 'STORAGE_UNAVAILABLE' : 'no error']);
      expect((await names('second')).includes(name)).toBe(pinned);
    }
  }
});

it('pinned while a rule is applied: it stays, and the others go', async () => {
  const { host, time, storages, oldest, middle, names } = await place(false);
  const late = (storage: Storage): Storage => ({
    ...storage,
    async stat(key, signal) {
      const object = await storage.stat(key, signal);
      // The rule has decided; somebody pins before the file goes.
      if (key === oldest)
        await markBackup(host, await time.catalog.item(storage, object), { pinned: true }, NOW);
      return object;
    },
  });
  const watched: Host = { ...host, storages: fixedStorages(storages.map(late)) };
  const done = await prune(watched, time.catalog, await findSchedule(host, 'nightly'), {
    now: time.clock.now(),
    dryRun: false,
  });
  expect(done.map(({ removed }) => removed)).toEqual([[middle], [middle]]);
  expect(await names('backups')).toContain(oldest);
});

it('pins are never forgotten, notes of others only beyond two thousand, and the oldest first', async () => {
  const { host } = await place(false);
  const sha = (i: number) => String(i).padStart(64, '0');
  const marks = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [
      `x${sha(i)}`,
      { name: `${i}.ark`, ...(i % 2 === 0 ? { pinned: { at: NOW.toISOString() } } : { note: 'n' }) },
    ]),
  );
  await host.settings.save('settings', 'marks', marks);
  await markBackup(host, { name: 'new.ark', manifestSha256: sha(1) }, { note: 'new' }, NOW);
  const kept = (await host.settings.get('settings', 'marks')) as Record<string, { name: string }>;
  const names = new Set(Object.values(kept).map(({ name }) => name));
  expect([
    names.size,
    names.has('0.ark'),
    names.has('1.ark'),
    names.has('3.ark'),
    names.has('new.ark'),
  ]).toEqual([2000, true, false, true, true]);
  const pins = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`x${sha(i)}`, { name: 'p', pinned: { at: NOW.toISOString() } }]),
  );
  await host.settings.save('settings', 'marks', pins);
  const more = { name: 'new.ark', manifestSha256: sha(1) };
  expect(await codeOf(markBackup(host, more, { pinned: true }, NOW))).toBe('BACKUP_PINNED');
  expect(await host.settings.get('settings', 'marks')).toEqual(pins);
});

it('marks that cannot be read let nothing be deleted', async () => {
  const { host, time, oldest, names } = await place(true);
  await host.settings.save('settings', 'marks', { broken: 1 });
  const [item] = await backupItems(host, (await time.catalog.list(host)).items);
  expect(item).toBeDefined();
  expect(await codeOf(deleteBackup(host, time.catalog, await locate(host, oldest)))).not.toBe('no error');
  expect(await names('backups')).toContain(oldest);
});

it('nowhere else does a backup go', async () => {
  const server = join(__dirname, '../../../src/server');
  const files = (await readdir(server, { recursive: true })).filter(
    (file) => /^(actions|commands|routes|jobs|hosts)\//.test(file) && file.endsWith('.ts'),
  );
  const removing: string[] = [];
  for (const file of files)
    if (/\b(storage|to|from|place)\.remove\(/.test(await readFile(join(server, file), 'utf8')))
      removing.push(file);
  expect(removing.sort()).toEqual([
    'actions/backups/deleteBackup.ts',
    // Of what it has just written itself, and found to be something else.
    'actions/backups/targets.ts',
    // Its own trial.
    'actions/storages/doctor.ts',
  ]);
});
