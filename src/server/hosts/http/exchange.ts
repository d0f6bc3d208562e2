import type { Context } from 'koa';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Action, Answer, Request } from '../../routes/call';
import type { Ark } from '../../actions/ark';
import { BackupError, refused } from '../../errors/errors';
import type { SignedIn } from './guard';
import type { AllowedByRole } from '../nocobase/role';
import type { AllowedByTicket } from '../nocobase/ticket';

/** That whoever asks may have the action run. Each door has its own proof, which nobody else can make. */
export type Admitted = SignedIn | AllowedByRole | AllowedByTicket;

/** A body of JSON may be a list of thousands of collections, not more. */
const JSON_LIMIT = 1024 * 1024;
/** Between two signs of life on a quiet event stream; proxies cut connections that say nothing. */
const HEARTBEAT_MS = 15_000;
/** An upload that says nothing for so long has been given up. */
const UPLOAD_IDLE_MS = 120_000;

export interface ExchangeOptions {
  readonly admitted: Admitted;
  /** What else whoever asks may do; everything unless told otherwise. */
  readonly may?: Request['may'];
  /** Ends event streams and whatever else would go on for long, beside the end of what admitted. */
  readonly closing?: AbortSignal;
  /** The body, where the host has read it as JSON already. */
  readonly json?: unknown;
}

/** One request of Koa's to one action, and its answer back: the console's Koa and NocoBase's alike. */
export async function exchange(
  ctx: Context,
  ark: Ark,
  action: Action,
  options: ExchangeOptions,
): Promise<void> {
  const over = new AbortController();
  ctx.res.once('close', () => over.abort());
  checkContentType(ctx, action.input === 'file');
  if (action.input === 'file') giveUpWhenIdle(ctx);
  const { admitted, closing } = options;
  const signal = AbortSignal.any([over.signal, admitted.over, ...(closing ? [closing] : [])]);
  send(ctx, await action.run(requestOf(ctx, ark, options, signal)));
}

function giveUpWhenIdle({ req }: Context): void {
  req.setTimeout(UPLOAD_IDLE_MS, () => req.destroy());
  req.once('end', () => req.setTimeout(0));
}

const hasBody = (ctx: Context): boolean =>
  ctx.req.headers['transfer-encoding'] !== undefined || Number(ctx.req.headers['content-length'] ?? 0) > 0;

function checkContentType(ctx: Context, file: boolean): void {
  if (ctx.method !== 'POST' || !(file || hasBody(ctx))) return;
  const wanted = file ? 'application/octet-stream' : 'application/json';
  if (ctx.is(wanted) === wanted || (file && !hasBody(ctx))) return;
  throw new BackupError('CONTENT_TYPE_WRONG', `The body has to be sent as Content-Type: ${wanted}.`);
}

function requestOf(ctx: Context, ark: Ark, options: ExchangeOptions, signal: AbortSignal): Request {
  return {
    ark,
    signal,
    method: ctx.method as Request['method'],
    query: ctx.query,
    may: options.may ?? (() => true),
    header: (name) => (ctx.req.headers[name] === undefined ? undefined : ctx.get(name)),
    body: ctx.req,
    json: () => ('json' in options ? Promise.resolve(options.json ?? {}) : readJson(ctx)),
  };
}

/** The body, which has to be JSON; `{}` if there is none. */
export async function readJson(ctx: Context): Promise<unknown> {
  checkContentType(ctx, false);
  if (!hasBody(ctx)) return {};
  const body = await text(limited(ctx.req));
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    throw new BackupError('USAGE', 'The body is not JSON.', { cause });
  }
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > JSON_LIMIT) {
      throw refused('body-too-large', { most: JSON_LIMIT });
    }
    yield piece;
  }
}

function send(ctx: Context, answer: Answer): void {
  if (answer.kind === 'data') {
    ctx.body = { data: answer.data, ...(answer.meta !== undefined && { meta: answer.meta }) };
    return;
  }
  if (answer.kind === 'file') {
    ctx.status = answer.status;
    if (answer.body) ctx.body = Readable.from(answer.body, { objectMode: false });
    else ctx.body = null;
    // Koa takes these away or replaces them whenever the body is set.
    ctx.status = answer.status;
    ctx.set(answer.headers);
    return;
  }
  ctx.status = 200;
  ctx.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
  ctx.body = Readable.from(eventStream(answer.events), { objectMode: false });
}

async function* eventStream(
  events: AsyncIterable<{ event: string; data: unknown }>,
): AsyncGenerator<string, void, void> {
  const source = events[Symbol.asyncIterator]();
  // Headers leave with the first bytes: the other side learns at once that it is connected.
  yield ': connected\n\n';
  for (let next = source.next(); ;) {
    const got = await orSilence(next);
    if (got === 'silence') {
      yield ': still here\n\n';
      continue;
    }
    if (got.done) return;
    yield `event: ${got.value.event}\ndata: ${JSON.stringify(got.value.data)}\n\n`;
    next = source.next();
  }
}

async function orSilence<T>(next: Promise<T>): Promise<T | 'silence'> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(() => resolve('silence'), HEARTBEAT_MS);
  });
  return Promise.race([next, silence]).finally(() => clearTimeout(timer));
}
