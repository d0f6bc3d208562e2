import type { Context } from 'koa';
import type { Ark } from '../../actions/ark';
import { metricsText } from '../../actions/system/metrics';
import { isMetricsToken, unauthorized, type Guard } from './guard';

/** Scrapes that come close together share an answer: each would look into all storages. */
const FRESH_MS = 10_000;

/**
 * `GET /metrics` with a token of its own, which is good for nothing else; the one of the console is not good for this.
 * False: this request is about something else, as everything is where no such token is set.
 */
export function serveMetrics(
  { host, catalog }: Ark,
  guard: Guard,
): (ctx: Context, path: string) => Promise<boolean> {
  let last: { readonly at: number; readonly text: Promise<string> } | undefined;
  return async (ctx, path) => {
    if (guard.metricsToken === undefined || path !== '/metrics' || ctx.method !== 'GET') return false;
    const bearer = /^Bearer +(.*)$/i.exec(ctx.get('Authorization'))?.[1];
    if (bearer === undefined || !(await isMetricsToken(ctx, guard, bearer))) throw unauthorized(ctx);
    const now = Date.now();
    if (!last || Math.abs(now - last.at) > FRESH_MS) {
      const text = metricsText(host, catalog, new Date(now));
      last = { at: now, text };
      text.catch(() => (last = undefined));
    }
    ctx.body = await last.text;
    ctx.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
    return true;
  };
}
