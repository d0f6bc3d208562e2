import type { ActionContext } from '@nocobase/server';
import type { Context } from 'koa';
import { allRoutes } from '../../routes/routes';
import { OWN_COLLECTIONS } from './store';

/** How long requests that are under way may take before the tables change places all the same. */
const PATIENCE_MS = 5_000;
const ACTIONS = new Set(allRoutes.map(({ resource, name }) => `${resource}:${name}`));
const RESOURCES = new Set([...allRoutes.map(({ resource }) => resource), ...OWN_COLLECTIONS]);

/** Below whatever the app's API is. Another spelling of it waits like everybody. */
const isOwn = (path: string): boolean => ACTIONS.has(path.slice(path.lastIndexOf('/') + 1));

/** Keeps the app's users waiting while its tables change places. One for each app, also through its reloads. */
export interface Gate {
  readonly middleware: (ctx: Context & ActionContext, next: () => Promise<void>) => Promise<void>;
  /** Turns new requests away, and resolves when those under way have their answers. */
  close(): Promise<void>;
  open(): void;
}

/** NocoBase's page shows this as "under maintenance", and tries again by itself. */
const MAINTENANCE = {
  error: {
    status: 503,
    maintaining: true,
    code: 'APP_COMMANDING',
    command: { name: 'ark' },
    message: 'Ark is restoring this app. It will be back in a moment.',
  },
};

/**
 * NocoBase's log of requests has the whole of what was sent, and that may be a secret. What was asked for is what
 * NocoBase made of the address, which can be spelt in many ways.
 */
async function forgettingSecrets(ctx: ActionContext, next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } finally {
    if (RESOURCES.has(ctx.action?.resourceName ?? '')) delete ctx.action?.params.values;
  }
}

export function newGate(): Gate {
  let closed = false;
  let underWay = 0;
  let quiet: () => void = () => undefined;
  return {
    async middleware(ctx, next) {
      // Whoever watches the restore goes on watching.
      if (isOwn(ctx.path)) return forgettingSecrets(ctx, next);
      if (closed) {
        ctx.withoutDataWrapping = true;
        ctx.status = 503;
        ctx.set('Retry-After', '5');
        ctx.body = MAINTENANCE;
        return;
      }
      underWay += 1;
      try {
        await forgettingSecrets(ctx, next);
      } finally {
        underWay -= 1;
        if (underWay === 0) quiet();
      }
    },
    async close() {
      closed = true;
      if (underWay === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        quiet = resolve;
        timer = setTimeout(resolve, PATIENCE_MS);
      });
      clearTimeout(timer);
    },
    open() {
      closed = false;
    },
  };
}
