import type { Context } from 'koa';
import { createHash, timingSafeEqual } from 'node:crypto';
import { BackupError } from '../errors';

/** Who may come in. One token is the whole of it: whoever has it may do everything. */
export interface Guard {
  readonly token: string;
  /** Names the console may be called by; undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined;
}

/** Names of a console that listens on this machine only. */
export const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Cookies know no ports: two consoles on one machine must not sign each other out. */
const cookieName = (ctx: Context): string => `ark-${ctx.req.socket.localPort ?? 0}`;

/**
 * A page from elsewhere can have its own name point at this machine and then pass for ours (DNS rebinding); but
 * its requests still carry that name.
 */
export function allowedHost(ctx: Context, { hosts }: Guard): void {
  if (!hosts || hosts.has(nameOf(ctx.get('Host')))) return;
  throw new BackupError(
    'REQUEST_FORBIDDEN',
    `This console does not answer to ${JSON.stringify(ctx.get('Host'))}. If that is its name behind a proxy, set ARK_ALLOWED_HOSTS.`,
  );
}

const nameOf = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

export function authorize(ctx: Context, { token }: Guard): void {
  const bearer = /^Bearer +(.+)$/i.exec(ctx.get('Authorization'))?.[1];
  const given = bearer ?? ctx.cookies.get(cookieName(ctx));
  if (given !== undefined && same(given, token)) return;
  ctx.set('WWW-Authenticate', 'Bearer');
  throw new BackupError(
    'UNAUTHORIZED',
    'The access token is missing or wrong. Open the address that was printed when the console started, or send the header "Authorization: Bearer <token>".',
  );
}

/** Takes the token out of the address and into a cookie, so that it is in no history and no screenshot. */
export function signIn(ctx: Context, { token }: Guard): boolean {
  const given = ctx.query.token;
  if (ctx.method !== 'GET' || typeof given !== 'string') return false;
  if (same(given, token)) {
    ctx.cookies.set(cookieName(ctx), token, { httpOnly: true, sameSite: 'strict', overwrite: true });
  }
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect('./');
  return true;
}

/**
 * A cookie is sent whoever asks, even by a page of another program on this machine, as cookies know no ports. A
 * change therefore has to come from our own page, or in a form that a foreign page cannot send.
 */
export function allowedOrigin(ctx: Context, { hosts }: Guard): void {
  if (ctx.method === 'GET' || ctx.method === 'HEAD' || ctx.get('Authorization') !== '') return;
  const origin = ctx.get('Origin');
  const own = origin !== '' && URL.canParse(origin) && isOwn(new URL(origin), ctx, hosts);
  const unusual = typeof ctx.is('application/json', 'application/octet-stream') === 'string';
  if (own || (origin === '' && unusual)) return;
  throw new BackupError(
    'REQUEST_FORBIDDEN',
    'This request does not come from the page of this console. Use the page, or send the header "Authorization: Bearer <token>".',
  );
}

const isOwn = (origin: URL, ctx: Context, hosts: Guard['hosts']): boolean =>
  origin.host === ctx.get('Host') ||
  // Behind a proxy the page has the name that people know it by.
  (hosts?.has(origin.hostname) === true && !LOOPBACK_NAMES.includes(origin.hostname));

/** Compares digests, which have the same length whatever was given. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
