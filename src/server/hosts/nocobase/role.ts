import type { ActionContext } from '@nocobase/server';
import { refused } from '../../errors/errors';

/** Not exported: only what stands in this file can make one. */
class Proof {
  /** Keeps anything else from having its shape. */
  protected readonly byRole = true;

  /** `over` fires when it is worth nothing any more; what goes on for long ends then. */
  constructor(readonly over: AbortSignal) {}
}

/** That NocoBase has looked at the roles of whoever asks, for this very action. */
export type AllowedByRole = Proof;

/** Never: the app ends its own connections. */
const NEVER = new AbortController().signal;

/** What NocoBase has found, and never what it has not looked at: an app without permissions lets nobody in. */
export function allowedByRole(ctx: ActionContext, resource: string, action: string): AllowedByRole {
  const { permission } = ctx;
  const allowed = typeof permission?.can === 'object' && permission.can !== null;
  if (allowed && permission.resourceName === resource && permission.actionName === action) {
    return new Proof(NEVER);
  }
  throw refused('role-lacks', { action: `${resource}:${action}` });
}
