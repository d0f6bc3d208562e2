import type {
  AlarmChannels,
  AlarmSettings,
  BackupDetail,
  BackupItem,
  BackupListMeta,
  Cleared,
  CreateInput,
  DataFolder,
  Failure,
  FolderSums,
  JobItem,
  LiveCollection,
  LookPage,
  Losses,
  Preview,
  Pruned,
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
  TrustList,
  UndoItem,
  UndoPreview,
} from '../../server/api/api';

export type * from '../../server/api/api';

/** Names one backup: two storages may each have one of the same name. */
export type BackupRef = Pick<BackupItem, 'name' | 'storage'>;

/** What opens one. */
export type BackupKeys = Pick<RestoreInput, 'passphrase' | 'allowPlain'>;

/** Which rows: `where` holds `column=value`, all of which must be so. */
export interface RowsQuery {
  readonly collection: string;
  readonly where: readonly string[];
  readonly search?: string;
  readonly offset: number;
  readonly limit: number;
}

export interface UploadOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onProgress: (sent: number, total: number) => void;
}

/** What there is, and the storages that could not be asked. */
export interface BackupList extends BackupListMeta {
  readonly backups: readonly BackupItem[];
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
  getBackup(backup: BackupRef, keys?: BackupKeys): Promise<BackupDetail>;
  /** Rows of a collection of a backup, as they were: a page, and where to go on. */
  listRows(backup: BackupRef, query: RowsQuery, keys?: BackupKeys): Promise<LookPage>;
  /** One record through all backups; `key` is its primary key; of several columns a JSON list. */
  getRowHistory(
    query: { readonly collection: string; readonly key: string; readonly to?: string },
    keys?: BackupKeys,
  ): Promise<RowHistory>;
  createBackup(input: CreateInput): Promise<Started>;
  uploadBackup(file: File, options: UploadOptions): Promise<BackupItem>;
  /** Hands the file to the browser's own downloads. */
  downloadBackup(backup: BackupRef): Promise<void>;
  previewRestore(backup: BackupRef, input: RestoreInput): Promise<Preview>;
  restoreBackup(backup: BackupRef, input: RestoreInput): Promise<Started>;
  verifyBackup(backup: BackupRef, passphrase?: string): Promise<Started>;
  /** Builds all of it aside, and compares every row. */
  rehearseBackup(
    backup: BackupRef,
    options: BackupKeys & Pick<RestoreInput, 'allowCode' | 'noCode'>,
  ): Promise<Started>;
  destroyBackup(backup: BackupRef): Promise<void>;
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
  getSystem(): Promise<SystemInfo>;
  countFiles(): Promise<FolderSums>;
  getSafety(): Promise<Safety>;
  /** The app's AES key is kept outside of its backups, or no longer. */
  sayKeyElsewhere(kept: boolean): Promise<void>;
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
