import type { Provider } from '../fields';
import type { Auth } from './url';

interface WebdavProvider extends Provider {
  readonly presets: {
    readonly url: string;
    readonly auth: Auth;
    /** Archives larger than this are stored in volumes of this size. */
    readonly volumeMb: number;
    readonly gapMs?: number;
    readonly path?: string;
  };
  readonly appPassword: boolean;
}

interface More {
  readonly auth?: Auth;
  readonly volumeMb?: number;
  readonly gapMs?: number;
  readonly path?: string;
  readonly appPassword?: boolean;
  readonly folderNeeded?: boolean;
}

const dav = (
  id: string,
  title: string,
  url: string,
  { appPassword = false, folderNeeded, ...more }: More = {},
): WebdavProvider => ({
  id,
  title,
  appPassword,
  ...(folderNeeded && { folderNeeded }),
  presets: { url, auth: 'auto', volumeMb: 256, ...more },
});

export const WEBDAV_PROVIDERS: readonly WebdavProvider[] = [
  // 500 MB a file, 600 requests in 30 minutes for free accounts.
  dav('nutstore', 'Nutstore 坚果云', 'https://dav.jianguoyun.com/dav/', {
    auth: 'basic',
    volumeMb: 450,
    gapMs: 3000,
    path: 'ark',
    appPassword: true,
    folderNeeded: true,
  }),
  dav('nextcloud', 'Nextcloud', 'https://<host>/remote.php/dav/files/<user>/', {
    auth: 'basic',
    appPassword: true,
  }),
  dav('koofr', 'Koofr', 'https://app.koofr.net/dav/Koofr/', { auth: 'basic', gapMs: 200, appPassword: true }),
  dav('yandex', 'Yandex Disk', 'https://webdav.yandex.com/', {
    auth: 'basic',
    volumeMb: 128,
    gapMs: 200,
    appPassword: true,
  }),
  dav('alist', 'Alist / OpenList', 'http://<host>:5244/dav/', { auth: 'basic', gapMs: 0 }),
  dav('cloudreve', 'Cloudreve', 'https://<host>/dav/', {
    auth: 'basic',
    volumeMb: 45,
    appPassword: true,
  }),
  dav('123pan', '123pan 123云盘', 'https://webdav.123pan.cn/webdav/', {
    auth: 'basic',
    volumeMb: 128,
    gapMs: 1000,
    appPassword: true,
  }),
  dav('infinicloud', 'InfiniCLOUD', 'https://<node>.infini-cloud.net/dav/', {
    auth: 'basic',
    gapMs: 100,
    appPassword: true,
  }),
  dav('limit250', 'At most 250 MB a file (Box and others)', 'https://<host>/dav/', { volumeMb: 240 }),
  dav('cloudflare', 'Behind Cloudflare (at most 100 MB a file)', 'https://<host>/dav/', { volumeMb: 95 }),
  // A service of one's own has nothing to fill in but the whole address.
  dav('custom', 'WebDAV', ''),
];

/** What was not entered is as the service needs it. */
export function withDefaults<
  R extends {
    provider?: string | undefined;
    auth?: Auth | undefined;
    volumeMb?: number | undefined;
    gapMs?: number | undefined;
  },
>(record: R) {
  const { auth, volumeMb, gapMs } = davProvider(record.provider)?.presets ?? {};
  return {
    ...record,
    auth: record.auth ?? auth,
    volumeMb: record.volumeMb ?? volumeMb,
    gapMs: record.gapMs ?? gapMs,
  };
}

export const davProvider = (id = 'custom'): WebdavProvider | undefined =>
  WEBDAV_PROVIDERS.find((provider) => provider.id === id);
