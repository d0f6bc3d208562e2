import type { ReactNode } from 'react';
import type { Permission } from './api';
import { useArk } from './ark';

interface Props {
  readonly permission: Permission;
  readonly children: ReactNode;
}

/** What a role may not do is not offered. */
export function May({ permission, children }: Props) {
  return useArk().may(permission) ? children : null;
}
