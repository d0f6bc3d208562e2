import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStored } from '../../src/server/actions/backups/findBackup';
import { asBackupError, ERRORS } from '../../src/server/errors/errors';
import { bundleCli } from '../helpers/cli';
import { newDatabase, type TestDatabase } from '../helpers/postgres';
import { offlineHost } from '../../src/server/hosts/standalone/offline';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { readSettings } from '../../src/server/environment';

/** Each command in each place that is not as it should be: it says what is wrong there, and never that it is at a loss. */
let root: string;
let bundle: string;
let database: TestDatabase;

/** Not root, who may use everything. */
const NOBODY = 65534;

const PLACES = {
  'a missing folder': () => join(root, 'nowhere', 'deep'),
  'a folder that may not be used': () => join(root, 'forbidden'),
  'a folder below that': () => join(root, 'forbidden', 'data'),
  'a file instead of a folder': () => join(root, 'file'),
  'a file on the way to it': () => join(root, 'file', 'data'),
  'a folder that is empty': () => join(root, 'empty'),
  'a folder full of other things': () => join(root, 'others'),
};

const COMMANDS: Readonly<Record<string, (place: string) => string[]>> = {
  list: () => ['list'],
  inspect: (place) => ['inspect', place],
  verify: (place) => ['verify', place],
  'verify by name': () => ['verify', 'some'],
  preview: (place) => ['preview', place, '--database', database.url],
  rehearse: (place) => ['rehearse', place, '--database', database.url],
  restore: (place) => ['restore', place, '--yes', '--database', database.url],
  backup: () => ['backup', '--database', database.url],
  'backup to a file': (place) => ['backup', '--output', join(place, 'x.ark'), '--database', database.url],
  undo: () => ['undo', '--list', '--database', database.url],
  'storages list': () => ['storages', 'list'],
  'storages add': (place) => ['storages', 'add', 'more', '--url', `file://${place}`],
  'schedule list': () => ['schedule', 'list'],
  'trust list': () => ['trust', 'list'],
  'a passphrase': (place) => ['verify', 'some', '--passphrase-file', place],
  'a file with the URL': (place) => ['undo', '--list', '--database-file', place],
  'the .env': (place) => ['list', '--env', place],
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ark-places-'));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'bundle'));
  bundle = await bundleCli(join(root, 'bundle'));
  chmodSync(join(root, 'bundle'), 0o755);
  database = await newDatabase();
  await database.sql('CREATE TABLE t (id integer)');
  await writeFile(join(root, 'file'), 'something');
  for (const name of ['forbidden', 'empty', 'others']) mkdirSync(join(root, name), { mode: 0o777 });
  for (const name of ['jobs', 'settings', 'locks', 'cache', 'backups'])
    await writeFile(join(root, 'others', name), 'a file where a folder should be');
  chmodSync(join(root, 'empty'), 0o777);
  chmodSync(join(root, 'others'), 0o777);
  chmodSync(join(root, 'forbidden'), 0o000);
}, 60_000);
afterAll(async () => {
  chmodSync(join(root, 'forbidden'), 0o700);
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

function run(args: readonly string[], data: string): Promise<{ exit: number | null; said: string }> {
  const child = spawn(process.execPath, [bundle, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: root, ARK_DATA: data },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve({ exit, said }));
  });
}

describe.each(Object.keys(PLACES) as (keyof typeof PLACES)[])('%s', (place) => {
  it.each(Object.keys(COMMANDS))('%s', async (name) => {
    const at = PLACES[place]();
    // As the data folder, and as what the command is about.
    const { exit, said } = await run(COMMANDS[name]?.(at) ?? [], at);
    expect(said).not.toMatch(/\[INTERNAL\]|\n\s+at |undefined/);
    const code = /\[([A-Z_]+)\]\s*$/.exec(said)?.[1];
    if (exit === 0) expect(code).toBeUndefined();
    else expect(Object.keys(ERRORS)).toContain(code);
    if (exit !== 0) expect(exit).toBe(ERRORS[code as keyof typeof ERRORS].exit);
  });
});

it.each([
  '',
  ' ',
  '\0',
  'a\0b',
  '/\0',
  './a\0b.ark',
  '..',
  '.',
  'x'.repeat(5000),
  '/'.repeat(300),
  '\u{D800}',
])('no backup is called %j, and that is said', async (name) => {
  const where = offlineHost(readSettings({ ARK_DATA: join(root, 'others-own') }));
  for (const find of [findArchive, openStored] as const) {
    const error = asBackupError(
      await (find === openStored ? openStored(where, name, undefined) : findArchive(where, name)).catch(
        (cause: unknown) => cause,
      ),
    );
    expect(error.code).not.toBe('INTERNAL');
  }
  expect(readdirSync(root)).not.toContain('others-own');
});
