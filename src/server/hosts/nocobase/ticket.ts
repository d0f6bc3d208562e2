import type { Context } from 'koa';
import type { Ark } from '../../actions/ark';
import { takeTicket } from '../../routes/tickets';
import { refused } from '../../errors/errors';

/** Not exported: only what stands in this file can make one. */
class Proof {
  /** Keeps anything else from having its shape. */
  protected readonly byTicket = true;

  constructor(readonly over: AbortSignal) {}
}

/** That whoever asks holds a ticket for this download, which somebody who may download has been given. */
export type AllowedByTicket = Proof;

/** A ticket is for the life of a download; the app ends its own connections. */
const NEVER = new AbortController().signal;

/** Whether a request comes with a ticket instead of a user. */
export const hasTicket = (ctx: Context): boolean =>
  ctx.path.endsWith('/arkBackups:download') && ctx.query.ticket !== undefined;

export function allowedByTicket(ctx: Context, ark: Ark): AllowedByTicket {
  const { ticket, filterByTk: name, storage } = ctx.query;
  const texts = typeof ticket === 'string' && typeof name === 'string' && typeof storage === 'string';
  const range = ctx.get('Range');
  const isRest = /^bytes=0*[1-9]\d*-/.test(range.trim());
  const part = ctx.method === 'HEAD' ? 'headers' : isRest ? 'rest' : 'whole';
  if (texts && takeTicket(ark, ticket, { name, storage }, part, new Date())) return new Proof(NEVER);
  throw refused('ticket-used', {});
}
