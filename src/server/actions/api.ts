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
  readonly groups: readonly { group: GroupName; collections: number; rows: number }[];
  /** `locked`: encrypted, its content is not known without the key. `damaged`: `error` says how. */
  readonly state: 'ok' | 'locked' | 'damaged';
  readonly error?: { code: string; message: string };
  /** When `verify` last found every byte as written. */
  readonly verifiedAt?: string;
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
  readonly storage?: string;
  readonly name?: string;
  readonly passphrase?: string;
  readonly recipients?: readonly string[];
}

/** `POST arkBackups:preview?filterByTk=name` (and `:restore`, which answers { job }). */
export interface RestoreInput extends SelectionInput {
  readonly storage?: string;
  readonly passphrase?: string;
  readonly identities?: readonly string[];
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

/** `POST arkSystem:clearCache` → { freed } */
export interface Cleared {
  readonly freed: number;
}
