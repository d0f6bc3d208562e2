import { AuthType, createClient, parseXML, type DAVResult, type WebDAVClient } from 'webdav';
import type { Readable } from 'node:stream';
import { BackupError } from '../errors';
import { networkFailure, retryAfter, stalled, StorageFailure } from './failure';
import { reading } from './reading';
import type { Clock } from './retrying';
import { davFailure, wordsOf } from './webdavFailure';

export const AUTHS = ['auto', 'basic', 'digest', 'none'] as const;
export type Auth = (typeof AUTHS)[number];

export interface DavSettings {
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly auth?: Auth | undefined;
  /** At least so long from one request to the next, and one at a time. */
  readonly gapMs?: number | undefined;
}

export interface DavAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  readonly body: Readable | null;
  text(): Promise<string>;
}

export interface DavRequest {
  readonly method: string;
  /** Below the URL, not encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Readable | string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are answers and no failures. */
  readonly fine?: readonly number[] | undefined;
  /** For messages: "Storing a.ark in". */
  readonly what: string;
  /** Silence that is an end; the caller may push it off while a body flows. */
  readonly patience?: ((alive: () => void) => void) | undefined;
}

export interface Dav {
  readonly address: string;
  /** The path of the URL, decoded, without a slash at its end. */
  readonly root: string;
  readonly url: string;
  ask(request: DavRequest): Promise<DavAnswer>;
  /** The parsed answer to PROPFIND; undefined for a status that is fine and no multistatus. */
  propfind(path: string, depth: 0 | 1, what: string, signal?: AbortSignal): Promise<DAVResult | undefined>;
}

const SAID = 4096;
const ENTITIES = { limit: { maxTotalExpansions: 10_000_000, maxExpandedLength: 1_000_000_000 } };
const PROPS =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>';

/**
 * The library's client, with what it lacks: a limit to every wait, requests one after the other, Digest that is
 * settled before a body is sent, failures in words.
 */
export function davClient(name: string, settings: DavSettings, idleMs: number, clock: Clock): Dav {
  const { user = '', password = '' } = settings;
  const url = settings.url.replace(/\/+$/, '');
  const parsed = new URL(url);
  const address = `${parsed.origin}${parsed.pathname}`;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const entityDecoder = ENTITIES;
  const connect = (auth: Auth): WebDAVClient =>
    auth === 'digest'
      ? createClient(url, { authType: AuthType.Digest, username: user, password, entityDecoder })
      : createClient(url, {
          authType: AuthType.None,
          entityDecoder,
          headers: auth === 'none' || (user === '' && password === '') ? {} : { Authorization: basic },
        });
  const wanted = settings.auth ?? 'auto';
  let auth: Auth = wanted === 'auto' ? 'basic' : wanted;
  let client = connect(auth);

  // Digest counts its requests, and servers do not take them in another order.
  const turn = turns(clock, () => settings.gapMs ?? (auth === 'digest' ? 0 : undefined));

  const once = async (request: DavRequest): Promise<DavAnswer> => {
    const { method, path, headers = {}, body, signal, patience } = request;
    const silence = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), idleMs);
    };
    alive();
    patience?.(alive);
    try {
      const answer = await client.customRequest(path, {
        method,
        headers: { 'User-Agent': 'Ark', 'Accept-Encoding': 'identity', ...headers },
        signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
        ...(body !== undefined && { data: body }),
      });
      return answer as unknown as DavAnswer;
    } catch (error) {
      const { response } = error as { response?: DavAnswer };
      if (response) return response;
      if (signal?.aborted) throw signal.reason;
      if (silence.signal.aborted) throw stalled(name, address, idleMs);
      throw networkFailure(name, address, error);
    } finally {
      clearTimeout(timer);
      if (body !== undefined && typeof body !== 'string') body.destroy();
    }
  };

  const check = async (request: DavRequest, answer: DavAnswer): Promise<DavAnswer> => {
    const { status, statusText } = answer;
    const moved = new URL((answer as unknown as { url?: string }).url ?? url);
    if (moved.host !== parsed.host && status >= 400) {
      drop(answer);
      throw new StorageFailure(
        'STORAGE_SETTINGS_WRONG',
        `${request.what} ${name} failed: ${parsed.host} sends us on to ${moved.host}, where the password is not sent along. Enter the address there instead.`,
        { status },
      );
    }
    if (status < 400 || request.fine?.includes(status)) return answer;
    const said = wordsOf(await shortText(answer, idleMs));
    throw davFailure(request.what, name, address, {
      status,
      statusText,
      said,
      retryAfterMs: retryAfter(answer.headers.get('retry-after'), clock.now()),
    });
  };

  const ask = async (request: DavRequest): Promise<DavAnswer> => {
    const { signal, body } = request;
    let used = auth;
    const answer = await turn(() => {
      signal?.throwIfAborted();
      used = auth;
      return once(request);
    }, signal);
    const digest = /^digest\b/i.test(answer.headers.get('www-authenticate') ?? '');
    if (answer.status !== 401 || !digest || used === 'digest' || wanted !== 'auto')
      return check(request, answer);
    // Others who asked at the same time may have settled it already.
    if (auth !== 'digest') {
      auth = 'digest';
      client = connect(auth);
    }
    drop(answer);
    // A body can be sent only once: whoever has one has asked something else before.
    if (body !== undefined && typeof body !== 'string') {
      throw new StorageFailure('STORAGE_UNAVAILABLE', `${name} now asks for Digest authentication.`, {
        transient: true,
        status: 401,
      });
    }
    return ask(request);
  };

  return {
    address,
    root: decode(parsed.pathname).replace(/\/+$/, ''),
    url,
    ask,
    async propfind(path, depth, what, signal) {
      const answer = await ask({
        method: 'PROPFIND',
        path,
        headers: {
          Depth: String(depth),
          Accept: 'application/xml,text/xml',
          'Content-Type': 'application/xml',
        },
        body: PROPS,
        what,
        signal,
        fine: [404],
      });
      const text = await wholeText(
        answer,
        idleMs,
        () => stalled(name, address, idleMs),
        (cause) => networkFailure(name, address, cause),
      );
      if (answer.status === 404) return undefined;
      if (answer.status === 207 && /<\/(\w+:)?multistatus>\s*$/.test(text)) {
        return parseXML(text, {
          attributeNamePrefix: '@',
          attributeParsers: [],
          tagParsers: [],
          entityDecoder: ENTITIES,
        });
      }
      if (answer.status === 207) {
        throw new StorageFailure(
          'STORAGE_LISTING_CUT',
          `${what} ${name} failed: the listing ends in the middle, after ${text.length} characters, at ${address}.`,
          { transient: true, status: 207 },
        );
      }
      throw new StorageFailure(
        'STORAGE_SETTINGS_WRONG',
        `${what} ${name} failed: ${address} is not a WebDAV address. It answered ${answer.status} with ${answer.headers.get('content-type') ?? 'no content type'} ("${wordsOf(text)?.slice(0, 60) ?? ''}").`,
        { status: answer.status },
      );
    },
  };
}

/** One at a time where a gap is given, if only of 0; at once otherwise. */
function turns(clock: Clock, gap: () => number | undefined) {
  let last: Promise<unknown> = Promise.resolve();
  let ended = Number.NEGATIVE_INFINITY;
  return <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const gapMs = gap();
    if (gapMs === undefined) return work();
    const mine = last.then(async () => {
      const left = ended + gapMs - clock.now();
      if (left > 0) await clock.sleep(left, signal);
      return work().finally(() => (ended = clock.now()));
    });
    last = mine.catch(() => undefined);
    return mine;
  };
}

const drop = (answer: DavAnswer): void => {
  answer.body?.on('error', () => undefined);
  answer.body?.destroy();
};

/** The beginning of an error page; what cannot be read is not worth another error. */
async function shortText(answer: DavAnswer, idleMs: number): Promise<string> {
  let text = '';
  const timer = setTimeout(() => answer.body?.destroy(), idleMs);
  try {
    for await (const piece of (answer.body ?? []) as AsyncIterable<Buffer>) {
      text += piece.toString('utf8');
      if (text.length > SAID) break;
    }
  } catch {
    return text;
  } finally {
    clearTimeout(timer);
  }
  return text;
}

async function wholeText(
  answer: DavAnswer,
  idleMs: number,
  onStall: () => Error,
  onBreak: (cause: unknown) => Error,
): Promise<string> {
  const pieces: Buffer[] = [];
  if (!answer.body) return '';
  for await (const piece of reading(answer.body, {
    signal: undefined,
    idleMs,
    stalled: onStall,
    broken: onBreak,
  })) {
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString('utf8');
}

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
