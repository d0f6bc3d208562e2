import * as z from 'zod';
import { openDoor } from '../../outgoing';
import {
  address,
  choice,
  fault,
  needed,
  optional,
  path,
  providerOf,
  shown,
  volumeMb,
  wholeNumber,
} from '../fields';
import { originOf, type StorageKind } from '../kind';
import { examineWebdav } from './examine';
import { WEBDAV_PROVIDERS, withDefaults } from './providers';
import { AUTHS, checkDavUrl } from './url';

const settings = z.strictObject({
  kind: z.literal('webdav'),
  provider: providerOf(WEBDAV_PROVIDERS),
  url: shown(address(needed()), {
    wide: true,
    address: true,
    example: 'https://cloud.example.com/dav/',
  }),
  user: optional({ signIn: true }),
  password: shown(z.string(fault('field-unfit')).optional(), { secret: true, signIn: true }),
  path,
  auth: choice(AUTHS),
  volumeMb,
  gapMs: wholeNumber(0, 600_000),
});
export type WebdavRecord = z.infer<typeof settings>;

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
  server: ({ url }) => originOf(url),
  volumeMb: (record) => withDefaults(record).volumeMb,
  async open(name, record, { spool, reach, patience, idleMs }) {
    const { webdavStorage } = await import('./webdav');
    return webdavStorage(name, { ...withDefaults(record), door: openDoor(reach), spool, patience, idleMs });
  },
  examine: examineWebdav,
};
