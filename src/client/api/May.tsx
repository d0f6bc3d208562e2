import type { ReactNode } from 'react';
import { styles } from '../parts/styles';
import type { Permission } from './api';
import { useArk } from './ark';

interface Props {
  readonly permission: Permission;
  readonly children: ReactNode;
}

/** What a role may not do is not offered. */
export function May({ permission, children }: Props) {
  const may = useArk().may(permission);
  if (may === false) return null;
  // Its room is kept until it is known.
  return <span style={may === undefined ? styles.gateUnknown : styles.gate}>{children}</span>;
}
