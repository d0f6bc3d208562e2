import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adoptStrays, listStrays, renewInstance } from '../../../src/server/actions/backups/copied';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { ownFingerprints } from '../../../src/server/actions/trust/instanceKey';
import { backupItems, ownBackups } from '../../../src/server/actions/backups/ownBackups';
import { pruneStorage } from '../../../src/server/actions/schedules/prune';
import { addSchedule, findSchedule } from '../../../src/server/actions/schedules/schedules';
import { ScheduleInput } from '../../../src/server/api/input';
import type { Recipients } from '../../../src/server/dumper/container/cipher';
import type { Host } from '../../../src/server/host';
import { localStorage } from '../../../src/server/storage/local/local';
import { hostOf } from '../../helpers/ark';
import { fixedStorages } from '../../helpers/fixedStorages';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';

/** Two machines with one number and key, because the data folder of one was copied, and one storage for both. */
const place = ownPlace();
const folders: string[] = [];
let shop: TestDatabase;
beforeAll(async () => {
  shop = await place.database('CREATE TABLE orders (id integer PRIMARY KEY); INSERT INTO orders VALUES (1)');
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const KEY: Recipients = { recipients: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] };
/** The clock of job numbers tells seconds. */
const nextSecond = () => new Promise((done) => setTimeout(done, 1100 - (Date.now() % 1000)));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-copied-'));
  folders.push(folder);
  return folder;
}

function machine(folder: string, shared: string) {
  const storage = localStorage(shared, 'cloud');
  const host: Host = { ...hostOf(shop.url, folder), storages: fixedStorages([storage]) };
  const seen = catalog(join(folder, 'cache.json'));
  let number = 0;
  return {
    host,
    async backUp(prefix: string, encryptFor?: Recipients): Promise<string> {
      number += 1;
      const name = `${prefix}-${number}`;
      const options = { selection: { all: true }, to: { storage: 'cloud', name }, schedule: 'nightly' };
      await createBackup(host, { ...options, ...(encryptFor && { encryptFor }) });
      return `${name}.ark`;
    },
    strays: async () => (await listStrays(host, seen)).map((stray) => stray.name).sort(),
    adopt: () => adoptStrays(host, seen),
    there: async () => (await storage.list()).map((object) => object.key).sort(),
    mine: async () => {
      const items = await backupItems(host, (await seen.list(host)).items);
      return items.filter((one) => one.mine).map((one) => one.name);
    },
    async prune(): Promise<readonly string[]> {
      const schedule = await findSchedule(host, 'nightly');
      const options = { now: new Date(), dryRun: false };
      return (await pruneStorage(host, seen, schedule, storage, false, options)).removed;
    },
  };
}

/** The original has two backups when it is copied. */
async function copied(encryptFor?: Recipients) {
  const [folder, other, shared] = [await newFolder(), await newFolder(), await newFolder()];
  const original = machine(folder, shared);
  await addSchedule(
    original.host,
    ScheduleInput.parse({
      name: 'nightly',
      timing: { every: 1, unit: 'days', at: '02:30' },
      all: true,
      storages: ['cloud'],
      retention: { last: 1 },
    }),
    new Date(),
  );
  const before = [await original.backUp('before', encryptFor), await original.backUp('before', encryptFor)];
  await cp(folder, other, { recursive: true });
  await nextSecond();
  return { original, copy: machine(other, shared), before };
}

describe.each([
  ['plain', undefined],
  ['encrypted', KEY],
] as const)('an instance that was copied, %s', (_what, encryptFor) => {
  it('deletes nothing of the other, and counts nothing of it as its own, on both sides', async () => {
    const { original, copy, before } = await copied(encryptFor);
    const ofCopy = await copy.backUp('copy', encryptFor);
    // Only the original can see it yet.
    expect(await copy.strays()).toEqual([]);
    expect(await original.strays()).toEqual([ofCopy]);
    await expect(original.prune()).rejects.toMatchObject({ code: 'INSTANCE_COPIED' });
    expect(await original.mine()).not.toContain(ofCopy);
    const ofOriginal = await original.backUp('original', encryptFor);
    expect(await copy.strays()).toEqual([ofOriginal]);
    await expect(copy.prune()).rejects.toMatchObject({ code: 'INSTANCE_COPIED' });
    expect(await original.there()).toEqual([...before, ofCopy, ofOriginal].sort());
  });

  it("as the copy gets a number of its own: what was there is the other's", async () => {
    const { original, copy, before } = await copied(encryptFor);
    const ofOriginal = await original.backUp('original', encryptFor);
    const [old] = await ownFingerprints(copy.host);
    const { own } = await renewInstance(copy.host, new Date());
    expect(own).not.toBe(old);
    expect(await ownFingerprints(copy.host)).toEqual([own]);
    expect(await copy.strays()).toEqual([]);
    expect(await copy.mine()).toEqual([]);
    const made = [await copy.backUp('copy', encryptFor), await copy.backUp('copy', encryptFor)];
    expect(await copy.prune()).toEqual([made[0]]);
    // And it is no matter to the original, which goes on by its rule.
    expect(await original.strays()).toEqual([]);
    expect([...(await original.prune())].sort()).toEqual([...before].sort());
    expect(await original.there()).toEqual([made[1], ofOriginal].sort());
  });

  it('as the original takes them for its own, and goes on', async () => {
    const { original, copy, before } = await copied(encryptFor);
    const ofCopy = await copy.backUp('copy', encryptFor);
    expect((await original.adopt()).map((one) => one.name)).toEqual([ofCopy]);
    expect(await original.strays()).toEqual([]);
    expect(await original.mine()).toContain(ofCopy);
    // An encrypted one does not tell which schedule made it, and stays like one made by hand.
    const go = encryptFor ? before.slice(0, 1) : before;
    expect([...(await original.prune())].sort()).toEqual([...go].sort());
  });
});

it('what was made before the records of jobs begin is no stray', async () => {
  const { original } = await copied();
  const own = await ownBackups({
    ...original.host,
    jobs: { ...original.host.jobs, list: () => Promise.resolve([]) },
  });
  const maker = { kind: 'own', fingerprint: 'x' } as const;
  expect(own.isStray({ id: '20200101_000000_aaaaaa', maker, state: 'ok' })).toBe(false);
  const known = await ownBackups(original.host);
  expect(known.isStray({ id: '20200101_000000_aaaaaa', maker, state: 'ok' })).toBe(false);
  expect(known.isStray({ id: '29990101_000000_aaaaaa', maker, state: 'ok' })).toBe(true);
  expect(known.isStray({ id: 'no number', maker, state: 'ok' })).toBe(false);
});
