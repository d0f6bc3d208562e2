import type { JobItem } from '../../src/server/api/api';
import { withClient, type TestDatabase } from '../helpers/postgres';
import { pause, until } from '../helpers/waiting';
import {
  appPlace,
  generalCollection,
  runJob,
  startInstalled,
  whenEnded,
  type Caller,
  type EndedJob,
  type NocoBase,
} from './app';

/**
 * What writes without anybody asking: a workflow that its schedule starts every second. It knows of no gate. What it
 * writes before the tables change places goes aside with them, what it writes then waits for them.
 */
const place = appPlace();

let db: TestDatabase;
let app: NocoBase;

beforeAll(async () => {
  ({ app, db } = await startInstalled(place));
}, 600_000);
afterAll(() => app.stop());

async function made(admin: Caller, path: string, body: unknown): Promise<{ id: string }> {
  const answer = await admin.post(path, body);
  expect([path, answer.status, answer.errors]).toEqual([path, 200, undefined]);
  return answer.data as { id: string };
}

/** A workflow that writes a row into a table of its own every second. */
async function newClock(table: string) {
  const admin = await app.signIn();
  await made(admin, 'collections:create', generalCollection(table, table, 'word'));
  const { id } = await made(admin, 'workflows:create', {
    title: table,
    type: 'schedule',
    sync: false,
    config: { mode: 0, startsOn: new Date().toISOString(), repeat: '* * * * * *' },
  });
  await made(admin, `workflows/${id}/nodes:create`, {
    type: 'create',
    title: 'Write a row',
    config: { collection: table, params: { values: { word: 'tick' } } },
  });
  await made(admin, `workflows:update?filterByTk=${id}`, { enabled: true });
  const count = async (sql: string) =>
    Number((await db.query<{ count: string }>(`SELECT count(*) AS count FROM ${sql}`))[0]?.count);
  const rows = (schema = 'public') => count(`"${schema}"."${table}"`);
  return {
    rows,
    finished: () => count(`executions WHERE "workflowId" = ${id} AND status = 1`),
    failed: () => count(`executions WHERE "workflowId" = ${id} AND status < 0`),
    async ticks(more: number) {
      const from = await rows();
      await until('it writes', async () => ((await rows()) >= from + more ? true : undefined), 240_000);
    },
  };
}

it.each([
  ['what users made', 'ticks_custom', { groups: ['custom'] }],
  ['everything', 'ticks_all', {}],
])(
  'a restore of %s while a workflow writes: what it has finished is kept, nothing of it fails, and it goes on by itself',
  async (_, table, selection) => {
    const clock = await newClock(table);
    await clock.ticks(2);
    await runJob(await app.signIn(), 'arkBackups:create', { name: table }, () => app.signIn());
    await clock.ticks(2);
    const id = await withClient(db.url, async (reader) => {
      await reader.query(`BEGIN; LOCK TABLE "${table}" IN ACCESS SHARE MODE`);
      const here = await app.signIn();
      const started = await here.post(`arkBackups:restore?filterByTk=${table}.ark`, selection);
      expect(started.status).toBe(200);
      await until('people wait', async () =>
        (await app.nobody.get(`${table}:list`)).status === 503 ? true : undefined,
      );
      // It is due a few times while the tables are about to change places.
      await pause(3_500);
      await reader.query('COMMIT');
      return (started.data as { job: JobItem }).job.id;
    });
    const ended = await whenEnded(id, () => app.signIn());
    const job = ended.job as EndedJob & { result?: { collections: { name: string; rows: number }[] } };
    expect(job).toMatchObject({ state: 'done' });
    await clock.ticks(2);

    const brought = job.result?.collections.find((collection) => collection.name === table)?.rows ?? NaN;
    const aside = await clock.rows(`ark_undo_${id}`);
    const finished = await clock.finished();
    const written = aside + (await clock.rows()) - brought;
    expect(aside).toBeGreaterThan(brought);
    expect(finished).toBeGreaterThan(aside);
    // A row is written before its run is finished.
    expect(written).toBeGreaterThanOrEqual(finished);
    expect(await clock.failed()).toBe(0);
  },
  600_000,
);
