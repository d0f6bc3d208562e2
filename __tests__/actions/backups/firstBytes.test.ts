import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { FIRST_BYTES, LAST_BYTES, refuseForeign } from '../../../src/server/actions/backups/firstBytes';
import { BackupError } from '../../../src/server/errors/errors';
import { dump, mariadbDump, nbdata, sealed } from '../../helpers/nbdata';
import { LEGACY, pack } from '../../helpers/nbdump';

const READ = join(__dirname, '../../archives/read');
const filesOf = (folder: string, ending: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name): [string, Buffer] => [name, readFileSync(join(folder, name))]);

const foretold = (name: string, bytes: Buffer) => ({
  name,
  size: bytes.length,
  begin: bytes.subarray(0, FIRST_BYTES),
  end: bytes.subarray(-LAST_BYTES),
});
/** What is said of a file by both its ends, or by its beginning alone. */
const said = (name: string, bytes: Buffer, ends: 'both' | 'begin' = 'both') => {
  const { end, ...begun } = foretold(name, bytes);
  try {
    return refuseForeign({ ...begun, ...(ends === 'both' && { end }) });
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    return error.details?.code ?? error.code;
  }
};

test.each(filesOf(READ, '.ark'))('%s passes, and is known to be encrypted', (name, bytes) => {
  expect(said(name, bytes)).toEqual({ encrypted: name.includes('passphrase') });
  expect(said(name, bytes, 'begin')).toEqual({ encrypted: false });
  for (const cut of [1, bytes.length >> 1, bytes.length - 40]) {
    expect([cut, said(name, bytes.subarray(0, bytes.length - cut))]).toEqual([cut, 'file-is-cut']);
  }
});

test.each(filesOf(LEGACY, '.nbdump'))('%s passes', (name, bytes) => {
  expect(said(name, bytes)).toEqual({ encrypted: false });
  expect(said(name, bytes, 'begin')).toEqual({ encrypted: false });
});

test('an .nbdata passes, open or with a password', async () => {
  const open = await nbdata(dump('nasty.dump'));
  expect(said('x.nbdata', open)).toEqual({ encrypted: false });
  expect(said('x.nbdata', sealed(open, 'password'))).toEqual({ encrypted: true });
  // Nothing but its name tells what it is.
  expect(said('x.ark', sealed(open, 'password'))).toBe('archive-begins-otherwise');
});

test('an archive of thousands of entries passes, whose directory is longer than what is looked at', async () => {
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`data/t/${n}.csv.gz`, 'x']));
  const large = await pack({ ...many, 'ark.json': '{}', 'ark.json.sha256': 'x' });
  expect(large.length).toBeGreaterThan(3 * LAST_BYTES);
  expect(said('x.ark', large)).toEqual({ encrypted: false });
});

const PAGE = '\uFEFF\n<!DOCTYPE html><html><title>Sign in</title>';
const tar = (): Buffer => execFileSync('tar', ['-cf', '-', '-C', __dirname, 'firstBytes.test.ts']);
const FOREIGN: readonly (readonly [string, string, () => Buffer | Promise<Buffer>])[] = [
  ['a plain ZIP', 'file-is-zip', () => pack({ 'word/document.xml': '<w/>', 'a.txt': 'text' })],
  ['a ZIP with nothing in it', 'file-is-zip', () => pack({})],
  ['SQL of pg_dump', 'file-is-dump', () => Buffer.from('--\n-- PostgreSQL database dump\n--\nSET x = 0;')],
  ['SQL of MariaDB', 'file-is-dump', () => Buffer.from(mariadbDump())],
  ['SQL by hand', 'file-is-dump', () => Buffer.from('create table t (id int);\n')],
  ['pg_dump -Fc', 'file-is-dump', () => dump('nasty.dump')],
  ['a sign-in page', 'file-is-page', () => Buffer.from(PAGE)],
  ['an answer in XML', 'file-is-page', () => Buffer.from('<?xml version="1.0"?><Error/>')],
  ['gzip', 'file-is-packed', () => gzipSync('anything')],
  ['tar', 'file-is-packed', tar],
  ['nothing', 'ARCHIVE_EMPTY', () => Buffer.alloc(0)],
  ['zeros', 'archive-begins-otherwise', () => Buffer.alloc(4800)],
  ['anything else', 'archive-begins-otherwise', () => brotliCompressSync('anything')],
];

test.each(FOREIGN)('%s is %s, whatever it is called', async (_what, code, bytes) => {
  for (const name of ['x.ark', 'x.nbdump', 'x.nbdata', 'x'] as const) {
    const file = await bytes();
    // Nothing shows of one with a password but that its length is of whole blocks.
    const sealable = code === 'archive-begins-otherwise' && name === 'x.nbdata' && file.length % 16 === 0;
    const wanted = sealable ? { encrypted: true } : code;
    expect([name, said(name, file)]).toEqual([name, wanted]);
  }
});

test('a volume is one by its name', () => {
  const [[, bytes] = ['', Buffer.alloc(0)]] = filesOf(READ, '.ark');
  expect(said('shop.ark.00001-abc.arkv', bytes)).toBe('file-is-volume');
});
