import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { Agent, request as requestPlain, type ClientRequestArgs, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';
import { BlockList, createConnection, isIP, type Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { BackupError, refused } from './errors/errors';

/**
 * The one door through which Ark asks anything of the network, or sends e-mail: a test holds that nothing else does. Addresses
 * come from people who may set up storages and alarms, who are not always those who may look around in this network.
 */

/** `public`: nothing of this machine or of a private network. `any`: all but link-local. `all`: nothing is refused. */
export const REACHES = ['public', 'any', 'all'] as const;
export type Reach = (typeof REACHES)[number];

export interface Door {
  readonly http: Agent;
  readonly https: TlsAgent;
  /** For what is no HTTP. Rejects if nobody is there in time. */
  connect(host: string, port: number, patienceMs: number): Promise<Socket>;
}

type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Where clouds tell a machine its own secrets. */
const LINK_LOCAL = ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32'];
const LINK_LOCAL_6 = ['fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128'];
const METADATA = /^(?:metadata|instance-data|metadata\.azure)(?:\.|$)|(?:^|\.)metadata\.google\.internal$/;
const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
];
const PRIVATE_6 = ['::/127', 'fc00::/7', 'fec0::/10', 'ff00::/8'];
/** IPv6 has ways to write an IPv4 address: as such, translated (NAT64), and in a tunnel (6to4). */
const EMBEDDED = [
  { prefix: '::', bits: 96 },
  { prefix: '64:ff9b::', bits: 96 },
  { prefix: '2002:', bits: 16 },
] as const;

function blockListOf(four: readonly string[], six: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of four) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), 'ipv4');
    const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
    const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    // The tunnel's addresses go on after the IPv4 address.
    for (const { prefix, bits: before } of EMBEDDED) {
      if (prefix === '::' && a === 0) continue;
      list.addSubnet(`${prefix}${hex}${before === 16 ? '::' : ''}`, before + Number(bits), 'ipv6');
    }
  }
  for (const range of six) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), 'ipv6');
  }
  return list;
}

const REFUSED: Readonly<Record<Reach, BlockList | undefined>> = {
  all: undefined,
  any: blockListOf(LINK_LOCAL, LINK_LOCAL_6),
  public: blockListOf([...LINK_LOCAL, ...PRIVATE], [...LINK_LOCAL_6, ...PRIVATE_6]),
};

/** Whether an address, as the system knows it, may be connected to. */
export function mayReach(address: string, reach: Reach): boolean {
  const bare = address.replace(/^\[|\]$|%.*$/g, '');
  const family = isIP(bare);
  // What is no address cannot be judged.
  if (family === 0) return reach === 'all';
  return !REFUSED[reach]?.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** What can be said of a host before it is looked up: names that are metadata's are refused whatever they mean. */
const isRefused = (host: string, reach: Reach): boolean =>
  reach !== 'all' &&
  (isIP(host) ? !mayReach(host, reach) : METADATA.test(host.toLowerCase().replace(/\.$/, '')));

function refusal(host: string, reach: Reach): BackupError {
  return refused(reach === 'public' ? 'address-private' : 'address-link-local', { host });
}

/**
 * A name is judged by the addresses that are then connected to, in one look-up: a name that means something else a
 * moment later does not help.
 */
function guardedLookup(reach: Reach, resolve: Resolve) {
  return (
    host: string,
    options: LookupOptions,
    done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const first = error ? undefined : addresses[0];
      if (!first) done(error ?? new Error(`${host} has no address`), []);
      else if (addresses.some(({ address }) => !mayReach(address, reach))) done(refusal(host, reach), []);
      else if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

type Connected = (error: Error | null, socket: Duplex) => void;
type Connect = (this: unknown, options: ClientRequestArgs, done?: Connected) => Duplex | null | undefined;

/** Addresses are never looked up, so both ways in are watched. */
function guard<T extends Agent>(agent: T, reach: Reach, resolve: Resolve): T {
  const watched = agent as unknown as { createConnection: Connect };
  const connect = watched.createConnection;
  const look = guardedLookup(reach, resolve);
  watched.createConnection = function (options, done) {
    const host = options.host ?? options.hostname ?? '';
    if (!isRefused(host, reach)) return connect.call(this, { ...options, lookup: look }, done);
    (done as (error: Error) => void)(refusal(host, reach));
    return undefined;
  };
  return agent;
}

function connecting(reach: Reach, resolve: Resolve): Door['connect'] {
  return (host, port, patienceMs) =>
    new Promise((done, fail) => {
      if (isRefused(host, reach)) {
        fail(refusal(host, reach));
        return;
      }
      const socket = createConnection({ host, port, lookup: guardedLookup(reach, resolve) });
      // It stays: one that breaks before it is used must not end the process.
      socket.on('error', fail);
      socket.setTimeout(patienceMs, () => {
        socket.destroy(new Error(`nobody answered within ${patienceMs / 1000} s`));
      });
      socket.once('connect', () => {
        socket.setTimeout(0);
        done(socket);
      });
    });
}

export function openDoor(
  reach: Reach = 'any',
  { resolve = lookup, keepAlive = false }: { resolve?: Resolve; keepAlive?: boolean } = {},
): Door {
  return {
    http: guard(new Agent({ keepAlive }), reach, resolve),
    https: guard(new TlsAgent({ keepAlive }), reach, resolve),
    connect: connecting(reach, resolve),
  };
}

export interface Asked {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Readable | string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One request and the beginning of its answer. A redirect is an answer like any other: nothing is followed. */
export function ask(
  door: Door | Agent,
  url: string | URL,
  { method = 'GET', headers = {}, body, signal }: Asked = {},
): Promise<IncomingMessage> {
  const to = new URL(url);
  const tls = to.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const whole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const request = (tls ? requestTls : requestPlain)(
      to,
      {
        method,
        agent: door instanceof Agent ? door : tls ? door.https : door.http,
        headers: {
          ...headers,
          ...(whole && body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        },
        ...(signal && { signal }),
      },
      resolve,
    );
    request.on('error', reject);
    if (whole) request.end(body);
    else {
      body.on('error', (error) => request.destroy(error));
      body.pipe(request);
    }
  });
}

export const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

/** Where a redirect leads, for messages: the host only, because the rest may hold secrets. */
export function leadsTo(from: string | URL, location: string | undefined): string {
  try {
    const to = new URL(location ?? '', from);
    if (!['http:', 'https:'].includes(to.protocol)) return `something that is not http`;
    return to.origin === new URL(from).origin ? `another path of ${to.origin}` : to.origin;
  } catch {
    return 'what is no address';
  }
}
