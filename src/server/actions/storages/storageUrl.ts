import { BackupError, refused, failureOf } from '../../errors/errors';
import { KIND_NAMES, KINDS } from '../../storage/kinds';
import { parseRecord, type StorageRecord } from './storageRecord';

export const URL_EXAMPLES = KIND_NAMES.map((kind) => KINDS[kind].example);

/**
 * Each kind of storage has URLs of its own; what they do not say follows the question mark by the names of the
 * fields. The text holds secrets and is never repeated.
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
    throw refused('storage-url', { variable, examples: [...URL_EXAMPLES] });
  }
  const kind = KIND_NAMES.find((name) => KINDS[name].schemes.includes(url.protocol));
  if (!kind) {
    const scheme = `${url.protocol}//`;
    throw refused('storage-url-kind', { variable, scheme, examples: [...URL_EXAMPLES] });
  }
  try {
    const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    const fields = KINDS[kind].fromUrl({ url, user, password, parts });
    return parseRecord({ kind, ...fields, ...Object.fromEntries(url.searchParams) });
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    throw refused('storage-url-says', { variable, why: failureOf(error), examples: [...URL_EXAMPLES] });
  }
}
