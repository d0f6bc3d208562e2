import { STATUS_CODES, type Agent, type IncomingMessage } from 'node:http';
import type { Agent as TlsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { AuthType, createClient, getPatcher, type WebDAVClient } from 'webdav';
import { ask as askOutside, isRedirect, leadsTo, openDoor, type Asked, type Door } from '../../outgoing';
import { decode, type Auth } from './url';
import { networkFailure, refusalOf, retryAfter, stalled, StorageFailure, storageFailure } from '../failure';
import { readMultistatus, type ListedEntry } from './multistatus';
import { reading } from '../reading';
import type { Clock } from '../retrying';
import { davFailure, davWords } from './failure';
import { unreadable, XmlFault } from '../xml';

export interface DavSettings {
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly auth?: Auth | undefined;
  /** At least so long from one request to the next, and one at a time. */
  readonly gapMs?: number | undefined;
  /** What may be connected to. */
  readonly door?: Door | undefined;
}

export interface DavAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  readonly body: Readable | null;
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
  /** What the answer to PROPFIND tells of; undefined where there is nothing of that name. */
  propfind(
    path: string,
    depth: 0 | 1,
    what: string,
    signal?: AbortSignal,
  ): Promise<ListedEntry[] | undefined>;
}

const PROPS =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>';

/** The library sends through Ark's own door: its fetch would follow redirects, and take the password along. */
getPatcher().patch('fetch', async (...call: unknown[]) => {
  const [url, { agent, ...asked }] = call as [string, Asked & { agent: (to: URL) => Agent | TlsAgent }];
  // The library would send what is left of it, and the server wait for the rest.
  if (asked.body instanceof Readable && (asked.body.readableDidRead || asked.body.destroyed))
    throw new Spent();
  return davAnswer(await askOutside(agent(new URL(url)), url, asked));
});

/** A body that came only once was refused because the sign-in had run out. */
class Spent extends Error {}

/** As the library wants an answer to be. What a server calls its statuses is not repeated. */
function davAnswer(answer: IncomingMessage): DavAnswer & { readonly ok: boolean } {
  const { statusCode: status = 0, headers } = answer;
  return {
    status,
    statusText: STATUS_CODES[status] ?? '',
    ok: status >= 200 && status < 300,
    headers: {
      get(name) {
        const value = headers[name.toLowerCase()];
        return value === undefined ? null : [value].flat().join(', ');
      },
    },
    body: answer,
  };
}

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
  const door = settings.door ?? openDoor();
  const agents = { httpAgent: door.http, httpsAgent: door.https };
  const connect = (auth: Auth): WebDAVClient =>
    auth === 'digest'
      ? createClient(url, { authType: AuthType.Digest, username: user, password, ...agents })
      : createClient(url, {
          authType: AuthType.None,
          ...agents,
          headers: auth === 'none' || (user === '' && password === '') ? {} : { Authorization: basic },
        });
  const wanted = settings.auth ?? 'auto';
  let auth: Auth = wanted === 'auto' ? 'basic' : wanted;
  let client = connect(auth);

  // Digest counts its requests, and servers do not take them in another order.
  const turn = turns(clock, () => settings.gapMs ?? (auth === 'digest' ? 0 : undefined));

  const signedOut = (): StorageFailure =>
    storageFailure(
      { code: 'storage-sign-in-again', storage: name, address },
      { transient: true, status: 401 },
    );

  const once = async (request: DavRequest): Promise<DavAnswer> => {
    const { method, path, headers = {}, body, signal, patience } = request;
    const silence = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      // The connection keeps the process, not the watch over it.
      timer = setTimeout(() => silence.abort(), idleMs).unref();
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
      if (error instanceof Spent) throw signedOut();
      throw networkFailure(name, address, error);
    } finally {
      clearTimeout(timer);
      if (body !== undefined && typeof body !== 'string') body.destroy();
    }
  };

  const check = async (request: DavRequest, answer: DavAnswer): Promise<DavAnswer> => {
    const { status, statusText } = answer;
    if (isRedirect(status)) {
      drop(answer);
      const to = leadsTo(parsed, answer.headers.get('location') ?? undefined);
      throw refusalOf({
        what: request.what,
        storage: name,
        address,
        reason: { code: 'redirects', status, to },
        status,
      });
    }
    if (status < 400 || request.fine?.includes(status)) return answer;
    const said = await davWords(answer, idleMs);
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
    if (body !== undefined && typeof body !== 'string') throw signedOut();
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
      if (answer.status === 404) {
        drop(answer);
        return undefined;
      }
      if (answer.status !== 207 || !answer.body) {
        drop(answer);
        const kind = /^[\w.+-]{1,40}\/[\w.+-]{1,40}/.exec(answer.headers.get('content-type') ?? '')?.[0];
        throw storageFailure(
          {
            code: 'storage-not-webdav',
            storage: name,
            address,
            status: answer.status,
            type: kind ?? 'no content type',
          },
          { status: answer.status },
        );
      }
      const body = reading(answer.body, {
        signal,
        idleMs,
        stalled: () => stalled(name, address, idleMs),
        broken: (cause) => networkFailure(name, address, cause),
      });
      try {
        return await readMultistatus(body);
      } catch (error) {
        if (!(error instanceof XmlFault)) throw error;
        if (!error.cut) throw unreadable(`${what} ${name}`, address, error);
        throw storageFailure(
          { code: 'listing-cut', storage: name, address },
          { transient: true, status: 207 },
        );
      }
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
