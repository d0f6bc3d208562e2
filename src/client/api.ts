import type {
  BackupDetail,
  BackupItem,
  Cleared,
  CreateInput,
  FolderSums,
  JobItem,
  LiveCollection,
  Preview,
  RestoreInput,
  Started,
  SystemInfo,
  UndoItem,
} from '../server/actions/api';

export type * from '../server/actions/api';

/** Names one backup: two storages may each have one of the same name. */
export type BackupRef = Pick<BackupItem, 'name' | 'storage'>;

export interface UploadOptions {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onProgress: (sent: number, total: number) => void;
}

export interface JobWatcher {
  /** A job began, went on, or ended. */
  readonly onJob: (job: JobItem) => void;
  /** Whether the server can be heard. */
  readonly onConnection: (connected: boolean) => void;
}

/** How the page talks to Ark: the console asks its own server, NocoBase its API client. Failures are `ApiError`s. */
export interface ArkApi {
  listBackups(): Promise<readonly BackupItem[]>;
  getBackup(backup: BackupRef, passphrase?: string): Promise<BackupDetail>;
  createBackup(input: CreateInput): Promise<Started>;
  uploadBackup(file: File, options: UploadOptions): Promise<BackupItem>;
  /** Hands the file to the browser's own downloads. */
  downloadBackup(backup: BackupRef): Promise<void>;
  previewRestore(backup: BackupRef, input: RestoreInput): Promise<Preview>;
  restoreBackup(backup: BackupRef, input: RestoreInput): Promise<Started>;
  verifyBackup(backup: BackupRef, passphrase?: string): Promise<Started>;
  destroyBackup(backup: BackupRef): Promise<void>;
  listCollections(): Promise<readonly LiveCollection[]>;
  listJobs(): Promise<readonly JobItem[]>;
  getJob(id: string): Promise<JobItem>;
  cancelJob(id: string): Promise<void>;
  /** Tells of all jobs until the answer is called. */
  watchJobs(watcher: JobWatcher): () => void;
  listUndos(): Promise<readonly UndoItem[]>;
  applyUndo(job: string): Promise<Started>;
  destroyUndo(job: string): Promise<void>;
  getSystem(): Promise<SystemInfo>;
  countFiles(): Promise<FolderSums>;
  clearCache(): Promise<Cleared>;
}

/** The server said no, and why. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
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
