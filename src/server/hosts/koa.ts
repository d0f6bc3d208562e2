import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import type { Ark } from '../actions/call';
import { allRoutes } from '../actions/routes';
import { asBackupError, BackupError } from '../errors';
import { exchange } from './exchange';
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
      await exchange(ctx, ark, action, { closing });
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
