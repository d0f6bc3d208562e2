import type { Readable } from 'node:stream';
import { cleaned } from '../../cleaned';
import type { ErrorCode } from '../../errors';
import { StorageFailure } from '../failure';
import { readXml, XmlFault } from '../xml';

type Kind = readonly [code: ErrorCode, what: string, transient?: 'passes'];

const busy: Kind = ['STORAGE_UNAVAILABLE', 'it is too busy just now, or has had too many requests', 'passes'];
const STATUSES: Readonly<Record<number, Kind>> = {
  400: ['STORAGE_REFUSED', 'it does not understand the request. Check the address, above all its path'],
  401: [
    'STORAGE_LOGIN_REFUSED',
    'user or password are wrong, or no longer valid. Many clouds want an app password here, not the one you sign in with',
  ],
  403: [
    'STORAGE_REFUSED',
    'this user may not do that there. Check the path and its permissions; some clouds take no files in the topmost folder',
  ],
  404: ['STORAGE_SETTINGS_WRONG', 'there is nothing at this address. Check the path in it'],
  405: [
    'STORAGE_SETTINGS_WRONG',
    'it does not allow that at this address. This is probably not the WebDAV address of the server',
  ],
  409: ['STORAGE_REFUSED', 'a folder above does not exist, or something else is in the way'],
  411: ['STORAGE_REFUSED', 'it, or a proxy in front of it, wants to know the length of what is sent'],
  413: [
    'STORAGE_TOO_LARGE',
    'it, or a proxy in front of it, takes no files of this size. Set a volume size for the storage',
  ],
  415: ['STORAGE_REFUSED', 'it does not take files of this kind'],
  423: ['STORAGE_UNAVAILABLE', 'somebody has locked the file', 'passes'],
  425: busy,
  429: busy,
  500: ['STORAGE_UNAVAILABLE', 'it has a fault of its own', 'passes'],
  501: [
    'STORAGE_REFUSED',
    'it, or a proxy in front of it, does not know how to do this. Ark needs PROPFIND, MKCOL, PUT, MOVE and DELETE',
  ],
  502: busy,
  503: busy,
  504: busy,
  507: ['STORAGE_FULL', 'its space or quota is used up. Free some'],
  509: busy,
};

export interface Answered {
  readonly status: number;
  readonly statusText: string;
  /** What it said besides, shortened. */
  readonly said?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** An answer that is a refusal, in words an admin can act on, with the server's own status. */
export function davFailure(what: string, name: string, address: string, answer: Answered): StorageFailure {
  const { status, statusText, said, retryAfterMs } = answer;
  const [code, why, passes]: Kind = STATUSES[status] ?? [
    'STORAGE_REFUSED',
    'the answer cannot be understood',
  ];
  const own = [`${status}`, statusText].filter(Boolean).join(' ');
  return new StorageFailure(
    code,
    `${what} ${name} failed: ${why}. It said ${own}${said ? ` (${said})` : ''}, at ${address}.`,
    { status, providerCode: own, transient: passes === 'passes', retryAfterMs },
  );
}

/** Longer pages are no errors of WebDAV's. */
const MOST = 64 * 1024;

/** What a WebDAV error says (`<d:error>`): its condition and message. Pages of any other kind are nobody's business. */
export async function davWords(
  answer: { readonly body: Readable | null },
  idleMs: number,
): Promise<string | undefined> {
  const { body } = answer;
  if (!body) return undefined;
  const words: string[] = [];
  const timer = setTimeout(() => body.destroy(), idleMs);
  try {
    const root = await readXml(
      body,
      {
        open(path) {
          if (path[0] !== 'error') throw new XmlFault('it is no error of WebDAV');
          if (path.length === 2 && !OWN_WORDS.has(path[1] ?? '')) words.push(path[1] ?? '');
        },
        text(path, text) {
          if (path.length === 2 && path[1] === 'message') words.push(text);
        },
      },
      MOST,
    );
    return root === 'error' && words.length > 0 ? cleaned(words.join(' ')) : undefined;
  } catch {
    // What cannot be read is not worth another error.
    return undefined;
  } finally {
    clearTimeout(timer);
    body.on('error', () => undefined);
    body.destroy();
  }
}

/** Of the SabreDAV family. */
const OWN_WORDS = new Set(['exception', 'message', 'hint', 'retry', 'reason', 'sabredav-version']);
