import { refused } from '../../errors/errors';

/** How the bucket is named in an address: by what the host is, in the path, in the host's name, or the host is its own domain. */
export const ADDRESSING = ['auto', 'path', 'virtual', 'domain'] as const;
export type Addressing = (typeof ADDRESSING)[number];

export interface S3Settings {
  /** Empty: AWS. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly bucket: string;
  /** Folder in the bucket. */
  readonly path?: string | undefined;
  readonly addressing?: Addressing | undefined;
}

export interface S3Address {
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly style: Exclude<Addressing, 'auto'>;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** For messages. */
  readonly address: string;
}

/** Services that want the bucket in the host's name. */
const VIRTUAL =
  /(^|\.)(amazonaws\.com(\.cn)?|aliyuncs\.com|myqcloud\.com|tencentcos\.cn|volces\.com|myhuaweicloud\.com)$/;
/** Where a host's name tells the region. */
const REGIONS: readonly RegExp[] = [
  /^s3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/,
  /^(?:s3\.)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/,
  /^cos\.([a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)$/,
  /^tos-s3-([a-z0-9-]+)\.volces\.com$/,
  /^obs\.([a-z0-9-]+)\.myhuaweicloud\.com$/,
  /^s3\.([a-z0-9-]+)\.(?:backblazeb2\.com|qiniucs\.com|wasabisys\.com|scw\.cloud)$/,
];

/** Everything that follows from what was entered, and from the usual ways of entering it wrong. */
export function addressOf(settings: S3Settings): S3Address {
  const bucket = settings.bucket.trim();
  const prefix = prefixOf(settings.path ?? '');
  const entered = (settings.endpoint ?? '').trim();
  if (entered === '') {
    const region = settings.region?.trim() ?? '';
    if (region === '') throw refused('field-missing', { field: 'region' });
    const style = settings.addressing === 'path' ? 'path' : 'virtual';
    return {
      endpoint: undefined,
      region,
      bucket,
      style,
      prefix,
      address: `s3.${region}.amazonaws.com/${bucket}`,
    };
  }
  const url = parseEndpoint(entered);
  const style = settings.addressing ?? 'auto';
  if (style !== 'domain') stripBucket(url, bucket);
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const guessed = REGIONS.map((region) => region.exec(url.hostname)?.[1]).find(
    (region) => region !== undefined,
  );
  const region = [
    settings.region?.trim(),
    guessed,
    url.hostname.endsWith('.r2.cloudflarestorage.com') ? 'auto' : 'us-east-1',
  ].find((region) => region !== undefined && region !== '');
  return {
    endpoint,
    region: region ?? 'us-east-1',
    bucket,
    style: style === 'auto' ? (VIRTUAL.test(url.hostname) ? 'virtual' : 'path') : style,
    prefix,
    address: `${endpoint}${style === 'domain' ? '' : `/${bucket}`}`,
  };
}

export function parseEndpoint(text: string): URL {
  const field = 'endpoint';
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  } catch (cause) {
    throw refused('field-address', { field }, { cause });
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    throw refused('field-address', { field });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused('field-address-only', { field });
  }
  return url;
}

/** True if the endpoint had the bucket's name in it. */
export function stripBucket(url: URL, bucket: string): boolean {
  const [host, path] = [url.hostname, url.pathname];
  if (bucket !== '' && host.startsWith(`${bucket}.`) && host.length > bucket.length + 1) {
    url.hostname = host.slice(bucket.length + 1);
  }
  const first = path.split('/')[1];
  if (bucket !== '' && first === bucket) url.pathname = path.slice(bucket.length + 1);
  return url.hostname !== host || url.pathname !== path;
}

function prefixOf(path: string): string {
  const parts = path.split(/[/\\]+/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refused('field-up', { field: 'path' });
  return parts.length === 0 ? '' : `${parts.join('/')}/`;
}
