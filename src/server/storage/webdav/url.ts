import { BackupError } from '../../errors';

export const AUTHS = ['auto', 'basic', 'digest', 'none'] as const;
export type Auth = (typeof AUTHS)[number];

/** A path that is not properly encoded is taken as it is. */
export function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Refuses what is not the address of a server. */
export function checkDavUrl(given: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given.trim()) ? given.trim() : `https://${given.trim()}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new BackupError(
      'STORAGE_INVALID',
      'url: this is not an address. It looks like https://cloud.example.com/dav/.',
      {
        cause,
      },
    );
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    throw new BackupError('STORAGE_INVALID', 'url: it begins with https:// or http://.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new BackupError(
      'STORAGE_INVALID',
      'url: only the address belongs here; user and password have fields of their own, and "?" or "#" are not part of it.',
    );
  }
  return url.toString();
}
