import { join } from 'node:path';
import { saveChannels, testChannels } from '../../../src/server/actions/alarms/alarms';
import { catalog } from '../../../src/server/actions/backups/catalog';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { rememberProof } from '../../../src/server/actions/backups/proofs';
import { addSchedule } from '../../../src/server/actions/schedules/schedules';
import { rememberTest } from '../../../src/server/actions/storages/storageTests';
import { createStorage, listStorages, updateStorage } from '../../../src/server/actions/storages/storages';
import { safetyOf } from '../../../src/server/actions/system/safety';
import { ScheduleInput } from '../../../src/server/api/input';
import { hostOf } from '../../helpers/ark';
import { listen } from '../../helpers/listener';
import { ownPlace } from '../../helpers/place';

/** The four steps of a whole installation, from nothing to safe, and back when something changes. */
const { data, database } = ownPlace();

it('becomes safe by what is done, step by step, and is it no longer when that changes', async () => {
  const { url } = await database('CREATE TABLE orders (id int); INSERT INTO orders VALUES (1);');
  const folder = join(data.folder, 'ark');
  const host = hostOf(url, folder, { ARK_OFFSITE: 'nas' });
  const known = catalog(join(folder, 'cache.json'));
  const missing = async () => (await safetyOf(host, known, new Date())).steps.map((step) => step.missing);
  const place = { ...host, dataFolder: folder };

  expect(await missing()).toEqual([['no-storage'], ['no-schedule'], ['no-alarm'], ['no-backup']]);
  await createStorage(place, 'disk', { kind: 'local', folder: join(data.folder, 'disk') });
  expect((await missing())[0]).toEqual(['storage-here', 'storage-untested']);
  await createStorage(place, 'nas', { kind: 'local', folder: join(data.folder, 'nas') });
  expect((await missing())[0]).toEqual(['storage-untested']);
  const { record } = (await listStorages(place)).find(({ name }) => name === 'nas')!;
  await rememberTest(host, record!, { ok: true, checks: [] }, new Date());
  expect((await missing())[0]).toEqual([]);
  await rememberTest(host, record!, { ok: false, checks: [] }, new Date());
  expect((await missing())[0]).toEqual(['storage-untested']);
  await rememberTest(host, record!, { ok: true, checks: [] }, new Date());

  const timing = { every: 1, unit: 'days', at: '02:30' };
  const add = (name: string, more: object) =>
    addSchedule(host, ScheduleInput.parse({ name, timing, ...more }), new Date());
  await add('here', { storages: ['local', 'disk'], retention: { daily: 7 } });
  expect((await missing())[1]).toEqual(['schedule-local']);
  await add('nightly', { storages: ['local', 'nas'], retention: { daily: 7 } });
  expect((await missing())[1]).toEqual([]);

  const hook = await listen();
  try {
    await saveChannels(host, { webhook: { url: hook.url } }, new Date());
    expect((await missing())[2]).toEqual(['alarm-untested']);
    await testChannels(host, new Date());
    expect((await missing())[2]).toEqual([]);
    // What was sent to the old address says nothing of a new one.
    await saveChannels(host, { webhook: { url: `${hook.url}/other` } }, new Date());
    expect((await missing())[2]).toEqual(['alarm-untested']);
    await testChannels(host, new Date());
  } finally {
    hook.close();
  }

  await createBackup(host, { selection: {}, to: { storage: 'local', name: 'first' } });
  expect((await missing())[3]).toEqual(['backup-local']);
  await createBackup(host, { selection: {}, to: { storage: 'nas', name: 'second' } });
  expect((await missing())[3]).toEqual(['backup-unproven']);
  const { items } = await known.list(host, 'nas');
  await rememberProof(
    host,
    { manifestSha256: items[0]!.manifestSha256! },
    { rehearsedAt: new Date().toISOString(), proof: 'database' },
  );
  expect(await missing()).toEqual([[], [], [], []]);

  // A storage that was changed is another one.
  await updateStorage(place, 'nas', { kind: 'local', folder: join(data.folder, 'elsewhere') });
  expect(await missing()).toEqual([['storage-untested'], [], [], ['backup-local']]);
});
