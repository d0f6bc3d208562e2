import {
  ApiError,
  asApiError,
  OFFLINE,
  UNAUTHORIZED,
  type AlarmSettings,
  type ArkApi,
  type BackupDetail,
  type BackupItem,
  type BackupListMeta,
  type BackupRef,
  type Cleared,
  type DataFolder,
  type Failure,
  type Delivery,
  type FolderSums,
  type JobItem,
  type LiveCollection,
  type LookPage,
  type Preview,
  type Pruned,
  type RowHistory,
  type Safety,
  type ScheduleItem,
  type Started,
  type StorageItem,
  type StorageKind,
  type StorageTest,
  type SystemInfo,
  type Stray,
  type TrustList,
  type Ticket,
  type UndoItem,
  type UndoPreview,
  type UploadOptions,
} from './api';
import { watch } from './watch';

/** A list stands there once for each. */
type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface HttpOptions {
  /** What action names are appended to. */
  readonly base: string;
  /** What makes us known to the server; the console knows us by its cookie. */
  readonly headers?: () => Record<string, string>;
  /** Links are followed without headers: what they need instead, beside a ticket. Without it a cookie is enough. */
  readonly linkQuery?: () => Record<string, string>;
  /** Told of every answer's headers. */
  readonly onHeaders?: (headers: Headers) => void;
}

/** Ark's API over HTTP: the console's own server, and NocoBase. */
export function httpApi({ base, headers = () => ({}), linkQuery, onHeaders }: HttpOptions): ArkApi {
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(url, {
        ...init,
        headers: { ...headers(), ...(init.headers as Record<string, string> | undefined) },
        credentials: 'same-origin',
        cache: 'no-store',
      });
    } catch {
      throw offline();
    }
    onHeaders?.(response.headers);
    return response;
  };
  const ask = async (url: string, init: RequestInit): Promise<Answered> => {
    const response = await send(url, init);
    return read(await response.text().catch(() => ''), response.status);
  };
  const url = (action: string, query: Query = {}) => {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query))
      for (const each of [value ?? []].flat()) search.append(key, each);
    const text = search.toString();
    return `${base}${action}${text === '' ? '' : `?${text}`}`;
  };
  const list = (action: string, query?: Query) => ask(url(action, query), { method: 'GET' });
  const get = async (action: string, query?: Query) =>
    (await ask(url(action, query), { method: 'GET' })).data;
  const post = async (action: string, query?: Query, body: unknown = {}) => {
    const answer = await ask(url(action, query), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.data;
  };
  const ticketFor = async (backup: BackupRef) =>
    ((await post('arkBackups:ticket', by(backup))) as Ticket).ticket;
  const by = (backup: BackupRef) => ({ filterByTk: backup.name, storage: backup.storage });

  return {
    listBackups: async (storage) => {
      const { data, meta } = await list('arkBackups:list', { storage });
      return { backups: data as BackupItem[], failed: (meta as BackupListMeta | undefined)?.failed ?? [] };
    },
    getBackup: async (backup, keys) =>
      (keys === undefined
        ? await get('arkBackups:get', by(backup))
        : await post('arkBackups:get', by(backup), keys)) as BackupDetail,
    listRows: async (backup, { offset, limit, ...query }, keys) => {
      const asked = { ...by(backup), ...query, offset: String(offset), limit: String(limit) };
      return (
        keys === undefined ? await get('arkBackups:rows', asked) : await post('arkBackups:rows', asked, keys)
      ) as LookPage;
    },
    getRowHistory: async (query, keys) =>
      (keys === undefined
        ? await get('arkBackups:history', query)
        : await post('arkBackups:history', query, keys)) as RowHistory,
    createBackup: async (input) => (await post('arkBackups:create', {}, input)) as Started,
    uploadBackup: (file, options) =>
      upload(url('arkBackups:upload', { name: options.name }), headers(), file, options),
    downloadBackup: async (backup) => {
      const link = document.createElement('a');
      link.href = url('arkBackups:download', {
        ...by(backup),
        ...(linkQuery && { ...linkQuery(), ticket: await ticketFor(backup) }),
      });
      link.download = backup.name;
      link.click();
    },
    previewRestore: async (backup, input) => (await post('arkBackups:preview', by(backup), input)) as Preview,
    restoreBackup: async (backup, input) => (await post('arkBackups:restore', by(backup), input)) as Started,
    verifyBackup: async (backup, passphrase) =>
      (await post('arkBackups:verify', by(backup), { passphrase })) as Started,
    rehearseBackup: async (backup, options) =>
      (await post('arkBackups:rehearse', by(backup), options)) as Started,
    destroyBackup: async (backup) => {
      await post('arkBackups:destroy', by(backup));
    },
    listCollections: async () => (await get('arkCollections:list')) as LiveCollection[],
    listJobs: async () => (await get('arkJobs:list')) as JobItem[],
    getJob: async (id) => (await get('arkJobs:get', { filterByTk: id })) as JobItem,
    cancelJob: async (id) => {
      await post('arkJobs:cancel', { filterByTk: id });
    },
    watchJobs: (watcher) => watch((signal) => send(url('arkJobs:watch'), { signal }), watcher),
    listUndos: async () => (await get('arkUndos:list')) as UndoItem[],
    previewUndo: async (job) => (await get('arkUndos:preview', { filterByTk: job })) as UndoPreview,
    applyUndo: async (job, options) =>
      (await post('arkUndos:apply', { filterByTk: job }, options)) as Started,
    destroyUndo: async (job) => {
      await post('arkUndos:destroy', { filterByTk: job });
    },
    getSystem: async () => (await get('arkSystem:get')) as SystemInfo,
    countFiles: async () => (await get('arkSystem:files')) as FolderSums,
    getSafety: async () => (await get('arkSystem:safety')) as Safety,
    sayKeyElsewhere: async (kept) => {
      await post('arkSystem:keyElsewhere', {}, { kept });
    },
    getData: async () => (await get('arkSystem:data')) as DataFolder,
    clearCache: async (options) => (await post('arkSystem:clearCache', {}, options)) as Cleared,

    listTrust: async () => (await get('arkTrust:list')) as TrustList,
    addTrust: async (instance) => {
      await post('arkTrust:add', {}, instance);
    },
    removeTrust: async (fingerprint) => {
      await post('arkTrust:remove', { filterByTk: fingerprint });
    },
    listStrays: async () => (await get('arkTrust:strays')) as Stray[],
    adoptStrays: async () => {
      await post('arkTrust:adopt', {}, {});
    },
    renewInstance: async () => {
      await post('arkTrust:renew', {}, {});
    },

    listStorages: async () => (await get('arkStorages:list')) as StorageItem[],
    listKinds: async () => (await get('arkStorages:kinds')) as StorageKind[],
    createStorage: async (input) => (await post('arkStorages:create', {}, input)) as StorageItem,
    updateStorage: async (name, input) =>
      (await post('arkStorages:update', { filterByTk: name }, input)) as StorageItem,
    setDefaultStorage: async (name) =>
      (await post('arkStorages:update', { filterByTk: name }, { default: true })) as StorageItem,
    destroyStorage: async (name) => {
      await post('arkStorages:destroy', { filterByTk: name });
    },
    testStorage: async (name, input) =>
      (await post('arkStorages:test', { filterByTk: name }, input)) as StorageTest,

    listSchedules: async () => (await get('arkSchedules:list')) as ScheduleItem[],
    createSchedule: async (input) => (await post('arkSchedules:create', {}, input)) as ScheduleItem,
    updateSchedule: async (name, change) =>
      (await post('arkSchedules:update', { filterByTk: name }, change)) as ScheduleItem,
    destroySchedule: async (name) => {
      await post('arkSchedules:destroy', { filterByTk: name });
    },
    runSchedule: async (name) => (await post('arkSchedules:run', { filterByTk: name })) as Started,
    previewTiming: async (timing, timeZone) =>
      ((await post('arkSchedules:preview', {}, { timing, timeZone })) as { next: string[] }).next,
    pruneSchedule: async (name, options) =>
      (await post('arkSchedules:prune', { filterByTk: name }, options)) as Pruned[],

    getAlarms: async () => (await get('arkAlarms:get')) as AlarmSettings,
    saveAlarms: async (channels) => (await post('arkAlarms:save', {}, channels)) as AlarmSettings,
    testAlarms: async () => ((await post('arkAlarms:test')) as { deliveries: Delivery[] }).deliveries,
  };
}

interface Answered {
  readonly data: unknown;
  readonly meta?: unknown;
}

interface Answer extends Partial<Answered> {
  readonly errors?: readonly Partial<Failure>[];
}

const offline = () => new ApiError(OFFLINE, '', 0);

/** What was answered, or the failure that the text tells of. */
function read(text: string, status: number): Answered {
  let answer: Answer = {};
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    // Not from Ark: a proxy's error page, or nothing at all.
  }
  if (status >= 200 && status < 300 && 'data' in answer) return { data: answer.data, meta: answer.meta };
  const error = answer.errors?.[0];
  throw new ApiError(
    error?.code ?? (status === 401 ? UNAUTHORIZED : status >= 502 && status <= 504 ? OFFLINE : 'INTERNAL'),
    error?.message ?? `HTTP ${status}`,
    status,
    error?.details,
  );
}

/** `fetch` cannot tell how far an upload is; XMLHttpRequest can. */
function upload(
  url: string,
  headers: Record<string, string>,
  file: File,
  { signal, onProgress }: UploadOptions,
): Promise<BackupItem> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    signal.addEventListener('abort', cancel, { once: true });
    request.upload.onprogress = (event) => onProgress(event.loaded, file.size);
    request.onload = () => {
      try {
        resolve(read(request.responseText, request.status).data as BackupItem);
      } catch (error) {
        reject(asApiError(error));
      }
    };
    request.onerror = () => reject(offline());
    request.onabort = () => reject(new ApiError('JOB_CANCELLED', '', 0));
    request.onloadend = () => signal.removeEventListener('abort', cancel);
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(file);
  });
}
