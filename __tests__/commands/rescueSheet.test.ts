import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { catalog } from '../../src/server/actions/backups/catalog';
import { rememberProof } from '../../src/server/actions/backups/proofs';
import { runSchedule } from '../../src/server/actions/schedules/scheduledRun';
import { addSchedule } from '../../src/server/actions/schedules/schedules';
import { createStorage } from '../../src/server/actions/storages/storages';
import { BLANK } from '../../src/server/actions/system/rescueCommands';
import { rescueSheet } from '../../src/server/actions/system/rescueSheet';
import { ScheduleInput } from '../../src/server/api/input';
import { hostOf } from '../helpers/ark';
import { bundleCli } from '../helpers/cli';
import { digest } from '../helpers/digest';
import { keeper } from '../helpers/means';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { s3Server, type S3Server } from '../helpers/s3Server';
import { webdavServer, type WebdavServer } from '../helpers/webdavServer';

/** The server is gone: with nothing but the sheet and its secrets the app comes back. */
const { data, database } = ownPlace();
const PASSPHRASE = `it's "a" $(touch pwned) \\ \`passphrase\``;
const HOSTILE = `it's $(touch pwned) "a"; \`touch pwned\` & b`;
let shop: TestDatabase;
let bin: string;
let s3: S3Server;
let cloud: WebdavServer;

beforeAll(async () => {
  shop = await database(
    `CREATE TABLE orders (id serial PRIMARY KEY, what text); INSERT INTO orders (what) VALUES ('a'), ('it''s');`,
  );
  [s3, cloud] = await Promise.all([s3Server(), webdavServer()]);
  bin = join(data.folder, 'bin');
  await mkdir(bin);
  await writeFile(
    join(bin, 'ark'),
    `#!/bin/sh\nexec '${process.execPath}' '${await bundleCli(data.folder)}' "$@"\n`,
  );
  await chmod(join(bin, 'ark'), 0o755);
});
afterAll(async () => {
  await s3.close();
  await cloud.close();
});

function bash(script: string, cwd: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn('bash', ['-e', '-c', script], {
    cwd,
    env: { PATH: `${bin}:${process.env.PATH ?? ''}`, HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  return new Promise((done) => child.once('close', (code) => done({ code, out })));
}

const places = {
  local: () => ({
    settings: { kind: 'local', folder: join(data.folder, HOSTILE) },
    secrets: {} as Record<string, string>,
  }),
  s3: () => ({
    settings: {
      kind: 's3',
      endpoint: `http://127.0.0.1:${s3.port}`,
      bucket: s3.bucket,
      path: HOSTILE,
      accessKeyId: s3.accessKeyId,
      secretAccessKey: s3.secretAccessKey,
      addressing: 'path',
    },
    secrets: { secretAccessKey: s3.secretAccessKey } as Record<string, string>,
  }),
  webdav: () => ({
    settings: { kind: 'webdav', url: cloud.url, user: cloud.user, password: cloud.password, path: HOSTILE },
    secrets: { password: cloud.password } as Record<string, string>,
  }),
};
const kinds = (Object.keys(places) as (keyof typeof places)[]).flatMap((kind) =>
  (['plain', 'passphrase', 'identity'] as const).map((lock) => [kind, lock] as const),
);

it.each(kinds)('in %s, %s: the commands bring the app back as they stand', async (kind, lock) => {
  const name = `${kind}-${lock}`;
  const folder = join(data.folder, name);
  const host = hostOf(shop.url, join(folder, 'ark'), { ARK_OFFSITE: 'away', ARK_INSTANCE: HOSTILE });
  const { settings, secrets } = places[kind]();
  await createStorage({ ...host, dataFolder: join(folder, 'ark') }, 'away', settings);
  const identity = await generateX25519Identity();
  const lockedBy = {
    plain: {},
    passphrase: { passphrase: PASSPHRASE },
    identity: { recipients: [await identityToRecipient(identity)] },
  }[lock];
  const timing = { every: 1, unit: 'days' };
  await addSchedule(
    host,
    ScheduleInput.parse({ name: `nightly ${name}`, timing, storages: ['local', 'away'], ...lockedBy }),
    new Date(),
  );
  const run = await runSchedule(keeper(host, folder, new Date().toISOString()), `nightly ${name}`, true);
  expect(run?.error).toBeUndefined();

  const known = catalog(join(folder, 'cache.json'));
  const sheet = await rescueSheet(host, join(folder, 'ark'), known, new Date());
  expect(sheet.backup).toMatchObject({ storage: 'away', encrypted: lock !== 'plain' });
  // No secret is on it.
  for (const secret of [PASSPHRASE, identity, ...Object.values(secrets)]) {
    expect(JSON.stringify(sheet)).not.toContain(secret);
    expect(sheet.markdown).not.toContain(secret);
  }
  for (const command of sheet.commands) expect(sheet.markdown).toContain(command);

  const fresh = await database();
  const written: Record<string, string> = {
    'database.url': fresh.url,
    passphrase: PASSPHRASE,
    identity,
    ...Object.fromEntries(Object.entries(secrets).map(([field, value]) => [`storage.${field}`, value])),
  };
  expect(sheet.commands[0]).toMatch(/^npm install -g \.\/nocobase-plugin-ark-[\w.-]+\.tgz$/);
  const script = sheet.commands.slice(1).map((command) => {
    const file = /^cat > (\S+) <</.exec(command)?.[1];
    return file === undefined ? command : command.replace(BLANK, () => written[file]!);
  });
  expect(script.join('\n')).not.toContain(BLANK);
  const machine = join(folder, 'machine');
  await mkdir(machine, { recursive: true });
  const said = await bash(script.join('\n'), machine);
  if (said.code !== 0) throw new Error(said.out);
  expect(await digest(fresh.url)).toEqual(await digest(shop.url));
  expect(await readdir(machine)).toEqual(['ark-rescue']);
  expect(await readdir(join(machine, 'ark-rescue'))).not.toContain('pwned');
});

it('the newest tested backup off-site is the one, and without any it says so', async () => {
  const folder = join(data.folder, 'chosen');
  const host = hostOf(shop.url, folder, { ARK_OFFSITE: 'away' });
  const known = catalog(join(folder, 'cache.json'));
  const look = () => rescueSheet(host, folder, known, new Date());
  expect(await look()).toMatchObject({ commands: [] });
  expect((await look()).markdown).toContain('There is no backup yet.');
  await createStorage({ ...host, dataFolder: folder }, 'away', {
    kind: 'local',
    folder: join(folder, 'away'),
  });
  const time = keeper(host, folder, new Date().toISOString());
  const make = async (name: string, storages: string[]) => {
    await addSchedule(
      host,
      ScheduleInput.parse({ name, timing: { every: 1, unit: 'days' }, storages }),
      new Date(),
    );
    await runSchedule(time, name, true);
    return (await known.list(host, storages[0])).items.find((item) => item.name.includes(name))!;
  };
  const first = await make('first', ['local']);
  // The disk of the old server is better than nothing.
  expect((await look()).commands.join('\n')).toContain('ark storages add old-disk --kind local');
  const second = await make('second', ['away']);
  const third = await make('third', ['away']);
  expect((await look()).backup?.name).toBe(third.name);
  const at = { rehearsedAt: new Date().toISOString(), proof: 'database' } as const;
  await rememberProof(host, { manifestSha256: first.manifestSha256! }, at);
  expect((await look()).backup?.name).toBe(third.name);
  await rememberProof(host, { manifestSha256: second.manifestSha256! }, at);
  expect((await look()).backup?.name).toBe(second.name);
  expect((await look()).markdown).toContain('restore tested');
});
