import type { ConnectionOptions } from 'node:tls';
import type { Bytes } from '../bytes';
import type { BackupError } from '../errors/errors';
import type { Settings } from '../environment';
import type { Blemish } from './schema/blemish';
import type { CodeItem, LeftOut } from './schema/code';
import type { DatabaseId } from './databaseId';
import type { FileStorage } from './files/folders';
import type { Definition } from './app/definition';
import type { AppFacts, Counters } from './app/groups';
import type { Elsewhere, Missing } from './schema/missing';
import type { NotIncluded } from './schema/notIncluded';
import type { Source } from './schema/source';
import type { DialectName } from './schema/types';
import type { CheckedSchema, Relation, Schema } from './schema/structure';
import type { StructureChange } from './schema/structureChanges';
import type { Warning } from './app/warning';

/** Whole rows, lent: the bytes are the reader's until it calls `release`. */
export interface LentChunk {
  readonly data: Uint8Array;
  readonly rows: number;
  /** CSV, unless somebody asked for the server's own form. */
  readonly native?: true;
  release(): void;
}

/** The same of a chunk that is too large to be held: each piece is the reader's until it pulls the next. */
export interface StreamedChunk {
  readonly pieces: Bytes;
  readonly rows: number;
  readonly bytes: number;
  release(): void;
}

/** How servers that are alike pass rows on faster than as CSV: what is written in one form is read by all that know it. */
export interface NativeRows {
  readonly form: string;
  /** Whether every value of a collection has the same meaning on the other side. */
  fits(collection: string): boolean;
}

/** Where a restore takes its rows from: an archive, or another database. */
export interface RowSource {
  /** Bytes to expect, to do the largest first; a guess will do. */
  bytes(collection: string): number;
  /** Each call of a thunk fetches one chunk; several may run at once. */
  chunks(collection: string): AsyncIterable<() => Promise<LentChunk | StreamedChunk>>;
}

/** The app that lives in a database, when it is one we know. */
export interface AppInfo extends AppFacts {
  readonly name: 'nocobase';
  readonly version?: string;
  readonly plugins: readonly { name: string; version?: string; enabled: boolean }[];
  /** Its file storages, as its own table has them. */
  readonly storages: readonly FileStorage[];
  readonly hasSubApps: boolean;
  /** What it knows by rows of its own tables. */
  readonly definitions: readonly Definition[];
  /** Columns that hold the names of definitions, by the app's own rules. */
  readonly naming: readonly { table: string; column: string; kind: Definition['kind'] }[];
  /** Tables that point at tables by the app's own rules, where the database knows of no foreign key. */
  readonly links: readonly { from: string; to: string }[];
}

export interface DatabaseFacts {
  /** As the manifest keeps them. */
  readonly manifest: Source;
  readonly name: string;
  readonly app?: AppInfo;
  /** What cannot travel, found while looking. */
  readonly notIncluded: readonly NotIncluded[];
}

/**
 * One moment of a database, for all who read from it, whatever is written meanwhile. Must be closed.
 */
/** Rows of a table, or its end. */
export type TablePart =
  | { readonly relation: Relation; readonly chunk: LentChunk }
  | { readonly relation: Relation; readonly sent: number };

export interface Snapshot {
  readonly facts: DatabaseFacts;
  readonly schema: Schema;
  /** The planner's guess of the rows (-1: none) and the bytes on disk with indexes. */
  size(collection: string): { rows: number; bytes: number };
  /**
   * Keeps others from changing the structure of these until the snapshot is closed. False: one of them was
   * rewritten or altered between the snapshot and now, so that its rows can no longer be seen, or would be read
   * under other names; take another snapshot.
   */
  hold(collections: readonly string[]): Promise<boolean>;
  /**
   * Rejects if what held the tables was lost meanwhile, or types were altered: then what was read may not be one
   * moment.
   */
  confirm(): Promise<void>;
  /**
   * The rows of one table, as chunks of whole rows; returns how many the server says it has sent. Up to `readers`
   * tables can be read at once. `native`: in the server's own form, for a collection that it fits.
   */
  read(
    relation: Relation,
    chunkBytes: number,
    form?: 'csv' | 'native',
  ): AsyncGenerator<LentChunk, number, void>;
  /**
   * Several tables, one after the other; each ends with how many rows the server says it has sent. Small ones are asked
   * for together, since asking for them takes longer than reading them.
   */
  readEach(relations: readonly Relation[], chunkBytes: number): AsyncGenerator<TablePart, void, void>;
  /** The server's own form of rows, if it has one. */
  native(): Promise<NativeRows | undefined>;
  close(): Promise<void>;
}

export interface Sizes {
  readonly collections: readonly {
    readonly name: string;
    readonly kind: Relation['kind'];
    /** The planner's guess; -1: none. */
    readonly rows: number;
    /** On disk with indexes. */
    readonly bytes: number;
  }[];
  readonly app?: AppInfo;
}

export interface SnapshotOptions {
  readonly readers: number;
  readonly app: AppHints;
  /** The id of the job it is for, which shows in the server's list of sessions. */
  readonly job: string;
  readonly signal?: AbortSignal | undefined;
}

/** What the environment says of the app's naming; undefined is found out from the database. */
export interface AppHints {
  readonly tablePrefix?: string | undefined;
  readonly underscored?: boolean | undefined;
  readonly timeZone?: string | undefined;
  /** From a running app: its collections as it knows them now, by table name. */
  readonly collections?: () => NonNullable<AppFacts['live']>;
  /** From a running app: whether it could turn on a plugin of that package. */
  readonly hasPackage?: (name: string) => boolean;
}

export interface CollectionPreview {
  readonly name: string;
  readonly group?: string;
  readonly kind: Relation['kind'];
  /** `create`: not there yet; `replace`: rows and structure; `aside`: goes, and nothing comes in its place. */
  readonly action: 'create' | 'replace' | 'aside';
  /** Undefined for a view, or where there is no such table yet. */
  readonly rowsNow?: number;
  /** The count would have taken too long: this is the planner's guess. */
  readonly rowsNowGuessed?: boolean;
  readonly rowsInBackup?: number;
  /** It comes with its structure alone; instead of `rowsInBackup`. */
  readonly structureOnly?: true;
  /** Created since the backup, by the table's own time of creation; they would be lost. */
  readonly createdSince?: number;
  /** Changed since the backup, by the table's own time of change; without those that were created since. */
  readonly changedSince?: number;
  /** Rows that bear no time of creation, in a table that has one: they may be newer too. */
  readonly undated?: number;
  /** So many rows of now would be gone, and maybe more (lost.ts). */
  readonly lostAtLeast?: number;
  /** The app fills it by itself, as with sign-ins and logs: what is lost of it counts for nobody. */
  readonly bookkeeping?: boolean;
  readonly structure: readonly StructureChange[];
}

/** What the database itself tells; what the app knows is not its business. */
export type DatabasePreview = Omit<PreviewResult, 'forgotten'>;

export interface PreviewResult {
  readonly collections: readonly CollectionPreview[];
  readonly warnings: readonly Warning[];
  /** What comes that can run, and what of it is here already. */
  readonly code: readonly CodeItem[];
  /** What the database lacks of what the backup needs, and what happens to each. */
  readonly missing: readonly Missing[];
  /** What the app knows now and would know no more. */
  readonly forgotten: readonly Definition[];
  /** Of a restore without code: what does not come. */
  readonly leftOut: readonly LeftOut[];
  /** What comes is known not to hold, or not to be whole. */
  readonly blemishes: readonly Blemish[];
  /** Bytes that what goes aside takes until the undo is dropped. */
  readonly undoBytes: number;
}

export interface RestorePlan {
  readonly schema: CheckedSchema;
  readonly selected: ReadonlySet<string>;
  readonly all: boolean;
  /** Code stays out, unless it is here already, and with it whatever cannot be without it. */
  readonly withoutCode: boolean;
  /** Rows by collection as the archive has them. */
  readonly rows?: ReadonlyMap<string, number>;
  /** When the archive was made, to count what came since. */
  readonly createdAt?: Date;
  /** The database that it is from. */
  readonly source: Source;
}

/** What is staged of a collection, as a backup would read it; one after the other. */
export type StagedRows = (collection: string) => AsyncIterable<LentChunk>;

/** The counters of collections that do not change stay as they are at the moment of the swap. */
export type SharedCounters = Pick<Counters, 'table' | 'column' | 'collectionOf'>;

export interface RestoreOptions {
  readonly workers: number;
  /** The archive's name, for the record. */
  readonly source: string;
  readonly keepUndoDays: number;
  readonly lockTimeoutMs: number;
  readonly allowBreaks: boolean;
  readonly counters?: SharedCounters | undefined;
  /** False: code that is not here already is refused. */
  readonly allowCode: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called when everything is staged and loaded; throws if what came is not what was announced. */
  check(rows: ReadonlyMap<string, number>, staged: StagedRows): Promise<void> | void;
  /** Called once all is checked; throws if it must not be swapped. `count`: what would go and come as it is now. */
  ready(count: () => Promise<readonly CollectionPreview[]>): Promise<void> | void;
  /** Told of what a restore without code does not bring. */
  onLeftOut(leftOut: readonly LeftOut[]): void;
  /** Told what stays tied to what went aside, and so to old rows. */
  onTies(what: readonly string[]): void;
  /** Told what breaks, and is allowed to. */
  onBreaks(what: readonly Warning[]): void;
  /** Told what the database lacked. */
  onMissing(missing: readonly Missing[]): void;
  /** Told what the rows that came do not hold. */
  onBlemishes(blemishes: readonly Blemish[]): void;
  /** Told of sessions whose transaction is older than the rows that came, and so does not see them. */
  onOlderSnapshots(sessions: readonly string[]): void;
  onStage(stage: 'stage' | 'load' | 'finish' | 'swap'): void;
  onRows(rows: number, bytes: number): void;
}

/** What is staged stays when this is done, until somebody swaps it in or its time is up. */
export interface PrepareOptions extends Pick<
  RestoreOptions,
  | 'workers'
  | 'allowBreaks'
  | 'allowCode'
  | 'signal'
  | 'check'
  | 'onLeftOut'
  | 'onBreaks'
  | 'onMissing'
  | 'onBlemishes'
  | 'onRows'
> {
  readonly expiresAt: Date;
  /** Called when all is staged and checked: what is kept with it, for whoever swaps it in. */
  record(): string;
  onStage(stage: 'stage' | 'load' | 'finish'): void;
}

/** Tables that wait for their swap. */
export interface PreparedTables {
  /** The job that staged them. */
  readonly job: string;
  readonly expiresAt: Date;
  readonly bytes: number;
  /** As it was handed over: whoever may write into the database may have changed it. */
  readonly entry: string;
}

export interface AsideOptions extends Pick<
  RestoreOptions,
  'workers' | 'signal' | 'check' | 'onLeftOut' | 'onMissing' | 'onBlemishes' | 'onRows'
> {
  /** The schema, or the database where those are the same, that is made for it. */
  readonly into: string;
  onStage(stage: 'stage' | 'load' | 'finish'): void;
}

/** Tables that stand beside what is live. */
export interface Aside {
  readonly tables: readonly { name: string; rows: number }[];
  /** The statement that takes all of it away again. */
  readonly drop: string;
}

export interface RehearseOptions extends Pick<
  RestoreOptions,
  'workers' | 'signal' | 'allowCode' | 'onLeftOut' | 'onRows'
> {
  /** Called when everything is loaded; throws if what came is not what was announced. */
  check(rows: ReadonlyMap<string, number>): Promise<void> | void;
  onSpace(space: RehearsalSpace): void;
  onStage(stage: 'stage' | 'load' | 'finish' | 'read back'): void;
}

/** Bytes that what is built will take, guessed, and those free where that can be seen. */
export interface RehearsalSpace {
  readonly needed: number;
  readonly free?: number;
}

/** What was built, read back and found to be what the archive has. */
export interface Rehearsed {
  /** What of the structure the rows do not hold. */
  readonly blemishes: readonly Blemish[];
  /** In words, what came otherwise than it was, as a restore would want leave for. */
  readonly breaks: readonly Warning[];
  readonly missing: readonly Missing[];
}

/** An empty database of the same server, encoded and sorted like the app's. Must be dropped. */
export interface Fresh {
  readonly database: Database;
  drop(): Promise<void>;
}

/** `rights`: this account may not make databases; `refused`: the server does not let it, and what it `said`. */
export interface NoFresh {
  readonly why: 'rights' | 'refused';
  readonly said?: string;
}

/** What a restore replaced, kept for an undo. */
export interface Undo {
  /** The job that replaced it. */
  readonly job: string;
  readonly action: 'restore' | 'undo';
  readonly at: Date;
  readonly expiresAt: Date;
  readonly source: string;
  /** What came. */
  readonly collections: readonly { name: string; rows: number }[];
  /** What went, and would come back; undos of an older Ark do not say. */
  readonly aside?: readonly string[];
  readonly bytes: number;
}

/** Values as they stand in an archive's CSV; null is NULL. */
export type Texts = readonly (string | null)[];

/** Rows of a table that have these values. */
export interface RowsAsked {
  /** As it is now. */
  readonly relation: Relation;
  readonly by: readonly string[];
  readonly values: readonly string[];
  /** More are not read. */
  readonly most: number;
}

/** What becomes of one row of a table, known by its primary key. */
export interface RowChange {
  /** As it is now. */
  readonly relation: Relation;
  /** Beside the columns of the primary key. */
  readonly key: readonly string[];
  /** The same for people, where they may see it. */
  readonly called: string;
  /** Beside the stored columns, as it was seen; undefined: there was none. */
  readonly before: Texts | undefined;
  /** By column what is written; what is not named stays, or has its default. Undefined: the row goes. */
  readonly set: ReadonlyMap<string, string | null> | undefined;
  /** Of a row that comes: these are NULL until all rows are there. Of one that goes: they are made NULL before any goes. */
  readonly later: ReadonlySet<string>;
}

export interface WriteRowsOptions {
  readonly lockTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What is kept of it, from when on it may go, and whose place it takes. */
  readonly keepUntil: Date;
  readonly replaces?: string | undefined;
  /**
   * Called once all is written and before any of it counts, with the rows as they are then, beside the changes. What it
   * resolves with is kept under the job's id if, and only if, the rows are written. If it rejects nothing is.
   */
  readonly record: (after: readonly (Texts | undefined)[]) => Promise<string>;
}

/** What a job that wrote single rows has kept. */
export interface KeptRows {
  readonly job: string;
  readonly expiresAt: Date;
  /** As it was handed over: whoever may write into the database may have changed it. */
  readonly entry: string;
}

/** Whether what a job replaced is kept, so that it got through. Undefined: this account cannot tell. */
export type Committed = (job: string) => boolean | undefined;

/**
 * The right to change a database, or to count on its not being changed by another job. It dies with its holder's
 * connection. Taking it removes what dead jobs left behind.
 */
export interface Lock {
  /** stage → check → swap. Until the swap nothing live is touched; the swap is all or nothing. */
  restore(plan: RestorePlan, source: RowSource, options: RestoreOptions): Promise<Undo>;
  /**
   * The first half of a restore: stage → check. What came waits, and harms nobody, until `swapPrepared` or until its time
   * is up; then the next lock removes it. Before this resolves it is a leftover like any other.
   */
  prepare(plan: RestorePlan, source: RowSource, options: PrepareOptions): Promise<void>;
  /**
   * The second half, for the very plan that was prepared by `prepared`. Rejects with PREPARED_UNKNOWN where that is there no
   * more, with PREPARED_VOID where the structure of either side is no longer what it was staged for; whenever it
   * rejects, nothing is swapped, and what was prepared stays.
   */
  swapPrepared(
    prepared: string,
    plan: RestorePlan,
    options: Omit<RestoreOptions, 'workers' | 'check' | 'onRows'>,
  ): Promise<Undo>;
  /** Resolves when what was prepared is gone. */
  dropPrepared(prepared: string): Promise<void>;
  /** Swaps back. What was live until now is kept for an undo of its own. */
  undo(
    job: string,
    options: Pick<RestoreOptions, 'keepUndoDays' | 'lockTimeoutMs' | 'allowBreaks' | 'counters' | 'signal'> &
      Partial<Pick<RestoreOptions, 'onBlemishes'>>,
  ): Promise<Undo>;
  /** Resolves with what was dropped with it: only with leave anything is that used what had been replaced. */
  dropUndo(job: string, options?: { readonly allowBreaks?: boolean }): Promise<readonly string[]>;
  /**
   * Writes rows in one transaction: all of them or none, whatever happens, and with them what `record` says. Code of the
   * database runs as it does for anybody who writes. Rejects with ROWS_CHANGED where a row is not as `before` says, and
   * with ROWS_REFUSED where the database does not take one. Counters are moved on and never back.
   */
  writeRows(changes: readonly RowChange[], options: WriteRowsOptions): Promise<void>;
  /** What was kept of rows that a job wrote. */
  dropRows(job: string): Promise<void>;
  /**
   * For a rehearsal of a plan. What a killed job leaves of it the next one removes. Rejects before anything is made:
   * with DATABASE_FULL, and with CODE_NOT_ALLOWED where the plan brings code that the app does not have.
   */
  fresh(
    plan: RestorePlan,
    source: RowSource,
    options: Pick<RehearseOptions, 'allowCode' | 'onSpace'>,
  ): Promise<Fresh | NoFresh>;
  /**
   * Builds all of a plan in a schema beside the app's, compares every row with what the source sent, and drops it again. Nothing live is
   * touched. Rejects with CHECK_FAILED where a table differs, with DATABASE_FULL before anything is built.
   */
  rehearse(plan: RestorePlan, source: RowSource, options: RehearseOptions): Promise<Rehearsed>;
  /**
   * The tables of a plan into a schema or database of their own, all of them or none: what can stand by itself of them,
   * without code and without ties to others. Nothing live is touched. Rejects with NAME_TAKEN where there is anything of
   * that name, with NAME_INVALID where there can be none, with SCHEMA_NOT_ALLOWED without the right to make one.
   */
  aside(plan: RestorePlan, source: RowSource, options: AsideOptions): Promise<Aside>;
  release(): Promise<void>;
}

/** One process of the several that run an app, as the others see it; gone with its connection. */
export interface NodeSession {
  /** Whether somebody keeps the app's nodes waiting, because tables are about to change places or just have. */
  held(): Promise<boolean>;
  /** Resolves when everybody can see it: `leads` is who does the swap, and waits for nobody but the others. */
  show(state: NodeState): Promise<void>;
  /** The app's tables by name; another number is another table. */
  tables(): Promise<ReadonlyMap<string, number>>;
  end(): Promise<void>;
}

export type NodeState = 'open' | 'closed' | 'leads';

/** Keeps the app's nodes waiting until it is released, or until the process that has it dies. */
export interface Hold {
  /** How many have closed. */
  readonly closed: number;
  /** Those that are there and have not, by the names that they have given themselves. */
  readonly silent: readonly string[];
  release(): Promise<void>;
}

export interface Account {
  readonly user: string;
  /** Such as `superuser`; none is as it should be. */
  readonly powers: readonly string[];
}

/**
 * Looks at a database that are all of one moment and go over one connection: what one has seen the next does not ask
 * for again.
 */
export interface Looks extends Pick<Database, 'dialect' | 'label' | 'app' | 'structure' | 'tables'> {
  /** The database may be read while the plan is still in the making. */
  preview(plan: Promise<RestorePlan>): Promise<DatabasePreview>;
}

/** Where a database is, and how the app in it names things. */
export interface Located {
  /** The database's own name, without its server. */
  readonly name: string;
  readonly app: AppHints;
  readonly database: Database;
}

/** How a running app has opened its database. */
export interface AppOptions {
  readonly dialect: string;
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly database?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly schema?: string | undefined;
  readonly ssl?: ConnectionOptions | boolean | undefined;
  readonly app: AppHints;
}

/** A kind of database: what Ark knows of it without being connected to any. */
export interface Dialect {
  /** As people call it. */
  readonly title: string;
  /** Of its URLs, without the colon. */
  readonly schemes: readonly string[];
  /** Throws DATABASE_URL_INVALID; never with a password in its words. */
  fromUrl(url: string, settings: Settings): Located;
  /** As the app's own environment names it. */
  fromEnvironment(settings: Settings): Located;
  fromApp(options: AppOptions, settings: Settings): Located;
  /** Throws Unfit where anything is not what it has to be; only what was checked is ever run. */
  check(schema: Schema, source: Source): Promise<CheckedSchema>;
  /** All that can run. */
  code(schema: Schema): Promise<CodeItem[]>;
  /** What the catalog said, when the backup was made, that its rows do not hold. */
  blemishes(schema: Pick<Schema, 'relations' | 'objects'>): Blemish[];
  /** What these collections and objects need, and no backup has. */
  hanging(source: Source, names: ReadonlySet<string>): Elsewhere[];
  /** Whether the app's definitions describe one as well as the other. */
  readonly sameStructure: (now: Relation, then: Relation) => boolean;
}

/** The door to one kind of database. Each method opens what connections it needs and closes them again. */
export interface Database {
  readonly dialect: DialectName;
  /** Words for people; never with a password, and never to tell two databases apart. */
  readonly label: string;
  /** Which one it is, whatever way and user it was reached by. */
  id(): Promise<DatabaseId>;
  /** When its server started: a clone of the server's disk has the same ids, and another start. */
  startedAt(): Promise<string>;
  snapshot(options: SnapshotOptions): Promise<Snapshot>;
  /** The form of rows, beside CSV, that its server reads; undefined: none. */
  nativeForm(): Promise<string | undefined>;
  /** What there is now, without holding it. */
  describe(app: AppHints): Promise<Pick<Snapshot, 'facts' | 'schema' | 'size'>>;
  /** All looks of a piece of work at once; it may be begun anew where others alter what is looked at. */
  once<T>(work: (database: Looks) => Promise<T>): Promise<T>;
  /** What tables and objects there are now. */
  structure(): Promise<Schema>;
  /** The names of tables and views, and nothing else of them. */
  tables(): Promise<ReadonlySet<string>>;
  /** What tables there are and how large, without looking into any; cheap enough to be asked often. */
  sizes(app: AppHints): Promise<Sizes>;
  /**
   * The server and the app that lives here, without looking at each table; cheap enough to be asked often. Of an undo:
   * the app that went aside.
   */
  app(hints: AppHints, undo?: string): Promise<{ readonly version: string; readonly app?: AppInfo }>;
  preview(plan: RestorePlan): Promise<DatabasePreview>;
  /** The same for what would come into a schema or database of its own; rejects as `aside` does. */
  previewAside(plan: RestorePlan, into: string): Promise<DatabasePreview>;
  /** The same for an undo; "the backup" is what went aside. Rejects with UNDO_UNKNOWN. */
  previewUndo(job: string): Promise<DatabasePreview>;
  /** What comes with a plan that can run, and whether it is here already; `rehearsal`: as a rehearsal would make it. */
  code(plan: RestorePlan, rehearsal?: boolean): Promise<readonly CodeItem[]>;
  /** The account that Ark signs in with, and what it may do beyond the app's own data. */
  account(): Promise<Account>;
  /**
   * A node's place among those of the app, in the state that it is in. `word`: it is worth looking; `lost`: the
   * connection is gone.
   */
  join(label: string, state: NodeState, on: { word(): void; lost(): void }): Promise<NodeSession>;
  /** Resolves when no node lets people in any more, or after some seconds. */
  hold(job: string): Promise<Hold>;
  /** Rejects with JOB_BUSY, and who is busy, if another job holds it. */
  lock(job: string): Promise<Lock>;
  /** What lock() would reject with now. It takes nothing itself, so that nobody is refused because somebody asks. */
  busy(): Promise<BackupError | undefined>;
  undos(): Promise<Undo[]>;
  /** What waits for its swap, newest first. */
  prepared(): Promise<PreparedTables[]>;
  /** Lends the rows of these tables as they are staged. Rejects with PREPARED_UNKNOWN. */
  readPrepared<T>(
    prepared: string,
    relations: readonly Relation[],
    use: (staged: StagedRows) => Promise<T>,
  ): Promise<T>;
  /** The rows that there are now, beside what is asked, all of one moment; of each its stored columns. */
  rowsBy(asked: readonly RowsAsked[]): Promise<(readonly Texts[])[]>;
  /** What jobs that wrote single rows have kept, newest first. */
  keptRows(): Promise<KeptRows[]>;
  /** For certain once the lock of Ark's jobs is held. */
  committed(): Promise<Committed>;
  /** Staging schemas that no living job works on; the next lock removes them. */
  leftovers(): Promise<{ readonly name: string; readonly bytes: number }[]>;
}
