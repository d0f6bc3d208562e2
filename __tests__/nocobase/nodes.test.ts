import { join } from 'node:path';
import type { JobItem } from '../../src/server/api/api';
import { withClient, type TestDatabase } from '../helpers/postgres';
import { NOW_AND_THEN, pause, until } from '../helpers/waiting';
import {
  appPlace,
  generalCollection,
  runJob,
  startNocoBase,
  startInstalled,
  unpackArk,
  whenEnded,
  type Caller,
  type NocoBase,
} from './app';

/** Two nodes of one app: processes that share a database and nothing else. */
const place = appPlace();

let db: TestDatabase;
let app: NocoBase;
let second: NocoBase;

const get = async <T>(caller: Caller, path: string): Promise<T> => (await caller.get(path)).data as T;

beforeAll(async () => {
  const started = await startInstalled(place);
  ({ app, db } = started);
  const made = await started.admin.post('collections:create', generalCollection('rooms', 'Rooms', 'name'));
  expect(made.status).toBe(200);
  const home = join(place.data.folder, 'second');
  await unpackArk(home);
  second = await startNocoBase({ home, database: db.url });
}, 600_000);
afterAll(async () => {
  await second.stop();
  await app.stop();
});

it('the other node waits while tables change places, takes nothing that would be lost, and knows afterwards what was restored', async () => {
  const [here, there] = [await app.signIn(), await second.signIn()];
  // The second node never hears of this one: its own app has read the collections before.
  await here.post('collections:create', generalCollection('parcels', 'Parcels', 'weight'));
  await here.post('parcels:create', { weight: '2 kg' });
  await here.post('rooms:create', { name: 'before the backup' });
  await runJob(here, 'arkBackups:create', { name: 'nodes' }, () => app.signIn());
  await here.post('collections:destroy?filterByTk=parcels');
  expect((await there.get('parcels:list')).status).toBe(404);

  const acknowledged: string[] = [];
  const writer = { going: true, last: 0, next: 0 };
  const writing = (async () => {
    while (writer.going) {
      const name = `write ${(writer.next += 1)}`;
      writer.last = (await there.post('rooms:create', { name })).status;
      if (writer.last === 200) acknowledged.push(name);
      await pause(10);
    }
  })();
  const [id, before] = await withClient(db.url, async (reader) => {
    await reader.query('BEGIN; LOCK TABLE "rooms" IN ACCESS SHARE MODE');
    const started = await here.post('arkBackups:restore?filterByTk=nodes.ark');
    const held = await until('the second node tells people to wait', async () => {
      const answer = await second.nobody.get('rooms:list');
      return answer.status === 503 ? answer : undefined;
    });
    expect(held.data).toMatchObject({ error: { maintaining: true, code: 'APP_COMMANDING' } });
    expect(held.headers.get('retry-after')).toBe('5');
    await until('the writer is told so too', () => Promise.resolve(writer.last === 503 || undefined));
    const closed = [...acknowledged];
    await pause(1_500);
    expect((await second.nobody.get('rooms:list')).status).toBe(503);
    expect(acknowledged).toEqual(closed);
    await reader.query('COMMIT');
    return [(started.data as { job: JobItem }).job.id, closed];
  });
  const { job } = await whenEnded(id, () => app.signIn());
  expect(job).toMatchObject({ state: 'done' });
  // A restore of users ends their sign-ins, so the writer is somebody new.
  writer.going = false;
  await writing;
  const again = await until(
    'the second node can be signed in to',
    () => second.signIn().catch(() => undefined),
    240_000,
    NOW_AND_THEN,
  );
  expect(await get(again, 'parcels:list')).toMatchObject([{ weight: '2 kg' }]);
  expect((await again.post('parcels:create', { weight: '3 kg' })).status).toBe(200);
  expect((await again.post('rooms:create', { name: 'after the restore' })).status).toBe(200);

  const names = async (schema: string) =>
    (await db.query<{ name: string }>(`SELECT name FROM "${schema}".rooms ORDER BY id`)).map(
      (one) => one.name,
    );
  // What was acknowledged before it closed is where the restore has put it, and the rest in the tables that came.
  expect(await names(`ark_undo_${id}`)).toEqual(['before the backup', ...before]);
  expect(await names('public')).toEqual([
    'before the backup',
    ...acknowledged.slice(before.length),
    'after the restore',
  ]);
  const { log } = await get<JobItem & { log: { text: string }[] }>(again, `arkJobs:get?filterByTk=${id}`);
  expect(log.map(({ text }) => text)).toContain('other nodes of the app that wait: 1');
  // Through however many reloads, a process has one place among the nodes.
  const places = await db.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ark node %'`,
  );
  expect(places.map(({ name }) => name.split(':').at(-1)).sort()).toEqual(
    [app.process.pid, second.process.pid].map(String).sort(),
  );
});
