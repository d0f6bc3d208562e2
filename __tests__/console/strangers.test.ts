import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupItem, Pruned, Safety, ScheduleItem, Started, TrustList } from '../../src/server/api/api';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { hostOf } from '../helpers/ark';
import { testConsole, type TestConsole } from '../helpers/console';
import { putTogether, putTogetherOld, takenApart } from '../helpers/forged';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { until } from '../helpers/waiting';

/** Who may add files must not make anything go: no genuine backup, whatever the files say of themselves. */
const { database } = ownPlace();
let shop: TestDatabase;
let served: TestConsole;
let elsewhere: string;
beforeAll(async () => {
  shop = await database(`CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2);`);
  elsewhere = await mkdtemp(join(tmpdir(), 'ark-elsewhere-'));
  served = await testConsole(shop.url);
});
afterAll(async () => {
  await served.stop();
  await rm(elsewhere, { recursive: true, force: true });
});

const bytesOf = (name: string) => readFile(join(served.folder, 'backups', name));
const list = () => served.get<BackupItem[]>('arkBackups:list');
const names = async () => (await list()).map((one) => one.name);

/** Names bear the second, so each run waits for its own. */
async function runs(schedule: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const before = (await served.get<ScheduleItem>('arkSchedules:get', { filterByTk: schedule })).last
    ?.startedAt;
  await served.post<Started>('arkSchedules:run', { filterByTk: schedule });
  const { last } = await until('it has run', async () => {
    const one = await served.get<ScheduleItem>('arkSchedules:get', { filterByTk: schedule });
    const over = one.running === undefined && one.last !== undefined && one.last.startedAt !== before;
    return over ? one : undefined;
  });
  expect(last).toMatchObject({ state: 'done' });
  return last!.storages[0]!.name!;
}

async function uploaded(name: string, bytes: Buffer): Promise<BackupItem> {
  const { status, body } = await served.raw('POST', `/api/arkBackups:upload?name=${name}`, {
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) },
    body: bytes,
  });
  expect([name, status]).toEqual([name, 200]);
  return (JSON.parse(body.toString()) as { data: BackupItem }).data;
}

interface Seen {
  /** What was once made and has gone by the rule. */
  readonly gone: Buffer;
  readonly newest: Buffer;
  /** What the list shows of the newest; in it is all that a forger needs. */
  readonly item: BackupItem;
  /** A plain archive, to be written anew. */
  readonly plain: Buffer;
}

const at = (ms: number) => new Date(Date.now() + ms).toISOString();
const HOUR = 3_600_000;

/** In format 1, without a signature, or in the newest one with the forger's own. */
async function forged({ plain, item }: Seen, createdAt: string, sign: boolean): Promise<Buffer> {
  const { manifest, data } = await takenApart(plain);
  const { instance = '', origin, id = '' } = item;
  const claims = {
    ...manifest,
    createdAt,
    instance,
    origin: { ...(manifest.origin as object), ...origin },
    id,
  };
  if (!sign) return putTogetherOld({ manifest: claims, data });
  return putTogether({ manifest: claims, data });
}

/** Another instance that calls itself the same, and its schedule too. */
async function madeElsewhere(schedule: string, passphrase: string | undefined): Promise<Buffer> {
  const host = hostOf(shop.url, elsewhere);
  const name = `forged-${Math.random().toString(36).slice(2)}`;
  await createBackup(host, {
    selection: { all: true },
    to: { storage: 'local', name },
    schedule,
    ...(passphrase !== undefined && { encryptFor: { passphrase } }),
  });
  return readFile(join(elsewhere, 'backups', `${name}.ark`));
}

const ATTACKS: Record<string, (seen: Seen, schedule: string) => Promise<Buffer[]>> = {
  ...Object.fromEntries(
    [-60_000, -1000, 0, 1000, 2 * HOUR, 20 * HOUR].flatMap((ms) =>
      [false, true].map((sign) => [
        `two forged ones of ${ms} ms, ${sign ? 'signed by somebody else' : 'without a signature'}`,
        async (seen: Seen) => Promise.all([forged(seen, at(ms), sign), forged(seen, at(ms + 1), sign)]),
      ]),
    ),
  ),
  'two encrypted ones of another instance of that name': async (_, schedule) => [
    await madeElsewhere(schedule, 'theirs and nobody else'),
    await madeElsewhere(schedule, 'theirs and nobody else'),
  ],
  'two plain ones of another instance of that name': async (_, schedule) => [
    await madeElsewhere(schedule, undefined),
    await madeElsewhere(schedule, undefined),
  ],
  'two copies of a genuine one': ({ newest }) => Promise.resolve([newest, newest]),
  'a genuine one that had gone, twice': ({ gone }) => Promise.resolve([gone, gone]),
};

describe.each(['plain', 'encrypted'])('a schedule whose backups are %s', (kind) => {
  const schedule = `nightly-${kind}`;
  let gone: Buffer;
  let [second, third] = ['', ''];
  let plain: Buffer;
  beforeAll(async () => {
    for (const name of await names()) await served.post('arkBackups:destroy', { filterByTk: name });
    const timing = { every: 1, unit: 'days', at: '02:30' };
    const recipients =
      kind === 'encrypted' ? [await identityToRecipient(await generateX25519Identity())] : undefined;
    await served.post(
      'arkSchedules:create',
      {},
      { name: schedule, timing, retention: { last: 2 }, recipients },
    );
    const first = await runs(schedule);
    gone = await bytesOf(first);
    second = await runs(schedule);
    third = await runs(schedule);
    expect((await names()).sort()).toEqual([second, third]);
    plain = await madeElsewhere(schedule, undefined);
  });

  let planted: string[] = [];
  afterEach(async () => {
    for (const name of planted) await served.post('arkBackups:destroy', { filterByTk: name });
    planted = [];
  });
  it.each(Object.keys(ATTACKS))('keeps what is its own beside %s', async (attack) => {
    const item = (await list()).find((one) => one.name === third)!;
    const seen = { gone, newest: await bytesOf(third), item, plain };
    for (const [i, bytes] of (await ATTACKS[attack]!(seen, schedule)).entries())
      planted.push((await uploaded(`planted-${i}.ark`, bytes)).name);
    const [plan] = await served.post<Pruned[]>(
      'arkSchedules:prune',
      { filterByTk: schedule },
      { dryRun: true },
    );
    expect(plan!.decisions.filter((decision) => !decision.keep)).toEqual([]);
    [second, third] = [third, await runs(schedule)];
    // The rule goes on as if nothing else were there.
    expect((await names()).sort()).toEqual([second, third, ...planted].sort());
    const safety = await served.get<Safety>('arkSystem:safety');
    expect(safety.lastGood?.name).toBe(third);
  });

  it('keeps a genuine one that was renamed, and all that the rule says beside it', async () => {
    await rename(join(served.folder, 'backups', third), join(served.folder, 'backups', 'kept.ark'));
    const fourth = await runs(schedule);
    expect((await names()).sort()).toEqual([second, fourth, 'kept.ark'].sort());
  });
});

it('what is shown of a maker is what was proven, and changes with whom one trusts', async () => {
  const { job } = await served.post<Started>(
    'arkBackups:create',
    {},
    { name: 'own', passphrase: 'ours and nobody else' },
  );
  await served.ended(job.id);
  const stranger = await uploaded('theirs.ark', await madeElsewhere('nightly', 'theirs and nobody else'));
  expect(stranger).toMatchObject({
    state: 'locked',
    mine: false,
    maker: { kind: 'stranger' },
  });
  // Its names are for whoever can open it.
  expect([stranger.instance, stranger.origin]).toEqual([undefined, undefined]);
  const [own] = (await list()).filter((one) => one.name === 'own.ark');
  const known = await served.get<TrustList>('arkTrust:list');
  expect(known).toEqual({ own: expect.any(String) as string, former: [], trusted: [] });
  expect(own).toMatchObject({ state: 'locked', mine: true, maker: { kind: 'own', fingerprint: known.own } });
  const { fingerprint } = stranger.maker as { fingerprint: string };
  const json = { 'content-type': 'application/json' };
  for (const body of [
    { fingerprint },
    { fingerprint: 'x', name: 'x' },
    { fingerprint: known.own, name: 'me' },
    { fingerprint, name: ' ' },
  ])
    expect(
      await served.refused(
        served.raw('POST', '/api/arkTrust:add', { headers: json, body: JSON.stringify(body) }),
      ),
    ).toBe('400 USAGE');
  await served.post('arkTrust:add', {}, { fingerprint, name: 'The other house' });
  const trusted = async () => (await list()).find((one) => one.name === 'theirs.ark');
  expect(await trusted()).toMatchObject({
    mine: false,
    maker: { kind: 'trusted', fingerprint, name: 'The other house' },
  });
  await served.post('arkTrust:remove', { filterByTk: fingerprint });
  expect(await trusted()).toMatchObject({ maker: { kind: 'stranger', fingerprint } });
});

it('a backup that is not encrypted does not take the place of one that is', async () => {
  const { job } = await served.post<Started>('arkBackups:create', {}, { name: 'plain' });
  await served.ended(job.id);
  const headers = { 'content-type': 'application/json' };
  const key = { passphrase: 'ours and nobody else' };
  for (const action of ['get', 'preview', 'restore', 'verify', 'rehearse']) {
    const path = `/api/arkBackups:${action}?filterByTk=plain.ark`;
    const asked = (body: object) => served.raw('POST', path, { headers, body: JSON.stringify(body) });
    expect([action, await served.refused(asked(key))]).toEqual([action, '422 ARCHIVE_NOT_ENCRYPTED']);
    const allowed = await asked({ ...key, allowPlain: true });
    expect([action, allowed.status]).toEqual([action, 200]);
    const { data } = JSON.parse(allowed.body.toString()) as { data: { job?: { id: string } } };
    if (data.job) await served.ended(data.job.id);
  }
});
