import { readSettings } from '../../src/server/environment';
import { startConsole } from '../../src/server/console';
import type { ScheduleItem } from '../../src/server/api/api';
import { allRoutes } from '../../src/server/routes/routes';
import { backUp, hostOf } from '../helpers/ark';
import { testConsole, TOKEN, type TestConsole } from '../helpers/console';
import { parseExposition } from '../helpers/exposition';
import { newDatabase, type TestDatabase } from '../helpers/postgres';
import { until } from '../helpers/waiting';

const METRICS = 'metrics-token-of-its-own';
const HOSTILE = 'a"b\\c} 9 # 备份';
let database: TestDatabase;
let ark: TestConsole;
let without: TestConsole;
let cookie: string;
beforeAll(async () => {
  database = await newDatabase();
  await database.query('CREATE TABLE notes (id integer PRIMARY KEY)');
  [ark, without] = await Promise.all([
    testConsole(database.url, {
      ARK_METRICS_TOKEN: METRICS,
      ARK_STORAGE_DOWN: 's3://x:y@bucket?endpoint=http://127.0.0.1:1',
    }),
    testConsole(database.url),
  ]);
  cookie = (await ark.signIn())!;
});
afterAll(async () => {
  await Promise.all([ark.stop(), without.stop()]);
  await database.drop();
});

const scrape = (token: string | null = METRICS, headers: Record<string, string> = {}) =>
  ark.raw('GET', '/metrics', { token, headers });

it('tells of each instance, storage and schedule, and of no secret', async () => {
  for (const ARK_INSTANCE of ['test', HOSTILE])
    await backUp(hostOf(database.url, ark.folder, { ARK_INSTANCE }), `of ${ARK_INSTANCE.slice(0, 1)}`);
  await ark.post(
    'arkSchedules:create',
    {},
    { name: 'nightly', timing: { cron: '30 2 * * *' }, passphrase: 'open wide sesame' },
  );
  const { job } = await ark.post<{ job: { id: string } }>('arkSchedules:run', { filterByTk: 'nightly' });
  await ark.ended(job.id);
  await until(
    'the run is on record',
    async () => (await ark.get<ScheduleItem>('arkSchedules:get', { filterByTk: 'nightly' })).last,
  );
  await ark.post('arkSchedules:update', { filterByTk: 'nightly' }, { timing: { cron: '30 3 * * *' } });
  const reply = await scrape();
  expect(reply.status).toBe(200);
  expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(reply.headers['cache-control']).toBe('no-store');
  const text = reply.body.toString();
  for (const secret of [TOKEN, METRICS, 'sesame', database.url, 'bucket', ark.folder])
    expect(text).not.toContain(secret);
  const samples = parseExposition(text);
  const of = (name: string, labels: Record<string, string>) =>
    samples.find(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )?.value;
  const now = Date.now() / 1000;
  for (const instance of ['test', HOSTILE]) {
    expect(of('ark_last_good_backup_timestamp_seconds', { instance })).toBeGreaterThan(now - 600);
    expect(of('ark_last_good_backup_age_seconds', { instance })).toBeLessThan(600);
    expect(of('ark_last_good_backup_size_bytes', { instance })).toBeGreaterThan(100);
    expect(of('ark_last_good_backup_proof', { instance })).toBe(0);
    expect(of('ark_instance_problems', { instance })).toBeGreaterThanOrEqual(0);
  }
  expect(of('ark_instances', {})).toBe(2);
  expect(of('ark_left_out', {})).toBe(0);
  expect(of('ark_storage_up', { storage: 'local' })).toBe(1);
  expect(of('ark_storage_backups', { storage: 'local' })).toBe(3);
  // Of what could not be looked into nothing is counted.
  expect(of('ark_storage_up', { storage: 'down' })).toBe(0);
  expect(of('ark_storage_backups', { storage: 'down' })).toBeUndefined();
  const schedule = 'nightly';
  expect(of('ark_schedule_on', { schedule })).toBe(1);
  expect(of('ark_schedule_last_run_success', { schedule })).toBe(1);
  expect(of('ark_schedule_next_run_timestamp_seconds', { schedule })).toBeGreaterThan(now);
});

it('who may see the backups may ask for them by the API too, as in NocoBase', async () => {
  const reply = await ark.raw('GET', '/api/arkSystem:metrics');
  expect(reply.status).toBe(200);
  expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const names = (text: string) => parseExposition(text).map(({ name, labels }) => ({ name, labels }));
  expect(names(reply.body.toString())).toEqual(names((await scrape()).body.toString()));
});

describe('its guard', () => {
  it('wants its own token, exactly, and only as a header', async () => {
    for (const token of [null, '', 'x', `${METRICS}x`, METRICS.slice(1), METRICS.toUpperCase(), TOKEN])
      expect(await ark.refused(scrape(token))).toBe('401 UNAUTHORIZED');
    expect(await ark.refused(scrape(null, { cookie }))).toBe('401 UNAUTHORIZED');
    for (const path of [`/metrics?token=${METRICS}`, `/metrics?access_token=${METRICS}`])
      expect(await ark.refused(ark.raw('GET', path, { token: null }))).toBe('401 UNAUTHORIZED');
  });

  it.each([
    '/metrics/',
    '/Metrics',
    '/%6detrics',
    '//metrics',
    '/./metrics',
    '/api/../metrics/',
    '/metrics;x',
    '/metrics%00',
  ])('%s is not it', async (path) => {
    const reply = await ark.raw('GET', path, { token: METRICS });
    expect([400, 401, 404]).toContain(reply.status);
  });

  it('takes no other method, and answers to its own name only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect(await ark.refused(ark.raw(method, '/metrics', { token: METRICS }))).toBe('401 UNAUTHORIZED');
    expect(await ark.refused(scrape(METRICS, { host: 'evil.example' }))).toBe('403 REQUEST_FORBIDDEN');
  });

  it('its token opens nothing else', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const { path, action } of allRoutes)
      for (const method of action.methods)
        expect(await ark.refused(ark.raw(method, path, { token: METRICS, headers }))).toBe(
          '401 UNAUTHORIZED',
        );
    expect(await ark.signIn(METRICS)).toBeUndefined();
  });

  it('without a token in the environment there is none', async () => {
    for (const token of [null, '', METRICS, 'undefined'])
      expect(await without.refused(without.raw('GET', '/metrics', { token }))).toBe('401 UNAUTHORIZED');
    expect(await without.refused(without.raw('GET', '/metrics'))).toMatch(/^404 /);
  });

  it('the token of the console cannot be it', async () => {
    const env = readSettings({ ARK_DATA: ark.folder, ARK_METRICS_TOKEN: TOKEN });
    await expect(startConsole({ env, token: TOKEN, port: 0 })).rejects.toMatchObject({ code: 'USAGE' });
    const same = readSettings({ ARK_DATA: ark.folder, ARK_METRICS_TOKEN: TOKEN, ARK_TOKEN: TOKEN });
    await expect(startConsole({ env: same, port: 0 })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

it('of many instances the first are told, and how many are left out', async () => {
  const { metricsText } = await import('../../src/server/actions/system/metrics');
  const host = ark.served.ark.host;
  const { items } = await ark.served.ark.catalog.list(host);
  const [model] = items.filter(({ instance }) => instance === 'test');
  const many = Array.from({ length: 1000 }, (_, index) => ({
    ...model!,
    id: `${index}`,
    name: `${index}.ark`,
    instance: `i${index}`,
  }));
  const listing = {
    ...ark.served.ark.catalog,
    list: () => Promise.resolve({ items: [...many, model!], failed: [] }),
  };
  const samples = parseExposition(await metricsText(host, listing, new Date()));
  const named = samples.filter(({ name }) => name === 'ark_backups').map(({ labels }) => labels.instance);
  expect(named).toHaveLength(200);
  // Its own is never left out.
  expect(named).toContain('test');
  expect(samples.find(({ name }) => name === 'ark_instances')?.value).toBe(1001);
  expect(samples.find(({ name }) => name === 'ark_left_out')?.value).toBe(801);
});
