import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient, Stanza } from 'age-encryption';
import { execFileSync } from 'node:child_process';
import { createCipheriv, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import * as input from '../../src/server/api/input';
import { ScheduleInput } from '../../src/server/api/input';
import type { Keys, Recipients } from '../../src/server/dumper/container/cipher';
import { passphraseIdentity } from '../../src/server/dumper/container/passphrase';
import { Manifest } from '../../src/server/dumper/archive/manifest';
import type { Host } from '../../src/server/host';
import { hostOf, newDataFolder, restoreAll } from '../helpers/ark';
import { digest, type DatabaseDigest } from '../helpers/digest';
import { newDatabase, type TestDatabase } from '../helpers/postgres';
import { zipEntries } from '../helpers/zipEntries';

/**
 * What age's own library opens archives with here: in a jest worker that ran another file before, its function in
 * JavaScript takes ten times as long (18 s a passphrase).
 */
jest.mock('@noble/hashes/scrypt.js', () => ({
  scrypt: (
    password: Uint8Array,
    salt: Uint8Array,
    { N, r, p, dkLen }: { N: number; r: number; p: number; dkLen: number },
  ) => new Uint8Array(scryptSync(password, salt, dkLen, { N, r, p, maxmem: 2 ** 30 })),
}));

const SECRETS = [
  'zebra_orders',
  'giraffe_column',
  'value-of-a-walrus',
  'the comment of a heron',
  'instance-ibis',
];
const PASSPHRASE = 'correct horse battery staple';

let data: Awaited<ReturnType<typeof newDataFolder>>;
let source: TestDatabase;
let host: Host;
let before: DatabaseDigest;
let identity: string;
let second: string;
let byKey: Recipients;

beforeAll(async () => {
  data = await newDataFolder();
  source = await newDatabase();
  await source.sql(`
    CREATE TABLE zebra_orders (id integer PRIMARY KEY, giraffe_column text);
    INSERT INTO zebra_orders SELECT g, 'value-of-a-walrus "' || g || E'"\\n' FROM generate_series(1, 500) g;
    INSERT INTO zebra_orders VALUES (501, NULL), (502, '');
    COMMENT ON TABLE zebra_orders IS 'the comment of a heron';
    CREATE TABLE plain_table (n numeric);`);
  host = hostOf(source.url, data.folder, { ARK_INSTANCE: 'instance-ibis' });
  before = await digest(source.url);
  identity = await generateX25519Identity();
  second = await generateX25519Identity();
  byKey = { recipients: [await identityToRecipient(identity), await identityToRecipient(second)] };
  await encrypted('by-passphrase', { passphrase: PASSPHRASE });
  await encrypted('by-key', byKey);
});
afterAll(async () => {
  await source.drop();
  await data.remove();
});

const encrypted = (name: string, encryptFor: Recipients) =>
  createBackup(host, { selection: { all: true }, to: { storage: 'local', name }, encryptFor });

const bytesOf = (name: string): Buffer => readFileSync(join(data.folder, 'backups', `${name}.ark`));

const cases: [name: string, keys: () => Keys][] = [
  ['by-passphrase', () => ({ passphrase: PASSPHRASE })],
  ['by-key', () => ({ identities: [identity] })],
  ['by-key', () => ({ identities: [second] })],
  ['by-key', () => ({ identities: [second, identity] })],
];

describe('an encrypted backup', () => {
  it.each(cases)('comes back the same: %s', async (name, keys) => {
    const target = await newDatabase();
    try {
      const archive = await findArchive(host, `${name}.ark`, keys());
      expect(archive.encrypted).toBe(true);
      await archive.verify({ unpack: true });
      await restoreAll(hostOf(target.url, data.folder), archive);
      expect(await digest(target.url)).toEqual(before);
    } finally {
      await target.drop();
    }
  });

  it.each(['by-passphrase', 'by-key'])('tells nothing of what is in it: %s', async (name) => {
    const bytes = bytesOf(name);
    const names = Object.keys(await zipEntries(bytes));
    const opaque = names.filter((name) => name.startsWith('data/'));
    expect(names).toEqual([
      'key.age',
      ...opaque,
      'ark.json.age',
      'summary.json.age',
      'ark.json.sha256',
      'ark.json.sig',
    ]);
    expect(opaque.length).toBeGreaterThan(0);
    for (const one of opaque) expect(one).toMatch(/^data\/\d{6}\.age$/);
    for (const secret of [...SECRETS, 'plain_table', 'csv.gz', '"format"', 'postgres', PASSPHRASE]) {
      const forms = [
        Buffer.from(secret),
        Buffer.from(secret, 'utf16le'),
        Buffer.from(Buffer.from(secret).toString('base64')),
        Buffer.from(Buffer.from(secret).toString('hex')),
      ];
      for (const form of forms) expect(bytes.includes(form)).toBe(false);
    }
    // gzip of the same rows cannot be told from noise either: no gzip header at the start of an entry.
    for (const content of Object.values(await zipEntries(bytes)))
      expect(content.subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))).toBe(false);
  });

  it('is another one each time, for the same rows', async () => {
    await encrypted('again', byKey);
    const [one, other] = [await zipEntries(bytesOf('by-key')), await zipEntries(bytesOf('again'))];
    for (const [name, bytes] of Object.entries(one)) expect(other[name]?.equals(bytes)).toBe(false);
  });
});

describe('what opens it and what does not', () => {
  const wrong: [what: string, name: string, keys: () => Promise<Keys>, code: string, exit: number][] = [
    ['no key', 'by-passphrase', () => Promise.resolve({}), 'ARCHIVE_LOCKED', 3],
    ['no key', 'by-key', () => Promise.resolve({}), 'ARCHIVE_LOCKED', 3],
    ['an empty list of keys', 'by-key', () => Promise.resolve({ identities: [] }), 'ARCHIVE_LOCKED', 3],
    [
      'a wrong passphrase',
      'by-passphrase',
      () => Promise.resolve({ passphrase: 'correct horse' }),
      'ARCHIVE_KEY_WRONG',
      3,
    ],
    [
      'the passphrase with a space more',
      'by-passphrase',
      () => Promise.resolve({ passphrase: `${PASSPHRASE} ` }),
      'ARCHIVE_KEY_WRONG',
      3,
    ],
    [
      'an empty passphrase',
      'by-passphrase',
      () => Promise.resolve({ passphrase: '' }),
      'ARCHIVE_KEY_WRONG',
      3,
    ],
    [
      'a passphrase where a key is needed',
      'by-key',
      () => Promise.resolve({ passphrase: PASSPHRASE }),
      'ARCHIVE_KEY_WRONG',
      3,
    ],
    [
      'a key where a passphrase is needed',
      'by-passphrase',
      () => Promise.resolve({ identities: [identity] }),
      'ARCHIVE_KEY_WRONG',
      3,
    ],
    [
      "somebody else's key",
      'by-key',
      async () => ({ identities: [await generateX25519Identity()] }),
      'ARCHIVE_KEY_WRONG',
      3,
    ],
    [
      'what is no key',
      'by-key',
      () => Promise.resolve({ identities: ['AGE-SECRET-KEY-1NONSENSE'] }),
      'USAGE',
      2,
    ],
    [
      'a public key',
      'by-key',
      async () => ({ identities: [await identityToRecipient(identity)] }),
      'USAGE',
      2,
    ],
  ];
  it.each(wrong)('%s: %s', async (_, name, keys, code, exit) => {
    const opening = findArchive(host, `${name}.ark`, await keys());
    await expect(opening).rejects.toMatchObject({ code, exit });
    // A key must not get into messages and logs.
    await opening.catch((error: unknown) => expect(String(error)).not.toMatch(/NONSENSE|SECRET|staple/));
  });

  it.each([['nonsense'], ['age1nonsense'], ['ssh-ed25519 AAAA'], ['']])(
    'a backup for the recipient %j is refused and leaves nothing',
    async (recipient) => {
      await expect(encrypted('nobody', { recipients: [recipient] })).rejects.toMatchObject({
        code: 'USAGE',
        exit: 2,
      });
      expect(await (await host.storages.find('local')).list()).not.toContainEqual(
        expect.objectContaining({ key: 'nobody.ark' }),
      );
    },
  );

  it('a backup for no recipient at all is refused: nobody could open it', async () => {
    await expect(encrypted('for-nobody', { recipients: [] })).rejects.toMatchObject({ exit: 2 });
  });

  it.each(['', 'x', 'eleven char', '👩‍💻👩‍💻👩‍💻'])(
    'a backup for the short passphrase %j is refused: anybody could open it',
    async (passphrase) => {
      const refusal = { code: 'USAGE', exit: 2, message: expect.stringContaining('12 characters') as string };
      await expect(encrypted('for-anybody', { passphrase })).rejects.toMatchObject(refusal);
      const body = input.CreateBody.safeParse({ passphrase });
      expect(body.error?.issues[0]?.path).toEqual(['passphrase']);
      const timing = { every: 1, unit: 'days' };
      const schedule = ScheduleInput.safeParse({ name: 'daily', timing, passphrase });
      expect(schedule.error?.issues[0]?.path).toEqual(['passphrase']);
    },
  );

  it('what was encrypted for a short passphrase can be opened all the same', async () => {
    const stanza = scryptStanza('x', 12);
    const key = await passphraseIdentity('x').unwrapFileKey([stanza]);
    expect(Buffer.from(key ?? []).toString('hex')).toBe('07'.repeat(16));
  });
});

/** The stanza that the age tool writes for a passphrase, with as much work as is asked for. */
function scryptStanza(passphrase: string, logN: number): Stanza {
  const salt = Buffer.alloc(16, 1);
  const options = { N: 2 ** logN, r: 8, p: 1, maxmem: 2 ** 30 };
  const key = scryptSync(
    passphrase,
    Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt'), salt]),
    32,
    options,
  );
  const cipher = createCipheriv('chacha20-poly1305', key, new Uint8Array(12), { authTagLength: 16 });
  const body = Buffer.concat([cipher.update(Buffer.alloc(16, 7)), cipher.final(), cipher.getAuthTag()]);
  return new Stanza(
    ['scrypt', salt.toString('base64').replace(/=+$/, ''), String(logN)],
    new Uint8Array(body),
  );
}

describe('work that an archive asks for', () => {
  it.each([20, 21, 63, 99])('2^%i rounds are refused before any is done', async (logN) => {
    const { args, body } = scryptStanza('x', 10);
    const stanza = new Stanza([args[0] ?? '', args[1] ?? '', String(logN)], body);
    const begun = process.cpuUsage();
    await expect(passphraseIdentity('x').unwrapFileKey([stanza])).rejects.toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      exit: 3,
    });
    expect(process.cpuUsage(begun).user).toBeLessThan(500_000);
  });

  it('however many ask, one is done at a time, and nothing else has to wait', async () => {
    const stanza = scryptStanza('x', 17);
    const before = process.memoryUsage().rss;
    let [most, beats] = [0, 0];
    const watch = setInterval(() => {
      beats += 1;
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 10);
    const asked = Array.from({ length: 4 }, async () => passphraseIdentity('x').unwrapFileKey([stanza]));
    const keys = await Promise.all(asked);
    clearInterval(watch);
    expect(keys.every((key) => key?.[0] === 7)).toBe(true);
    // 2^17 rounds take 128 MiB; two at a time would take twice that.
    expect(most).toBeLessThan(230 * 1024 * 1024);
    expect(beats).toBeGreaterThan(20);
  });
});

describe('opened without Ark', () => {
  const csvFromServer = async (): Promise<string> => {
    const rows = await source.query<{ id: number; giraffe_column: string | null }>(
      'SELECT id, giraffe_column FROM zebra_orders ORDER BY ctid',
    );
    const field = (value: string | null): string => {
      if (value === null) return '';
      return value === '' || /[",\n\r]/.test(value) ? `"${value.replace(/"/g, '""')}"` : value;
    };
    return rows.map((row) => `${row.id},${field(row.giraffe_column)}\n`).join('');
  };

  const chunkOf = (json: string): string => {
    const manifest = Manifest.parse(JSON.parse(json));
    const found = manifest.collections.find((collection) => collection.name === 'zebra_orders');
    expect(found?.chunks).toHaveLength(1);
    return found!.chunks[0]!.entry;
  };

  it("by passphrase, with age's own library and gunzip", async () => {
    const entries = await zipEntries(bytesOf('by-passphrase'));
    const outer = new Decrypter();
    outer.addPassphrase(PASSPHRASE);
    const inner = new Decrypter();
    inner.addIdentity((await outer.decrypt(entries['key.age']!, 'text')).trim());
    const manifest = await inner.decrypt(entries['ark.json.age']!, 'text');
    const chunk = await inner.decrypt(entries[chunkOf(manifest)]!);
    expect(gunzipSync(chunk).toString('utf8')).toBe(await csvFromServer());
  });

  it('what the library encrypts by passphrase is opened; a header that asks for hours of work is not', async () => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(PASSPHRASE);
    encrypter.setScryptWorkFactor(10);
    const made = Buffer.from(await encrypter.encrypt('the text'));
    const opened = async (sealed: Uint8Array) => {
      const decrypter = new Decrypter();
      decrypter.addIdentity(passphraseIdentity(PASSPHRASE));
      return decrypter.decrypt(sealed, 'text');
    };
    expect(await opened(made)).toBe('the text');
    const greedy = Buffer.from(made.toString('latin1').replace(/(scrypt \S+) 10\n/, '$1 30\n'), 'latin1');
    expect(greedy.equals(made)).toBe(false);
    await expect(opened(greedy)).rejects.toThrow('asks for 2^30');
  });

  const has = (tool: string): boolean => {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  const missing = ['age', 'unzip', 'gunzip'].filter((tool) => !has(tool));
  const reason = missing.length > 0 ? ` (skipped: not on this machine: ${missing.join(', ')})` : '';
  (missing.length === 0 ? it : it.skip)(`by key, with unzip, age and gunzip alone${reason}`, async () => {
    const folder = join(data.folder, 'plain-tools');
    await mkdir(folder);
    await writeFile(join(folder, 'a.ark'), bytesOf('by-key'));
    await writeFile(join(folder, 'owner.txt'), `${identity}\n`);
    const sh = (script: string): string =>
      execFileSync('sh', ['-e', '-c', script], {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    sh(
      'unzip -q a.ark && age -d -i owner.txt -o inner.txt key.age && age -d -i inner.txt -o ark.json ark.json.age',
    );
    expect(sh('sha256sum -c ark.json.sha256')).toBe('ark.json.age: OK\n');
    const chunk = chunkOf(readFileSync(join(folder, 'ark.json'), 'utf8'));
    expect(sh(`age -d -i inner.txt '${chunk}' | gunzip`)).toBe(await csvFromServer());
    expect(() => sh('age-keygen -o stranger.txt && age -d -i stranger.txt key.age')).toThrow();
  });
});
