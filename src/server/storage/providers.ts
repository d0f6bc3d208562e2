import type { Addressing } from './s3/address';
import type { Auth } from './webdav/url';

/** What is known of the services that people use. An admin may change any of it. */
export interface S3Provider {
  readonly id: string;
  readonly title: string;
  /** With `<…>` where something is the admin's own. */
  readonly endpoint: string;
  readonly region: string;
  readonly addressing: Addressing;
  readonly partMb?: number;
}

export interface WebdavProvider {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly auth: Auth;
  /** Archives larger than this are stored in volumes of this size. */
  readonly volumeMb: number;
  readonly gapMs?: number;
  /** The password to sign in with is not taken: one has to be made for this. */
  readonly appPassword: boolean;
  /** Files that have just come are not seen at once. */
  readonly slow?: boolean;
}

export const S3_PROVIDERS: readonly S3Provider[] = [
  { id: 'aws', title: 'Amazon S3', endpoint: '', region: '', addressing: 'virtual' },
  {
    id: 'r2',
    title: 'Cloudflare R2',
    endpoint: 'https://<account>.r2.cloudflarestorage.com',
    region: 'auto',
    addressing: 'path',
  },
  {
    id: 'oss',
    title: 'Alibaba Cloud OSS',
    endpoint: 'https://s3.oss-<region>.aliyuncs.com',
    region: '',
    addressing: 'virtual',
  },
  {
    id: 'cos',
    title: 'Tencent Cloud COS',
    endpoint: 'https://cos.<region>.myqcloud.com',
    region: '',
    addressing: 'virtual',
  },
  { id: 'minio', title: 'MinIO', endpoint: 'https://<host>:9000', region: 'us-east-1', addressing: 'path' },
  {
    id: 'b2',
    title: 'Backblaze B2',
    endpoint: 'https://s3.<region>.backblazeb2.com',
    region: '',
    addressing: 'path',
  },
  { id: 'garage', title: 'Garage', endpoint: 'https://<host>:3900', region: 'garage', addressing: 'path' },
  { id: 'ceph', title: 'Ceph', endpoint: 'https://<host>', region: 'us-east-1', addressing: 'path' },
  { id: 'custom', title: 'S3', endpoint: '', region: '', addressing: 'auto' },
];

const dav = (
  id: string,
  title: string,
  url: string,
  more: Partial<Omit<WebdavProvider, 'id' | 'title' | 'url'>> = {},
): WebdavProvider => ({ id, title, url, auth: 'auto', volumeMb: 256, appPassword: false, ...more });

export const WEBDAV_PROVIDERS: readonly WebdavProvider[] = [
  // 500 MB a file, 600 requests in 30 minutes for free accounts.
  dav('nutstore', 'Nutstore 坚果云', 'https://dav.jianguoyun.com/dav/', {
    auth: 'basic',
    volumeMb: 450,
    gapMs: 3000,
    appPassword: true,
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
  dav('alist', 'Alist / OpenList', 'http://<host>:5244/dav/', { auth: 'basic', gapMs: 0, slow: true }),
  dav('cloudreve', 'Cloudreve', 'https://<host>/dav/', {
    auth: 'basic',
    volumeMb: 45,
    appPassword: true,
    slow: true,
  }),
  dav('123pan', '123pan 123云盘', 'https://webdav.123pan.cn/webdav/', {
    auth: 'basic',
    volumeMb: 128,
    gapMs: 1000,
    appPassword: true,
    slow: true,
  }),
  dav('infinicloud', 'InfiniCLOUD', 'https://<node>.infini-cloud.net/dav/', {
    auth: 'basic',
    gapMs: 100,
    appPassword: true,
  }),
  dav('limit250', 'At most 250 MB a file (Box and others)', 'https://<host>/dav/', { volumeMb: 240 }),
  dav('cloudflare', 'Behind Cloudflare (at most 100 MB a file)', 'https://<host>/dav/', { volumeMb: 95 }),
  dav('custom', 'WebDAV', 'https://<host>/'),
];

export const s3Provider = (id: string | undefined): S3Provider | undefined =>
  S3_PROVIDERS.find((one) => one.id === (id ?? 'custom'));

export const webdavProvider = (id: string | undefined): WebdavProvider | undefined =>
  WEBDAV_PROVIDERS.find((one) => one.id === (id ?? 'custom'));
