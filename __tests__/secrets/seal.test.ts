import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSealed, sealIn, sealWith } from '../../src/server/secrets/seal';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ark-seal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As the first version of Ark sealed, whatever the key was. */
function sealedBefore(secret: string, key: string): string {
  const derived = Buffer.from(hkdfSync('sha256', key, 'ark', 'settings', 32));
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', derived, nonce);
  const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return `ark sealed 1:${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
}

const GOOD = 'Zx4-9rQvL2mT8sKd';
const GUESSABLE = [
  '',
  ' ',
  'secret',
  'test-jwt-secret',
  'TEST-JWT-SECRET',
  'your-secret-key',
  'x'.repeat(40),
  'fifteen-letters',
];

describe.each(GUESSABLE)('an APP_KEY of %j', (key) => {
  it('seals nothing by itself', () => {
    expect(() => sealWith(key)).toThrow(/empty, too short or a sample/);
  });

  it('is not what secrets are sealed with: a random key of the folder is, which only its owner reads', async () => {
    const seal = sealIn(join(folder, 'settings'), key);
    const sealed = seal.close('hush');
    expect(isSealed(sealed)).toBe(true);
    expect(seal.open(sealed)).toBe('hush');
    expect(await readdir(join(folder, 'settings'))).toEqual(['key']);
    if (process.platform !== 'win32')
      expect((await stat(join(folder, 'settings', 'key'))).mode & 0o777).toBe(0o600);
    // Somebody with the same APP_KEY and no folder cannot open it; nor can the one who knows that it is empty.
    for (const guess of [key, '', ...GUESSABLE]) {
      expect(() => sealIn(join(folder, 'elsewhere'), guess).open(sealed)).toThrow(/cannot be read/);
    }
    expect(() => sealWith(GOOD, GUESSABLE).open(sealed)).toThrow(/cannot be read/);
  });

  it('still opens what it sealed before', () => {
    expect(sealIn(folder, key).open(sealedBefore('old', key))).toBe('old');
  });
});

it('without any APP_KEY it is the same, and what was sealed with nothing is still read', () => {
  const seal = sealIn(folder, undefined);
  expect(seal.open(sealedBefore('old', ''))).toBe('old');
  expect(sealIn(folder, undefined).open(seal.close('new'))).toBe('new');
});

it('a good APP_KEY seals alone, and needs no file', () => {
  const sealed = sealIn(folder, GOOD).close('hush');
  expect(sealIn(join(folder, 'elsewhere'), GOOD).open(sealed)).toBe('hush');
  expect(sealIn(folder, GOOD).open(sealedBefore('old', GOOD))).toBe('old');
  expect(() => sealIn(folder, `${GOOD}x`).open(sealed)).toThrow(/cannot be read/);
  expect(() => sealIn(folder, GOOD).open(sealedBefore('old', ''))).toThrow(/cannot be read/);
});

it('what the folder had sealed is read after an APP_KEY was set', () => {
  const sealed = sealIn(folder, undefined).close('hush');
  expect(sealIn(folder, GOOD).open(sealed)).toBe('hush');
});

it('many that need the key for the first time at once have the same', () => {
  const sealed = Array.from({ length: 5 }, () => sealIn(folder, '').close('hush'));
  expect(sealed.map((one) => sealIn(folder, '').open(one))).toEqual(Array(5).fill('hush'));
});
