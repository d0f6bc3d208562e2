import { newSessions } from '../../src/server/hosts/http/sessions';
import { networkOf, newTries } from '../../src/server/hosts/http/tries';
import { fakeClock } from '../helpers/clock';
import { testConsole, TOKEN, type TestConsole } from '../helpers/console';
import { newDatabase, type TestDatabase } from '../helpers/postgres';

let database: TestDatabase;
let ark: TestConsole;
const said: string[] = [];
beforeAll(async () => {
  database = await newDatabase();
  ark = await testConsole(database.url, { ARK_TRUST_PROXY: '1' }, { say: (line) => said.push(line) });
});
afterAll(async () => {
  await ark.stop();
  await database.drop();
});

const json = { 'content-type': 'application/json' };
const list = (cookie: string | undefined) =>
  ark.raw('GET', '/api/arkBackups:list', { token: null, headers: { cookie } });

describe('signing in', () => {
  it('takes the token out of the address, and keeps it in no cookie', async () => {
    const { status, headers } = await ark.raw('GET', `/?token=${TOKEN}`, { token: null });
    expect(status).toBe(302);
    expect(headers.location).toBe('./');
    expect(headers['cache-control']).toBe('no-store');
    const [set] = headers['set-cookie']!;
    expect(set).toMatch(/^ark-\d+=[\w-]{43}; path=\/; samesite=strict; httponly$/);
    const [cookie] = set!.split(';');
    expect((await list(cookie)).status).toBe(200);
    const own = { origin: `http://127.0.0.1:${ark.served.port}`, cookie, ...json };
    const given = { token: null, headers: own, body: '{}' };
    expect((await ark.raw('POST', '/api/arkSystem:clearCache', given)).status).toBe(200);
  });

  it('is refused with anything else, and says so in the log, without what was given', async () => {
    said.length = 0;
    for (const wrong of ['', 'x', 'wrong-token-of-somebody', TOKEN.toUpperCase()]) {
      const given = { token: null, headers: json, body: JSON.stringify({ token: wrong }) };
      expect(await ark.refused(ark.raw('POST', '/sign-in', given))).toBe('401 UNAUTHORIZED');
      const { headers } = await ark.raw('GET', `/?token=${wrong}`, { token: null });
      expect(headers['set-cookie']).toBeUndefined();
    }
    expect(said).toHaveLength(8);
    for (const line of said) {
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z A sign-in from 127\.0\.0\.1 failed/);
      expect(line).not.toContain('wrong-token');
    }
    for (const body of ['', '[]', 'null', '{', '{"token":["x"]}']) {
      const given = { token: null, headers: json, body };
      expect((await ark.raw('POST', '/sign-in', given)).status).toBe(body === '{' ? 400 : 401);
    }
  });

  it('is not done by the page of somebody else', async () => {
    for (const headers of [{ origin: 'https://evil.example', ...json }, { 'content-type': 'text/plain' }]) {
      const given = { token: null, headers, body: JSON.stringify({ token: TOKEN }) };
      expect(await ark.refused(ark.raw('POST', '/sign-in', given))).toBe('403 REQUEST_FORBIDDEN');
    }
  });

  it('gives a cookie that is sent over TLS only, where a proxy says that there is TLS', async () => {
    const behind = {
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '198.51.100.1, 192.0.2.7',
      ...json,
    };
    const sent = (token: string) => ({ token: null, headers: behind, body: JSON.stringify({ token }) });
    const { headers } = await ark.raw('POST', '/sign-in', sent(TOKEN));
    expect(headers['set-cookie']![0]).toMatch(/; secure; httponly$/);
    said.length = 0;
    await ark.raw('POST', '/sign-in', sent('not-the-right-one'));
    // Whoever asks may write what stands before the address that the proxy adds.
    expect(said[0]).toContain('from 192.0.2.7 failed');
  });

  it('ends with the sign-out, and so does what the session watched', async () => {
    const cookie = (await ark.signIn())!;
    const other = (await ark.signIn())!;
    const watched = ark.raw('GET', '/api/arkJobs:watch', { token: null, headers: { cookie } });
    const foreign = { token: null, headers: { cookie, origin: 'https://evil.example', ...json } };
    expect(await ark.refused(ark.raw('POST', '/sign-out', foreign))).toBe('403 REQUEST_FORBIDDEN');
    expect((await list(cookie)).status).toBe(200);
    const { status, headers } = await ark.raw('POST', '/sign-out', {
      token: null,
      headers: { cookie, ...json },
    });
    expect(status).toBe(204);
    expect(headers['set-cookie']![0]).toMatch(/^ark-\d+=; .*expires=Thu, 01 Jan 1970/);
    expect((await list(cookie)).status).toBe(401);
    expect((await watched).status).toBe(200);
    expect((await list(other)).status).toBe(200);
  });
});

it('no proxy is believed that nobody has vouched for', async () => {
  const alone = await testConsole(database.url, {}, { say: (line) => said.push(line) });
  const headers = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-for': '192.0.2.7',
    ...json,
  };
  const sent = (token: string) => ({ token: null, headers, body: JSON.stringify({ token }) });
  const good = await alone.raw('POST', '/sign-in', sent(TOKEN));
  expect(good.headers['set-cookie']![0]).not.toContain('secure');
  said.length = 0;
  await alone.raw('POST', '/sign-in', sent('not-the-right-one'));
  expect(said[0]).toContain('from 127.0.0.1 failed');
  await alone.stop();
});

describe('sessions', () => {
  it('end after a week', () => {
    const clock = fakeClock('2026-01-01T00:00:00Z');
    const sessions = newSessions(clock);
    const secret = sessions.begin();
    const over = sessions.find(secret)!;
    clock.advance(7 * 24 * 3_600_000 - 1);
    expect(sessions.find(secret)).toBe(over);
    clock.advance(1);
    expect(sessions.find(secret)).toBeUndefined();
    expect(over.aborted).toBe(true);
  });

  it('are no more than a hundred; the oldest goes', () => {
    const clock = fakeClock('2026-01-01T00:00:00Z');
    const sessions = newSessions(clock);
    const secrets = Array.from({ length: 101 }, () => sessions.begin());
    expect(secrets.map((secret) => sessions.find(secret) !== undefined)).toEqual(
      secrets.map((_, i) => i > 0),
    );
    expect(clock.waiting()).toBe(100);
    sessions.endAll();
    expect(clock.waiting()).toBe(0);
  });

  it('have no empty secret', () => {
    expect(newSessions(fakeClock('2026-01-01T00:00:00Z')).find('')).toBeUndefined();
  });
});

describe('guessing', () => {
  const wrong = () => false;
  const right = () => true;
  /** What has been answered by now. */
  const settled = async (answer: Promise<boolean>): Promise<boolean | 'waits'> => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
    return Promise.race([answer, Promise.resolve('waits' as const)]);
  };

  it('is answered more and more slowly, and the right token at once', async () => {
    const clock = fakeClock('2026-01-01T00:00:00Z');
    const tries = newTries(clock, () => undefined);
    const delays: number[] = [];
    for (let i = 0; i < 12; i++) {
      const answer = tries.judge('192.0.2.1', wrong);
      let ms = 0;
      while ((await settled(answer)) === 'waits') clock.advance((ms += 10) && 10);
      delays.push(ms);
      expect(await settled(tries.judge('192.0.2.1', right))).toBe(true);
      expect(await settled(answer)).toBe(false);
    }
    expect(delays).toEqual([0, 0, 0, 50, 100, 200, 400, 500, 500, 500, 500, 500]);
    // Another address has nothing to do with it, and after a while all is forgotten.
    expect(await settled(tries.judge('192.0.2.2', wrong))).toBe(false);
    clock.advance(11 * 60_000);
    expect(await settled(tries.judge('192.0.2.1', wrong))).toBe(false);
  });

  it('is not looked at while too many answers are outstanding; after a moment it is again', async () => {
    const clock = fakeClock('2026-01-01T00:00:00Z');
    const tries = newTries(clock, () => undefined);
    for (let i = 0; i < 3; i++) await tries.judge('192.0.2.1', wrong);
    const waiting = Array.from({ length: 5 }, () => tries.judge('192.0.2.1', wrong));
    const looked = jest.fn(right);
    await expect(tries.judge('192.0.2.1', looked)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(looked).not.toHaveBeenCalled();
    expect(await settled(tries.judge('192.0.2.2', right))).toBe(true);
    clock.advance(500);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => false));
    expect(await tries.judge('192.0.2.1', right)).toBe(true);
  });

  it('from many addresses at once is bounded too, and so is what is remembered', async () => {
    const clock = fakeClock('2026-01-01T00:00:00Z');
    const tries = newTries(clock, () => undefined);
    const address = (i: number) => `10.0.${i >> 8}.${i & 255}`;
    for (let i = 0; i < 40; i++) for (let n = 0; n < 3; n++) await tries.judge(address(i), wrong);
    const waiting = Array.from({ length: 100 }, (_, i) => tries.judge(address(i % 40), wrong));
    await expect(tries.judge('192.0.2.1', right)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    clock.advance(500);
    await Promise.all(waiting);
    expect(await tries.judge('192.0.2.1', right)).toBe(true);
    for (let i = 0; i < 3000; i++) await tries.judge(address(1000 + i), wrong);
    expect(await settled(tries.judge(address(0), wrong))).toBe(false);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:DB8:0:0:ffff::9', '2001:db8:0:0'],
    ['2001:db8:0:1::1', '2001:db8:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
