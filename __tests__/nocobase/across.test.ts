import { join } from 'node:path';
import { newMysql, startMysql, type Server, type TestMysql } from '../services/mysql';
import { NOW_AND_THEN, until } from '../helpers/waiting';
import {
  appPlace,
  enableArk,
  generalCollection,
  runJob,
  startInstalled,
  startNocoBase,
  unpackArk,
  type Caller,
  type NocoBase,
} from './app';

/**
 * One app with a field of every type moves from PostgreSQL to MariaDB and back, and is used after each move as its
 * people use it: they sign in, list, write, upload, and their workflow runs.
 */
const place = appPlace();
let server: Server;
let mariadb: TestMysql;

type Row = Record<string, unknown>;

interface SampleData {
  readonly samples: { readonly fields: readonly { readonly type: string }[] };
  readonly sampleRows: (random: unknown, count: number, regions: readonly unknown[]) => Row[];
}
interface Random {
  readonly createRandom: (seed: number) => unknown;
}

const part = async <T>(file: string): Promise<T> => (await import(join(__dirname, file))) as T;

const FIELD_PLUGINS = [
  'field-markdown-vditor',
  'field-attachment-url',
  'field-code',
  'field-china-region',
  'map',
];

beforeAll(async () => {
  server = await startMysql();
  mariadb = await newMysql(server);
}, 600_000);
afterAll(async () => {
  await mariadb.drop();
  await server.stop();
});

async function made(caller: Caller, path: string, body: unknown): Promise<Row> {
  const answer = await caller.post(path, body);
  expect([path, answer.status, answer.errors]).toEqual([path, 200, undefined]);
  return answer.data as Row;
}

async function list(caller: Caller, path: string): Promise<Row[]> {
  const answer = await caller.get(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.data as Row[];
}

/** Tables of plugins have to be there before what is in a backup can be used. */
async function enablePlugins(app: NocoBase): Promise<Caller> {
  await made(await app.signIn(), `pm:enable?filterByTk=${FIELD_PLUGINS.join(',')}`, {});
  return until(
    'the plugins are enabled',
    async () => {
      const caller = await app.signIn().catch(() => undefined);
      return (await caller?.get('chinaRegions:list'))?.status === 200 ? caller : undefined;
    },
    240_000,
    NOW_AND_THEN,
  );
}

/** An app as people have made it. */
async function fill(admin: Caller): Promise<void> {
  const { samples, sampleRows } = await part<SampleData>('demo-samples.cjs');
  const { createRandom } = await part<Random>('demo-data.cjs');
  const later = samples.fields.filter(({ type }) => type === 'belongsToMany');
  const fields = samples.fields.filter((field) => !later.includes(field));
  await made(admin, 'collections:create', { ...samples, fields });
  for (const field of later) await made(admin, 'collections/samples/fields:create', field);
  const regions = await list(admin, 'chinaRegions:list?pageSize=20');
  for (const row of sampleRows(createRandom(7), 30, regions)) await made(admin, 'samples:create', row);

  for (const name of ['notes', 'echoes'])
    await made(admin, 'collections:create', generalCollection(name, name, 'text'));
  const { id } = await made(admin, 'workflows:create', {
    title: 'echo',
    type: 'collection',
    sync: true,
    config: { mode: 1, collection: 'notes' },
  });
  await made(admin, `workflows/${String(id)}/nodes:create`, {
    type: 'create',
    title: 'Write it again',
    config: { collection: 'echoes', params: { values: { text: '{{$context.data.text}}' } } },
  });
  await made(admin, `workflows:update?filterByTk=${String(id)}`, { enabled: true });
  const actions = ['view', 'create', 'destroy'];
  await made(admin, 'roles:create', { name: 'clerk', title: 'Clerk', strategy: { actions } });
  await made(admin, 'users:create', {
    username: 'lena',
    email: 'lena@example.org',
    password: 'secret-of-lena',
    roles: ['clerk'],
  });
}

async function uploaded(app: NocoBase, caller: Caller, text: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([text]), 'note.txt');
  const headers = { Authorization: `Bearer ${caller.token ?? ''}` };
  const answer = await fetch(`${app.url}/api/attachments:create`, { method: 'POST', headers, body: form });
  const { url } = ((await answer.json()) as { data: { url: string } }).data;
  return (await fetch(`${app.url}${url}`, { headers })).text();
}

/** Regions are the plugin's own, and each app has loaded them itself. */
const shown = (row: Row): Row => ({
  ...row,
  chinaRegion: (row.chinaRegion as { code: string }[]).map(({ code }) => code),
});

/** What the app is, as its API says. */
async function look(app: NocoBase): Promise<{ samples: Row[]; names: Record<string, unknown[]> }> {
  const admin = await app.signIn();
  const names = async (path: string, key: string) =>
    (await list(admin, `${path}:list?paginate=false&sort=${key}`)).map((row) => row[key]);
  return {
    samples: (await list(admin, 'samples:list?pageSize=200&sort=id&appends=chinaRegion')).map(shown),
    names: {
      collections: await names('collections', 'name'),
      roles: await names('roles', 'name'),
      users: await names('users', 'email'),
      workflows: await names('workflows', 'title'),
    },
  };
}

/** What people do, the `time`-th time; the numbers that come next go on from app to app. */
async function use(app: NocoBase, time: number): Promise<void> {
  const word = `the ${time}. time`;
  const lena = await app.signIn('lena', 'secret-of-lena');
  const before = await list(lena, 'samples:list?pageSize=200&fields=sequence');
  expect(await made(lena, 'notes:create', { text: word })).toMatchObject({ id: time });
  await until(
    'the workflow has run',
    async () => (await list(lena, 'echoes:list')).some(({ text }) => text === word) || undefined,
  );
  const values = { input: word, json: { word }, textList: [word], point: [1.5, 2.5], checkbox: true };
  const { id, sequence } = await made(lena, 'samples:create', values);
  const filter = encodeURIComponent(JSON.stringify({ id }));
  expect(await list(lena, `samples:list?filter=${filter}`)).toEqual([expect.objectContaining(values)]);
  expect(before.map((row) => String(row.sequence))).not.toContain(sequence);
  expect(await uploaded(app, lena, word)).toBe(word);
  expect((await lena.post(`samples:destroy?filterByTk=${String(id)}`)).status).toBe(200);
}

/** All of an app as a backup, and all of it into another one. */
async function move(name: string, from: NocoBase, to: NocoBase, into: Caller): Promise<unknown[]> {
  const saved = await runJob(await from.signIn(), 'arkBackups:create', { name, files: true }, () =>
    from.signIn(),
  );
  expect([saved.job.state, saved.job.error]).toEqual(['done', undefined]);
  const archive = (await saved.caller.get(`arkBackups:download?filterByTk=${name}.ark`)).data as Buffer;
  expect((await into.post(`arkBackups:upload?name=${name}.ark`, archive)).status).toBe(200);
  const path = `filterByTk=${name}.ark`;
  const preview = await into.post(`arkBackups:preview?${path}`, {});
  expect([preview.status, preview.errors]).toEqual([200, undefined]);
  const restored = await runJob(into, `arkBackups:restore?${path}`, { allowCode: true }, () => to.signIn());
  expect([restored.job.state, restored.job.error]).toEqual(['done', undefined]);
  return (preview.data as { warnings: unknown[] }).warnings;
}

/**
 * What NocoBase on MariaDB shows otherwise, in an app that was made there too: large numbers as texts, moments of a
 * number's field as JavaScript writes them, and years before 1000 as others.
 */
const asOnMariadb = (row: Row): Row => {
  const moment = (value: unknown) =>
    value === null || value === undefined ? value : new Date(value as string).toISOString();
  return {
    ...row,
    bigWhole: row.bigWhole === null ? null : Number(row.bigWhole),
    unixTimestamp: moment(row.unixTimestamp),
    unixMilliseconds: moment(row.unixMilliseconds),
    datetime: String(row.datetime).replace(/^[02]001-01-01/, 'the first day'),
  };
};

it('moves to MariaDB and back, shows the same each time, and works', async () => {
  const { app: first } = await startInstalled(place);
  await fill(await enablePlugins(first));
  await use(first, 1);
  const atHome = await look(first);

  const home = join(place.data.folder, 'abroad');
  await unpackArk(home);
  const second = await startNocoBase({ home, database: mariadb.url, env: { DB_DIALECT: 'mariadb' } });
  await enableArk(second);
  const warnings = await move('there', first, second, await enablePlugins(second));
  expect(warnings).toContainEqual(
    expect.objectContaining({ code: 'across', from: 'PostgreSQL', here: 'MariaDB' }),
  );
  const abroad = await look(second);
  expect(abroad.names).toEqual(atHome.names);
  expect(abroad.samples.map(asOnMariadb)).toEqual(atHome.samples.map(asOnMariadb));
  await use(second, 2);

  const { app: third } = await startInstalled(place, {}, 'back');
  await move('back', second, third, await enablePlugins(third));
  const back = await look(third);
  expect(back.samples).toEqual(atHome.samples);
  expect(back.names).toEqual(atHome.names);
  await use(third, 3);
}, 900_000);
