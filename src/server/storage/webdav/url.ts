import { refused } from '../../errors/errors';

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
export function checkDavUrl(address: string): string {
  const field = 'url';
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address.trim()) ? address.trim() : `https://${address.trim()}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw refused('field-address', { field }, { cause });
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    throw refused('field-address', { field });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused('field-address-only', { field });
  }
  return url.toString();
}
