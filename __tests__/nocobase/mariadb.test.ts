import { join } from 'node:path';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { launch } from '../browser/browser';
import { newMysql, startMysql, type Server, type TestMysql } from '../services/mysql';
import { leftIn, whole } from '../services/mysqlState';
import { hostOf, restoreAll } from '../helpers/ark';
import { NOW_AND_THEN, until } from '../helpers/waiting';
import {
  appPlace,
  generalCollection,
  runJob,
  startNocoBase,
  startWithArk,
  unpackArk,
  enableArk,
  type Caller,
  type NocoBase,
} from './app';
import { aDayAtThePage } from './atThePage';

/** A NocoBase on MariaDB, and another that is moved into; the tests follow each other as an admin's day does. */
const { data } = appPlace();
const MARIADB = { DB_DIALECT: 'mariadb' };
let server: Server;
const places: TestMysql[] = [];
let db: TestMysql;
let app: NocoBase;
let admin: Caller;

const place = async (): Promise<TestMysql> => {
  const made = await newMysql(server);
  places.push(made);
  return made;
};

beforeAll(async () => {
  server = await startMysql();
  db = await place();
  ({ app, admin } = await startWithArk({ home: join(data.folder, 'one'), database: db.url, env: MARIADB }));
}, 600_000);
afterAll(async () => {
  await app.stop();
  for (const each of places) await each.drop();
  await server.stop();
});

const list = async <T>(path: string, caller = admin): Promise<T[]> => (await caller.get(path)).data as T[];
const titles = async (caller = admin) =>
  (await list<{ title: string }>('notes:list?sort=id', caller)).map(({ title }) => title);

async function upload(caller: Caller, text: string): Promise<{ id: number; url: string }> {
  const form = new FormData();
  form.append('file', new Blob([text]), 'note.txt');
  const response = await fetch(`${app.url}/api/attachments:create`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${caller.token ?? ''}` },
    body: form,
  });
  return ((await response.json()) as { data: { id: number; url: string } }).data;
}

it('knows the app and its groups', async () => {
  expect((await admin.get('arkSystem:get')).data).toMatchObject({
    app: { name: 'nocobase', version: '2.2.15' },
    database: expect.objectContaining({ version: expect.stringMatching(/^\d+\.\d+/) as string }) as object,
  });
  await admin.post('collections:create', generalCollection('notes', 'Notes', 'title'));
  for (const title of ['first', 'O\'Hara, "quoted" \\ ü€𝄞']) await admin.post('notes:create', { title });
  const groups = new Map(
    (await list<{ name: string; group: string }>('arkCollections:list')).map(({ name, group }) => [
      name,
      group,
    ]),
  );
  expect([
    groups.get('users'),
    groups.get('notes'),
    groups.get('collections'),
    groups.get('arkJobs'),
  ]).toEqual(['user', 'custom', 'required', undefined]);
});

it('backs up with files, restores over itself in the running app, and undoes that', async () => {
  const file = await upload(admin, 'what was attached');
  const made = await runJob(admin, 'arkBackups:create', { name: 'day', files: true }, () => app.signIn());
  expect(made.job).toMatchObject({ state: 'done' });
  await made.caller.post('notes:create', { title: 'later' });
  await made.caller.post(`attachments:destroy?filterByTk=${file.id}`);
  const now = await titles(made.caller);
  expect(now).toHaveLength(3);
  const preview = await made.caller.post('arkBackups:preview?filterByTk=day.ark');
  expect((preview.data as { collections: unknown[] }).collections).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'notes', rowsNow: 3, rowsInBackup: 2, lostAtLeast: 1, structure: [] }),
    ]),
  );
  const restored = await runJob(
    made.caller,
    'arkBackups:restore?filterByTk=day.ark',
    { allowCode: true },
    () => app.signIn(),
  );
  expect(restored.job).toMatchObject({ state: 'done' });
  expect(await titles(restored.caller)).toEqual(now.slice(0, 2));
  const headers = { Authorization: `Bearer ${restored.caller.token ?? ''}` };
  expect(await (await fetch(`${app.url}${file.url}`, { headers })).text()).toBe('what was attached');
  // The app works with what came: it writes, with numbers that go on.
  await restored.caller.post('notes:create', { title: 'after' });
  expect(await titles(restored.caller)).toHaveLength(3);
  const undone = await runJob(restored.caller, `arkUndos:apply?filterByTk=${restored.job.id}`, {}, () =>
    app.signIn(),
  );
  expect(undone.job).toMatchObject({ state: 'done' });
  expect(await titles(undone.caller)).toEqual(now);
  admin = undone.caller;
  for (const { job } of await list<{ job: string }>('arkUndos:list'))
    expect((await admin.post(`arkUndos:destroy?filterByTk=${job}`)).status).toBe(200);
  expect(await leftIn(db)).toEqual([]);
});

it('is proven by a rehearsal, and backed up by a schedule', async () => {
  const proven = await runJob(admin, 'arkBackups:rehearse?filterByTk=day.ark', { allowCode: true }, () =>
    app.signIn(),
  );
  expect(proven.job).toMatchObject({ state: 'done' });
  await admin.post('arkSchedules:create', { name: 'often', timing: { every: 1, unit: 'minutes' } });
  await until(
    'the schedule has made a backup',
    async () => (await list<{ name: string }>('arkBackups:list')).length > 1 || undefined,
    240_000,
    NOW_AND_THEN,
  );
  await admin.post('arkSchedules:destroy?filterByTk=often');
});

it('on a new server the app starts from the backup of a schedule alone', async () => {
  const backups = await list<{ name: string }>('arkBackups:list');
  const usual = backups.find(({ name }) => name !== 'day.ark')?.name ?? '';
  const there = await place();
  const host = hostOf(there.url, data.folder);
  const file = join(app.home, 'storage', 'ark', 'backups', usual);
  await restoreAll(host, await findArchive(host, file), {});
  const home = join(data.folder, 'new-server');
  await unpackArk(home);
  const anew = await startNocoBase({ home, database: there.url, env: MARIADB });
  try {
    const caller = await anew.signIn();
    expect((await caller.get('executions:list')).data).toEqual([]);
    expect(await titles(caller)).toEqual(await titles());
  } finally {
    await anew.stop();
  }
});

it('moves into another app on MariaDB, equal table by table, and works there', async () => {
  const archive = (await admin.get('arkBackups:download?filterByTk=day.ark')).data as Buffer;
  const there = await place();
  const home = join(data.folder, 'two');
  await unpackArk(home);
  const two = await startNocoBase({ home, database: there.url, env: MARIADB });
  try {
    const other = await enableArk(two);
    expect((await other.post('arkBackups:upload?name=day.ark', archive)).status).toBe(200);
    const restored = await runJob(
      other,
      'arkBackups:restore?filterByTk=day.ark',
      { all: true, allowCode: true },
      () => two.signIn(),
    );
    expect(restored.job).toMatchObject({ state: 'done' });
    expect(await titles(restored.caller)).toHaveLength(2);
    await restored.caller.post('notes:create', { title: 'there' });
    expect(await titles(restored.caller)).toHaveLength(3);
    const [notes, theirs] = [(await whole(db)).notes, (await whole(there)).notes];
    expect(String(theirs).split('ENGINE')[0]).toEqual(String(notes).split('ENGINE')[0]);
  } finally {
    await two.stop();
  }
});

it('an admin does it all at the page', async () => {
  await admin.post('collections:create', generalCollection('papers', 'Papers', 'text'));
  for (const text of ['first', 'second', 'third']) await admin.post('papers:create', { text });
  const browser = await launch();
  try {
    await aDayAtThePage(browser, app, {
      collection: 'papers',
      field: 'text',
      pictures: 'nocobase-mariadb',
      steps: ['restored'],
    });
  } finally {
    await browser.close();
  }
});
