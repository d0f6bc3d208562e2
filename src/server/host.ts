import type { AppHints, Database } from './dumper/dialect';
import type { AppFiles } from './dumper/files/folders';
import type { Settings } from './environment';
import type { Fingerprint } from './fingerprint';
import type { JobStore } from './jobs/jobs';
import type { Seal } from './secrets/seal';
import type { SettingsStore } from './settings';
import type { LocalRoots } from './storage/realFolder';
import type { Storage } from './storage/storage';

/**
 * The program that Ark lives in: the command line and the console (hosts/standalone.ts), NocoBase, a test. What
 * it offers is all that actions and jobs may use.
 */
export interface Host {
  /** Names this instance in archives and lists. */
  readonly instance: string;
  readonly version: string;
  readonly database: Database;
  readonly app: AppHints;
  /** Of APP_KEY; the key itself is nowhere. */
  readonly appKeyFingerprint?: Fingerprint | undefined;
  readonly storages: Storages;
  readonly jobs: JobStore;
  /** The folders of uploaded files, as the app's storages are set up now. */
  files(): Promise<AppFiles>;
  readonly settings: SettingsStore;
  readonly seal: Seal;
  /** What the environment says, looked at once. */
  readonly environment: Settings;
  /** Where local storages may be; undefined: anywhere. */
  readonly roots?: LocalRoots | undefined;
  /** How many connections read or load at once. */
  readonly workers: number;
  readonly keepUndoDays: number;
  /** How long a prepared restore waits for its swap. */
  readonly preparedMinutes: number;
  readonly lockTimeoutMs: number;
  /** The app itself, where it runs in this process; not so for the console and the command line. */
  readonly live?: LiveApp | undefined;
  /**
   * Runs `use` unless somebody else of this instance, in whichever process or node, is within the same name: then
   * undefined. The name is free again however it ends, also with the death of its holder; meant for moments.
   */
  exclusive<T>(name: string, use: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
  /** Tells people by the app's own means, where it has any. Rejects if that could not be handed over. */
  notify?(message: { readonly subject: string; readonly text: string }, to: readonly string[]): Promise<void>;
  /** Empties the app's own cache. */
  clearAppCache?(): Promise<void>;
  /** Who is acting, for the record. */
  readonly user?: string | undefined;
  /** Tells users apart, whatever they are called; undefined where there is only one. */
  readonly userId?: string | undefined;
}

/** The places that are set up for archives; an admin may change them at any time. */
export interface Storages {
  /** The default one first. */
  list(): Promise<readonly Storage[]>;
  /** Without a name the default one. Rejects with STORAGE_UNKNOWN. */
  find(name?: string): Promise<Storage>;
}

/** What a running app does around a swap. */
export interface LiveApp {
  /** From here on the app's users are told to wait. */
  pause(): Promise<void>;
  /** Reads its tables anew and brings older data up. Rejects if it cannot live with what it finds. */
  reload(): Promise<void>;
  /** Ends the pause, however things went. */
  resume(): Promise<void>;
}
