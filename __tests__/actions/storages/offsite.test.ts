import { outsideOf, type Where } from '../../../src/server/actions/storages/offsite';
import { offlineHost } from '../../../src/server/hosts/standalone/offline';
import { readSettings } from '../../../src/server/environment';
import { newDataFolder } from '../../helpers/ark';

/** Where a storage is, by its kind and its address, and by what the admin says. */
let data: Awaited<ReturnType<typeof newDataFolder>>;
beforeAll(async () => {
  data = await newDataFolder();
});
afterAll(() => data.remove());

const PLACES: readonly (readonly [url: string, where: Where])[] = [
  ['file:///mnt/nas', 'here'],
  ['s3+http://k:s@localhost:9000/backups', 'here'],
  ['s3://k:s@s3.example.com/backups?region=r', 'offsite'],
  ['http://u:p@127.0.0.1:8080/x', 'here'],
  ['webdav://u:p@dav.example.com/x', 'offsite'],
  ['sftp://u:p@[::1]/x', 'here'],
  ['sftp://u:p@nas.example.com/x', 'offsite'],
  ['gopher://nas.example.com/x', 'unreadable'],
];

it.each(PLACES)('%s', async (url, where) => {
  const whereIs = async (more: Record<string, string> = {}) => {
    const host = offlineHost(readSettings({ ARK_DATA: data.folder, ARK_STORAGE_X: url, ...more }));
    const all = await outsideOf(host);
    return [all.get('x')?.where, all.get('local')?.where];
  };
  expect(await whereIs()).toEqual([where, 'built-in']);
  expect(await whereIs({ ARK_OFFSITE: 'y' })).toEqual([where, 'built-in']);
  expect(await whereIs({ ARK_OFFSITE: 'x' })).toEqual(['offsite', 'built-in']);
  expect(await whereIs({ ARK_OFFSITE: 'local' })).toEqual([where, 'offsite']);
});
