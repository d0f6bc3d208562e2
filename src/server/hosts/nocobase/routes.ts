import type { ActionContext, Application, Handler } from '@nocobase/server';
import type { Context } from 'koa';
import { PERMISSIONS, type Permission } from '../../api/permissions';
import type { Action } from '../../routes/call';
import type { Ark } from '../../actions/ark';
import { allRoutes, routes } from '../../routes/routes';
import { asBackupError, BackupError, failureOf } from '../../errors/errors';
import { exchange, type Admitted } from '../http/exchange';
import type { Gate } from './gate';
import { allowedByRole } from './role';
import { OWN_COLLECTIONS } from './store';
import { allowedByTicket, hasTicket } from './ticket';

/**
 * The table of routes as resources of NocoBase, each action behind the permission that stands beside it. Where there
 * is no Ark for want of good settings, each answers with what is wrong.
 */
export function mountArk(app: Application, plugin: string, ark: Ark | BackupError, gate: Gate): void {
  app.use(gate.middleware, { tag: 'arkGate', before: 'cors' });
  const download = handler(ark, routes.arkBackups.download, (ctx) => allowedByTicket(ctx, there(ark)));
  // Before NocoBase asks who it is: the ticket stands for somebody whom it has asked.
  app.use((ctx, next) => (hasTicket(ctx) ? download(ctx, next) : next()), {
    tag: 'arkTicket',
    before: 'cors',
  });
  const all = allRoutes.map(({ resource, name }) => `${resource}:${name}`);
  app.acl.registerSnippet({ name: `pm.${plugin}`, actions: all });
  for (const permission of PERMISSIONS) {
    const actions = allRoutes
      .filter((route) => route.action.permission === permission)
      .map(({ resource, name }) => `${resource}:${name}`);
    app.acl.registerSnippet({ name: `pm.${plugin}.${permission}`, actions });
  }
  const closed = OWN_COLLECTIONS.filter((name) => !(name in routes)).map(
    (name): [string, Readonly<Record<string, Action>>] => [name, {}],
  );
  for (const [name, actions] of [...Object.entries(routes), ...closed]) {
    app.resourceManager.define({
      name,
      only: ['', ...Object.keys(actions)],
      actions: Object.fromEntries(
        Object.entries(actions).map(([action, definition]) => [
          action,
          handler(ark, definition, (ctx) => allowedByRole(ctx, name, action)),
        ]),
      ),
    });
  }
}

function there(ark: Ark | BackupError): Ark {
  if (ark instanceof BackupError) throw ark;
  return ark;
}

function handler(
  ark: Ark | BackupError,
  action: Action,
  admit: (ctx: Context & ActionContext) => Admitted,
): Handler {
  return async (ctx) => {
    ctx.withoutDataWrapping = true;
    try {
      const admitted = admit(ctx);
      if (!(action.methods as readonly string[]).includes(ctx.method === 'HEAD' ? 'GET' : ctx.method)) {
        throw new BackupError(
          'METHOD_WRONG',
          `${ctx.path} takes ${action.methods.join(' or ')}, not ${ctx.method}.`,
        );
      }
      const { host, ...rest } = there(ark);
      const user = userOf(ctx);
      const userId = ctx.state.currentUser?.id?.toString();
      const acting = { ...(user !== undefined && { user }), ...(userId !== undefined && { userId }) };
      const mine: Ark = { ...rest, host: { ...host, ...acting } };
      const { body } = ctx.request as Context['request'] & { body?: unknown };
      await exchange(ctx, mine, action, {
        admitted,
        may: mayOf(ctx),
        ...(action.input !== 'file' && { json: body }),
      });
    } catch (cause) {
      const { code, message, status } = asBackupError(cause);
      if (ctx.headerSent) throw cause;
      if (code === 'INTERNAL') ctx.app.log.error(message, { cause });
      ctx.status = status;
      ctx.body = { errors: [failureOf(cause)] };
    }
  };
}

/** By the roles of whoever asks. The actions of one permission are given together. */
const mayOf =
  (ctx: ActionContext) =>
  (permission: Permission): boolean =>
    allRoutes
      .filter(({ action }) => action.permission === permission)
      .every(({ resource, name }) =>
        Boolean(ctx.can?.({ resource, action: name, rawResourceName: resource })),
      );

function userOf({ state }: ActionContext): string | undefined {
  const { currentUser: user } = state;
  return (
    user?.nickname ??
    user?.username ??
    user?.email ??
    (user?.id === undefined ? undefined : `user ${user.id}`)
  );
}
