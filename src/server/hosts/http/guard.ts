import type { Context } from 'koa';
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { BackupError, refused } from '../../errors/errors';
import type { Clock } from '../../jobs/scheduler';
import { newSessions, type Sessions } from './sessions';
import { newTries, type Tries } from './tries';

/** Who may come in. One token is the whole of it: whoever has it may do everything. */
export interface Guard {
  readonly token: string;
  /** Opens `/metrics`, and nothing else; undefined: nothing does. */
  readonly metricsToken?: string | undefined;
  /** Names the console may be called by; undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** A proxy stands before the console, and tells the truth about who asks and how. */
  readonly trustProxy: boolean;
  readonly sessions: Sessions;
  readonly tries: Tries;
}

export function newGuard(
  guard: Pick<Guard, 'token' | 'metricsToken' | 'hosts' | 'trustProxy'>,
  clock: Clock,
  say: (line: string) => void,
): Guard {
  return { ...guard, sessions: newSessions(clock), tries: newTries(clock, say) };
}

/** Names of a console that listens on this machine only. */
export const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Not exported: only what stands in this file can make one. */
class Proof {
  readonly #proven = true;

  /** `over` fires when it is worth nothing any more; what goes on for long ends then. */
  constructor(readonly over: AbortSignal) {}

  static is(value: unknown): value is Proof {
    return typeof value === 'object' && value !== null && #proven in value;
  }
}

/** That whoever asks has signed in. Nothing but `authorize` makes one, and no action is run without it. */
export type SignedIn = Proof;

/** What `authorize` has left with the request; a request that never came by there is refused. */
export function signedInOf(ctx: Context): SignedIn {
  const { signedIn } = ctx.state as { signedIn?: unknown };
  if (Proof.is(signedIn)) return signedIn;
  throw unauthorized(ctx);
}

/**
 * A page from elsewhere can have its own name point at this machine and then pass for ours (DNS rebinding); but
 * its requests still carry that name.
 */
export function allowedHost(ctx: Context, { hosts }: Guard): void {
  if (!hosts || hosts.has(nameOf(ctx.host))) return;
  throw refused('host-not-allowed', { host: JSON.stringify(ctx.host) });
}

const nameOf = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

/** Lets in whoever has the token, or a session and comes from our own page. */
export async function authorize(ctx: Context, guard: Guard): Promise<SignedIn> {
  const bearer = /^Bearer +(.*)$/i.exec(ctx.get('Authorization'))?.[1];
  const over = bearer === undefined ? sessionOf(ctx, guard) : await byToken(ctx, guard, bearer);
  if (!over) throw unauthorized(ctx);
  const signedIn = new Proof(over);
  (ctx.state as { signedIn?: unknown }).signedIn = signedIn;
  return signedIn;
}

/** A token does not end while the console runs. */
const NEVER = new AbortController().signal;

async function byToken(ctx: Context, guard: Guard, token: string): Promise<AbortSignal | undefined> {
  return (await isToken(ctx, guard, token)) ? NEVER : undefined;
}

export const isToken = (ctx: Context, { token, tries }: Guard, presented: string): Promise<boolean> =>
  tries.judge(addressOf(ctx), () => token !== '' && same(presented, token));

export const isMetricsToken = (
  ctx: Context,
  { metricsToken, tries }: Guard,
  presented: string,
): Promise<boolean> =>
  tries.judge(addressOf(ctx), () => metricsToken !== undefined && same(presented, metricsToken));

/** Behind a proxy whose word is not taken everybody comes from the proxy. */
function addressOf(ctx: Context): string {
  return isIP(ctx.ip) ? ctx.ip : (ctx.req.socket.remoteAddress ?? 'an unknown address');
}

function sessionOf(ctx: Context, guard: Guard): AbortSignal | undefined {
  allowedOrigin(ctx, guard);
  return guard.sessions.find(ctx.cookies.get(cookieName(ctx)) ?? '');
}

/** Cookies know no ports: two consoles on one machine must not sign each other out. */
export const cookieName = (ctx: Context): string => `ark-${ctx.req.socket.localPort ?? 0}`;

/**
 * A cookie is sent whoever asks, even by a page of another program on this machine, as cookies know no ports. So
 * nothing is told to another page, and a change has to come from our own, or in a form that a foreign one cannot send.
 */
export function allowedOrigin(ctx: Context, { hosts }: Guard): void {
  const origin = ctx.get('Origin');
  const harmless = ctx.method === 'GET' || ctx.method === 'HEAD';
  const unusual = typeof ctx.is('application/json', 'application/octet-stream') === 'string';
  const allowed =
    origin === '' ? harmless || unusual : URL.canParse(origin) && isOwn(new URL(origin), ctx, hosts);
  if (allowed) return;
  throw refused('not-own-page', {});
}

const isOwn = (origin: URL, ctx: Context, hosts: Guard['hosts']): boolean =>
  origin.host === ctx.host ||
  // Behind a proxy the page has the name that people know it by.
  (hosts?.has(origin.hostname) === true && !LOOPBACK_NAMES.includes(origin.hostname));

export function unauthorized(ctx: Context): BackupError {
  ctx.set('WWW-Authenticate', 'Bearer');
  return refused('token-missing', {});
}

/** Compares digests, which have the same length whatever was given. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
