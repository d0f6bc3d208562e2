/**
 * What Ark uses of NocoBase 2.x. Its packages are there when a NocoBase loads the plugin, and they would bring a
 * gigabyte to whoever only works on Ark.
 */
declare module '@nocobase/server' {
  import type { Context } from 'koa';

  type Handler = (context: Context & ActionContext, next: () => Promise<void>) => Promise<void>;

  interface ActionContext {
    readonly app: Application;
    withoutDataWrapping?: boolean;
    readonly action?: { readonly resourceName?: string; readonly params: { values?: unknown } };
    /** What they say to any other one. */
    can?(options: { resource: string; action: string; rawResourceName: string }): object | null;
    /** What the roles of whoever asks say to this action; `can` is empty if they do not allow it. */
    readonly permission?: {
      readonly can?: object | null;
      readonly resourceName?: string;
      readonly actionName?: string;
    };
    readonly state: { currentUser?: { id?: number; username?: string; nickname?: string; email?: string } };
  }

  interface Repository {
    find(options: object): Promise<{ toJSON(): Record<string, unknown> }[]>;
    findOne(options: object): Promise<{ toJSON(): Record<string, unknown> } | null>;
    updateOrCreate(options: { filterKeys: string[]; values: object }): Promise<unknown>;
    destroy(options: object): Promise<unknown>;
  }

  interface Collection {
    readonly name: string;
    readonly origin?: unknown;
    /** As whoever made it wrote them: `dumpRules`, `title`, `viewName` may be there and may be anything. */
    readonly options: Readonly<Record<string, unknown>>;
    /** The name of its table, with prefix and in the app's naming. */
    readonly model: { getTableName(): string | { tableName: string } };
    existsInDb(): Promise<boolean>;
    /** Makes its table, or what is missing of it. */
    sync(): Promise<void>;
  }

  interface Database {
    readonly options: {
      readonly dialect: string;
      readonly host?: string;
      readonly port?: number | string;
      readonly username?: string;
      readonly password?: string;
      readonly database?: string;
      readonly schema?: string;
      readonly tablePrefix?: string;
      readonly underscored?: boolean;
      readonly timezone?: string;
      readonly dialectOptions?: { readonly ssl?: boolean | object };
    };
    readonly collections: ReadonlyMap<string, Collection>;
    closed(): boolean;
    reconnect(): Promise<void>;
    getRepository(collection: string): Repository;
  }

  /** Of a command of its own: whoever listens is waited for. */
  interface MaintainingStatus {
    readonly status: string;
    readonly command?: { readonly name?: string };
  }

  interface Application {
    readonly name: string;
    readonly db: Database;
    readonly acl: { registerSnippet(snippet: { name: string; actions: string[] }): void };
    readonly resourceManager: {
      define(options: { name: string; only?: string[]; actions: Record<string, Handler> }): void;
    };
    readonly log: { info(text: string): void; error(text: string, meta?: object): void };
    /** `app`: itself; a plugin is given a proxy whose listeners are removed when the app loads anew. */
    readonly pm: { readonly app: Application; get(name: string): { readonly enabled?: boolean } | undefined };
    readonly cacheManager: { flushAll(): Promise<void> };
    readonly lockManager: {
      tryAcquire(key: string): Promise<{ acquire(ttl: number): Promise<() => Promise<void> | void> }>;
    };
    readonly version: { get(): Promise<string> };
    isStarted(): Promise<boolean>;
    use(middleware: Handler, order: { tag: string; before?: string }): void;
    runCommandThrowError(command: string, ...args: string[]): Promise<unknown>;
    once(event: string, listener: () => Promise<void> | void): void;
    on(event: 'maintaining', listener: (said: MaintainingStatus) => Promise<void> | void): void;
    on(event: string, listener: () => Promise<void> | void): void;
    /** What people are shown while a command runs. */
    setMaintainingMessage(message: string): void;
    prependListener(event: string, listener: () => Promise<void> | void): void;
  }

  /** Of @nocobase/plugin-notification-manager. */
  interface NotificationManager {
    sendNow(message: object): Promise<{ readonly status: string; readonly reason?: string }>;
  }

  class Plugin {
    readonly app: Application;
    readonly name: string;
    readonly options: { readonly packageName?: string; readonly version?: string };
    beforeLoad(): Promise<void>;
    load(): Promise<void>;
  }
}

declare module '@nocobase/database' {
  function defineCollection(options: object): object;
}
