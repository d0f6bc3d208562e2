import { createContext, useContext } from 'react';
import type { ArkApi, Permission } from './api';
import type { ThemeName } from '../parts/theme';

/** What every part of the page may need. */
export interface Ark {
  readonly api: ArkApi;
  readonly theme: ThemeName;
  /** The name of what is backed up and restored, which is typed to confirm a restore. */
  readonly instance: string;
  /** The colour of that instance, as CSS has it. */
  readonly tint: string;
  /** The server does not answer us before we have signed in. */
  readonly stranger: boolean;
  /** Below 640 px everything is stacked. */
  readonly narrow: boolean;
  /** Whether our role may do it: undefined until it is known, and where it cannot be known the server decides. */
  readonly may: (permission: Permission) => boolean | undefined;
}

export const ArkContext = createContext<Ark | undefined>(undefined);

export function useArk(): Ark {
  const ark = useContext(ArkContext);
  if (!ark) throw new Error('ArkPage provides it');
  return ark;
}
