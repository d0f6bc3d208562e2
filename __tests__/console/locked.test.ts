import Router from '@koa/router';
import Koa from 'koa';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testConsole, TOKEN, type TestConsole } from '../helpers/console';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

/**
 * Whoever has not signed in gets no answer, however the address is spelt: every route of the description, in every
 * spelling, with everything that is not the token. Over sockets, so that nothing on the way puts an address right.
 */
const description = JSON.parse(readFileSync(join(__dirname, '..', '..', 'docs', 'openapi.json'), 'utf8')) as {
  paths: Record<string, object>;
};
const paths = Object.keys(description.paths);

const hex = (text: string): string => text.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const SPELLINGS: Record<string, (path: string, port: number) => string> = {
  'as it is': (path) => path,
  '/API': (path) => path.replace('/api', '/API'),
  '/Api': (path) => path.replace('/api', '/Api'),
  '/aPi': (path) => path.replace('/api', '/aPi'),
  'all upper case': (path) => path.toUpperCase(),
  'all lower case': (path) => path.toLowerCase(),
  'action in upper case': (path) => path.replace(/:.*/, (action) => action.toUpperCase()),
  'a slash behind it': (path) => `${path}/`,
  'two slashes behind it': (path) => `${path}//`,
  'two slashes before it': (path) => `/${path}`,
  'three slashes before it': (path) => `//${path}`,
  'two slashes within': (path) => path.replace('/api/', '/api//'),
  '/%61pi': (path) => path.replace('/api', '/%61pi'),
  '/ap%69': (path) => path.replace('/api', '/ap%69'),
  '/%41PI': (path) => path.replace('/api', '/%41PI'),
  '/%2561pi': (path) => path.replace('/api', '/%2561pi'),
  '/api%2f': (path) => path.replace('/api/', '/api%2f'),
  '%2Fapi': (path) => path.replace('/api', '/%2Fapi'),
  '%3A': (path) => path.replace(':', '%3A'),
  'all of it encoded': (path) => `/${hex(path.slice(1))}`,
  '/api/./': (path) => path.replace('/api/', '/api/./'),
  '/./api': (path) => `/.${path}`,
  '/%2e/api': (path) => `/%2e${path}`,
  '/x/../api': (path) => `/x/..${path}`,
  '/x/%2e%2e/api': (path) => `/x/%2e%2e${path}`,
  '/assets/../api': (path) => `/assets/..${path}`,
  '/index.html/..': (path) => `/index.html/..${path}`,
  'parameter of the path': (path) => `${path};a=b`,
  'parameter of /api': (path) => path.replace('/api/', '/api;a=b/'),
  'a query that names a file': (path) => `${path}?/assets/app.js`,
  'the token asked for by name': (path) => `${path}?token=`,
  'a question mark too many': (path) => `${path}??filterByTk=x`,
  'an encoded question mark': (path) => `${path}%3Ffoo`,
  'a fragment': (path) => `${path}#/assets/app.js`,
  backslashes: (path) => `/${path.slice(1).replaceAll('/', '\\')}`,
  'a slash and a backslash before it': (path) => `/\\${path.slice(1)}`,
  'a backslash within': (path) => path.replace('/api/', '/api\\'),
  'an encoded backslash': (path) => path.replace('/api/', '/api%5c'),
  'a name of a file behind it': (path) => `${path}.js`,
  'a file behind it': (path) => `${path}/index.html`,
  NUL: (path) => `${path}%00`,
  'a space': (path) => `${path}%20`,
  'a Cyrillic a': (path) => path.replace('/api', '/%D0%B0pi'),
  'an overlong slash': (path) => path.replace('/api/', '/api%c0%af'),
  'a broken escape': (path) => path.replace('/api', '/%61pi%'),
  'the whole address': (path, port) => `http://127.0.0.1:${port}${path}`,
  'the whole address, somebody else’s': (path) => `http://evil.example${path}`,
  'the whole address, shouted': (path, port) => `HTTP://127.0.0.1:${port}${path.toUpperCase()}`,
  'no address': () => 'http://[',
};

/** What comes with a request that nobody has signed in for. */
const KEYS: Record<string, (cookie: string) => readonly string[]> = {
  nothing: () => [],
  'JSON only': () => ['Content-Type: application/json'],
  'a wrong token': () => ['Authorization: Bearer not-the-token-of-tests'],
  'an empty token': () => ['Authorization: Bearer '],
  'no token at all': () => ['Authorization: Bearer'],
  'the token by another scheme': () => [`Authorization: Basic ${TOKEN}`],
  'an empty cookie': (cookie) => [`Cookie: ${cookie.split('=')[0] ?? ''}=`],
  'the token as the cookie': (cookie) => [`Cookie: ${cookie.split('=')[0] ?? ''}=${TOKEN}`],
  'a foreign page, signed in': (cookie) => [`Cookie: ${cookie}`, 'Origin: https://evil.example'],
  'a foreign page of this machine, signed in': (cookie) => [
    `Cookie: ${cookie}`,
    'Origin: http://127.0.0.1:3000',
    'Content-Type: application/json',
  ],
  'a page without an origin, signed in, with another header': (cookie) => [
    `Cookie: ${cookie}`,
    'Origin: null',
    'Authorization: Basic eDp5',
  ],
};
/** Those that mean something here, and those that might. */
const METHODS = ['GET', 'POST'];
const OTHERS = ['HEAD', 'PUT', 'DELETE', 'OPTIONS'];
const REFUSALS = [401, 403, 404, 405];

interface Asked {
  readonly what: string;
  readonly method: string;
  readonly text: string;
}

function everything(port: number, cookie: string): Asked[] {
  return paths.flatMap((path) =>
    Object.entries(SPELLINGS).flatMap(([spelling, spell]) =>
      Object.entries(KEYS).flatMap(([key, headers]) =>
        [...METHODS, ...(key === 'nothing' ? OTHERS : [])].map((method) => {
          const address = spell(path, port);
          const lines = [`${method} ${address} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers(cookie)];
          return { what: `${method} ${address}, ${spelling}, ${key}`, method, text: lines.join('\r\n') };
        }),
      ),
    ),
  );
}

/** So many are on their way at a time: the server works on them one after the other, and neither side holds much. */
const AT_ONCE = 100;

/** The answers to all that is asked, in order. A server that hangs up is called again for what is left. */
async function statuses(port: number, asked: readonly Asked[]): Promise<number[]> {
  const found: number[] = [];
  while (found.length < asked.length) {
    const before = found.length;
    await call(port, asked, found);
    if (found.length === before) throw new Error(`no answer: ${asked[before]!.what}`);
  }
  return found;
}

async function call(port: number, asked: readonly Asked[], found: number[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(20_000, () => socket.destroy());
  let sent = found.length;
  const send = () => {
    for (const { text } of asked.slice(sent, sent + AT_ONCE)) socket.write(`${text}\r\n\r\n`, 'latin1');
    sent += AT_ONCE;
  };
  send();
  let rest = Buffer.alloc(0);
  // A connection that is cut has given the answers it gave.
  socket.on('error', () => undefined);
  for await (const piece of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, piece]);
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      const head = rest.subarray(0, end).toString('latin1');
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      const body = asked[found.length]?.method === 'HEAD' ? 0 : length;
      if (rest.length < end + 4 + body) break;
      rest = rest.subarray(end + 4 + body);
      found.push(Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]));
    }
    if (found.length === asked.length) return;
    if (found.length >= sent) send();
  }
}

/** What was answered with anything but a refusal. */
async function openings(port: number, asked: readonly Asked[]): Promise<string[]> {
  const found = await statuses(port, asked);
  return asked.flatMap(({ what }, i) => (REFUSALS.includes(found[i]!) ? [] : [`${what}: ${found[i]}`]));
}

describe('the console', () => {
  let database: TestDatabase;
  let ark: TestConsole;
  beforeAll(async () => {
    database = await newDatabase();
    ark = await testConsole(database.url);
  });
  afterAll(async () => {
    await ark.stop();
    await database.drop();
  });

  it('knows the cookie and the token that are tried here', async () => {
    const cookie = (await ark.signIn())!;
    const list = (headers: Record<string, string>) =>
      ark.raw('GET', '/api/arkBackups:list', { token: null, headers });
    expect((await list({ cookie })).status).toBe(200);
    expect((await list({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  it('answers nobody who has not signed in, whatever the spelling', async () => {
    const { port } = ark.served;
    const cookie = (await ark.signIn())!;
    const asked = everything(port, cookie);
    expect(paths.length).toBeGreaterThan(30);
    expect(await openings(port, asked)).toEqual([]);
  });

  it('has not done anything that was asked', async () => {
    expect(await ark.get('arkJobs:list')).toEqual([]);
    expect(await ark.get<object[]>('arkStorages:list')).toHaveLength(1);
    expect(await ark.get('arkSchedules:list')).toEqual([]);
  });
});

it('a door that looks at the spelling is found open', async () => {
  // As such a door is often made: a test of the address beside a router that reads it in its own way.
  const app = new Koa();
  app.on('error', () => undefined);
  app.use(async (ctx, next) => {
    if (ctx.path.startsWith('/api/')) ctx.throw(401);
    await next();
  });
  const router = new Router();
  for (const path of paths) {
    router.register(path.replace(':', '\\:'), ['GET', 'POST'], (ctx) => {
      ctx.body = {};
    });
  }
  app.use(router.routes());
  const server = createServer((request, response) => void app.callback()(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = everything(port, 'ark=x').filter(({ method }) => method === 'GET');
  const open = await openings(port, asked.slice(0, 5000));
  server.closeAllConnections();
  server.close();
  expect(open.some((one) => one.includes('GET /API/arkBackups:list, /API, nothing: 200'))).toBe(true);
  expect(open.length).toBeGreaterThan(100);
});
