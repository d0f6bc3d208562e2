import {
  beat,
  checkAge,
  raise,
  readAlarmLog,
  saveChannels,
  testChannels,
} from '../../src/server/actions/alarms/alarms';
import { instanceId } from '../../src/server/actions/trust/instance';
import { readMade, rememberMade } from '../../src/server/actions/trust/madeBook';
import { rememberProof } from '../../src/server/actions/backups/proofs';
import { addTrusted, listTrusted } from '../../src/server/actions/trust/trust';
import type { Host } from '../../src/server/host';
import { hostOf, newDataFolder } from '../helpers/ark';
import { pause } from '../helpers/waiting';

/**
 * Ark's books are read, changed and saved, by several runs, processes and nodes at once. Whatever two do at the same
 * moment, nothing of either is lost.
 */
const AT_ONCE = 40;
const NOW = new Date('2026-06-10T12:00:00.000Z');
const NOWHERE = { url: 'http://127.0.0.1:1/' };

const removing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(removing.map((remove) => remove())));

/** Two programs with one data folder, in which reading takes its time: who does not wait reads what is old. */
async function twoHosts(): Promise<readonly [Host, Host]> {
  const data = await newDataFolder();
  removing.push(() => data.remove());
  const one = (): Host => {
    const host = hostOf('postgres://127.0.0.1:1/none', data.folder);
    const { settings } = host;
    return {
      ...host,
      settings: {
        ...settings,
        get: async (kind, name) => {
          const value = await settings.get(kind, name);
          await pause(5);
          return value;
        },
      },
    };
  };
  return [one(), one()];
}

const numbers = Array.from({ length: AT_ONCE }, (_, n) => n);
const names = numbers.map((n) => `name-${String(n).padStart(2, '0')}`);
const fingerprints = numbers.map(
  (n) => `SHA256:${(n.toString(16).padStart(4, '0') + '-').repeat(8).slice(0, -1)}`,
);

type Book = [
  what: string,
  change: (host: Host, n: number) => Promise<unknown>,
  kept: (host: Host) => Promise<unknown>,
];
const BOOKS: readonly Book[] = [
  [
    'alarms',
    (host, n) => raise(host, { event: 'failed', schedule: names[n] ?? '', message: 'm' }, NOW),
    async (host) => (await readAlarmLog(host)).sent.map((one) => one.schedule).sort(),
  ],
  [
    'heart-beats that did not come through',
    (host, n) => beat(host, names[n] ?? '', NOW),
    async (host) => (await readAlarmLog(host)).sent.map((one) => one.schedule).sort(),
  ],
  [
    'backups made',
    (host, n) =>
      rememberMade(host, [{ storage: 'local', name: names[n] ?? '', size: 1, createdAt: NOW.toISOString() }]),
    async (host) => (await readMade(host)).map((one) => one.name).sort(),
  ],
  [
    'proofs',
    (host, n) => rememberProof(host, { manifestSha256: names[n] ?? '' }, { verifiedAt: NOW.toISOString() }),
    async (host) => Object.keys((await host.settings.get('settings', 'proofs')) as object).sort(),
  ],
  [
    'trust',
    (host, n) => addTrusted(host, { fingerprint: fingerprints[n] ?? '', name: names[n] ?? '' }, NOW),
    async (host) => (await listTrusted(host)).map((one) => one.name).sort(),
  ],
];

it.each(BOOKS)('%s: none is lost of many at once', async (_, change, kept) => {
  const hosts = await twoHosts();
  await saveChannels(hosts[0], { webhook: NOWHERE, heartbeat: NOWHERE }, NOW);
  await Promise.all(numbers.map((n) => change(hosts[n % 2] as Host, n)));
  expect(await kept(hosts[0])).toEqual(names);
});

it('the log of alarms keeps what each of its writers has to say', async () => {
  const hosts = await twoHosts();
  const [one, two] = hosts;
  await saveChannels(one, { webhook: NOWHERE, heartbeat: NOWHERE, staleHours: 1 }, NOW);
  await Promise.all([
    ...names
      .slice(0, 20)
      .map((schedule, n) => raise(hosts[n % 2] as Host, { event: 'missed', schedule, message: 'm' }, NOW)),
    checkAge(one, NOW),
    saveChannels(two, { webhook: NOWHERE, heartbeat: NOWHERE, staleHours: 2 }, NOW),
    testChannels(one, NOW),
    beat(two, 'beaten', NOW),
  ]);
  await checkAge(two, new Date(NOW.getTime() + 10 * 3_600_000));
  await checkAge(one, new Date(NOW.getTime() + 10 * 3_600_000));
  const { sent, since, staleToldAt } = await readAlarmLog(one);
  // A test goes to the webhook and to the heart-beat.
  const count = (event: string) => sent.filter((line) => line.event === event).length;
  expect({ missed: count('missed'), test: count('test'), stale: count('stale') }).toEqual({
    missed: 20,
    test: 2,
    stale: 1,
  });
  expect(since).toBe(NOW.toISOString());
  expect(staleToldAt).toBeDefined();
});

it('the number of an instance is drawn once', async () => {
  const hosts = await twoHosts();
  const drawn = await Promise.all(numbers.map((n) => instanceId(hosts[n % 2] as Host)));
  expect(new Set(drawn).size).toBe(1);
  expect(await instanceId(hosts[1])).toBe(drawn[0]);
});
