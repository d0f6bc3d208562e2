import type { Context } from 'koa';
import * as z from 'zod';
import { refused } from '../../errors/errors';
import { readJson } from './exchange';
import { allowedOrigin, cookieName, isToken, type Guard } from './guard';

const Given = z.object({ token: z.string() });

/** Signing in, which is open to everybody. False: this request is about something else. */
export async function signIn(ctx: Context, guard: Guard, path: string): Promise<boolean> {
  if (path === '/' && ctx.method === 'GET' && ctx.query.token !== undefined) {
    // The address that was printed. Out of the address and into a cookie: it is in no history and no screenshot.
    const { token } = ctx.query;
    if (typeof token === 'string' && (await isToken(ctx, guard, token))) begin(ctx, guard);
    ctx.redirect('./');
    return true;
  }
  if (path !== '/sign-in' || ctx.method !== 'POST') return false;
  allowedOrigin(ctx, guard);
  const { data: body } = Given.safeParse(await readJson(ctx));
  if (!body || !(await isToken(ctx, guard, body.token))) {
    throw refused('token-wrong', {});
  }
  begin(ctx, guard);
  ctx.status = 204;
  return true;
}

/** False: this request is about something else. */
export function signOut(ctx: Context, { sessions }: Guard): boolean {
  if (ctx.path !== '/sign-out' || ctx.method !== 'POST') return false;
  sessions.end(ctx.cookies.get(cookieName(ctx)) ?? '');
  ctx.cookies.set(cookieName(ctx), null, options(ctx));
  ctx.status = 204;
  return true;
}

function begin(ctx: Context, { sessions }: Guard): void {
  sessions.end(ctx.cookies.get(cookieName(ctx)) ?? '');
  ctx.cookies.set(cookieName(ctx), sessions.begin(), options(ctx));
}

const options = (ctx: Context) =>
  ({ httpOnly: true, sameSite: 'strict', secure: ctx.secure, overwrite: true }) as const;
