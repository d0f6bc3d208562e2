import { FORMAT } from '../../src/server/dumper/archive/format';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { instanceSigner, ownFingerprints } from '../../src/server/actions/trust/instanceKey';
import { makerOf } from '../../src/server/actions/trust/maker';
import { addTrusted, listTrusted, removeTrusted } from '../../src/server/actions/trust/trust';
import {
  fingerprintOfKey,
  newSigner,
  readSignature,
  signed,
  type Statement,
} from '../../src/server/dumper/archive/signature';
import { BackupError } from '../../src/server/errors/errors';
import type { Host } from '../../src/server/host';
import { hostOf } from '../helpers/ark';
import { ownPlace } from '../helpers/place';
import type { TestDatabase } from '../helpers/postgres';
import { zipEntries } from '../helpers/zipEntries';

/** Who made an archive is proven; every way to say something else is refused. */
const { signer } = newSigner();
const STATEMENT: Statement = {
  format: FORMAT,
  manifest: 'a'.repeat(64),
  summary: 'd'.repeat(64),
  keyEntry: undefined,
  id: 'a\n"b"',
  createdAt: '2026-11-20T10:15:00.000Z',
  instance: 'shop\nschedule "x" ü\u2028',
  schedule: 'nightly',
};
const SEALED: Statement = { ...STATEMENT, keyEntry: 'b'.repeat(64), schedule: undefined };

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return error instanceof BackupError ? error.code : String(error);
  }
};

describe('a statement', () => {
  it.each([STATEMENT, SEALED])('is read as it was signed', (statement) => {
    expect(readSignature(signed(statement, signer))).toEqual({
      ...statement,
      key: signer.key,
      fingerprint: fingerprintOfKey(signer.key),
    });
  });

  it('is refused with any bit flipped, cut anywhere, with anything added', () => {
    const whole = signed(STATEMENT, signer);
    const accepted: string[] = [];
    for (let at = 0; at < whole.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const copy = Buffer.from(whole);
        copy[at] = copy[at]! ^ (1 << bit);
        const code = codeOf(() => readSignature(copy));
        if (!['ARCHIVE_DAMAGED', 'ARCHIVE_TOO_NEW'].includes(code)) accepted.push(`${at}.${bit}: ${code}`);
      }
      if (codeOf(() => readSignature(whole.subarray(0, at))) !== 'ARCHIVE_DAMAGED')
        accepted.push(`cut at ${at}`);
    }
    for (const more of ['\n', ' ', '\0', 'schedule "x"\n', signed(STATEMENT, signer).toString()])
      if (codeOf(() => readSignature(Buffer.concat([whole, Buffer.from(more)]))) !== 'ARCHIVE_DAMAGED')
        accepted.push(more);
    expect(accepted).toEqual([]);
  });

  it('is refused with any line of another, twice, missing, or at another place', () => {
    const lines = signed(STATEMENT, signer).toString().trimEnd().split('\n');
    const other = signed(
      {
        ...STATEMENT,
        manifest: 'c'.repeat(64),
        summary: 'e'.repeat(64),
        id: 'x',
        createdAt: '2026-11-21T10:15:00.000Z',
        instance: 'y',
        schedule: 'z',
      },
      newSigner().signer,
    )
      .toString()
      .trimEnd()
      .split('\n');
    const changed = lines.flatMap((line, i) => [
      ...(line === other[i] ? [] : [lines.with(i, other[i]!)]),
      [...lines.slice(0, i), line, ...lines.slice(i)],
      lines.filter((_, at) => at !== i),
      [...lines.filter((_, at) => at !== i), line].join('\n') === lines.join('\n')
        ? []
        : [...lines.filter((_, at) => at !== i), line],
    ]);
    for (const one of changed)
      expect(codeOf(() => readSignature(Buffer.from(`${one.join('\n')}\n`)))).toBe('ARCHIVE_DAMAGED');
  });

  it('of a kind of key that is not known is refused, and one of a later format is too new', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ec = {
      key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      sign: (data: Uint8Array) => sign(null, data, privateKey),
    };
    expect(codeOf(() => readSignature(signed(STATEMENT, ec)))).toBe('ARCHIVE_DAMAGED');
    expect(codeOf(() => readSignature(Buffer.from(`ark ${FORMAT + 1}\nwhat then is the use\n`)))).toBe(
      'ARCHIVE_TOO_NEW',
    );
    const untimely = signed({ ...STATEMENT, createdAt: 'yesterday' }, signer);
    expect(codeOf(() => readSignature(untimely))).toBe('ARCHIVE_DAMAGED');
  });
});

const { database } = ownPlace();
let shop: TestDatabase;
const folders: string[] = [];
beforeAll(async () => {
  shop = await database(`CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2);`);
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function place(more: Record<string, string> = {}): Promise<{ host: Host; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-signed-'));
  folders.push(folder);
  return { host: hostOf(shop.url, folder, more), folder };
}

const make = async (host: Host, name: string, passphrase?: string) => {
  await createBackup(host, {
    selection: { all: true },
    to: { storage: 'local', name },
    ...(passphrase !== undefined && { encryptFor: { passphrase } }),
  });
  return findArchive(host, `${name}.ark`, { passphrase });
};

describe('an instance', () => {
  it('knows its own archives, and others as strangers until they are trusted', async () => {
    const [one, two] = [(await place()).host, (await place()).host];
    for (const passphrase of [undefined, 'open sesame open']) {
      const archive = await make(one, `made-${passphrase ?? 'plain'}`.replace(' ', '-'), passphrase);
      expect(await makerOf(one, archive)).toMatchObject({ kind: 'own' });
      expect(await makerOf(two, archive)).toMatchObject({ kind: 'stranger' });
    }
    const [fingerprint] = await ownFingerprints(one);
    await addTrusted(two, { fingerprint: fingerprint!, name: 'The shop' }, new Date());
    const archive = await findArchive(one, 'made-plain.ark');
    expect(await makerOf(two, archive)).toEqual({ kind: 'trusted', fingerprint, name: 'The shop' });
    await removeTrusted(two, fingerprint!);
    expect(await makerOf(two, archive)).toEqual({ kind: 'stranger', fingerprint });
    await expect(removeTrusted(two, fingerprint!)).rejects.toMatchObject({ code: 'TRUST_UNKNOWN' });
    await expect(
      addTrusted(one, { fingerprint: fingerprint!, name: 'me' }, new Date()),
    ).rejects.toMatchObject({ code: 'USAGE' });
    await expect(addTrusted(two, { fingerprint: 'SHA256:x', name: 'me' }, new Date())).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect(await listTrusted(two)).toEqual([]);
    expect(
      await makerOf(two, await findArchive(two, join(__dirname, '..', 'archives', 'read', 'format-1.ark'))),
    ).toEqual({ kind: 'unknown' });
  });

  it('keeps its private key sealed, and one of many that make it at once wins', async () => {
    const { host, folder } = await place();
    const others = Array.from({ length: 5 }, () => hostOf(shop.url, folder));
    const keys = await Promise.all([host, ...others].map(async (host) => (await instanceSigner(host)).key));
    expect(new Set(keys).size).toBe(1);
    const kept = readFileSync(join(folder, 'settings', 'settings.json'), 'utf8');
    expect(kept).toContain(keys[0]);
    expect(kept).not.toContain('MC4CAQAwBQYDK2Vw');
  });

  it('after APP_KEY has changed has a new key, says so, and knows what it signed before', async () => {
    const { host, folder } = await place({ APP_KEY: 'the first key of the app' });
    const before = await make(host, 'before');
    const later = hostOf(shop.url, folder, { APP_KEY: 'the second key of the app' });
    const { job } = await createBackup(later, {
      selection: { all: true },
      to: { storage: 'local', name: 'later' },
    });
    expect(JSON.stringify(job.log)).toContain(before.signature!.fingerprint);
    const after = await findArchive(later, 'later.ark');
    expect(after.signature!.fingerprint).not.toBe(before.signature!.fingerprint);
    for (const archive of [before, after]) expect((await makerOf(later, archive)).kind).toBe('own');
    const { job: again } = await createBackup(later, {
      selection: { all: true },
      to: { storage: 'local', name: 'again' },
    });
    expect(JSON.stringify(again.log ?? [])).not.toContain('APP_KEY');
  });
});

it('a stranger checks it with openssl alone, as docs/format.md says', async () => {
  const { host, folder } = await place();
  await make(host, 'checked', 'open sesame open');
  const found = await zipEntries(readFileSync(join(folder, 'backups', 'checked.ark')));
  for (const name of ['ark.json.age', 'summary.json.age', 'ark.json.sha256', 'ark.json.sig'])
    await writeFile(join(folder, name), found[name]!);
  const docs = readFileSync(join(__dirname, '..', '..', 'docs', 'format.md'), 'utf8');
  const block = /```sh\n(unzip[^`]*?openssl pkeyutl[^`]*)```/.exec(docs)![1]!;
  const script = block.replace(/^unzip .*&& (?=sha256sum)/, '');
  expect(script).toMatch(/^sha256sum/);
  const said = execFileSync('sh', ['-ec', script], { cwd: folder, encoding: 'utf8' });
  expect(said).toContain('Signature Verified Successfully');
  const [fingerprint] = await ownFingerprints(host);
  expect(said).toContain(fingerprint!.replace(/^SHA256:|-/g, ''));
});
