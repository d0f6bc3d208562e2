import type { Alarm } from '../../src/server/jobs/alarm';
import { Channels, sendAlarm, sendHeartbeat } from '../../src/server/jobs/notify';
import { listen, listenForMail } from '../helpers/listener';

const ALARM: Alarm = {
  event: 'failed',
  instance: 'shop',
  schedule: 'nightly',
  at: '2026-06-10T02:30:00.000Z',
  message: 'No space left.',
  code: 'STORAGE_FULL',
};
const closing: { close(): void }[] = [];
afterAll(() => closing.forEach((one) => one.close()));
async function listening(...given: Parameters<typeof listen>) {
  const made = await listen(...given);
  closing.push(made);
  return made;
}

it('a webhook gets JSON', async () => {
  const hook = await listening();
  expect(await sendAlarm({ webhook: { url: `${hook.url}/x?y=1` } }, ALARM)).toEqual([{ channel: 'webhook' }]);
  expect(hook.heard).toMatchObject([{ method: 'POST', path: '/x?y=1' }]);
  expect(JSON.parse(hook.heard[0]!.body)).toEqual({ ...ALARM, source: 'ark' });
});

it('a heart-beat is fetched', async () => {
  const hook = await listening();
  expect(await sendHeartbeat({ heartbeat: { url: `${hook.url}/beat` } })).toEqual({ channel: 'heartbeat' });
  expect(hook.heard).toMatchObject([{ method: 'GET', path: '/beat', body: '' }]);
  expect(await sendHeartbeat({})).toBeUndefined();
});

describe('a webhook that does not take it is told of, and nothing is thrown', () => {
  it.each([
    [
      'answers 500',
      (_: unknown, response: { writeHead(status: number): { end(): void } }) => response.writeHead(500).end(),
      /answered 500/,
    ],
    ['does not answer', () => undefined, /did not answer within 0\.3 s/],
    [
      'redirects to a file',
      (_: unknown, response: { writeHead(status: number, headers: object): { end(): void } }) =>
        response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /redirects \(302\)/,
    ],
  ] as const)('%s', async (_, answer, said) => {
    const hook = await listening(answer as Parameters<typeof listen>[0]);
    const [delivery] = await sendAlarm({ webhook: { url: hook.url } }, ALARM, undefined, 300);
    expect(delivery?.error).toMatch(said);
  });

  it('is not there', async () => {
    const hook = await listen();
    hook.close();
    const [delivery] = await sendAlarm({ webhook: { url: `${hook.url}/secret-token` } }, ALARM);
    expect(delivery?.error).toMatch(/cannot be reached/);
    // The address is a secret; its host is enough to find the trouble.
    expect(delivery?.error).not.toContain('secret-token');
  });
});

it.each(['file:///etc/passwd', 'ftp://example.org/', 'javascript:alert(1)', 'example.org', ''])(
  'only http and https are addresses, not %j',
  (url) => {
    expect(Channels.safeParse({ webhook: { url } }).success).toBe(false);
    expect(Channels.safeParse({ heartbeat: { url } }).success).toBe(false);
  },
);

describe('e-mail', () => {
  it('goes to a mail server', async () => {
    const server = await listenForMail();
    closing.push(server);
    const smtp = { host: '127.0.0.1', port: server.port, secure: false };
    const email = { to: ['admin@example.org', 'other@example.org'], from: 'ark@example.org', smtp };
    expect(await sendAlarm({ email }, ALARM)).toEqual([{ channel: 'email' }]);
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]).toMatch(/^Subject: Ark, shop: a backup failed$/m);
    expect(server.mails[0]).toMatch(/^To: admin@example\.org, other@example\.org$/m);
    expect(server.mails[0]).toContain('No space left.');
    expect(server.mails[0]).toContain('Schedule: nightly');
  });

  it('a mail server that refuses is told of', async () => {
    const server = await listenForMail('550 nobody here');
    closing.push(server);
    const smtp = { host: '127.0.0.1', port: server.port, secure: false };
    const [delivery] = await sendAlarm({ email: { to: ['admin@example.org'], smtp } }, ALARM);
    expect(delivery?.error).toMatch(/did not take it.*550 nobody here/s);
  });

  it('goes by the means of the app where no server is set', async () => {
    const sent: unknown[] = [];
    const email = { to: ['admin@example.org'] };
    const means = (message: object, to: readonly string[]) =>
      Promise.resolve(void sent.push({ message, to }));
    expect(await sendAlarm({ email }, ALARM, means)).toEqual([{ channel: 'email' }]);
    expect(sent).toMatchObject([
      { to: ['admin@example.org'], message: { subject: 'Ark, shop: a backup failed' } },
    ]);
    const [without] = await sendAlarm({ email }, ALARM);
    expect(without?.error).toMatch(/No mail server is set/);
  });
});

it('one way that fails does not keep the others from being tried', async () => {
  const hook = await listening();
  const email = { to: ['admin@example.org'], smtp: { host: '127.0.0.1', port: 1, secure: false } };
  const deliveries = await sendAlarm({ webhook: { url: hook.url }, email }, ALARM);
  expect(deliveries).toMatchObject([
    { channel: 'webhook' },
    { channel: 'email', error: expect.stringContaining('127.0.0.1:1') as string },
  ]);
  expect(deliveries[0]).not.toHaveProperty('error');
});
