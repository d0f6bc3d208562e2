import { fileURLToPath } from 'node:url';
import { BackupError } from '../errors';
import { parseRecord, type StorageRecord } from './storageRecord';

/**
 * `s3://KEY:SECRET@endpoint/bucket/path?region=…`, `webdavs://user:password@host/path`, `file:///folder`; `s3+http`
 * and `webdav` do without TLS. Other settings follow the question mark by their names. The text holds secrets and is
 * never repeated.
 */
export function recordOfUrl(text: string, variable: string): StorageRecord {
  let url: URL;
  let user: string;
  let password: string;
  try {
    url = new URL(text);
    user = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw wrong(variable, 'it cannot be read as a URL. Write special characters of a password as %XX');
  }
  const more = Object.fromEntries(url.searchParams);
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  try {
    switch (url.protocol) {
      case 'file:':
        return parseRecord({ kind: 'local', folder: fileURLToPath(url) });
      case 's3:':
      case 's3+http:':
        return parseRecord({
          kind: 's3',
          endpoint: `${url.protocol === 's3:' ? 'https' : 'http'}://${url.host}`,
          bucket: parts[0],
          path: parts.slice(1).join('/'),
          accessKeyId: user,
          secretAccessKey: password,
          ...more,
        });
      case 'webdav:':
      case 'webdavs:':
      case 'http:':
      case 'https:':
        return parseRecord({
          kind: 'webdav',
          url: `${['webdavs:', 'https:'].includes(url.protocol) ? 'https' : 'http'}://${url.host}${url.pathname}`,
          user,
          password,
          ...more,
        });
      default:
        throw wrong(
          variable,
          `${url.protocol}// is no kind of storage. It begins with s3://, webdavs:// or file://`,
        );
    }
  } catch (error) {
    if (error instanceof BackupError && !error.message.startsWith(variable))
      throw wrong(variable, error.message.replace(/\.$/, ''));
    throw error;
  }
}

const wrong = (variable: string, what: string): BackupError =>
  new BackupError(
    'STORAGE_INVALID',
    `${variable}: ${what}. It looks like s3://KEY:SECRET@endpoint/bucket/path?region=…, webdavs://user:password@host/path or file:///folder.`,
  );
