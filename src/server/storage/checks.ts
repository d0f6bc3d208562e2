import type { Details } from '../errors/details';

/** The fields of a storage of any kind, by name; one that is left out has the provider's value. */
export type StorageSettings = Readonly<Record<string, string | number | undefined>>;

/** One thing that a test of a storage has tried or noticed. */
export interface StorageCheck {
  /** What was tried: `reach`, `write`, `read`, `range`, `list`, `remove`; and what a kind of storage looks at besides. */
  readonly what: string;
  /** `danger`: it works, and must not stay so. `note`: good to know. */
  readonly state: 'ok' | 'failed' | 'danger' | 'note';
  readonly message: string;
  readonly details?: Details | undefined;
  readonly code?: string;
}

/** What can be said of settings and of a service besides whether they work. */
export interface Examined {
  readonly checks: readonly StorageCheck[];
  /** Other settings to try, the likeliest first. */
  readonly alternatives: readonly StorageSettings[];
  /** Fields that are better written in another way though it works as it is. */
  readonly better?: StorageSettings | undefined;
  /** What the server has shown, and somebody has to agree to before anything is sent to it. */
  readonly trust?: StorageSettings | undefined;
}
