import type { Application, MaintainingStatus } from '@nocobase/server';
import { join } from 'node:path';
import type { Ark } from '../../src/server/actions/ark';
import { catalog } from '../../src/server/actions/backups/catalog';
import { backupItems } from '../../src/server/actions/backups/ownBackups';
import { addSchedule } from '../../src/server/actions/schedules/schedules';
import { beforeChanges, setBeforeChanges } from '../../src/server/actions/system/beforeChanges';
import { ScheduleInput } from '../../src/server/api/input';
import { backUpBeforeChanges, byArk } from '../../src/server/hosts/nocobase/beforeChanges';
import { runningJobs } from '../../src/server/jobs/running';
import { hostOf, newDataFolder } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';

/** Before NocoBase changes the app it is backed up, where that is set; what fails then holds the change up, or not. */
const { database } = ownPlace();
let shop: TestDatabase;
const removing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  shop = await database('CREATE TABLE notes (id integer PRIMARY KEY)');
});
afterAll(() => Promise.all(removing.map((remove) => remove())));

const COMMANDS = ['upgrade', 'pm.add', 'pm.update', 'pm.enable', 'pm.enable-all', 'pm.disable', 'pm.remove'];

/** An app that tells of its commands as NocoBase does, and waits for whoever listens. */
async function place(env: Record<string, string> = {}) {
  const own = await newDataFolder();
  removing.push(() => own.remove());
  const { folder } = own;
  const host = hostOf(shop.url, folder, env);
  const seen = catalog(join(folder, 'cache', 'backups.json'));
  const ark: Ark = {
    host,
    running: runningJobs(),
    catalog: seen,
    dataFolder: folder,
    uploadLimit: 1,
    demo: false,
  };
  const said: string[] = [];
  const state = { enabled: true };
  let listener: (status: MaintainingStatus) => Promise<void> | void = () => undefined;
  const app = {
    pm: { get: () => state },
    version: { get: () => Promise.resolve('1.9.1') },
    log: { info: (text: string) => said.push(text), error: (text: string) => said.push(text) },
    setMaintainingMessage: (text: string) => said.push(text),
    on: (_: string, hear: typeof listener) => (listener = hear),
  } as unknown as Application;
  backUpBeforeChanges(app, 'ark', ark);
  const begin = async (name: string, ...args: string[]) => {
    Object.assign(app, { _actionCommand: { args } });
    for (const status of ['command_begin', 'command_running', 'command_end'])
      await listener({ status, command: { name } });
  };
  const made = async () => {
    const { items } = await seen.list(host);
    return backupItems(host, items);
  };
  return { app, ark, host, state, said, begin, made };
}

/** A job has the app's database for itself. */
const busy = ({ host }: Awaited<ReturnType<typeof place>>) => host.database.lock('20260101_000000_aaaaaa');

it('makes none unless somebody has set it', async () => {
  const { begin, made, host } = await place();
  expect(await beforeChanges(host)).toBe('off');
  for (const name of COMMANDS) await begin(name, 'x');
  expect(await made()).toEqual([]);
});

it.each(COMMANDS)('makes one before %s, and says in its note before what', async (name) => {
  const { begin, made, host } = await place();
  await setBeforeChanges(host, 'must');
  await begin(name, '@nocobase/plugin-map', 'second');
  expect((await made()).map(({ note }) => note)).toEqual([
    name === 'upgrade'
      ? 'before upgrading NocoBase 1.9.1'
      : expect.stringMatching(/^before \w+( all plugins)? @nocobase\/plugin-map, second$/),
  ]);
});

it('none before other commands, while Ark is off, in a restore of its own, or to be rid of Ark', async () => {
  const at = await place();
  await setBeforeChanges(at.host, 'must');
  for (const name of ['start', 'restart', 'install', 'db.sync', 'pm.list', 'constructor', 'toString'])
    await at.begin(name);
  await byArk(at.app, () => at.begin('upgrade'));
  for (const name of ['ark', 'nocobase-plugin-ark']) await at.begin('pm.disable', name);
  at.state.enabled = false;
  await at.begin('upgrade');
  expect(await at.made()).toEqual([]);
  at.state.enabled = true;
  await at.begin('pm.disable', 'ark', 'other');
  expect(await at.made()).toHaveLength(1);
});

it('a failure holds the change up in words that NocoBase shows, and goes on serving', async () => {
  const at = await place();
  await setBeforeChanges(at.host, 'must');
  const lock = await busy(at);
  const error = await at.begin('pm.enable', 'map').catch((cause: unknown) => cause as Error);
  await lock.release();
  expect(error).toMatchObject({
    name: 'RestoreCheckError',
    message: expect.stringMatching(
      /^Nothing was changed.*before enabling map.*ARK_BEFORE_CHANGES=off/,
    ) as string,
  });
  expect(await at.made()).toEqual([]);
  await at.begin('pm.enable', 'map');
  expect(await at.made()).toHaveLength(1);
});

it('or it goes on, and the log says that there is none', async () => {
  const at = await place();
  await setBeforeChanges(at.host, 'try');
  const lock = await busy(at);
  await at.begin('pm.enable', 'map');
  await lock.release();
  expect(at.said.join('\n')).toMatch(/no backup was made before enabling map: .* \[JOB_BUSY\]/);
  expect(await at.made()).toEqual([]);
});

it('the environment has the last word, so that nobody is locked out', async () => {
  const at = await place({ ARK_BEFORE_CHANGES: 'off' });
  await setBeforeChanges(at.host, 'must');
  const lock = await busy(at);
  await at.begin('upgrade');
  await lock.release();
  expect(await at.made()).toEqual([]);
});

it('settings that cannot be read hold nobody up', async () => {
  const at = await place();
  jest.spyOn(at.host.settings, 'get').mockRejectedValue(new Error('the database is away'));
  await at.begin('upgrade');
  expect(at.said.join('\n')).toMatch(/does not know whether/);
});

it('is encrypted as a schedule does, and goes where that goes; what is called in a hostile way is one line', async () => {
  const at = await place();
  await setBeforeChanges(at.host, 'must');
  const schedule = { timing: { every: 1, unit: 'days' as const, at: '02:30' } };
  for (const more of [{ name: 'a' }, { name: 'b', passphrase: 'open wide sesame' }])
    await addSchedule(at.host, ScheduleInput.parse({ ...schedule, ...more }), new Date());
  await at.begin('pm.enable', 'a\u001b[2J\nb\u202e', 'x'.repeat(400));
  const [item] = await at.made();
  expect(item).toMatchObject({ state: 'locked', encrypted: true });
  expect(item?.note).toMatch(/^before enabling a \[2J b/);
  expect(item?.note?.length).toBeLessThanOrEqual(200);
});
