import { hostname, networkInterfaces } from 'node:os';
import { KINDS } from '../../src/server/storage/kinds';
import { isThisMachine } from '../../src/server/storage/thisMachine';

const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));

it.each([
  'localhost',
  'LOCALHOST.',
  'shop.localhost',
  '127.0.0.1',
  '127.8.9.1',
  '0.0.0.0',
  '[::1]',
  '::',
  '::ffff:127.0.0.1',
  hostname(),
  ...own,
])('%s is this machine', (host) => expect(isThisMachine(host)).toBe(true));

it.each(['example.com', 'localhost.example.com', '192.0.2.7', '2001:db8::1', '128.0.0.1'])(
  '%s is another machine',
  (host) => expect(isThisMachine(host)).toBe(false),
);

it('each kind tells the machine that it is on', () => {
  expect(KINDS.local.machine({ kind: 'local', folder: '/mnt/backups' })).toBeUndefined();
  const keys = { accessKeyId: 'k', secretAccessKey: 's', bucket: 'b', kind: 's3' } as const;
  expect(KINDS.s3.machine({ ...keys, endpoint: 'http://[::1]:9000' })).toBe('[::1]');
  expect(KINDS.s3.machine({ ...keys, region: 'eu-west-1' })).toMatch(/amazonaws\.com$/);
  expect(
    KINDS.webdav.machine({ kind: 'webdav', url: 'https://dav.example.com:8443/x', user: 'u', password: 'p' }),
  ).toBe('dav.example.com');
  expect(KINDS.sftp.machine({ kind: 'sftp', host: 'nas.example.com', user: 'u' })).toBe('nas.example.com');
});
