import type { z } from 'zod';
import type { Door, Reach } from '../outgoing';
import type { Examined } from './checks';
import type { Provider } from './fields';
import type { LocalRoots } from './realFolder';
import type { Patience } from './retrying';
import type { Storage } from './storage';

/** A URL that was taken apart; names, folders and secrets are decoded. */
export interface StorageUrl {
  readonly url: URL;
  readonly user: string;
  readonly password: string;
  readonly parts: readonly string[];
}

/** What a storage is opened with besides its own settings. */
export interface Means {
  /** For files on their way. */
  readonly spool: string;
  /** What may be connected to. */
  readonly reach?: Reach | undefined;
  /** Where local folders may be. */
  readonly roots?: LocalRoots | undefined;
  readonly patience: Patience;
  readonly idleMs?: number | undefined;
}

export interface Examination {
  readonly spool: string;
  readonly door: Door;
  /** What the probe failed with. */
  readonly failure: unknown;
}

/**
 * All that Ark knows of a kind of storage. The form, the command line, the environment, the API and the documentation
 * loop over the table of them (kinds.ts); nothing else knows what kinds there are.
 */
export interface StorageKind<R extends { readonly kind: string }> {
  /** With a message for each wrong field; see fields.ts. */
  readonly settings: z.ZodObject & z.ZodType<R>;
  readonly providers: readonly Provider[];
  /** What a URL of it begins with. */
  readonly schemes: readonly string[];
  readonly example: string;
  fromUrl(url: StorageUrl): Readonly<Record<string, unknown>>;
  /** What the schema cannot say: completed, or refused with STORAGE_INVALID and the field's name. */
  check(record: R): R;
  /** Whether it may be kept here. */
  allow?(record: R, roots: LocalRoots | undefined): Promise<unknown>;
  /** Where it is, without secrets. */
  place(record: R): string;
  /** The name or address of the machine that it is on; undefined: this one, as far as one can see. */
  machine(record: R): string | undefined;
  /** The server that its secrets are sent to; what was entered may be anything. */
  server(settings: Readonly<Record<string, unknown>>): string;
  /** Larger archives are stored in volumes of so many megabytes. */
  volumeMb?(record: R): number | undefined;
  /** Libraries are loaded when they are first needed: the command line starts in no time without them. */
  open(name: string, record: R, means: Means): Promise<Storage>;
  examine?(name: string, record: R, examination: Examination): Promise<Examined>;
}

/** The address of what was entered, or what was entered. */
export function originOf(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`).origin;
  } catch {
    return text;
  }
}
