/**
 * What the API takes and answers, for the page and for whoever calls it. URLs are NocoBase's:
 * `/api/<resource>:<action>?filterByTk=…`, answers are `{ data }`, failures `{ errors: [{ code, message }] }` with
 * the HTTP status of the code (docs/errors.md). Times are ISO 8601 texts in UTC, sizes are bytes.
 */
import type { Holds } from '../dumper/holds';
import type { CodeItem, LeftOut } from '../dumper/code';
import type { Blemish } from '../dumper/blemish';
import type { Definition } from '../dumper/definitions';
import type { Missing } from '../dumper/missing';
import type { CollectionPreview } from '../dumper/dialect';
import type { Definitions } from '../dumper/keepDefinitions';
import type { GroupName } from '../dumper/groups';
import type { Losses } from '../dumper/lost';
import type { Maker } from '../dumper/maker';
import type { Proof, Unproven } from '../dumper/proof';
import type { Job, JobProgress } from '../jobs/jobs';
import type { Channels as AlarmChannels } from '../jobs/notify';
import type { Decision, Retention } from '../jobs/retention';
import type { Run } from '../jobs/runs';
import type { Timing } from '../jobs/schedule';
import type { StorageCheck, StorageSettings } from '../storage/checks';
import type { Provider, StorageField } from '../storage/fields';
import type { Permission } from './permissions';

export type {
  AlarmChannels,
  Blemish,
  CodeItem,
  CollectionPreview,
  LeftOut,
  GroupName,
  Permission,
  Job,
  JobProgress,
  Losses,
  Maker,
  Proof,
  Provider,
  Retention,
  StorageCheck,
  StorageField,
  StorageSettings,
  Timing,
  Unproven,
};

/** `GET arkBackups:list` → BackupItem[], newest first. `arkBackups:get?filterByTk=name` → BackupDetail. */
export interface BackupItem {
  readonly name: string;
  readonly storage: string;
  readonly size: number;
  /** When it was made; when the file was written, if the archive cannot be opened. */
  readonly createdAt: string;
  readonly createdBy?: string;
  readonly instance?: string;
  readonly encrypted: boolean;
  /** Uploaded files by file storage, where the backup has them. */
  readonly files?: readonly FolderSum[];
  readonly groups: readonly { group: GroupName; collections: number; rows: number }[];
  /** What it has as a whole; of an encrypted one only this instance's own records tell. */
  readonly holds?: Holds;
  /** `locked`: encrypted, its content is not known without the key. `damaged`: `error` says how. */
  readonly state: 'ok' | 'locked' | 'damaged';
  readonly error?: { code: string; message: string };
  /** When `verify` last found every byte as written. */
  readonly verifiedAt?: string;
  /** `nbdump`: an old backup of NocoBase's backup-restore plugin, uploaded. Absent: `ark`. */
  readonly format?: 'ark' | 'nbdump';
  /** Proven restorable: when `rehearse` last built all of it and found every row the same. */
  readonly rehearsedAt?: string;
  /** Where that was: in a fresh database, as on a new server, or in a schema beside the app. */
  readonly proof?: Proof;
  /** What that has not shown. */
  readonly unproven?: readonly Unproven[];
  /** Who made it, as its signature proves. */
  readonly maker: Maker;
  /** This instance made it: by its signature, or for one of before there were signatures by its own records. */
  readonly mine: boolean;
  /** Not encrypted, though it passes for one of this instance's own, which are: a restore and a rehearsal want `allowPlain`. */
  readonly suddenlyPlain?: boolean;
  /** The archive's own id. */
  readonly id?: string;
  /** The number that the instance drew for itself, and the schedule that made it (absent: made by hand). */
  readonly origin?: { readonly instance?: string | undefined; readonly schedule?: string | undefined };
}

/**
 * A backup with this instance's signature that it did not make: its data was copied. `GET arkTrust:strays` → Stray[];
 * `POST arkTrust:adopt` ({}) → those that count as its own from now on; `POST arkTrust:renew` ({}) → { own }, the
 * fingerprint of its new key: it is the copy, and all that was made before is the original's.
 */
export interface Stray {
  readonly name: string;
  readonly storage: string;
  readonly createdAt: string;
}

/**
 * `GET arkTrust:list` → TrustList. `POST arkTrust:add` ({ fingerprint, name }) → the trusted instance;
 * `POST arkTrust:remove?filterByTk=fingerprint` → {}.
 */
export interface TrustList {
  /** This instance's fingerprint; none before its first backup. */
  readonly own?: string | undefined;
  /** Those that it had before: what they signed is its own too. */
  readonly former: readonly string[];
  readonly trusted: readonly {
    readonly fingerprint: string;
    readonly name: string;
    readonly addedAt: string;
    readonly addedBy?: string | undefined;
  }[];
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** `meta` of `arkBackups:list`: storages that could not be asked; what they have is not in the list. */
export interface BackupListMeta {
  readonly failed: readonly { readonly storage: string; readonly code: string; readonly message: string }[];
}

export interface FolderSum {
  readonly storage: string;
  readonly files: number;
  readonly bytes: number;
}

/** For one download by a link. */
export interface Ticket {
  readonly name: string;
  readonly storage: string;
  readonly ticket: string;
}

export interface BackupDetail extends BackupItem {
  readonly rows: number;
  readonly collections: readonly ArchivedCollection[];
  readonly notIncluded: readonly { what: string; name: string; reason: string }[];
  /** What of it is known not to hold, or not to be whole. */
  readonly blemishes: readonly Blemish[];
  /** What it brings that can run, with its text. */
  readonly code: readonly CodeItem[];
  readonly database: { dialect: string; version: string; schema: string };
  readonly app?: { name: string; version?: string; plugins: number };
}

export interface ArchivedCollection {
  readonly name: string;
  readonly kind: CollectionPreview['kind'];
  readonly group: GroupName;
  readonly title?: string;
  readonly origin?: string;
  readonly rows: number;
}

/** `GET arkCollections:list` → the live collections, sorted into groups. */
export interface LiveCollection {
  readonly name: string;
  readonly kind: CollectionPreview['kind'];
  readonly group: GroupName;
  readonly title?: string;
  readonly origin?: string;
  /** The planner's guess; undefined where it has none. */
  readonly rows?: number;
  readonly bytes: number;
}

/** What to take: nothing given means everything but logs (backup) or everything in the archive (restore). */
export interface SelectionInput {
  readonly groups?: readonly GroupName[];
  readonly collections?: readonly string[];
  readonly all?: boolean;
}

/** `POST arkBackups:create` → { job }. The job goes on after the answer; watch it. */
export interface CreateInput extends SelectionInput {
  /** All of them get it; without any, the default one. `storage` is the same for one. */
  readonly storages?: readonly string[];
  readonly storage?: string;
  readonly name?: string;
  readonly passphrase?: string;
  /** The app's uploaded files too. */
  readonly files?: boolean;
  readonly recipients?: readonly string[];
}

/** `POST arkBackups:preview?filterByTk=name` (and `:restore`, which answers { job }). */
export interface RestoreInput extends SelectionInput {
  readonly storage?: string;
  readonly passphrase?: string;
  readonly identities?: readonly string[];
  /** A backup that is not encrypted will do, though a key is given or this instance's own are encrypted. */
  readonly allowPlain?: boolean;
  /** `restore` only: false leaves uploaded files as they are. */
  readonly files?: boolean;
  /** `restore` only: go on though the preview names things that will not work afterwards. */
  readonly allowBreaks?: boolean;
  /**
   * `restore` only: by collection, as many rows as the preview said would be lost; refused if one would lose more by
   * then. One that is not named may lose none.
   */
  readonly acceptLost?: Losses;
  /** `restore`: bring code of a maker who is not trusted here. */
  readonly allowCode?: boolean;
  /** The group `required` stays as it is, where it describes what comes back (preview: definitions). */
  readonly keepDefinitions?: boolean;
  /** Leave out code that is not here already, and what cannot be without it. */
  readonly noCode?: boolean;
}

export interface Preview {
  readonly collections: readonly (CollectionPreview & { title?: string })[];
  readonly warnings: readonly {
    kind:
      | 'breaks'
      | 'kept'
      | 'taken-along'
      | 'goes'
      | 'plugin'
      | 'version'
      | 'key'
      | 'old-format'
      | 'group'
      | 'left-out'
      | 'account'
      | 'plain';
    message: string;
  }[];
  readonly undoBytes: number;
  /** What would come that can run, and whether it is here already. */
  readonly code: readonly CodeItem[];
  /** What the database lacks of what the backup needs, and what happens to each. */
  readonly missing: readonly Missing[];
  /** What comes is known not to hold, or not to be whole. */
  readonly blemishes: readonly Blemish[];
  /** What the app knows now and would know no more: collections, fields, pages, roles and workflows made since. */
  readonly forgotten: readonly Definition[];
  /**
   * The group `required`: it is replaced though it `could stay` (keepDefinitions), it has to be replaced, or it is kept.
   */
  readonly definitions: Definitions;
  /** With `noCode`: what would not come. */
  readonly leftOut: readonly LeftOut[];
  /** A restore is refused (CODE_NOT_ALLOWED) without `allowCode` or `noCode`. */
  readonly asksForCode: boolean;
  readonly maker: Maker;
  /**
   * Whoever confirms this should write a name, because something of now is lost, because code comes that is new, or
   * because this instance did not provably make the backup. Otherwise a yes is enough.
   */
  readonly asksForName: boolean;
  /** Uploaded files that would come back, and those that would be gone. */
  readonly files: readonly (FolderSum & {
    filesNow: number;
    lost: number;
    /** On the server's disk: what is in it would be replaced. */
    folder?: string;
    /** Why nothing would come back there. */
    refused?: string;
  })[];
}

/**
 * `POST arkBackups:verify?filterByTk=name` → { job }. `POST arkBackups:upload?name=…` takes the file as the raw
 * body (application/octet-stream, Content-Length required) → BackupItem; an archive that cannot be opened is
 * refused and nothing is kept. Old `.nbdump` files are taken too, and keep that ending. `GET arkBackups:download?filterByTk=name` answers ranges.
 * `POST arkBackups:destroy?filterByTk=name` → {}.
 */
export interface Started {
  readonly job: Job;
}

/**
 * `GET arkJobs:list` → JobItem[], newest first; `arkJobs:get?filterByTk=id`; `POST arkJobs:cancel?filterByTk=id`.
 * `GET arkJobs:watch` → server-sent events `job` with a JobItem each, first the ones that run now; a job's last
 * event has its end state. `arkJobs:watch?filterByTk=id` tells of one job only and ends with it.
 */
export interface JobItem extends Job {
  /** While it runs in this process. */
  readonly progress?: JobProgress;
}

/** `GET arkUndos:list` → UndoItem[]; `POST arkUndos:apply?filterByTk=job` → { job }; `POST arkUndos:destroy?filterByTk=job` → {}. */
export interface UndoItem {
  /** The id of the job that can be undone. */
  readonly job: string;
  readonly action: 'restore' | 'undo';
  readonly at: string;
  readonly expiresAt: string;
  readonly source: string;
  /** What came. */
  readonly collections: readonly { name: string; rows: number }[];
  /** What went, and would come back. */
  readonly aside?: readonly string[] | undefined;
  readonly bytes: number;
}

/** `GET arkUndos:preview?filterByTk=job`: "the backup" is what went aside, the moment that of the restore. */
export interface UndoPreview extends Omit<Preview, 'files' | 'maker' | 'asksForCode' | 'definitions'> {
  /** What was restored or undone since, of the same collections, and would be lost with it. Newest first. */
  readonly later: readonly UndoItem[];
}

/**
 * `POST arkBackups:rehearse?filterByTk=name` → { job }, of kind `rehearse`.
 *
 * `GET arkSchedules:list` → ScheduleItem[]; `:get?filterByTk=name`; `POST :create` (ScheduleInput), `:update?filterByTk=name`
 * (any of its fields; `retention: null`, `passphrase: null`, `recipients: null` take away), `:destroy`, `:run` → { job }
 * when its backup has begun; `POST :preview` (timing, timeZone) → { next } checks a timing; `POST :prune?filterByTk=name`
 * ({ dryRun }) → Pruned[].
 */
export interface ScheduleInput extends SelectionInput {
  /** Cannot be changed afterwards: backups bear it. */
  readonly name: string;
  readonly on?: boolean;
  readonly timing: Timing;
  /** IANA, such as Europe/Berlin; UTC without it. */
  readonly timeZone?: string;
  /** Names; empty: the default storage. */
  readonly storages?: readonly string[];
  /** `********` in answers; sent back, it keeps what there is. */
  readonly passphrase?: string;
  readonly recipients?: readonly string[];
  /** Uploaded files too. */
  readonly files?: boolean;
  readonly retention?: Retention;
  /** Rehearse a restore of each backup. */
  readonly prove?: boolean;
}

export interface ScheduleItem extends ScheduleInput {
  readonly on: boolean;
  readonly timeZone: string;
  readonly storages: readonly string[];
  /** Since when its timing holds. */
  readonly since: string;
  /** The next three; none while it is off. */
  readonly next: readonly string[];
  readonly running?: ScheduledRun;
  readonly last?: ScheduledRun;
  readonly lastGood?: { at: string; name: string; storages: readonly string[] };
  /** Due since then, and waiting for another job. */
  readonly waitingSince?: string;
  /** What will make the next run fail, such as a storage that is gone. */
  readonly problems: readonly Failure[];
}

export type ScheduledRun = Omit<Run, 'id' | 'host' | 'pid' | 'beatAt'>;

/** What the rule of a schedule makes of one storage. */
export interface Pruned {
  readonly storage: string;
  readonly decisions: readonly (Omit<Decision, 'reasons'> & {
    readonly reasons: readonly { why: string; n?: number; of?: number; name?: string; text: string }[];
  })[];
  readonly removed: readonly string[];
}

/**
 * `GET arkAlarms:get` → AlarmSettings, addresses and passwords masked; `POST :save` (AlarmChannels, takes the place of
 * all; masks keep what there is); `POST :test` → { deliveries }.
 */
export interface AlarmSettings {
  readonly channels: AlarmChannels;
  /** The app can send e-mail itself, without `smtp`. */
  readonly app: boolean;
  /** What was sent, newest first; with `error`, what could not be. */
  readonly sent: readonly {
    at: string;
    event: 'failed' | 'missed' | 'stale' | 'test' | 'heartbeat';
    channel: 'webhook' | 'email' | 'heartbeat';
    schedule?: string | undefined;
    error?: string | undefined;
  }[];
}

/** What the app has, and no backup. */
export interface NotBackedUp {
  readonly groups: readonly GroupName[];
  readonly files: boolean;
  readonly aesKey: boolean;
}

/**
 * Somebody keeps the app's AES key outside of its backups. `POST arkSystem:keyElsewhere` ({ kept }) says so of the key
 * that the app has now, or takes it back → { keyElsewhere? }; a new key, or a copy of this instance, is asked anew.
 */
export interface KeyElsewhere {
  readonly since: string;
  readonly by?: string;
}

/** `GET arkSystem:safety`: whether the app is safe, at a glance. */
export interface Safety {
  /** The newest good backup of this instance, wherever it is. */
  readonly lastGood?: Pick<
    BackupItem,
    'name' | 'createdAt' | 'size' | 'verifiedAt' | 'rehearsedAt' | 'proof' | 'unproven'
  > & {
    readonly storages: readonly string[];
  };
  /**
   * What the app has and no good backup of this instance holds as a whole (logs aside), as far as a month before the
   * newest; absent where there is none, or where the app cannot be asked.
   */
  readonly notBackedUp?: NotBackedUp;
  readonly keyElsewhere?: KeyElsewhere;
  readonly next?: { readonly schedule: string; readonly at: string };
  readonly storages: readonly {
    name: string;
    kind: string;
    backups: number;
    used: number;
    error?: Failure;
  }[];
  readonly used: number;
  readonly schedules: { readonly total: number; readonly on: number };
  readonly alarms: boolean;
  /** Worst first; `message` is English, `kind` is for the page's own words. */
  readonly banners: readonly {
    level: 'error' | 'warning';
    kind: 'failed' | 'missed' | 'stale' | 'problem' | 'storage' | 'alarm' | 'none';
    schedule?: string;
    storage?: string;
    code?: string;
    at?: string;
    message: string;
  }[];
}

/** `GET arkSystem:data`: the data folder and what Ark keeps in the database. */
export interface DataFolder {
  readonly folder: string;
  readonly free: number;
  readonly parts: readonly {
    kind: 'backups' | 'uploads' | 'jobs' | 'settings' | 'cache' | 'database' | 'other';
    path: string;
    files: number;
    bytes: number;
  }[];
  /** What restores replaced, and staging tables that a dead job left. */
  readonly database: readonly { kind: 'undo' | 'staging'; name: string; bytes: number; expiresAt?: string }[];
  readonly error?: Failure;
}

/** `GET arkSystem:get` */
export interface SystemInfo {
  readonly version: string;
  readonly node: string;
  readonly instance: string;
  /** Where the app's data is, without a password; undefined fields: the database cannot be reached. */
  readonly database: {
    label: string;
    dialect: string;
    version?: string;
    demo: boolean;
    error?: { code: string; message: string };
  };
  readonly app?: { name: string; version?: string };
  readonly dataFolder: string;
  readonly used: number;
  readonly free: number;
  readonly uploadLimit: number;
  readonly storages: readonly { name: string; kind: string }[];
  /** What whoever asks may do. */
  readonly may: readonly Permission[];
  /** The app seals values with an AES key in a file, which only encrypted backups with uploaded files hold. */
  readonly aesKey: boolean;
  /** The app has a cache of its own that `clearCache` can empty. */
  readonly appCache: boolean;
}

/** `GET arkSystem:files` → the app's folders of uploaded files, counted. */
export type FolderSums = readonly FolderSum[];

/**
 * `POST arkSystem:clearCache` ({ dryRun, app }) removes temporary files, staging tables of dead jobs and expired undos
 * only; with `dryRun` it says what that would be. `app`: also the app's own cache.
 */
export interface Cleared {
  readonly items: readonly {
    kind: 'cache' | 'unfinished' | 'staging' | 'undo' | 'app';
    name: string;
    bytes: number;
  }[];
  /** Why the database was left alone. */
  readonly skipped?: string;
  /** 0 in a dry run. */
  readonly freed: number;
}

/**
 * `GET arkStorages:list` → StorageItem[], the default one first. `POST arkStorages:create` takes a StorageInput,
 * `arkStorages:update?filterByTk=name` as well (without `name`); both answer the StorageItem.
 * `POST arkStorages:destroy?filterByTk=name` → {}; the backups stay where they are.
 */
export interface StorageItem {
  readonly name: string;
  readonly kind: string;
  readonly default: boolean;
  /** Only those of `settings` can be changed and removed here. */
  readonly from: 'built-in' | 'environment' | 'settings';
  /** Where it is, without secrets: a folder, or an address. */
  readonly place: string;
  /** As entered; secrets are masked. */
  readonly settings: StorageSettings;
  /** Why it cannot be used as it is. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** A secret is write-only: an answer holds a mask, and an update with the mask, or without it, keeps the old one. */
export interface StorageInput {
  readonly name?: string;
  readonly kind: string;
  /** Backups go here when no storage is named. */
  readonly default?: boolean;
  /** The fields of its kind. */
  readonly [field: string]: string | number | boolean | undefined;
}

/**
 * `POST arkStorages:test?filterByTk=name` tests a storage as it is kept; with a StorageInput as its body, those
 * settings instead, before they are saved (a mask stands for the kept secret). → StorageTest.
 */
export interface StorageTest {
  /** Everything that a backup and a restore need works with these settings. */
  readonly ok: boolean;
  readonly checks: readonly StorageCheck[];
  /** Settings that work, or work better, to be saved as they are: only the fields that change. */
  readonly proposal?: StorageSettings;
  /** What the server has shown. Nothing is sent to it until somebody has agreed, and it is saved. */
  readonly trust?: StorageSettings;
}

/** `GET arkStorages:kinds` → StorageKind[]: what a form needs to know. */
export interface StorageKind {
  readonly name: string;
  readonly fields: readonly StorageField[];
  /** Services; the one of no name is `custom`. */
  readonly providers: readonly Provider[];
}
