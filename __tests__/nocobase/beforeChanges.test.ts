import type { BackupItem } from '../../src/server/api/api';
import { hostOf } from '../helpers/ark';
import { NOW_AND_THEN, pause, until } from '../helpers/waiting';
import { appPlace, runJob, startInstalled, type Caller, type NocoBase } from './app';

/** The real plugin manager is held up by a backup, and by one that fails. */
const place = appPlace();
let app: NocoBase;
let admin: Caller;
let url: string;

beforeAll(async () => {
  const installed = await startInstalled(place);
  ({ app, admin } = installed);
  url = installed.db.url;
}, 600_000);

const plugins = async () => {
  const answer = await admin.get('pm:list').catch(() => undefined);
  return (answer?.status === 200 ? answer.data : []) as {
    name: string;
    packageName: string;
    enabled: boolean;
  }[];
};
const backups = async () => {
  const answer = await admin.get('arkBackups:list');
  expect(answer.status).toBe(200);
  return (answer.data as BackupItem[]).map(({ note }) => note);
};
const isEnabled = async (name: string) =>
  (await plugins()).find((plugin) => plugin.packageName === name)?.enabled;
/** NocoBase starts the app again for each. */
const change = async (verb: 'enable' | 'disable', name: string) => {
  expect((await admin.post(`pm:${verb}?filterByTk=${name}`)).status).toBe(200);
  await until(
    `${name}: ${verb}`,
    async () => (await isEnabled(name)) === (verb === 'enable') || undefined,
    240_000,
    NOW_AND_THEN,
  );
  await until(
    'Ark answers',
    async () => (await admin.get('arkSystem:get').catch(() => undefined))?.status === 200 || undefined,
    240_000,
    NOW_AND_THEN,
  );
};

it('makes one before a plugin is enabled and disabled, holds up what it cannot back up, and serves on', async () => {
  const NAME = '@nocobase/plugin-action-duplicate';
  const off = (await plugins()).filter(
    ({ enabled, packageName }) => !enabled && packageName.startsWith('@nocobase/'),
  );
  const name = off.find(({ packageName }) => packageName === NAME)?.packageName ?? off[0]!.packageName;
  expect((await admin.get('arkSystem:get')).data).toMatchObject({
    beforeChanges: { mode: 'off', fixed: false },
  });
  await change('enable', name);
  expect(await backups()).toEqual([]);
  expect((await admin.post('arkSystem:beforeChanges', { mode: 'must' })).status).toBe(200);
  await change('disable', name);
  expect(await backups()).toEqual([`before disabling ${name}`]);

  const lock = await hostOf(url, `${place.data.folder}/beside`).database.lock('20260101_000000_aaaaaa');
  try {
    await admin.post(`pm:enable?filterByTk=${name}`);
    await until(
      'the log tells',
      () => Promise.resolve(app.log().includes('no backup was made') || undefined),
      240_000,
    );
    await pause(2000);
    // It goes on as before, for everybody.
    expect((await admin.get('users:list')).status).toBe(200);
    expect(await isEnabled(name)).toBe(false);
    expect(await backups()).toHaveLength(1);
  } finally {
    await lock.release();
  }
  await change('enable', name);
  expect(await backups()).toEqual([`before enabling ${name}`, `before disabling ${name}`]);
}, 600_000);

it('not for the upgrade with which a restore brings the data up', async () => {
  const before = await backups();
  const [first] = (await admin.get('arkBackups:list')).data as BackupItem[];
  const { caller, job } = await runJob(
    admin,
    `arkBackups:restore?filterByTk=${first!.name}`,
    { groups: ['custom', 'required'], allowBreaks: true },
    () => app.signIn(),
  );
  admin = caller;
  expect(job).toMatchObject({ state: 'done' });
  expect(await backups()).toEqual(before);
}, 600_000);
