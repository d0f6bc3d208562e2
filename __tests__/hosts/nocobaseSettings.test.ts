import type { ActionContext, Application, Handler } from '@nocobase/server';
import type { Context } from 'koa';
import { allRoutes } from '../../src/server/routes/routes';
import { aboutOf, readSettings, Variables } from '../../src/server/environment';
import { asBackupError, type BackupError } from '../../src/server/errors/errors';
import ArkPlugin from '../../src/server/index';

/** NocoBase itself is not there: what the plugin extends is all that it needs of it to be loaded. */
jest.mock('@nocobase/server', () => ({ Plugin: Object }), { virtual: true });

/**
 * Settings that are wrong are no reason for a NocoBase not to start: Ark says what is wrong wherever it is asked, and
 * does nothing else.
 */
type Asked = Context & ActionContext & { body?: unknown };

const POSTGRES = { dialect: 'postgres', host: '127.0.0.1', port: 1, database: 'app', username: 'app' };

/** An app that remembers what a plugin wants of it. */
async function loaded(options: object = POSTGRES) {
  const said: string[] = [];
  const events: string[] = [];
  const middlewares: Handler[] = [];
  const actions = new Map<string, Handler>();
  const snippets: string[] = [];
  const app = {
    name: 'main',
    db: { options, collections: new Map() },
    log: { info: (text: string) => said.push(text), error: (text: string) => said.push(text) },
    use: (middleware: Handler) => middlewares.push(middleware),
    acl: { registerSnippet: ({ name }: { name: string }) => snippets.push(name) },
    resourceManager: {
      define: (resource: { name: string; actions: Record<string, Handler> }) => {
        for (const [name, handler] of Object.entries(resource.actions))
          actions.set(`${resource.name}:${name}`, handler);
      },
    },
    once: (event: string) => events.push(event),
    on: (event: string) => events.push(event),
    prependListener: (event: string) => events.push(event),
    pm: { get: () => undefined },
  } as unknown as Application;
  Object.assign(app.pm, { app });
  // As NocoBase does it: a plugin is made anew whenever the app reloads, and sees the app through a proxy of its own.
  const load = () => Object.assign(new ArkPlugin(), { app: new Proxy(app, {}), name: 'ark' }).load();
  await load();

  const ask = async (resource: string, name: string, method = 'GET'): Promise<Asked> => {
    const ctx = {
      app,
      method,
      path: `/api/${resource}:${name}`,
      query: {},
      request: {},
      state: {},
      get: () => '',
      permission: { can: {}, resourceName: resource, actionName: name },
    } as unknown as Asked;
    await actions.get(`${resource}:${name}`)?.(ctx, () => Promise.resolve());
    return ctx;
  };
  /** What becomes of a request that is none of Ark's. */
  const passes = async (): Promise<boolean> => {
    let through = false;
    const ctx = { path: '/api/users:list', query: {} } as unknown as Asked;
    const step = async (at: number): Promise<void> => {
      const next = middlewares[at];
      if (next) await next(ctx, () => step(at + 1));
      else through = true;
    };
    await step(0);
    return through;
  };
  return { said, events, actions, snippets, ask, passes, load };
}

const refusedWith = (env: Record<string, string>): BackupError | undefined => {
  try {
    readSettings(env);
    return undefined;
  } catch (error) {
    return asBackupError(error);
  }
};

/** For each setting a value that it cannot have, where there is one. */
const NAMES = Object.keys(Variables.shape) as (keyof typeof Variables.shape)[];
const WRONG = NAMES.flatMap((name) => {
  const value = ['ja?', '\u0007', 'x'.repeat(5000)].find((one) => refusedWith({ [name]: one }) !== undefined);
  return value === undefined ? [] : [[name, value] as const];
});

/** Of ours, what the tests themselves run with says nothing here. */
const before = process.env;
beforeEach(() => {
  const others = Object.entries(before).filter(([name]) => !/^(ARK|DB)_/.test(name));
  process.env = Object.fromEntries(others);
});
afterEach(() => {
  process.env = before;
});

it('there is a wrong value for nearly every setting', () => {
  expect(WRONG.length).toBeGreaterThan(NAMES.length * 0.9);
});

it.each([...WRONG, ['ARK_TOKEN', ''] as const])(
  '%s is wrong: the app loads, and Ark says what is wrong with it wherever it is asked',
  async (name, value) => {
    process.env[name] = value;
    const { code, message } = refusedWith({ [name]: value }) ?? {};
    expect(message).toContain(`${name}=`);
    const { said, events, actions, snippets, ask, passes } = await loaded();
    expect(said).toEqual([`Ark does nothing until its settings are right: ${message ?? ''} [${code ?? ''}]`]);
    // Nothing waits for the app to start: no schedules, no cleaning up.
    expect(events).toEqual([]);
    expect(snippets).toContain('pm.ark');
    for (const { resource, name: action, action: definition } of allRoutes) {
      const { status, body } = await ask(resource, action, definition.methods[0]);
      expect({ resource, action, status, body }).toEqual({
        resource,
        action,
        status: 400,
        body: { errors: [expect.objectContaining({ code, message })] },
      });
    }
    expect(actions.size).toBeGreaterThanOrEqual(allRoutes.length);
    expect(await passes()).toBe(true);
    if (aboutOf(name).secret && value !== '') expect(said.join()).not.toContain(value);
  },
);

it('a database that is none of ours is said in the same way', async () => {
  const { said, ask, passes } = await loaded({ dialect: 'kingbase', host: 'db', database: 'app' });
  expect(said.join()).toMatch(/does nothing until .*kingbase.*PostgreSQL.*\[DATABASE_URL_INVALID\]/);
  expect(await ask('arkBackups', 'list')).toMatchObject({ status: 400 });
  expect(await passes()).toBe(true);
});

it('through the reloads of an app it is one: what it listens to it listens to once', async () => {
  const { events, load } = await loaded();
  const listened = [...events];
  await load();
  expect(events).toEqual(listened);
});

it('with settings that are right it works, and says nothing', async () => {
  const { said, events, ask } = await loaded();
  expect(said).toEqual([]);
  expect(events).toEqual(expect.arrayContaining(['afterStart', 'beforeStop', 'beforeDestroy']));
  const { status, body } = await ask('arkBackups', 'list', 'PUT');
  expect({ status, body }).toMatchObject({ body: { errors: [{ code: 'METHOD_WRONG' }] } });
});
