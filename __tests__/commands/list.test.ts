import { copyFile, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { rememberProof } from '../../src/server/actions/backups/proofs';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { diffCommand } from '../../src/server/commands/diff';
import { inspectCommand } from '../../src/server/commands/inspect';
import { listCommand } from '../../src/server/commands/list';
import { previewCommand } from '../../src/server/commands/preview';
import { rehearseCommand } from '../../src/server/commands/rehearse';
import { restoreCommand } from '../../src/server/commands/restore';
import { showCommand } from '../../src/server/commands/show';
import { takeBackCommand } from '../../src/server/commands/takeBack';
import { trustCommands } from '../../src/server/commands/trust';
import { verifyCommand } from '../../src/server/commands/verify';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { instanceName, readSettings } from '../../src/server/environment';
import { localTime } from '../../src/server/terminal/time';
import { backUp, hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { runCommand, type Said } from '../helpers/terminal';

/** What an admin of many apps reads off a list, and the word `latest` instead of a name. */
const { data, database } = ownPlace();
const folders: string[] = [];
let shop: TestDatabase;
let crm: TestDatabase;

interface Listed {
  readonly key: string;
  readonly createdAt: string;
  readonly instance?: string;
  readonly badges: readonly string[];
}

const inBackups = (name: string) => join(data.folder, 'backups', name);
const run = (add: (made: Command) => void, ...args: string[]) => runCommand(add, args, data.folder);
const list = async (...args: string[]): Promise<Listed[]> => {
  const { out, exit } = await run(listCommand, 'list', '--json', ...args);
  expect(exit).toBe(0);
  return (JSON.parse(out) as { backups: Listed[] }).backups;
};
const keys = async (...args: string[]) => (await list(...args)).map(({ key }) => key).sort();
const hostCalled = (url: string, instance: string, folder = data.folder) =>
  hostOf(url, folder, { ARK_INSTANCE: instance });

beforeAll(async () => {
  const sql = 'CREATE TABLE notes (id integer PRIMARY KEY, body text); INSERT INTO notes VALUES (1, $$a$$);';
  [shop, crm] = [await database(sql), await database(sql)];
  await backUp(hostCalled(shop.url, instanceName(readSettings({}), shop.name)), 'by database');
  await backUp(hostCalled(shop.url, 'shop'), 'shop 1');
  await backUp(hostCalled(crm.url, 'crm'), 'crm 1');
  const proven = await backUp(hostCalled(shop.url, 'shop'), 'shop 2');
  await rememberProof(hostCalled(shop.url, 'shop'), proven, {
    verifiedAt: '2026-11-01T10:00:00.000Z',
    rehearsedAt: '2026-11-01T10:00:00.000Z',
    proof: 'database',
    unproven: [],
  });
  await createBackup(hostCalled(crm.url, 'crm'), {
    selection: { all: true },
    to: { name: 'crm 2' },
    encryptFor: { passphrase: 'correct horse battery' },
  });
  const sound = await readFile(inBackups('shop 1.ark'));
  await writeFile(inBackups('broken.ark'), sound.subarray(0, sound.length / 2));
  // Somebody else's of the same name, newer than all.
  const folder = await mkdtemp(join(tmpdir(), 'ark-elsewhere-'));
  folders.push(folder);
  await backUp(hostCalled(shop.url, 'shop', folder), 'theirs');
  await copyFile(join(folder, 'backups', 'theirs.ark'), inBackups('theirs.ark'));
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

it('shows when each was made, whatever time its file has', async () => {
  const before = (await list()).find(({ key }) => key === 'shop 1.ark')!.createdAt;
  const { manifest } = await findArchive(hostCalled(shop.url, 'shop'), 'shop 1.ark');
  expect(before).toBe(manifest.createdAt);
  for (const at of [new Date('2020-02-02T02:02:02Z'), new Date('2031-02-02T02:02:02Z')]) {
    await utimes(inBackups('shop 1.ark'), at, at);
    expect((await list()).find(({ key }) => key === 'shop 1.ark')!.createdAt).toBe(before);
    const { out } = await run(listCommand, 'list');
    const line = out.split('\n').find((text) => text.includes('shop 1.ark'));
    expect(line).toContain(`│ ${localTime(before)} `);
    expect(line).not.toContain('~');
  }
  // What cannot be asked has its file's time, and says so.
  const { out } = await run(listCommand, 'list');
  expect(out.split('\n').find((text) => text.includes('broken.ark'))).toContain('│ ~');
  expect(out).toContain('~ the time of the file');
});

it('has a column for each: moment, name, instance, groups, state, size, storage, maker', async () => {
  const { out } = await run(listCommand, 'list');
  const head = out
    .split('\n')[1]!
    .split('│')
    .map((cell) => cell.trim())
    .filter(Boolean);
  expect(head).toEqual(['made', 'name', 'instance', 'groups', 'state', 'size', 'storage', 'maker']);
  const cells = (name: string) =>
    out
      .split('\n')
      .find((text) => text.includes(name))!
      .split('│')
      .map((cell) => cell.trim());
  expect(cells('shop 2.ark').slice(3, 6)).toEqual(['shop', 'unknown', 'Every byte checked, Restore tested']);
  expect(cells('crm 2.ark')[5]).toBe('Encrypted');
  expect(cells('broken.ark')[5]).toBe('Damaged');
  expect(cells('crm 1.ark')[5]).toBe('Written and read back');
  expect(cells('theirs.ark')[5]).toBe('Not verified yet');
});

it('is narrowed by instance, state, time and number, for people and programs', async () => {
  // What is encrypted says nothing of itself; our own records do.
  expect(await keys('--instance', 'crm')).toEqual(['crm 1.ark', 'crm 2.ark']);
  expect(await keys('--instance', 'shop', '--state', 'proven')).toEqual(['shop 2.ark']);
  expect(await keys('--state', 'Restore tested,damaged')).toEqual(['broken.ark', 'shop 2.ark']);
  expect(await keys('--state', 'good')).toEqual((await keys()).filter((key) => key !== 'broken.ark'));
  expect(await keys('--instance', 'shop', '--latest', '1')).toEqual(['theirs.ark']);
  expect(await keys('--until', '2001-01-01')).toEqual([]);
  expect(await keys('--since', '1h', '--state', 'good')).toEqual(await keys('--state', 'good'));
  const { out, exit } = await run(listCommand, 'list', '--until', '2001-01-01');
  expect(exit).toBe(0);
  expect(out).toContain(`None of the 7 backups in ${join(data.folder, 'backups')}`);
});

it.each([
  ['--state', 'provne', /--state provne .*proven/],
  ['--since', 'tuesday', /--since tuesday/],
  ['--latest', '0', /--latest 0/],
  ['--latest', 'two', /--latest two/],
])('refuses %s %s by name', async (option, value, says) => {
  const { exit, err } = await run(listCommand, 'list', option, value);
  expect({ exit, err }).toEqual({ exit: 2, err: expect.stringMatching(says) as string });
});

describe('--all-instances', () => {
  interface State {
    readonly id?: string;
    readonly instance?: string;
    readonly age?: number;
    readonly stale?: boolean;
    readonly problems: readonly string[];
    readonly lastGood?: { readonly key: string; readonly proof: number };
  }
  const states = async (...args: string[]) => {
    const { out, exit } = await run(listCommand, 'list', '--all-instances', '--json', ...args);
    return { exit, ...(JSON.parse(out) as { instances: State[]; stale?: number; staleAfter?: number }) };
  };

  it('is one object for each instance, and one line for people', async () => {
    const { instances, exit } = await states();
    expect(exit).toBe(0);
    expect(instances.map(({ instance }) => instance)).toEqual(expect.arrayContaining(['shop', 'crm']));
    const numbered = instances.map(({ instance, id }) => JSON.stringify([instance, id]));
    expect(new Set(numbered).size).toBe(numbered.length);
    for (const { instance, lastGood, age, problems } of instances) {
      expect(problems).toEqual(expect.any(Array));
      if (lastGood) expect(age).toBeGreaterThanOrEqual(0);
      expect(instance === undefined || typeof instance === 'string').toBe(true);
    }
    const { out } = await run(listCommand, 'list', '--all-instances');
    for (const { instance, problems } of instances) {
      expect(out).toContain(instance ?? '(they do not say whose)');
      const told = out.split('\n').some((line) => line.startsWith(`! ${instance ?? '('}`));
      expect(told).toBe(problems.length > 0);
    }
  });

  it('exits with 5 where the last good backup is older, and says which', async () => {
    expect(await states('--instance', 'crm', '--stale', '26h')).toMatchObject({
      exit: 0,
      stale: 0,
      staleAfter: 93_600,
    });
    jest.useFakeTimers({
      now: Date.now() + 27 * 3_600_000,
      doNotFake: [
        'nextTick',
        'setImmediate',
        'setTimeout',
        'setInterval',
        'clearTimeout',
        'clearInterval',
        'queueMicrotask',
        'performance',
      ],
    });
    try {
      const { exit, instances, stale } = await states('--instance', 'crm', '--stale', '26h');
      expect(exit).toBe(5);
      expect(stale).toBe(1);
      expect(instances).toMatchObject([{ instance: 'crm', stale: true }]);
      expect((await states('--instance', 'crm', '--stale', '28h')).exit).toBe(0);
      expect((await states('--instance', 'crm')).exit).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('of an instance that has nothing there nobody can say that it is fresh', async () => {
    expect(await states('--instance', 'gone', '--stale', '26h')).toMatchObject({
      exit: 5,
      instances: [{ instance: 'gone', stale: true, problems: ['none'] }],
    });
  });

  it.each(['26', 'h', '-1h', '0h', '1.5h', '26 hours', '1e3h', '26H', '', '9999999d', '2026-11-29'])(
    '--stale %j is refused',
    async (time) => {
      expect((await run(listCommand, 'list', '--all-instances', '--stale', time)).exit).toBe(2);
    },
  );

  it('--stale alone is refused', async () => {
    expect((await run(listCommand, 'list', '--stale', '26h')).exit).toBe(2);
  });
});

describe('latest', () => {
  const passphrase = 'correct horse battery';
  const COMMANDS: [string, (made: Command) => void, () => string[]][] = [
    ['inspect', inspectCommand, () => []],
    ['verify', verifyCommand, () => []],
    ['show', showCommand, () => ['notes']],
    ['preview', previewCommand, () => ['--database', shop.url]],
    ['rehearse', rehearseCommand, () => ['--database', shop.url]],
    ['diff', diffCommand, () => ['--database', shop.url]],
    ['take-back', takeBackCommand, () => ['notes', '1', '--yes', '--database', shop.url]],
    ['restore', restoreCommand, () => ['--all', '--yes', '--database', shop.url]],
  ];
  const says = (of: string) => new RegExp(`^latest: ${of} in local, of .*, made \\d{4}-`, 'm');

  it.each(COMMANDS)(
    '%s takes the newest good one that this instance made, and says which',
    async (name, add, more) => {
      const { exit, err } = await run(add, name, 'latest', '--instance', 'shop', ...more());
      expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(says('shop 2.ark')) as string });
    },
  );

  it('is that of the database which is named', async () => {
    const { err } = await run(previewCommand, 'preview', 'latest', '--database', shop.url);
    expect(err).toMatch(says('by database.ark'));
  });

  it('nobody says whose backup a name is', async () => {
    const { err, exit } = await run(verifyCommand, 'verify', 'shop 1.ark', '--instance', 'crm');
    expect({ err, exit }).toEqual({ exit: 2, err: expect.stringMatching(/--instance/) as string });
  });

  it.each(['trust', 'diff'])('%s takes it where it takes an archive', async (name) => {
    const [add, args]: [(made: Command) => void, string[]] =
      name === 'trust'
        ? [trustCommands, ['trust', 'add', 'latest', '--instance', 'shop', '--yes']]
        : [diffCommand, ['diff', 'shop 1.ark', 'latest', '--instance', 'shop']];
    expect((await run(add, ...args)).err).toMatch(says('shop 2.ark'));
  });

  it('an encrypted one counts, by our own records', async () => {
    const file = join(data.folder, 'passphrase');
    await writeFile(file, passphrase);
    const { exit, err } = await run(
      verifyCommand,
      'verify',
      'latest',
      '--instance',
      'crm',
      '--passphrase-file',
      file,
    );
    expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(says('crm 2.ark')) as string });
  });

  it('a newer one that is damaged is passed over aloud', async () => {
    const { err } = await run(verifyCommand, 'verify', 'latest', '--instance', 'shop');
    expect(err).toContain('! broken.ark in local is newer, damaged, and was passed over');
  });

  const REFUSED: [what: string, instance: string | undefined, code: string, says: RegExp][] = [
    ['of several instances none is taken unasked', undefined, 'USAGE', /crm, shop/],
    ['of an instance without any none is made up', 'hr', 'BACKUP_UNKNOWN', /hr/],
  ];
  it.each(REFUSED)('%s', async (_, instance, code, text) => {
    const { exit, out }: Said = await run(
      verifyCommand,
      'verify',
      'latest',
      '--json',
      ...(instance === undefined ? [] : ['--instance', instance]),
    );
    expect(exit).not.toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      error: { code, message: expect.stringMatching(text) as string },
    });
  });

  it('a file of that name is named by its path', async () => {
    const { out } = await run(verifyCommand, 'verify', './latest', '--json');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'BACKUP_UNKNOWN' } });
  });
});
