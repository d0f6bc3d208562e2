import {
  ApiError,
  asApiError,
  OFFLINE,
  UNAUTHORIZED,
  type ArkApi,
  type BackupDetail,
  type BackupItem,
  type BackupRef,
  type Cleared,
  type JobItem,
  type JobWatcher,
  type LiveCollection,
  type Preview,
  type Started,
  type SystemInfo,
  type UndoItem,
  type UploadOptions,
} from './api';

const RETRY_MS = 2000;

/** The console's own server, which knows us by its cookie. */
export function consoleApi(base = 'api/'): ArkApi {
  const url = (action: string, query: Record<string, string | undefined> = {}) => {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, value);
    const text = search.toString();
    return `${base}${action}${text === '' ? '' : `?${text}`}`;
  };
  const get = (action: string, query?: Record<string, string | undefined>) =>
    send(url(action, query), { method: 'GET' });
  const post = (action: string, query?: Record<string, string | undefined>, body: unknown = {}) =>
    send(url(action, query), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const by = (backup: BackupRef) => ({ filterByTk: backup.name, storage: backup.storage });

  return {
    listBackups: async () => (await get('arkBackups:list')) as BackupItem[],
    getBackup: async (backup, passphrase) =>
      (passphrase === undefined
        ? await get('arkBackups:get', by(backup))
        : await post('arkBackups:get', by(backup), { passphrase })) as BackupDetail,
    createBackup: async (input) => (await post('arkBackups:create', {}, input)) as Started,
    uploadBackup: (file, options) => upload(url('arkBackups:upload', { name: options.name }), file, options),
    downloadBackup: (backup) => {
      const link = document.createElement('a');
      link.href = url('arkBackups:download', by(backup));
      link.download = backup.name;
      link.click();
      return Promise.resolve();
    },
    previewRestore: async (backup, input) => (await post('arkBackups:preview', by(backup), input)) as Preview,
    restoreBackup: async (backup, input) => (await post('arkBackups:restore', by(backup), input)) as Started,
    verifyBackup: async (backup, passphrase) =>
      (await post(
        'arkBackups:verify',
        by(backup),
        passphrase === undefined ? {} : { passphrase },
      )) as Started,
    destroyBackup: async (backup) => {
      await post('arkBackups:destroy', by(backup));
    },
    listCollections: async () => (await get('arkCollections:list')) as LiveCollection[],
    listJobs: async () => (await get('arkJobs:list')) as JobItem[],
    getJob: async (id) => (await get('arkJobs:get', { filterByTk: id })) as JobItem,
    cancelJob: async (id) => {
      await post('arkJobs:cancel', { filterByTk: id });
    },
    watchJobs: (watcher) => watch(url('arkJobs:watch'), watcher),
    listUndos: async () => (await get('arkUndos:list')) as UndoItem[],
    applyUndo: async (job) => (await post('arkUndos:apply', { filterByTk: job })) as Started,
    destroyUndo: async (job) => {
      await post('arkUndos:destroy', { filterByTk: job });
    },
    getSystem: async () => (await get('arkSystem:get')) as SystemInfo,
    clearCache: async () => (await post('arkSystem:clearCache')) as Cleared,
  };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
}

const offline = () => new ApiError(OFFLINE, '', 0);

async function send(url: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch {
    throw offline();
  }
  return read(await response.text().catch(() => ''), response.status);
}

/** `{ data }`, or the failure that the text tells of. */
function read(text: string, status: number): unknown {
  let answer: Answer = {};
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    // Not from Ark: a proxy's error page, or nothing at all.
  }
  if (status >= 200 && status < 300 && 'data' in answer) return answer.data;
  const error = answer.errors?.[0];
  throw new ApiError(
    error?.code ?? (status === 401 ? UNAUTHORIZED : status >= 502 && status <= 504 ? OFFLINE : 'INTERNAL'),
    error?.message ?? `HTTP ${status}`,
    status,
  );
}

/** `fetch` cannot tell how far an upload is; XMLHttpRequest can. */
function upload(url: string, file: File, { signal, onProgress }: UploadOptions): Promise<BackupItem> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    signal.addEventListener('abort', cancel, { once: true });
    request.upload.onprogress = (event) => onProgress(event.loaded, file.size);
    request.onload = () => {
      try {
        resolve(read(request.responseText, request.status) as BackupItem);
      } catch (error) {
        reject(asApiError(error));
      }
    };
    request.onerror = () => reject(offline());
    request.onabort = () => reject(new ApiError('JOB_CANCELLED', '', 0));
    request.onloadend = () => signal.removeEventListener('abort', cancel);
    request.open('POST', url);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(file);
  });
}

/** Server-sent events, taken up again for as long as it takes. */
function watch(url: string, { onJob, onConnection }: JobWatcher): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(url);
    source.onopen = () => onConnection(true);
    source.addEventListener('job', (event: MessageEvent<string>) => onJob(JSON.parse(event.data) as JobItem));
    source.onerror = () => {
      source?.close();
      onConnection(false);
      timer = setTimeout(open, RETRY_MS);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
