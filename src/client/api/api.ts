import type {
  AlarmChannels,
  AlarmSettings,
  BackupDetail,
  BackupItem,
  BackupListMeta,
  BeginUpload,
  Cleared,
  Comparison,
  Containing,
  CreateInput,
  DataFolder,
  Failure,
  FolderSums,
  InstanceItem,
  JobItem,
  LiveCollection,
  LookPage,
  Losses,
  PreparedComparison,
  PreparedItem,
  Preview,
  Pruned,
  RescueSheet,
  RestoreInput,
  RowHistory,
  Safety,
  ScheduleInput,
  ScheduleItem,
  Started,
  StorageInput,
  StorageItem,
  StorageKind,
  StorageTest,
  SystemInfo,
  Stray,
  TakeBackInput,
  TakeBackItem,
  TakeBackPreview,
  TakeBackUndoPreview,
  TrustList,
  UndoItem,
  UndoPreview,
  UploadItem,
} from '../../server/api/api';

export type * from '../../server/api/api';

/** Names one backup: two storages may each have one of the same name. */
export type BackupRef = Pick<BackupItem, 'name' | 'storage'>;

/** What opens one. */
export type BackupKeys = Pick<RestoreInput, 'passphrase' | 'allowPlain'>;

/** A restore that stops before its swap. */
export type PrepareInput = Omit<RestoreInput, 'into' | 'acceptLost'>;

/** A comparison reads all there is: whoever no longer waits for it says so. */
export interface ComparedOptions {
  readonly keys: BackupKeys | undefined;
  /** Rows of each kind and collection that are shown at most; any at all need the permission to look. */
  readonly examples: number;
  readonly signal: AbortSignal;
}

/** Which rows are to come back, and what with them. */
export type TakeBackAsked = Omit<TakeBackInput, 'overwrite' | 'expected'>;

/** Which rows: `where` holds `column=value`, all of which must be so. */
export interface RowsQuery {
  readonly collection: string;
  readonly where: readonly string[];
  readonly search?: string;
  readonly offset: number;
  readonly limit: number;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (sent: number, total: number) => void;
}
export type UploadOptions = SendOptions & { readonly name: string };

/** A part of a file that is sent in pieces. */
export interface UploadPiece {
  readonly offset: number;
  /** CRC-32, in eight hexadecimal digits. */
  readonly crc: string;
  readonly body: Blob;
}

/** What there is, and the storages that could not be asked. */
export interface BackupList extends BackupListMeta {
  readonly backups: readonly BackupItem[];
}

export interface InstanceList extends BackupListMeta {
  readonly instances: readonly InstanceItem[];
}

/** How telling went, one way each. */
export type Delivery = Pick<AlarmSettings['sent'][number], 'channel' | 'error' | 'details'>;

/** What to change; null takes away. */
export type ScheduleChange = {
  readonly [K in keyof Omit<ScheduleInput, 'name'>]?: ScheduleInput[K] | null;
};

export interface JobWatcher {
  /** A job began, went on, or ended. */
  readonly onJob: (job: JobItem) => void;
  /** Whether the server can be heard. */
  readonly onConnection: (connected: boolean) => void;
  /** The server is there and does not know us any more: somebody has signed out, or it was started anew. */
  readonly onRefused: () => void;
}

/** How the page talks to Ark: the console asks its own server, NocoBase its API client. Failures are `ApiError`s. */
export interface ArkApi {
  /** Of all storages; those of one alone fail where it cannot be asked. */
  listBackups(storage?: string): Promise<BackupList>;
  /** What the storages have of each instance. */
  listInstances(): Promise<InstanceList>;
  getBackup(backup: BackupRef, keys?: BackupKeys): Promise<BackupDetail>;
  /** Rows of a collection of a backup, as they were: a page, and where to go on. */
  listRows(backup: BackupRef, query: RowsQuery, keys?: BackupKeys): Promise<LookPage>;
  /** One record through all backups; `key` is its primary key; of several columns a JSON list. */
  getRowHistory(
    query: { readonly collection: string; readonly key: string; readonly to?: string },
    keys?: BackupKeys,
  ): Promise<RowHistory>;
  /** What taking single rows of a backup back would do. */
  previewTakeBack(backup: BackupRef, input: TakeBackAsked): Promise<TakeBackPreview>;
  /** With `expected` of the preview nothing but what it showed. */
  takeBack(backup: BackupRef, input: TakeBackInput): Promise<Started>;
  /** Which backups have a collection of this name or title, or a part of it. */
  listContaining(collection: string): Promise<Containing>;
  createBackup(input: CreateInput): Promise<Started>;
  uploadBackup(file: File, options: UploadOptions): Promise<BackupItem>;
  /** Uploads in pieces that are not finished, the latest first. */
  listUploads(): Promise<readonly UploadItem[]>;
  /** Begins one, or goes on with it: what is there already is not sent again. */
  beginUpload(input: BeginUpload): Promise<UploadItem>;
  appendPiece(id: string, piece: UploadPiece, options: SendOptions): Promise<UploadItem>;
  /** `name`: another than was announced. */
  finishUpload(
    id: string,
    options: { readonly name: string | undefined; readonly signal: AbortSignal },
  ): Promise<BackupItem>;
  destroyUpload(id: string): Promise<void>;
  /** Hands the file to the browser's own downloads. */
  downloadBackup(backup: BackupRef): Promise<void>;
  previewRestore(backup: BackupRef, input: RestoreInput): Promise<Preview>;
  restoreBackup(backup: BackupRef, input: RestoreInput): Promise<Started>;
  /** Stages and checks all of it, beside what is live, for a swap later. */
  prepareRestore(backup: BackupRef, input: PrepareInput): Promise<Started>;
  /** What waits for its swap, newest first. */
  listPrepared(): Promise<readonly PreparedItem[]>;
  /** Exactly what the swap would change. */
  comparePrepared(job: string, options: ComparedOptions): Promise<PreparedComparison>;
  /** `acceptLost`: `lost` of the comparison; the swap is refused if more would be lost by then. */
  swapPrepared(job: string, options: BackupKeys & { readonly acceptLost: Losses }): Promise<Started>;
  destroyPrepared(job: string): Promise<void>;
  /** A backup beside the live database, or beside another backup in the same storage. */
  compareBackup(
    backup: BackupRef,
    options: ComparedOptions & { readonly against: string | undefined },
  ): Promise<Comparison>;
  verifyBackup(backup: BackupRef, passphrase?: string): Promise<Started>;
  /** Builds all of it aside, and compares every row. */
  rehearseBackup(
    backup: BackupRef,
    options: BackupKeys & Pick<RestoreInput, 'allowCode' | 'noCode'>,
  ): Promise<Started>;
  destroyBackup(backup: BackupRef): Promise<void>;
  /** Into another storage too. */
  copyBackup(backup: BackupRef, to: string): Promise<Started>;
  /** Pins it, or writes on it; an empty note takes one away. */
  markBackup(backup: BackupRef, change: { readonly pinned?: boolean; readonly note?: string }): Promise<void>;
  listCollections(): Promise<readonly LiveCollection[]>;
  listJobs(): Promise<readonly JobItem[]>;
  getJob(id: string): Promise<JobItem>;
  cancelJob(id: string): Promise<void>;
  /** Tells of all jobs until the answer is called. */
  watchJobs(watcher: JobWatcher): () => void;
  listUndos(): Promise<readonly UndoItem[]>;
  previewUndo(job: string): Promise<UndoPreview>;
  /**
   * `allowBreaks`: though something will not work any more afterwards. `acceptLost`: so many rows of each
   * collection may be lost, by the preview's count.
   */
  applyUndo(
    job: string,
    options: { readonly allowBreaks?: boolean; readonly acceptLost: Losses },
  ): Promise<Started>;
  destroyUndo(job: string): Promise<void>;
  /** Rows that were taken back and can be put back as they were. */
  listTakeBacks(): Promise<readonly TakeBackItem[]>;
  previewTakeBackUndo(job: string): Promise<TakeBackUndoPreview>;
  undoTakeBack(
    job: string,
    consent: { readonly expected: string; readonly overwrite: boolean },
  ): Promise<Started>;
  destroyTakeBack(job: string): Promise<void>;
  getSystem(): Promise<SystemInfo>;
  countFiles(): Promise<FolderSums>;
  getSafety(): Promise<Safety>;
  getRescueSheet(): Promise<RescueSheet>;
  /** The app's AES key is kept outside of its backups, or no longer. */
  sayKeyElsewhere(kept: boolean): Promise<void>;
  setBeforeChanges(mode: NonNullable<SystemInfo['beforeChanges']>['mode']): Promise<void>;
  getData(): Promise<DataFolder>;
  clearCache(options: { readonly dryRun: boolean; readonly app?: boolean }): Promise<Cleared>;

  listTrust(): Promise<TrustList>;
  addTrust(instance: { readonly fingerprint: string; readonly name: string }): Promise<void>;
  removeTrust(fingerprint: string): Promise<void>;
  /** Backups with this instance's signature that it did not make. */
  listStrays(): Promise<Stray[]>;
  /** It is the original: they are its own. */
  adoptStrays(): Promise<void>;
  /** It is the copy: from now on it has a key of its own. */
  renewInstance(): Promise<void>;

  /** The default one first. */
  listStorages(): Promise<readonly StorageItem[]>;
  listKinds(): Promise<readonly StorageKind[]>;
  createStorage(input: StorageInput): Promise<StorageItem>;
  /** A secret that is masked, or left out, stays as it is. */
  updateStorage(name: string, input: Omit<StorageInput, 'name'>): Promise<StorageItem>;
  setDefaultStorage(name: string): Promise<StorageItem>;
  destroyStorage(name: string): Promise<void>;
  /** Tries the settings, or without them the storage as it is kept. A mask stands for the secret kept under `name`. */
  testStorage(name: string | undefined, input?: StorageInput): Promise<StorageTest>;

  listSchedules(): Promise<readonly ScheduleItem[]>;
  createSchedule(input: ScheduleInput): Promise<ScheduleItem>;
  updateSchedule(name: string, change: ScheduleChange): Promise<ScheduleItem>;
  destroySchedule(name: string): Promise<void>;
  runSchedule(name: string): Promise<Started>;
  /** The next three runs of a timing; fails with why it cannot be. */
  previewTiming(timing: ScheduleInput['timing'], timeZone: string): Promise<readonly string[]>;
  /** What the rule for old backups makes of each, and without `dryRun` removes them. */
  pruneSchedule(name: string, options: { readonly dryRun: boolean }): Promise<readonly Pruned[]>;

  getAlarms(): Promise<AlarmSettings>;
  saveAlarms(channels: AlarmChannels): Promise<AlarmSettings>;
  testAlarms(): Promise<readonly Delivery[]>;
}

/** The server said no, and why. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly details?: Failure['details'],
  ) {
    super(message);
  }
}

/** Codes of failures that never reached the server, or that it could not explain. */
export const OFFLINE = 'OFFLINE';
export const UNAUTHORIZED = 'UNAUTHORIZED';

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError('INTERNAL', error instanceof Error ? error.message : String(error), 0);
}
