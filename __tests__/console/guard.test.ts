import { allRoutes } from '../../src/server/routes/routes';
import { testConsole, TOKEN, type TestConsole } from '../helpers/console';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

let database: TestDatabase;
let ark: TestConsole;
let cookie: string;
beforeAll(async () => {
  database = await newDatabase();
  ark = await testConsole(database.url);
  cookie = (await ark.signIn())!;
});
afterAll(async () => {
  await ark.stop();
  await database.drop();
});

const calls = allRoutes.flatMap(({ path, action }) =>
  action.methods.map((method) => [method, path] as const),
);
const json = { 'content-type': 'application/json' };

describe.each(calls)('%s %s', (method, path) => {
  it('wants the token', async () => {
    const wrong = ['x', `${TOKEN}x`, TOKEN.slice(1), '', TOKEN.toUpperCase()];
    expect(await ark.refused(ark.raw(method, path, { token: null, headers: json }))).toBe('401 UNAUTHORIZED');
    for (const token of wrong) {
      expect(await ark.refused(ark.raw(method, path, { token, headers: json }))).toBe('401 UNAUTHORIZED');
      const headers = { ...json, cookie: `ark-${ark.served.port}=${token}` };
      expect(await ark.refused(ark.raw(method, path, { token: null, headers }))).toBe('401 UNAUTHORIZED');
    }
  });

  it('takes no token from the address', async () => {
    expect(await ark.refused(ark.raw(method, `${path}?token=${TOKEN}`, { token: null, headers: json }))).toBe(
      '401 UNAUTHORIZED',
    );
  });

  it('answers to its own name only', async () => {
    const headers = { ...json, host: `evil.example:${ark.served.port}` };
    expect(await ark.refused(ark.raw(method, path, { headers }))).toBe('403 REQUEST_FORBIDDEN');
  });

  it('takes no other method', async () => {
    const known = allRoutes.find((route) => route.path === path)!.action.methods;
    for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter(
      (one) => !known.some((own) => own === one),
    )) {
      const reply = await ark.raw(other, path);
      expect(reply.status).toBe(405);
      expect(reply.headers.allow).toBe(known.join(', '));
    }
  });

  if (method === 'POST') {
    it('is not called by the page of somebody else', async () => {
      const foreign: Record<string, string>[] = [
        { origin: 'http://evil.example', ...json },
        { origin: 'http://127.0.0.1:3000', ...json },
        { origin: 'null', ...json },
        { 'content-type': 'text/plain' },
        {},
      ];
      for (const headers of foreign) {
        // Another header of that name makes it none of ours.
        for (const authorization of [undefined, 'Basic eDp5', 'Bearer'] as const) {
          const sent = { ...headers, cookie, authorization };
          const reply = ark.raw(method, path, { token: null, headers: sent });
          expect(await ark.refused(reply)).toBe('403 REQUEST_FORBIDDEN');
        }
      }
    });
  }
});

const named = calls.filter(
  ([, path]) =>
    path.startsWith('/api/arkBackups:') && !/:(list|instances|containing|create|upload|history)$/.test(path),
);
/** All that is needed besides the name. */
const BODIES: Readonly<Record<string, object>> = {
  previewTakeBack: { collection: 'a', keys: ['1'] },
  takeBack: { collection: 'a', keys: ['1'] },
  copy: { to: 'local' },
  mark: { pinned: true },
};
const bodyOf = (path: string): string => JSON.stringify(BODIES[path.split(':')[1] ?? ''] ?? {});
const names = [
  '../../etc/passwd',
  '..',
  '.',
  '/etc/passwd',
  'C:\\boot.ini',
  '..\\..\\x',
  'a/b.ark',
  'a\0.ark',
  '.hidden.ark',
  '%2e%2e%2fx.ark',
  'x'.repeat(300),
  'package.json/',
];

describe('names that are no names', () => {
  it.each(named)('%s %s refuses them', async (method, path) => {
    for (const name of names) {
      const headers = method === 'POST' ? json : {};
      const encodings = [encodeURIComponent(name), encodeURIComponent(name).replace(/\./g, '%2e')];
      for (const encoded of encodings) {
        const more = path.endsWith(':rows') ? '&collection=a' : '';
        const reply = ark.raw(method, `${path}?filterByTk=${encoded}${more}`, {
          headers,
          ...(method === 'POST' && { body: bodyOf(path) }),
        });
        expect([name, await ark.refused(reply)]).toEqual([name, '400 NAME_INVALID']);
      }
    }
  });

  it('a comparison refuses them on either side', async () => {
    for (const name of names) {
      const path = `/api/arkBackups:compare?filterByTk=x.ark&against=${encodeURIComponent(name)}`;
      expect(['400 NAME_INVALID', '404 BACKUP_UNKNOWN']).toContain(await ark.refused(ark.raw('GET', path)));
    }
  });

  it('upload and create refuse them', async () => {
    for (const name of names.filter((name) => name !== '.' && name !== '..')) {
      const path = `/api/arkBackups:upload?name=${encodeURIComponent(name)}`;
      const upload = ark.raw('POST', path, {
        headers: { 'content-type': 'application/octet-stream' },
        body: 'x',
      });
      expect([name, await ark.refused(upload)]).toEqual([name, '400 NAME_INVALID']);
      const create = ark.raw('POST', '/api/arkBackups:create', {
        headers: json,
        body: JSON.stringify({ name }),
      });
      expect([name, await ark.refused(create)]).toEqual([name, '400 NAME_INVALID']);
    }
  });

  it('names a file of the folder it runs in, and still opens none', async () => {
    const reply = ark.raw('GET', '/api/arkBackups:get?filterByTk=package.json');
    expect(await ark.refused(reply)).toBe('404 BACKUP_UNKNOWN');
  });

  it('jobs and undos know only ids', async () => {
    for (const name of names) {
      const query = `?filterByTk=${encodeURIComponent(name)}`;
      expect(await ark.refused(ark.raw('GET', `/api/arkJobs:get${query}`))).toBe('404 JOB_UNKNOWN');
      expect(await ark.refused(ark.raw('GET', `/api/arkJobs:watch${query}`))).toBe('404 JOB_UNKNOWN');
      expect(
        await ark.refused(ark.raw('POST', `/api/arkUndos:apply${query}`, { headers: json, body: '{}' })),
      ).toBe('404 UNDO_UNKNOWN');
    }
  });
});

describe('bodies', () => {
  const create = '/api/arkBackups:create';
  it.each([
    ['no JSON', '{', json, '400 USAGE'],
    ['a misspelt field', '{"group":["user"]}', json, '400 USAGE'],
    ['an unknown group', '{"groups":["users"]}', json, '400 USAGE'],
    ['two selections', '{"groups":["user"],"all":true}', json, '400 USAGE'],
    ['another type', '{}', { 'content-type': 'text/plain' }, '415 CONTENT_TYPE_WRONG'],
    ['too much', `{"name":"${'x'.repeat(2 << 20)}"}`, json, '413 BODY_TOO_LARGE'],
  ])('refuses %s', async (_what, body, headers, refusal) => {
    expect(await ark.refused(ark.raw('POST', create, { headers, body }))).toBe(refusal);
  });

  it('refuses what there is not', async () => {
    expect(await ark.refused(ark.raw('GET', '/api/arkBackups:nothing'))).toBe('404 ACTION_UNKNOWN');
    expect(await ark.refused(ark.raw('GET', '/api/'))).toBe('404 ACTION_UNKNOWN');
    expect(await ark.refused(ark.raw('GET', '/api/arkBackups:get'))).toBe('400 USAGE');
    expect(await ark.refused(ark.raw('GET', '/api/arkBackups:get?filterByTk=a&filterByTk=b'))).toBe(
      '400 USAGE',
    );
  });
});

describe('the page', () => {
  it('is served with its files, and nothing beside them', async () => {
    const page = await ark.raw('GET', '/', { token: null });
    expect(page.body.toString()).toContain('<title>Ark</title>');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect(page.headers['x-frame-options']).toBe('DENY');
    const script = await ark.raw('GET', '/assets/app.js', { token: null });
    expect(script.headers['content-type']).toMatch(/javascript/);
    expect(script.headers['cache-control']).toContain('immutable');
    expect((await ark.raw('HEAD', '/', { token: null })).headers['content-length']).toBe(
      String(page.body.length),
    );
    for (const path of [
      '/../structure.sql',
      '/%2e%2e/structure.sql',
      '/..%2fstructure.sql',
      '/assets/%00.js',
      '/assets/../index.html',
      '/assets',
      '/no.js',
      '/some/way',
    ]) {
      const reply = ark.raw('GET', path, { token: null });
      expect([path, await ark.refused(reply)]).toEqual([path, '401 UNAUTHORIZED']);
      expect([path, await ark.refused(ark.raw('GET', path))]).toEqual([path, '404 ACTION_UNKNOWN']);
    }
  });
});
