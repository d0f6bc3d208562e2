import { settings, type WebdavRecord } from './settings';
import { originOf, type StorageKind } from '../kind';
import { WEBDAV_PROVIDERS, withDefaults } from './providers';
import { checkDavUrl } from './url';

export const webdav: StorageKind<WebdavRecord> = {
  settings,
  providers: WEBDAV_PROVIDERS,
  schemes: ['webdavs:', 'webdav:', 'https:', 'http:'],
  example: 'webdavs://user:password@host/path',
  fromUrl: ({ url, user, password }) => ({
    url: `${['webdavs:', 'https:'].includes(url.protocol) ? 'https' : 'http'}://${url.host}${url.pathname}`,
    user,
    password,
  }),
  check: (record) => ({ ...record, url: checkDavUrl(record.url) }),
  place: ({ url, path: folder }) =>
    `${url.replace(/\/+$/, '')}${folder ? `/${folder.replace(/^\/+/, '')}` : ''}`,
  machine: ({ url }) => new URL(url).hostname,
  server: ({ url }) => originOf(url),
  volumeMb: (record) => withDefaults(record).volumeMb,
  async open(name, record, { spool, reach, patience, idleMs }) {
    const [{ webdavStorage }, { openDoor }] = await Promise.all([
      import('./webdav'),
      import('../../outgoing'),
    ]);
    return webdavStorage(name, { ...withDefaults(record), door: openDoor(reach), spool, patience, idleMs });
  },
  examine: async (...asked) => (await import('./examine')).examineWebdav(...asked),
};
