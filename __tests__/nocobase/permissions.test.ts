import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StorageItem, Ticket } from '../../src/server/api/api';
import { PERMISSIONS, type Permission } from '../../src/server/api/permissions';
import { allRoutes, routes } from '../../src/server/routes/routes';
import { serverUrl, withClient } from '../helpers/postgres';
import { NOW_AND_THEN, until } from '../helpers/waiting';
import { appPlace, enableArk, PLUGIN, runJob, startInstalled, type Caller, type NocoBase } from './app';

/** Who may do what, of everything that there is to do: in the main app and in a sub-app. */
const place = appPlace();
const SUB = `rights_${process.pid}`;
const PASSWORD = 'secret-1';

/** A role of each kind, and what it may do. */
const ROLES: readonly {
  readonly name: string;
  readonly snippets: string[];
  readonly may: readonly Permission[];
}[] = [
  { name: 'nothing', snippets: [], may: [] },
  ...PERMISSIONS.map((permission) => ({
    name: permission,
    snippets: [`pm.${PLUGIN}.${permission}`],
    may: [permission],
  })),
  { name: 'all', snippets: [`pm.${PLUGIN}`], may: PERMISSIONS },
  { name: 'everythingbut', snippets: [`!pm.${PLUGIN}`, `!pm.${PLUGIN}.*`], may: [] },
];
const GENERAL = [
  'list',
  'get',
  'create',
  'update',
  'destroy',
  'firstOrCreate',
  'updateOrCreate',
  'move',
  'query',
];
const COLLECTIONS = ['arkJobs', 'arkStorages', 'arkSchedules', 'arkSettings'];

interface Who {
  readonly name: string;
  readonly caller: Caller;
  readonly may: readonly Permission[];
}
interface App {
  readonly name: string;
  admin: Caller;
  readonly signIn: () => Promise<Caller>;
  readonly nobody: Caller;
  people: Who[];
}

let app: NocoBase;
let apps: App[] = [];

beforeAll(async () => {
  let main: Caller;
  ({ app, admin: main } = await startInstalled(place, {
    NB_ENABLE: 'multi-app-manager',
    NB_REQUEST_LOG: 'info',
  }));
  await main.post('applications:create', { name: SUB, displayName: 'Rights', options: { autoStart: true } });
  const signInSub = () => app.signIn(undefined, undefined, SUB);
  await until(
    'the sub-app can be signed in to',
    () => signInSub().catch(() => undefined),
    240_000,
    NOW_AND_THEN,
  );
  const sub = await enableArk(app, signInSub);
  apps = [
    { name: 'main', admin: main, signIn: () => app.signIn(), nobody: app.nobody, people: [] },
    { name: SUB, admin: sub, signIn: signInSub, nobody: app.nobodyOf(SUB), people: [] },
  ];
  for (const app of apps) app.people = await people(app);
}, 600_000);
afterAll(async () => {
  await app.stop();
  await withClient(serverUrl('postgres'), (client) =>
    client.query(`DROP DATABASE IF EXISTS "${SUB}" WITH (FORCE)`),
  );
});

async function people({ name, admin }: App): Promise<Who[]> {
  const found: Who[] = [{ name: 'root', caller: admin, may: PERMISSIONS }];
  for (const role of ROLES) {
    const id = `r_${role.name}`;
    const made = await admin.post('roles:create', { name: id, title: id, snippets: role.snippets });
    expect([role.name, made.status]).toEqual([role.name, 200]);
    await admin.post('users:create', { username: id, password: PASSWORD, roles: [{ name: id }] });
    const caller = await app.signIn(id, PASSWORD, name === 'main' ? undefined : name);
    found.push({ name: role.name, caller, may: role.may });
  }
  // As NocoBase makes them: a member has nothing of Ark, an admin all plugins' settings.
  for (const [role, may] of [
    ['member', []],
    ['admin', PERMISSIONS],
  ] as const) {
    await admin.post('users:create', { username: `u_${role}`, password: PASSWORD, roles: [{ name: role }] });
    const caller = await app.signIn(`u_${role}`, PASSWORD, name === 'main' ? undefined : name);
    found.push({ name: role, caller, may });
  }
  return found;
}

/** Let through, each of these is refused for what it asks for, or changes nothing: there is nothing of the kind. */
const body = (name: string): unknown =>
  name === 'upload' || name === 'append'
    ? Buffer.from('x')
    : name === 'clearCache'
      ? { dryRun: true }
      : name === 'create'
        ? { storage: 'nowhere' }
        : {};

const calls = allRoutes.flatMap((route) => route.action.methods.map((method) => ({ ...route, method })));

describe.each(['main', 'sub-app'])('in the %s', (which) => {
  const here = () => apps[which === 'main' ? 0 : 1]!;
  const call = (caller: Caller, { resource, name, method }: (typeof calls)[number]) => {
    const path = `${resource}:${name}?filterByTk=nothing&name=x`;
    return method === 'POST' ? caller.post(path, body(name)) : caller.look(path);
  };

  it.each(calls.map((call) => [`${call.method} ${call.resource}:${call.name}`, call] as const))(
    '%s is for those who have its permission, and nobody else',
    async (_what, route) => {
      expect((await call(here().nobody, route)).status).toBe(401);
      const found: [string, boolean][] = [];
      for (const { name, caller } of here().people) {
        const { status } = await call(caller, route);
        expect([name, status]).not.toEqual([name, 401]);
        found.push([name, status !== 403]);
      }
      expect(found).toEqual(
        here().people.map(({ name, may }) => [name, may.includes(route.action.permission)]),
      );
    },
  );

  it("what Ark keeps is in no reach of NocoBase's general actions", async () => {
    const general = COLLECTIONS.flatMap((collection) =>
      GENERAL.filter((action) => !(action in ((routes as Record<string, object>)[collection] ?? {}))).map(
        (action) => `${collection}:${action}`,
      ),
    );
    for (const path of general) {
      for (const { name, caller } of [{ name: 'nobody', caller: here().nobody }, ...here().people]) {
        const { status } = await caller.post(`${path}?filterByTk=x`, { name: 'x' });
        expect([path, name, status >= 400 && status < 500]).toEqual([path, name, true]);
      }
    }
  });

  it('where a storage is, and as whom, is told to those who may change it', async () => {
    const record = {
      name: 'cloud',
      kind: 's3',
      endpoint: 'http://127.0.0.1:9',
      region: 'eu-west-1',
      bucket: 'a-bucket',
      accessKeyId: 'AN-ACCESS-KEY',
      secretAccessKey: 'A-SECRET-KEY',
    };
    expect((await here().admin.post('arkStorages:create', record)).status).toBe(200);
    const seen = async (who: string) => {
      const { caller } = here().people.find(({ name }) => name === who)!;
      return (await caller.get('arkStorages:list')).data as StorageItem[];
    };
    expect((await seen('all')).find(({ name }) => name === 'cloud')).toMatchObject({
      place: expect.stringContaining('a-bucket') as string,
      settings: { accessKeyId: 'AN-ACCESS-KEY' },
    });
    for (const item of await seen('view')) expect(item).toMatchObject({ place: '', settings: {} });
    expect((await seen('view')).map(({ name, kind }) => [name, kind])).toEqual(
      (await seen('all')).map(({ name, kind }) => [name, kind]),
    );
    expect((await here().admin.post('arkStorages:destroy?filterByTk=cloud')).status).toBe(200);
  });

  it('a ticket is for one download of one backup by a link, and for those who may download', async () => {
    const app = here();
    app.admin = (await runJob(app.admin, 'arkBackups:create', { name: 'ticketed' }, app.signIn)).caller;
    app.admin = (await runJob(app.admin, 'arkBackups:create', { name: 'other' }, app.signIn)).caller;
    const { caller } = app.people.find(({ name }) => name === 'download')!;
    const give = async () => (await caller.post('arkBackups:ticket?filterByTk=ticketed.ark')).data as Ticket;
    const link = ({ name, storage, ticket }: Ticket, change: Record<string, string> = {}) =>
      `arkBackups:download?${new URLSearchParams({ filterByTk: name, storage, ticket, ...change }).toString()}`;
    const whole = (await caller.get('arkBackups:download?filterByTk=ticketed.ark')).data as Buffer;

    const ticket = await give();
    const rest = { range: 'bytes=10-' };
    expect((await app.nobody.get(link(ticket), rest)).status).toBe(403);
    expect((await app.nobody.get(link(ticket, { filterByTk: 'other.ark' }))).status).toBe(403);
    expect((await app.nobody.get(link(ticket, { storage: 'elsewhere' }))).status).toBe(403);
    expect((await app.nobody.get(link(ticket, { ticket: ticket.ticket.slice(0, -4) + 'AAAA' }))).status).toBe(
      403,
    );
    expect((await app.nobody.get(link(ticket, { ticket: '' }))).status).toBe(403);
    const other = apps.find((each) => each !== app)!;
    expect((await other.nobody.get(link(ticket))).status).toBe(403);

    expect((await app.nobody.get(link(ticket))).data).toEqual(whole);
    expect((await app.nobody.get(link(ticket))).status).toBe(403);
    expect((await app.nobody.get(link(ticket), { range: 'bytes=0-' })).status).toBe(403);
    // A browser goes on where a connection broke.
    const part = await app.nobody.get(link(ticket), rest);
    expect([part.status, part.data]).toEqual([206, whole.subarray(10)]);
    // A ticket opens nothing else.
    expect((await app.nobody.get(`arkBackups:list?ticket=${encodeURIComponent(ticket.ticket)}`)).status).toBe(
      401,
    );
  });

  it('no secret that was sent is in the log of requests, however the address was spelt', async () => {
    const secret = `not-for-the-log-${which}`;
    const sent = { name: 'x', kind: 's3', bucket: 'a', accessKeyId: 'x', secretAccessKey: secret };
    for (const path of [
      'arkStorages:create',
      'arkStorages%3Acreate',
      'arkStorages',
      'arkStorages:create/',
      'arkStorages:create?x=/',
      'arkSettings:create',
      'arkBackups:create',
      'resourcer/arkStorages:create',
    ]) {
      for (const { caller } of [here().people[0]!, here().people[1]!]) await caller.post(path, sent);
      await here().nobody.post(path, sent);
    }
    const folder = join(app.home, 'storage', 'logs');
    const text = await until('the requests are in the log', () => {
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
        one.endsWith('.log'),
      );
      const all = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
      return Promise.resolve(all.includes('resourcer/arkStorages:create') ? all : undefined);
    });
    expect(text).not.toContain(secret);
  });
});
