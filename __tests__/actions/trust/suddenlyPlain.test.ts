import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackup } from '../../../src/server/actions/backups/createBackup';
import { listCommand } from '../../../src/server/commands/list';
import { previewCommand } from '../../../src/server/commands/preview';
import { rehearseCommand } from '../../../src/server/commands/rehearse';
import { restoreCommand } from '../../../src/server/commands/restore';
import type { BackupItem, Preview, Started } from '../../../src/server/api/api';
import type { Host } from '../../../src/server/host';
import { hostOf } from '../../helpers/ark';
import { testConsole, type TestConsole } from '../../helpers/console';
import { digest } from '../../helpers/digest';
import { putTogetherOld, takenApart } from '../../helpers/forged';
import { ownPlace } from '../../helpers/place';
import type { TestDatabase } from '../../helpers/postgres';
import { runCommand } from '../../helpers/terminal';

/**
 * Whoever can write into a storage puts a plain archive in the place of an encrypted one: it opens without a key, so
 * nobody would notice. It is shown, and neither restored nor rehearsed unless that is allowed.
 */
const { database } = ownPlace();
const PASSPHRASE = 'correct horse battery';
const STAMP = '20260101-020000';
let app: TestDatabase;
let served: TestConsole;
let elsewhere: string;
let instance: string;
beforeAll(async () => {
  app = await database(`CREATE TABLE orders (id integer PRIMARY KEY); INSERT INTO orders VALUES (1), (2);`);
  elsewhere = await mkdtemp(join(tmpdir(), 'ark-elsewhere-'));
  served = await testConsole(app.url);
  ({ instance } = await served.get<{ instance: string }>('arkSystem:get'));
  process.env.ARK_INSTANCE = instance;
  const make = async (name: string, passphrase?: string) => {
    const { job } = await served.post<Started>(
      'arkBackups:create',
      {},
      { name, ...(passphrase !== undefined && { passphrase }) },
    );
    await served.ended(job.id);
  };
  await make('nightly', PASSPHRASE);
  await make('nightly-2', PASSPHRASE);
  await make('nightly-3', PASSPHRASE);
  await make('by hand');
  // Its own, plain, where an encrypted one was.
  await copyFile(at('by hand.ark'), at('nightly.ark'));
  // A stranger's of the same name.
  const theirs = await madeElsewhere(instance);
  await writeFile(at('nightly-2.ark'), theirs);
  // Without a signature.
  const { manifest, data } = await takenApart(theirs);
  await writeFile(at('nightly-3.ark'), await putTogetherOld({ manifest, data }));
  await writeFile(at('claims.ark'), theirs);
  const other = await madeElsewhere('another house');
  await writeFile(at(`${instance}-${STAMP}.ark`), other);
  await writeFile(at(`${instance}-daily-${STAMP}.ark`), other);
  await writeFile(at('theirs.ark'), other);
});
afterAll(async () => {
  delete process.env.ARK_INSTANCE;
  await served.stop();
  await rm(elsewhere, { recursive: true, force: true });
});

const at = (name: string) => join(served.folder, 'backups', name);

async function madeElsewhere(called: string): Promise<Buffer> {
  const host: Host = hostOf(app.url, elsewhere, { ARK_INSTANCE: called });
  const name = `made-${Math.random().toString(36).slice(2)}`;
  await createBackup(host, { selection: { all: true }, to: { storage: 'local', name } });
  return readFile(join(elsewhere, 'backups', `${name}.ark`));
}

const SUSPECT: [what: string, name: () => string][] = [
  ['its own under the name of an encrypted one', () => 'nightly.ark'],
  ["a stranger's under the name of an encrypted one", () => 'nightly-2.ark'],
  ['an unsigned one under the name of an encrypted one', () => 'nightly-3.ark'],
  ["a stranger's that calls itself one of this instance", () => 'claims.ark'],
  ["a stranger's under a name such as this instance gives", () => `${instance}-${STAMP}.ark`],
  ["a stranger's under a name such as its schedules give", () => `${instance}-daily-${STAMP}.ark`],
];
const FINE: [what: string, name: () => string][] = [
  ['its own that was made plain', () => 'by hand.ark'],
  ["a stranger's under a name of its own", () => 'theirs.ark'],
];
const headers = { 'content-type': 'application/json' };
const ask = (action: string, name: string, body: object = {}) =>
  served.raw('POST', `/api/arkBackups:${action}?filterByTk=${encodeURIComponent(name)}`, {
    headers,
    body: JSON.stringify(body),
  });
const listed = async (name: string) =>
  (await served.get<BackupItem[]>('arkBackups:list')).find((one) => one.name === name);
const warned = async (name: string) =>
  (await served.post<Preview>('arkBackups:preview', { filterByTk: name }, {})).warnings.some(
    (warning) => warning.kind === 'plain',
  );

describe.each(SUSPECT)('a plain archive: %s', (_, nameOf) => {
  it('is shown as such, and its preview says so', async () => {
    expect(await listed(nameOf())).toMatchObject({ encrypted: false, suddenlyPlain: true });
    expect(await warned(nameOf())).toBe(true);
    // Without its ending it is the same one.
    expect(await warned(nameOf().replace(/\.ark$/, ''))).toBe(true);
  });

  it.each(['restore', 'rehearse'])('is not used by %s unless that is allowed', async (action) => {
    const before = await digest(app.url);
    expect(await served.refused(ask(action, nameOf()))).toBe('422 ARCHIVE_NOT_ENCRYPTED');
    expect(await served.refused(ask(action, nameOf(), { allowCode: true }))).toBe(
      '422 ARCHIVE_NOT_ENCRYPTED',
    );
    expect(await digest(app.url)).toEqual(before);
    const allowed = await ask(action, nameOf(), { allowPlain: true });
    expect(allowed.status).toBe(200);
    const { data } = JSON.parse(allowed.body.toString()) as { data: Started };
    expect(await served.ended(data.job.id)).toMatchObject({ state: 'done' });
  });

  it('is refused at the terminal before anything is asked, and goes with --allow-plain', async () => {
    const here = ['--database', app.url, '--json'];
    for (const path of [nameOf(), at(nameOf())]) {
      const preview = await runCommand(previewCommand, ['preview', path, ...here], served.folder);
      expect(JSON.parse(preview.out)).toMatchObject({
        asksForName: true,
        warnings: expect.arrayContaining([expect.objectContaining({ kind: 'plain' })]) as unknown,
      });
      for (const [add, command] of [
        [restoreCommand, 'restore'],
        [rehearseCommand, 'rehearse'],
      ] as const) {
        const refused = await runCommand(add, [command, path, ...here], served.folder, ['y', 'y']);
        expect([refused.exit, refused.asked]).toEqual([3, []]);
        expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'ARCHIVE_NOT_ENCRYPTED' } });
      }
    }
    const list = await runCommand(listCommand, ['list'], served.folder);
    expect(list.out).toContain(`! ${nameOf()} is not encrypted`);
    const rehearsed = ['rehearse', nameOf(), '--allow-plain', ...here];
    expect((await runCommand(rehearseCommand, rehearsed, served.folder)).exit).toBe(0);
  });
});

it.each(FINE)('a plain archive is an ordinary one: %s', async (_, nameOf) => {
  expect((await listed(nameOf()))?.suddenlyPlain).toBeUndefined();
  expect(await warned(nameOf())).toBe(false);
  const { status, body } = await ask('rehearse', nameOf());
  expect(status).toBe(200);
  const { data } = JSON.parse(body.toString()) as { data: Started };
  expect(await served.ended(data.job.id)).toMatchObject({ state: 'done' });
});

it('where nothing is encrypted, nothing is suspect: not on a new server either, which has made nothing yet', async () => {
  const fresh = await testConsole(app.url);
  try {
    await mkdir(join(fresh.folder, 'backups'), { recursive: true });
    for (const [, nameOf] of SUSPECT) await copyFile(at(nameOf()), join(fresh.folder, 'backups', nameOf()));
    const all = await fresh.get<BackupItem[]>('arkBackups:list');
    expect(all).toHaveLength(SUSPECT.length);
    expect(all.filter((one) => one.suddenlyPlain)).toEqual([]);
  } finally {
    await fresh.stop();
  }
});
