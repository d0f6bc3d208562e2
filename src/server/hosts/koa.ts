import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Answer, Ark, Request } from '../actions/call';
import { allRoutes } from '../actions/routes';
import { asBackupError, BackupError } from '../errors';
import { allowedHost, allowedOrigin, authorize, signIn, type Guard } from './guard';
import { servePage } from './page';

export interface ConsoleApp {
  readonly callback: ReturnType<Koa['callback']>;
  /** Resolves when no request is being worked on. */
  settled(): Promise<void>;
}

export interface ConsoleAppOptions {
  readonly ark: Ark;
  readonly guard: Guard;
  /** The folder of the built page. */
  readonly page: string;
  /** Ends event streams and whatever else would go on for long. */
  readonly closing: AbortSignal;
  /** Told of failures that Ark did not foresee. */
  readonly unforeseen: (cause: unknown) => void;
}

/** A body of JSON may be a list of thousands of collections, not more. */
const JSON_LIMIT = 1024 * 1024;
/** Between two signs of life on a quiet event stream; proxies cut connections that say nothing. */
const HEARTBEAT_MS = 15_000;
/** An upload that says nothing for so long has been given up. */
const UPLOAD_IDLE_MS = 120_000;
/** The rest of a refused body is read for so long, for a client that hears only when it has sent. */
const LINGER_MS = 5_000;

/** `style-src`: antd writes its styles into the page as it goes. */
const SECURITY = {
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Mounts the table of routes on Koa. */
export function consoleApp({ ark, guard, page, closing, unforeseen }: ConsoleAppOptions): ConsoleApp {
  const app = new Koa();
  const working = new Set<Promise<void>>();
  // Broken connections are the other side's business; everything else was answered and is in the log of its job.
  app.on('error', () => undefined);

  app.use(async (ctx, next) => {
    const work = answerErrors(ctx, next, unforeseen);
    working.add(work);
    await work.finally(() => working.delete(work));
  });
  app.use(async (ctx, next) => {
    ctx.set(SECURITY);
    allowedHost(ctx, guard);
    await next();
  });
  app.use(async (ctx, next) => {
    if (isApi(ctx)) {
      ctx.set('Cache-Control', 'no-store');
      authorize(ctx, guard);
      allowedOrigin(ctx, guard);
    } else if (signIn(ctx, guard)) return;
    await next();
  });

  const router = new Router();
  for (const { path, action } of allRoutes) {
    router.register(path.replace(':', '\\:'), [...action.methods], async (ctx: Context) => {
      const over = new AbortController();
      ctx.res.once('close', () => over.abort());
      checkContentType(ctx, action.input === 'file');
      if (action.input === 'file') giveUpWhenIdle(ctx);
      send(ctx, await action.run(requestOf(ctx, ark, AbortSignal.any([over.signal, closing]))));
    });
  }
  app.use(router.routes());
  app.use(unknownAction);
  app.use(servePage(page));

  return {
    callback: app.callback(),
    async settled() {
      await Promise.allSettled(working);
    },
  };
}

const isApi = (ctx: Context): boolean => ctx.path === '/api' || ctx.path.startsWith('/api/');

async function answerErrors(
  ctx: Context,
  next: () => Promise<unknown>,
  unforeseen: ConsoleAppOptions['unforeseen'],
): Promise<void> {
  try {
    await next();
  } catch (cause) {
    const { code, message, status } = asBackupError(cause);
    if (ctx.headerSent) throw cause;
    if (code === 'INTERNAL' && !ctx.res.destroyed) unforeseen(cause);
    ctx.status = status;
    ctx.body = { errors: [{ code, message }] };
  }
  if (!ctx.req.complete && ctx.req.headers['content-length'] !== undefined) {
    ctx.res.once('finish', () => setTimeout(() => ctx.req.destroy(), LINGER_MS).unref());
  }
}

const unknownAction: Middleware = async (ctx, next) => {
  if (!isApi(ctx)) {
    await next();
    return;
  }
  const known = allRoutes.find(({ path }) => path === ctx.path);
  if (!known) {
    throw new BackupError(
      'ACTION_UNKNOWN',
      `There is no ${ctx.path}. docs/openapi.json lists what there is.`,
    );
  }
  const { methods } = known.action;
  ctx.set('Allow', methods.join(', '));
  throw new BackupError('METHOD_WRONG', `${ctx.path} takes ${methods.join(' or ')}, not ${ctx.method}.`);
};

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

function requestOf(ctx: Context, ark: Ark, signal: AbortSignal): Request {
  return {
    ark,
    signal,
    method: ctx.method as Request['method'],
    query: ctx.query,
    header: (name) => (ctx.req.headers[name] === undefined ? undefined : ctx.get(name)),
    body: ctx.req,
    async json() {
      if (!hasBody(ctx)) return {};
      const body = await text(limited(ctx.req));
      try {
        return JSON.parse(body) as unknown;
      } catch (cause) {
        throw new BackupError('USAGE', 'The body is not JSON.', { cause });
      }
    },
  };
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > JSON_LIMIT) {
      throw new BackupError('BODY_TOO_LARGE', `A body of JSON may have at most ${JSON_LIMIT} bytes.`);
    }
    yield piece;
  }
}

function send(ctx: Context, answer: Answer): void {
  if (answer.kind === 'data') {
    ctx.body = { data: answer.data };
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
