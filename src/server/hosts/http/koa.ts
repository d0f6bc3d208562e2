import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import type { Ark } from '../../actions/ark';
import { allRoutes } from '../../routes/routes';
import { asBackupError, BackupError, failureOf } from '../../errors/errors';
import { exchange } from './exchange';
import { allowedHost, authorize, signedInOf, type Guard } from './guard';
import { serveMetrics } from './metrics';
import { servePage } from './page';
import { signIn, signOut } from './signIn';

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
const HEADERS = {
  // The page's own files say otherwise.
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Mounts the table of routes on Koa. Open are signing in and the page's own files; `/metrics` has a token of its own; everything else is for who has
 * signed in, whatever the address looks like.
 */
export function consoleApp({ ark, guard, page, closing, unforeseen }: ConsoleAppOptions): ConsoleApp {
  const app = new Koa();
  app.proxy = guard.trustProxy;
  // The last address is the one that our own proxy has added; those before it anybody may write.
  app.maxIpsCount = 1;
  const working = new Set<Promise<void>>();
  // Broken connections are the other side's business; everything else was answered and is in the log of its job.
  app.on('error', () => undefined);

  app.use(async (ctx, next) => {
    const work = answerErrors(ctx, next, unforeseen);
    working.add(work);
    await work.finally(() => working.delete(work));
  });
  const servedPage = servePage(page);
  const servedMetrics = serveMetrics(ark, guard);
  app.use(async (ctx, next) => {
    ctx.set(HEADERS);
    allowedHost(ctx, guard);
    if (await servedMetrics(ctx, pathOf(ctx))) return;
    if ((await signIn(ctx, guard, pathOf(ctx))) || (await servedPage(ctx))) return;
    await authorize(ctx, guard);
    if (!signOut(ctx, guard)) await next();
  });
  app.use(actions(ark, closing).routes());
  app.use(unknownAction);

  return {
    callback: app.callback(),
    async settled() {
      await Promise.allSettled(working);
    },
  };
}

function actions(ark: Ark, closing: AbortSignal): Router {
  // As it is spelt in the table, and no other way.
  const router = new Router({ sensitive: true, strict: true });
  for (const { path, action } of allRoutes) {
    router.register(path.replace(':', '\\:'), [...action.methods], async (ctx: Context) => {
      await exchange(ctx, ark, action, { admitted: signedInOf(ctx), closing });
    });
  }
  return router;
}

/** The address as Koa reads it, which it does whenever it is asked for a part of it; some it cannot read. */
function pathOf(ctx: Context): string {
  try {
    return ctx.path;
  } catch (cause) {
    throw new BackupError('ACTION_UNKNOWN', 'The address of this request cannot be read.', { cause });
  }
}

async function answerErrors(
  ctx: Context,
  next: () => Promise<unknown>,
  unforeseen: ConsoleAppOptions['unforeseen'],
): Promise<void> {
  try {
    await next();
  } catch (cause) {
    const { code, status } = asBackupError(cause);
    if (ctx.headerSent) throw cause;
    if (code === 'INTERNAL' && !ctx.res.destroyed) unforeseen(cause);
    ctx.status = status;
    ctx.body = { errors: [failureOf(cause)] };
  }
  if (!ctx.req.complete && ctx.req.headers['content-length'] !== undefined) {
    ctx.res.once('finish', () => setTimeout(() => ctx.req.destroy(), LINGER_MS).unref());
  }
}

function unknownAction(ctx: Context): never {
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
}
