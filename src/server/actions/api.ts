/**
 * What the API takes and answers, for the page and for whoever calls it. URLs are NocoBase's:
 * `/api/<resource>:<action>?filterByTk=…`, answers are `{ data }`, failures `{ errors: [{ code, message }] }` with
 * the HTTP status of the code (docs/errors.md). Times are ISO 8601 texts in UTC, sizes are bytes.
 */
import type { CollectionPreview } from '../dumper/dialect';
import type { GroupName } from '../dumper/groups';
import type { Job, JobProgress } from '../jobs/jobs';

export type { CollectionPreview, GroupName, Job, JobProgress };

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
  /** `locked`: encrypted, its content is not known without the key. `damaged`: `error` says how. */
  readonly state: 'ok' | 'locked' | 'damaged';
  readonly error?: { code: string; message: string };
  /** When `verify` last found every byte as written. */
  readonly verifiedAt?: string;
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

export interface BackupDetail extends BackupItem {
  readonly rows: number;
  readonly collections: readonly ArchivedCollection[];
  readonly notIncluded: readonly { what: string; name: string; reason: string }[];
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
  /** `restore` only: false leaves uploaded files as they are. */
  readonly files?: boolean;
  /** `restore` only: go on though the preview names things that will not work afterwards. */
  readonly allowBreaks?: boolean;
}

export interface Preview {
  readonly collections: readonly (CollectionPreview & { title?: string })[];
  readonly warnings: readonly {
    kind: 'breaks' | 'kept' | 'taken-along' | 'goes' | 'role' | 'plugin' | 'version' | 'key';
    message: string;
  }[];
  readonly undoBytes: number;
  /** Uploaded files that would come back, and those that would be gone. */
  readonly files: readonly (FolderSum & { filesNow: number; lost: number })[];
}

/**
 * `POST arkBackups:verify?filterByTk=name` → { job }. `POST arkBackups:upload?name=…` takes the file as the raw
 * body (application/octet-stream, Content-Length required) → BackupItem; an archive that cannot be opened is
 * refused and nothing is kept. `GET arkBackups:download?filterByTk=name` answers ranges.
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
  readonly collections: readonly { name: string; rows: number }[];
  readonly bytes: number;
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
}

/** `GET arkSystem:files` → the app's folders of uploaded files, counted. */
export type FolderSums = readonly FolderSum[];

/** `POST arkSystem:clearCache` → { freed } */
export interface Cleared {
  readonly freed: number;
}

export type StorageKind = 'local' | 's3' | 'webdav';

/**
 * `GET arkStorages:list` → StorageItem[], the default one first. `POST arkStorages:create` takes a StorageInput,
 * `arkStorages:update?filterByTk=name` as well (without `name`); both answer the StorageItem.
 * `POST arkStorages:destroy?filterByTk=name` → {}; the backups stay where they are.
 */
export interface StorageItem {
  readonly name: string;
  readonly kind: StorageKind;
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

/** Those of its kind; a field that is left out has the provider's value. */
export interface StorageSettings {
  /** local: the whole path. */
  readonly folder?: string;
  /** s3, webdav: an id of arkStorages:providers. */
  readonly provider?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly bucket?: string;
  readonly accessKeyId?: string;
  /** Write-only: an answer holds a mask, and an update with the mask, or without it, keeps the old one. */
  readonly secretAccessKey?: string;
  readonly addressing?: 'auto' | 'path' | 'virtual' | 'domain';
  readonly partMb?: number;
  readonly url?: string;
  readonly user?: string;
  /** Write-only as well. */
  readonly password?: string;
  readonly auth?: 'auto' | 'basic' | 'digest' | 'none';
  /** Milliseconds from one request to the next. */
  readonly gapMs?: number;
  /** s3, webdav: the folder in it. */
  readonly path?: string;
  /** s3, webdav: larger archives are stored in volumes of so many megabytes. */
  readonly volumeMb?: number;
}

export interface StorageInput extends StorageSettings {
  readonly name?: string;
  readonly kind: StorageKind;
  /** Backups go here when no storage is named. */
  readonly default?: boolean;
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
}

export interface StorageCheck {
  /** What was tried: `reach`, `write`, `read`, `range`, `list`, `remove`, `clock`, `public`, `chunked`, `endpoint`, `size`. */
  readonly what: string;
  /** `danger`: it works, and must not stay so. `note`: good to know. */
  readonly state: 'ok' | 'failed' | 'danger' | 'note';
  readonly message: string;
  readonly code?: string;
}

/** `GET arkStorages:providers` → what is known of services, to fill a form with. */
export interface StorageProviders {
  readonly s3: readonly {
    readonly id: string;
    readonly title: string;
    readonly endpoint: string;
    readonly region: string;
    readonly addressing: string;
  }[];
  readonly webdav: readonly {
    readonly id: string;
    readonly title: string;
    readonly url: string;
    readonly auth: string;
    readonly volumeMb: number;
    readonly gapMs?: number;
    readonly appPassword: boolean;
  }[];
}
