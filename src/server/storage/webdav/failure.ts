import type { Readable } from 'node:stream';
import { cleaned } from '../../cleaned';
import { plainReason, type PlainReason } from '../../errors/reasons';
import { refusalOf, type StorageFailure } from '../failure';
import { readXml, XmlFault } from '../xml';

type Kind = readonly [reason: PlainReason, transient?: 'passes'];

const busy: Kind = ['busy', 'passes'];
const STATUSES: Readonly<Record<number, Kind>> = {
  400: ['bad-request'],
  401: ['login'],
  403: ['user-denied'],
  404: ['nothing-there'],
  405: ['not-allowed-there'],
  409: ['folder-above'],
  411: ['length'],
  413: ['too-large'],
  415: ['file-kind'],
  423: ['file-locked', 'passes'],
  425: busy,
  429: busy,
  500: ['own-fault', 'passes'],
  501: ['not-able'],
  502: busy,
  503: busy,
  504: busy,
  507: ['full'],
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
  const [code, passes]: Kind = STATUSES[status] ?? ['not-understood'];
  const own = [`${status}`, statusText].filter(Boolean).join(' ');
  return refusalOf({
    what,
    storage: name,
    address,
    reason: plainReason(code),
    answer: said ? `${own} (${said})` : own,
    status,
    providerCode: own,
    transient: passes === 'passes',
    retryAfterMs,
  });
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
