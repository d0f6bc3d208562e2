/**
 * What the API takes and answers, for the page and for whoever calls it. URLs are NocoBase's:
 * `/api/<resource>:<action>?filterByTk=…`, answers are `{ data }`, failures `{ errors: [{ code, message, details? }] }` with
 * the HTTP status of the code (docs/errors.md). Times are ISO 8601 texts in UTC, sizes are bytes.
 */
import type { z } from 'zod';
import type { CodeItem, LeftOut } from '../dumper/schema/code';
import type { Blemish } from '../dumper/schema/blemish';
import type { CollectionPreview } from '../dumper/dialect';
import type { GroupName } from '../dumper/app/groups';
import type { Losses } from '../dumper/app/lost';
import type { Maker } from '../dumper/archive/maker';
import type { Proof, Unproven } from '../dumper/restore/proof';
import type { Job, JobProgress } from '../jobs/jobs';
import type { Retention } from '../jobs/retention';
import type { Timing } from '../jobs/schedule';
import type { StorageSettings } from '../storage/checks';
import type { Provider, StorageField } from '../storage/fields';
import type { Failure as KeptFailure } from '../errors/details';
import type * as answers from './answers';
import type { Frozen } from './frozen';
import type * as input from './input';
import type { Permission } from './permissions';

export type {
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
  StorageField,
  StorageSettings,
  Timing,
  Unproven,
};

/** What a schema of answers.ts lets through; its fields are explained there. */
type Of<Schema extends z.ZodType> = Frozen<z.output<Schema>>;
/** What a schema of input.ts takes. */
type In<Schema extends z.ZodType> = Frozen<z.input<Schema>>;

/** `GET arkBackups:list` → BackupItem[], newest first. `arkBackups:get?filterByTk=name` → BackupDetail. */
export type BackupItem = Of<typeof answers.BackupItem>;

/**
 * A backup with this instance's signature that it did not make: its data was copied. `GET arkTrust:strays` → Stray[];
 * `POST arkTrust:adopt` ({}) → those that count as its own from now on; `POST arkTrust:renew` ({}) → { own }, the
 * fingerprint of its new key: it is the copy, and all that was made before is the original's.
 */
export type Stray = Of<typeof answers.Stray>;

/**
 * `GET arkTrust:list` → TrustList. `POST arkTrust:add` ({ fingerprint, name }) → the trusted instance;
 * `POST arkTrust:remove?filterByTk=fingerprint` → {}.
 */
export type TrustList = Of<typeof answers.TrustList>;

export type Failure = Frozen<KeptFailure>;

/** `meta` of `arkBackups:list`: storages that could not be asked; what they have is not in the list. */
/** `GET arkBackups:containing` (`collection`: a part of its name or title). */
export type Containing = Of<typeof answers.Containing>;

export type BackupListMeta = Of<typeof answers.BackupListMeta>;

/** `GET arkBackups:instances` → each instance that has backups; `meta` as of `arkBackups:list`. */
export type InstanceItem = Of<typeof answers.InstanceItem>;

/**
 * Of a file that is sent in pieces. `POST arkUploads:create` ({ name, size, begin, end, … }) → UploadItem;
 * `POST arkUploads:append?filterByTk=id&offset=…&crc=…` takes a piece as the raw body → UploadItem;
 * `POST arkUploads:finish?filterByTk=id` → BackupItem; `GET arkUploads:list` → UploadItem[], the latest first.
 */
export type UploadItem = Of<typeof answers.UploadItem>;
export type BeginUpload = In<typeof input.BeginBody>;

export type FolderSum = Of<typeof answers.FolderSum>;

/** For one download by a link. */
export type Ticket = Of<typeof answers.Ticket>;

export type BackupDetail = Of<typeof answers.BackupDetail>;

export type ArchivedCollection = Of<typeof answers.ArchivedCollection>;

/**
 * `GET arkBackups:rows?filterByTk=name&collection=…` → LookPage: rows of a collection of a backup (where=column=value,
 * search, offset, limit). With a key in a POST for an encrypted one. A search ends after a while, with `next`.
 */
export type LookPage = Of<typeof answers.LookPage>;
export type LookColumn = Of<typeof answers.LookColumn>;
export type LookCell = Of<typeof answers.LookCell>;

/**
 * `GET arkBackups:compare?filterByTk=name` (and against, collections, groups, examples) → Comparison: the rows of a backup
 * beside those of the live database, or of another backup.
 */
export type Comparison = Of<typeof answers.Comparison>;
/** `GET arkPrepared:list` → PreparedItem[]; `POST arkPrepared:compare|preview?filterByTk=job` → PreparedComparison; `POST arkPrepared:swap?filterByTk=job` → { job }; `POST arkPrepared:destroy?filterByTk=job` → {}. */
export type PreparedItem = Of<typeof answers.PreparedItem>;
export type PreparedComparison = Of<typeof answers.PreparedComparison>;

/** `GET arkBackups:history?collection=…&key=…` (and storage, limit, to) → RowHistory: one record through all backups. */
export type RowHistory = Of<typeof answers.RowHistory>;

/** `GET arkCollections:list` → the live collections, sorted into groups. */
export type LiveCollection = Of<typeof answers.LiveCollection>;

/** `POST arkBackups:create` → { job }. The job goes on after the answer; watch it. */
export type CreateInput = In<typeof input.CreateBody>;

/** `POST arkBackups:preview?filterByTk=name` (and `:restore`, which answers { job }). */
export type RestoreInput = In<typeof input.RestoreBody>;

export type Preview = Of<typeof answers.Preview>;

/**
 * `POST arkBackups:verify?filterByTk=name` → { job }. `POST arkBackups:upload?name=…` takes the file as the raw
 * body (application/octet-stream, Content-Length required) → BackupItem; an archive that cannot be opened is
 * refused and nothing is kept. Old `.nbdump` files are taken too, and keep that ending. `GET arkBackups:download?filterByTk=name` answers ranges.
 * `POST arkBackups:destroy?filterByTk=name` → {}.
 */
export type Started = Of<typeof answers.Started>;

/**
 * `GET arkJobs:list` → JobItem[], newest first; `arkJobs:get?filterByTk=id`; `POST arkJobs:cancel?filterByTk=id`.
 * `GET arkJobs:watch` → server-sent events `job` with a JobItem each, first the ones that run now; a job's last
 * event has its end state. `arkJobs:watch?filterByTk=id` tells of one job only and ends with it.
 */
export type JobItem = Of<typeof answers.JobItem>;

/** `GET arkUndos:list` → UndoItem[]; `POST arkUndos:apply?filterByTk=job` → { job }; `POST arkUndos:destroy?filterByTk=job` → {}. */
export type UndoItem = Of<typeof answers.UndoItem>;

/** `GET arkUndos:preview?filterByTk=job`: "the backup" is what went aside, the moment that of the restore. */
export type UndoPreview = Of<typeof answers.UndoPreview>;

/**
 * `POST arkBackups:previewTakeBack?filterByTk=name` → TakeBackPreview; `POST arkBackups:takeBack?filterByTk=name` → { job }:
 * single rows of a backup.
 */
export type TakeBackPreview = Of<typeof answers.TakeBackPreview>;
export type TakeBackInput = In<typeof input.TakeBackBody>;
export type TakeBackRow = Of<typeof answers.TakeBackRow>;
/** `GET arkTakeBacks:list` → TakeBackItem[]; `POST arkTakeBacks:undo?filterByTk=job` → { job }; `POST arkTakeBacks:destroy?filterByTk=job` → {}. */
export type TakeBackItem = Of<typeof answers.TakeBackItem>;
/** `GET arkTakeBacks:preview?filterByTk=job`: what an undo of it would change. */
export type TakeBackUndoPreview = Of<typeof answers.TakeBackUndoPreview>;

/**
 * `POST arkBackups:rehearse?filterByTk=name` → { job }, of kind `rehearse`.
 *
 * `GET arkSchedules:list` → ScheduleItem[]; `:get?filterByTk=name`; `POST :create` (ScheduleInput), `:update?filterByTk=name`
 * (any of its fields; `retention: null`, `passphrase: null`, `recipients: null` take away), `:destroy`, `:run` → { job }
 * when its backup has begun; `POST :preview` (timing, timeZone) → { next } checks a timing; `POST :prune?filterByTk=name`
 * ({ dryRun }) → Pruned[].
 */
export type ScheduleInput = In<typeof input.ScheduleInput>;

export type ScheduleItem = Of<typeof answers.ScheduleItem>;

export type ScheduledRun = Of<typeof answers.ScheduledRun>;

/** What the rule of a schedule makes of one storage. */
export type Pruned = Of<typeof answers.Pruned>;

/**
 * `GET arkAlarms:get` → AlarmSettings, addresses and passwords masked; `POST :save` (AlarmChannels, takes the place of
 * all; masks keep what there is); `POST :test` → { deliveries }.
 */
export type AlarmSettings = Of<typeof answers.AlarmSettings>;
export type AlarmChannels = AlarmSettings['channels'];

/** What the app has, and no backup. */
export type NotBackedUp = Of<typeof answers.NotBackedUp>;

/**
 * Somebody keeps the app's AES key outside of its backups. `POST arkSystem:keyElsewhere` ({ kept }) says so of the key
 * that the app has now, or takes it back → { keyElsewhere? }; a new key, or a copy of this instance, is asked anew.
 */
export type KeyElsewhere = Of<typeof answers.KeyElsewhere>;

/** `GET arkSystem:safety`: whether the app is safe, at a glance. */
export type Safety = Of<typeof answers.Safety>;
export type SafetyStep = Of<typeof answers.SafetyStep>;

/** `GET arkSystem:rescueSheet`: what is needed to get the app back when its server is gone, without secrets. */
export type RescueSheet = Of<typeof answers.RescueSheet>;

/** `GET arkSystem:data`: the data folder and what Ark keeps in the database. */
export type DataFolder = Of<typeof answers.DataFolder>;

/** `GET arkSystem:get` */
export type SystemInfo = Of<typeof answers.SystemInfo>;

/** `GET arkSystem:files` → the app's folders of uploaded files, counted. */
export type FolderSums = readonly FolderSum[];

/**
 * `POST arkSystem:clearCache` ({ dryRun, app }) removes temporary files, staging tables of dead jobs and expired undos
 * only; with `dryRun` it says what that would be. `app`: also the app's own cache.
 */
export type Cleared = Of<typeof answers.Cleared>;

/**
 * `GET arkStorages:list` → StorageItem[], the default one first. `POST arkStorages:create` takes a StorageInput,
 * `arkStorages:update?filterByTk=name` as well (without `name`); both answer the StorageItem.
 * `POST arkStorages:destroy?filterByTk=name` → {}; the backups stay where they are.
 */
export type StorageItem = Of<typeof answers.StorageItem>;

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
export type StorageTest = Of<typeof answers.StorageTest>;
export type StorageCheck = StorageTest['checks'][number];

/** `GET arkStorages:kinds` → StorageKind[]: what a form needs to know. */
export type StorageKind = Of<typeof answers.StorageKind>;
