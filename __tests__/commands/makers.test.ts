import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ownFingerprints } from '../../src/server/actions/trust/instanceKey';
import { rememberMade } from '../../src/server/actions/trust/madeBook';
import { addTrusted } from '../../src/server/actions/trust/trust';
import { inspectCommand } from '../../src/server/commands/inspect';
import { listCommand } from '../../src/server/commands/list';
import { previewCommand } from '../../src/server/commands/preview';
import { rehearseCommand } from '../../src/server/commands/rehearse';
import { restoreCommand } from '../../src/server/commands/restore';
import { verifyCommand } from '../../src/server/commands/verify';
import type { Maker } from '../../src/server/dumper/archive/maker';
import type { Host } from '../../src/server/host';
import { backUp, hostOf } from '../helpers/ark';
import { putTogetherOld, sha256, takenApart, type Written } from '../helpers/forged';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { runCommand } from '../helpers/terminal';
import { zipEntries } from '../helpers/zipEntries';

/** Who made an archive, as every command that is given one says it: what is proven, never what the archive claims. */
const { data, database } = ownPlace();
const folders: string[] = [];
let shop: TestDatabase;
let host: Host;
/** By name, with who made it. */
const MAKERS: Record<string, Maker> = {};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const fileOf = (name: string) => join(data.folder, 'backups', `${name}.ark`);
const keep = (name: string, bytes: Uint8Array) => writeFile(fileOf(name), bytes);

/** What another instance of the same name makes of the same database. */
async function madeElsewhere(): Promise<{ bytes: Buffer; fingerprint: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-elsewhere-'));
  folders.push(folder);
  const other = hostOf(shop.url, folder);
  await backUp(other, 'theirs');
  const [fingerprint = ''] = await ownFingerprints(other);
  return { bytes: await readFile(join(folder, 'backups', 'theirs.ark')), fingerprint };
}

/** In format 1, which has no signature, and what its manifest's digest is. */
async function unsigned(written: Written): Promise<{ bytes: Buffer; digest: string }> {
  const bytes = await putTogetherOld(written);
  return { bytes, digest: sha256((await zipEntries(bytes))['ark.json']!) };
}

let own: Written;
beforeAll(async () => {
  shop = await database(`
    CREATE TABLE orders (id integer PRIMARY KEY);
    INSERT INTO orders VALUES (1), (2);
    CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2';`);
  host = hostOf(shop.url, data.folder);
  await backUp(host, 'own');
  own = await takenApart(await readFile(fileOf('own')));
  const [trusted, stranger] = [await madeElsewhere(), await madeElsewhere()];
  await addTrusted(host, { fingerprint: trusted.fingerprint, name: 'The house' }, new Date());
  await keep('trusted', trusted.bytes);
  await keep('stranger', stranger.bytes);
  await keep('unknown', (await unsigned(own)).bytes);
  const booked = await unsigned({ ...own, manifest: { ...own.manifest, createdBy: 'before signatures' } });
  await keep('booked', booked.bytes);
  await rememberMade(host, [
    {
      storage: 'local',
      name: 'booked.ark',
      size: booked.bytes.length,
      createdAt: String(own.manifest.createdAt),
      encrypted: false,
      manifestSha256: booked.digest,
    },
  ]);
  const [fingerprint = ''] = await ownFingerprints(host);
  Object.assign(MAKERS, {
    own: { kind: 'own', fingerprint },
    trusted: { kind: 'trusted', fingerprint: trusted.fingerprint, name: 'The house' },
    stranger: { kind: 'stranger', fingerprint: stranger.fingerprint },
    unknown: { kind: 'unknown' },
    booked: { kind: 'own' },
  });
});

const WORDS: Record<string, (maker: Maker) => string> = {
  own: () => 'this instance',
  trusted: () => 'The house',
  stranger: (maker) => ('fingerprint' in maker ? (maker.fingerprint ?? '') : ''),
  unknown: () => 'unknown',
  booked: () => 'this instance',
};

const run = (add: (program: Command) => void, ...args: string[]) => runCommand(add, args, data.folder);

describe.each(Object.keys(WORDS))('an archive whose maker is: %s', (name) => {
  const commands: [string, (program: Command) => void, () => string[]][] = [
    ['inspect', inspectCommand, () => []],
    ['verify', verifyCommand, () => []],
    ['preview', previewCommand, () => ['--database', shop.url]],
    ['rehearse', rehearseCommand, () => ['--database', shop.url, '--allow-code']],
  ];
  it.each(commands)('%s says so, in text and in --json', async (command, add, more) => {
    const maker = MAKERS[name]!;
    const text = await run(add, command, `${name}.ark`, ...more());
    expect(text).toMatchObject({ exit: 0 });
    const line = text.out.split('\n').find((one) => one.includes('Made by '));
    expect(line).toContain(WORDS[name]!(maker));
    const json = await run(add, command, `${name}.ark`, ...more(), '--json');
    expect(JSON.parse(json.out)).toMatchObject({ maker });
    expect((JSON.parse(json.out) as { maker: Maker }).maker).toEqual(maker);
  });

  it('list says so, in text and in --json', async () => {
    const maker = MAKERS[name]!;
    const { out } = await run(listCommand, 'list');
    const line = out.split('\n').find((one) => one.includes(`${name}.ark`));
    expect(line).toContain(WORDS[name]!(maker));
    const json = await run(listCommand, 'list', '--json');
    const { backups } = JSON.parse(json.out) as { backups: { key: string; maker: Maker }[] };
    expect(backups.find((backup) => backup.key === `${name}.ark`)?.maker).toEqual(maker);
  });
});

describe('an archive without a signature that is in the book with its digest', () => {
  const restored = async (name: string) => {
    const target = await database();
    const { exit, out } = await run(
      restoreCommand,
      'restore',
      `${name}.ark`,
      '--all',
      '--yes',
      '--json',
      '--database',
      target.url,
    );
    return exit === 0 ? 'restored' : (JSON.parse(out) as { error: { code: string } }).error.code;
  };

  it('brings its code without a consent of its own, as what is signed does', async () => {
    expect(await restored('own')).toBe('restored');
    expect(await restored('booked')).toBe('restored');
    expect(await restored('unknown')).toBe('CODE_NOT_ALLOWED');
  });

  it.each<[string, (manifest: Written['manifest']) => Written['manifest']]>([
    [
      'with other code',
      (manifest) => JSON.parse(JSON.stringify(manifest).replace('$1 * 2', '$1 * 3')) as typeof manifest,
    ],
    ['with another note in it', (manifest) => ({ ...manifest, createdBy: 'before Signatures' })],
    ['that says the same and a blank more', (manifest) => ({ ...manifest, title: ' ' })],
  ])('lends nothing to one %s that takes its name, its size and its number', async (_, change) => {
    const genuine = await readFile(fileOf('booked'));
    const { manifest, data: entries } = await takenApart(genuine);
    const { bytes } = await unsigned({ manifest: change(manifest), data: entries });
    // As large as it was: a comment at the end of a ZIP would be refused, so the book is told of the other size.
    await rememberMade(host, [
      {
        storage: 'local',
        name: 'booked.ark',
        size: bytes.length,
        createdAt: String(manifest.createdAt),
        id: String(manifest.id),
        encrypted: false,
        manifestSha256: sha256((await zipEntries(genuine))['ark.json']!),
      },
    ]);
    try {
      await keep('booked', bytes);
      const { out } = await run(listCommand, 'list', '--json');
      const { backups } = JSON.parse(out) as { backups: { key: string; maker: Maker }[] };
      expect(backups.find((backup) => backup.key === 'booked.ark')?.maker).toEqual({ kind: 'unknown' });
      expect(await restored('booked')).toBe('CODE_NOT_ALLOWED');
    } finally {
      await keep('booked', genuine);
    }
  });
});
