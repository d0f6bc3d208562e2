import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageTest } from '../../../src/server/api/api';
import { storagesCommands } from '../../../src/server/commands/storages';
import { MASK } from '../../../src/server/secrets/mask';
import { bundleCli } from '../../helpers/cli';
import { ownPlace } from '../../helpers/place';
import { runCommand } from '../../helpers/terminal';
import { sftpServer, type SftpServer } from '../../helpers/sftpServer';

/** An SFTP storage by the command line, whose secrets come from files. */
const place = ownPlace();
let server: SftpServer;
let cli: string;
let file: (name: string, text: string) => Promise<string>;
beforeAll(async () => {
  server = await sftpServer();
  const { folder } = place.data;
  cli = await bundleCli(folder);
  file = async (name, text) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
});
afterAll(() => server.close());

const ark = (...args: string[]) =>
  new Promise<{ code: number; json: Record<string, unknown>; said: string }>((resolve) => {
    const env = { ...process.env, ARK_DATA: join(place.data.folder, 'settings of it') };
    execFile(process.execPath, [cli, 'storages', ...args, '--json'], { env }, (error, stdout, stderr) =>
      resolve({
        code: error ? Number(error.code) : 0,
        json: JSON.parse(stdout) as Record<string, unknown>,
        said: stdout + stderr,
      }),
    );
  });
const add = (name: string, ...more: string[]) => {
  const fields = ['host=127.0.0.1', `port=${server.port}`, `user=${server.user}`];
  return ark('add', name, '--kind', 'sftp', '--set', ...fields, ...more);
};

it('signs in by a key from a file, shows the host key, and takes it over', async () => {
  server.ways = ['publickey'];
  const key = await file('id_ed25519', server.privateKey);
  const added = await add(
    'by-key',
    '--set-file',
    `privateKey=${key}`,
    `passphrase=${await file('passphrase', `${server.passphrase}\n`)}`,
    '--no-test',
  );
  expect(added).toMatchObject({ code: 0, json: { settings: { privateKey: MASK, passphrase: MASK } } });
  const { ed25519, ecdsa } = server.hostKeys;
  // Nobody has seen the key, or somebody has seen another.
  for (const more of [['--apply'], ['--trust', ecdsa], ['--apply', '--trust', ecdsa]]) {
    const refused = await ark('test', 'by-key', ...more);
    expect([more, refused.code, refused.json]).toEqual([
      more,
      1,
      {
        error: expect.objectContaining({
          code: 'HOST_KEY_UNKNOWN',
          message: expect.stringContaining(ed25519) as string,
        }) as unknown,
      },
    ]);
  }
  const shown = await ark('test', 'by-key');
  expect(shown).toMatchObject({
    code: 1,
    json: { trust: { hostKey: ed25519 }, checks: [{ what: 'hostKey', state: 'note' }] },
  });
  expect(server.asked).toBe(0);
  const applied = await ark('test', 'by-key', '--trust', ed25519);
  expect(applied).toMatchObject({ code: 0, json: { applied: { hostKey: server.hostKeys.ed25519 } } });
  const again = await ark('test', 'by-key');
  expect([again.code, (again.json as unknown as StorageTest).proposal]).toEqual([0, undefined]);
  const folder = join(place.data.folder, 'settings of it');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  const kept = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
  expect(kept.join()).toContain(server.hostKeys.ed25519);
  const said = [added, applied, again].map((one) => one.said);
  for (const secret of [server.passphrase, server.privateKey.split('\n')[3]!])
    expect([...said, ...kept].filter((one) => one.includes(secret))).toEqual([]);
});

it('signs in by a password from a file', async () => {
  server.ways = ['password'];
  const password = await file('password', `${server.password}\n`);
  const named = () =>
    ark('list').then(({ json }) => (json.storages as { name: string }[]).map((one) => one.name));
  const before = await named();
  // Nobody has said yet that it is the right server: nothing is sent, and nothing is kept.
  expect(await add('by-password', '--set-file', `password=${password}`)).toMatchObject({
    code: 1,
    json: { error: { code: 'HOST_KEY_UNKNOWN', details: { key: server.hostKeys.ed25519 } } },
  });
  expect(await named()).toEqual(before);
  const trust = ['--trust', server.hostKeys.ed25519];
  expect(await add('by-password', '--set-file', `password=${password}`, ...trust)).toMatchObject({ code: 0 });
  expect(await ark('test', 'by-password')).toMatchObject({ code: 0, json: { ok: true } });
});

it('at a terminal the key is shown and asked for', async () => {
  server.ways = ['password'];
  await add('asked', '--set-file', `password=${await file('password', `${server.password}\n`)}`, '--no-test');
  const folder = join(place.data.folder, 'settings of it');
  const test = (answer: string) =>
    runCommand(storagesCommands, ['storages', 'test', 'asked', '--apply', '--json'], folder, [answer]);
  const question = expect.stringContaining(server.hostKeys.ed25519) as unknown;
  const before = server.asked;
  const refused = await test('');
  expect(refused).toMatchObject({ exit: 1, asked: [question] });
  expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'JOB_CANCELLED' } });
  expect((await ark('test', 'asked')).json).toMatchObject({ trust: { hostKey: server.hostKeys.ed25519 } });
  expect(server.asked).toBe(before);
  expect(await test('y')).toMatchObject({ exit: 0, asked: [question] });
  expect((await ark('test', 'asked')).code).toBe(0);
});

it.each([
  ['privateKey', 'USAGE', /field=file/],
  ['privateKey=/no such file', 'USAGE', /\/no such file cannot be read/],
  ['key=FILE', 'STORAGE_INVALID', /key/],
] as const)('--set-file %s is %s', async (given, code, message) => {
  const text = given.replace('FILE', await file('any', 'any'));
  const { json, said } = await add('wrong', '--set-file', text);
  expect(json).toMatchObject({ error: { code, message: expect.stringMatching(message) as string } });
  expect(said).not.toContain('bucket');
});

it('a file that is no key is told as that, and not shown', async () => {
  server.ways = ['publickey'];
  const text = 'ssh-ed25519 AAAAsecret of a kind';
  await add('no-key', '--no-test', '--set-file', `privateKey=${await file('no key', text)}`);
  const { code, said } = await ark('test', 'no-key');
  expect(code).toBe(1);
  expect(said).toContain('privateKey: It cannot be read');
  expect(said).not.toContain('AAAAsecret');
});
