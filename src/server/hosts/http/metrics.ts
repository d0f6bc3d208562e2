import type { Context } from 'koa';
import type { Ark } from '../../actions/ark';
import { freshMetrics, METRICS_TYPE } from '../../actions/system/metrics';
import { isMetricsToken, unauthorized, type Guard } from './guard';

/**
 * `GET /metrics` with a token of its own, which is good for nothing else; the one of the console is not good for this.
 * False: this request is about something else, as everything is where no such token is set.
 */
export function serveMetrics(ark: Ark, guard: Guard): (ctx: Context, path: string) => Promise<boolean> {
  return async (ctx, path) => {
    if (guard.metricsToken === undefined || path !== '/metrics' || ctx.method !== 'GET') return false;
    const bearer = /^Bearer +(.*)$/i.exec(ctx.get('Authorization'))?.[1];
    if (bearer === undefined || !(await isMetricsToken(ctx, guard, bearer))) throw unauthorized(ctx);
    ctx.body = await freshMetrics(ark);
    ctx.set('Content-Type', METRICS_TYPE);
    return true;
  };
}
