import type {
  AlarmSettings,
  ArkApi,
  BackupDetail,
  BackupItem,
  BackupListMeta,
  BackupRef,
  Cleared,
  Comparison,
  Containing,
  DataFolder,
  Delivery,
  FolderSums,
  InstanceItem,
  JobItem,
  LiveCollection,
  LookPage,
  PreparedComparison,
  PreparedItem,
  Preview,
  Pruned,
  RowHistory,
  RescueSheet,
  Safety,
  ScheduleItem,
  Started,
  StorageItem,
  StorageKind,
  StorageTest,
  SystemInfo,
  Stray,
  TakeBackItem,
  TakeBackPreview,
  TakeBackUndoPreview,
  TrustList,
  Ticket,
  UndoItem,
  UndoPreview,
  UploadItem,
} from './api';
import { offline, read, type Answered } from './answered';
import { sendBody } from './sendBody';
import { watch } from './watch';

/** A line on which nothing moves for so long is broken, whether or not anybody says so. */
const SILENT_MS = 60_000;

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
  const post = async (action: string, query?: Query, body: unknown = {}, signal?: AbortSignal) => {
    const answer = await ask(url(action, query), {
      method: 'POST',
      ...(signal && { signal }),
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
    listInstances: async () => {
      const { data, meta } = await list('arkBackups:instances', {});
      return {
        instances: data as InstanceItem[],
        failed: (meta as BackupListMeta | undefined)?.failed ?? [],
      };
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
    previewTakeBack: async (backup, input) =>
      (await post('arkBackups:previewTakeBack', by(backup), input)) as TakeBackPreview,
    takeBack: async (backup, input) => (await post('arkBackups:takeBack', by(backup), input)) as Started,
    listContaining: async (collection) => (await get('arkBackups:containing', { collection })) as Containing,
    createBackup: async (input) => (await post('arkBackups:create', {}, input)) as Started,
    uploadBackup: async (file, options) =>
      (await sendBody(
        url('arkBackups:upload', { name: options.name }),
        headers(),
        file,
        options,
      )) as BackupItem,
    listUploads: async () => (await get('arkUploads:list')) as UploadItem[],
    beginUpload: async (input) => (await post('arkUploads:create', {}, input)) as UploadItem,
    appendPiece: async (id, { offset, crc, body }, options) => {
      const query = { filterByTk: id, offset: String(offset), crc };
      const sent = { ...options, silentMs: SILENT_MS };
      return (await sendBody(url('arkUploads:append', query), headers(), body, sent)) as UploadItem;
    },
    finishUpload: async (id, { name, signal }) =>
      (await post('arkUploads:finish', { filterByTk: id, name }, {}, signal)) as BackupItem,
    destroyUpload: async (id) => {
      await post('arkUploads:destroy', { filterByTk: id });
    },
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
    prepareRestore: async (backup, input) => (await post('arkBackups:prepare', by(backup), input)) as Started,
    listPrepared: async () => (await get('arkPrepared:list')) as PreparedItem[],
    comparePrepared: async (job, { keys = {}, examples, signal }) =>
      (examples > 0
        ? await post('arkPrepared:compare', { filterByTk: job, examples: String(examples) }, keys, signal)
        : await post('arkPrepared:preview', { filterByTk: job }, keys, signal)) as PreparedComparison,
    swapPrepared: async (job, options) =>
      (await post('arkPrepared:swap', { filterByTk: job }, options)) as Started,
    destroyPrepared: async (job) => {
      await post('arkPrepared:destroy', { filterByTk: job });
    },
    compareBackup: async (backup, { keys = {}, examples, against, signal }) => {
      const asked = { ...by(backup), against, examples: String(examples) };
      return (await post('arkBackups:compare', asked, keys, signal)) as Comparison;
    },
    verifyBackup: async (backup, passphrase) =>
      (await post('arkBackups:verify', by(backup), { passphrase })) as Started,
    rehearseBackup: async (backup, options) =>
      (await post('arkBackups:rehearse', by(backup), options)) as Started,
    copyBackup: async (backup, to) => (await post('arkBackups:copy', by(backup), { to })) as Started,
    markBackup: async (backup, change) => {
      await post('arkBackups:mark', by(backup), change);
    },
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
    listTakeBacks: async () => (await get('arkTakeBacks:list')) as TakeBackItem[],
    previewTakeBackUndo: async (job) =>
      (await get('arkTakeBacks:preview', { filterByTk: job })) as TakeBackUndoPreview,
    undoTakeBack: async (job, consent) =>
      (await post('arkTakeBacks:undo', { filterByTk: job }, consent)) as Started,
    destroyTakeBack: async (job) => {
      await post('arkTakeBacks:destroy', { filterByTk: job });
    },
    getSystem: async () => (await get('arkSystem:get')) as SystemInfo,
    countFiles: async () => (await get('arkSystem:files')) as FolderSums,
    getRescueSheet: async () => (await get('arkSystem:rescueSheet')) as RescueSheet,
    getSafety: async () => (await get('arkSystem:safety')) as Safety,
    sayKeyElsewhere: async (kept) => {
      await post('arkSystem:keyElsewhere', {}, { kept });
    },
    setBeforeChanges: async (mode) => {
      await post('arkSystem:beforeChanges', {}, { mode });
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
