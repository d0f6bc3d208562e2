import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join } from 'node:path';
import type {
  BackupItem,
  DataFolder,
  InstanceItem,
  JobItem,
  LiveCollection,
  KeyElsewhere,
  NotBackedUp,
  Permission,
  PreparedComparison,
  PreparedItem,
  Preview,
  Safety,
  ScheduleItem,
  Stray,
  SystemInfo,
  TakeBackItem,
  TakeBackPreview,
  UndoItem,
  UploadItem,
} from '../../src/server/api/api';
import { storageKinds } from '../../src/server/routes/resources/storages';
import { allRoutes } from '../../src/server/routes/routes';
import * as data from './mockData';

/**
 * A server that answers as Ark does, without a database: for what the real console cannot show at will, such as
 * a thousand collections, a server that goes away, and failures of every kind.
 */
export interface Mock {
  readonly url: string;
  readonly live: LiveCollection[];
  readonly backups: BackupItem[];
  readonly undos: UndoItem[];
  readonly takeBacks: TakeBackItem[];
  /** Uploads that were begun and not finished. */
  readonly uploads: UploadItem[];
  /** What waits for its swap. */
  readonly prepared: PreparedItem[];
  /** What a comparison of it says. */
  comparison: PreparedComparison;
  readonly schedules: ScheduleItem[];
  readonly instances: InstanceItem[];
  readonly jobs: JobItem[];
  /** Answers of an action that fail from now on, such as `arkBackups:list`. */
  readonly failing: Map<string, { status: number; code: string; message: string }>;
  /** What whoever asks may do. */
  may: readonly Permission[];
  notBackedUp: NotBackedUp;
  keyElsewhere: KeyElsewhere | undefined;
  /** How safe it is, instead of not at all. */
  steps: Safety['steps'] | undefined;
  /** What the preview of a restore says, instead of the usual. */
  preview: Preview | undefined;
  /** What the preview of taking rows back says. */
  takeBackPreview: TakeBackPreview;
  /** Backups with its signature that it did not make. */
  strays: Stray[];
  /** Why the database cannot be reached. */
  away: { code: string; message: string } | undefined;
  /** What is known of the server. */
  system: SystemInfo;
  /** What lies in the data folder. */
  folder: DataFolder;
  /** Milliseconds that every answer waits. */
  delay: number;
  tell(job: JobItem): void;
  /** Goes away, as a server that was stopped. */
  stop(): Promise<void>;
  /** Comes back under the same address. */
  start(): Promise<void>;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const PAGE = join(__dirname, '../../dist/console');
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.css': 'text/css',
};

export async function startMock(size = { collections: 0, backups: 15 }): Promise<Mock> {
  const now = Date.now();
  const live = data.liveCollections(size.collections);
  const watchers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let port = 0;

  const answer = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const started = (kind: JobItem['kind'], subject: string): { job: JobItem } => {
    const job: JobItem = {
      id: `job_${Date.now()}`,
      kind,
      state: 'running',
      subject,
      startedAt: new Date().toISOString(),
      by: 'console',
      host: 'app-1',
      pid: 1,
    };
    mock.tell(job);
    return { job };
  };

  const act = async (action: string, key: string, request: IncomingMessage): Promise<unknown> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const route = allRoutes.find(({ path }) => path === `/api/${action}`);
    if (!route || !mock.may.includes(route.action.permission))
      throw new Refusal(403, 'REQUEST_FORBIDDEN', `You may not ${action}.`);
    const failure = mock.failing.get(action);
    if (failure) throw new Refusal(failure.status, failure.code, failure.message);
    const backup = mock.backups.find((backup) => backup.name === key);
    const archived = live.filter((one) => one.group !== 'ignored' && one.group !== 'log');
    switch (action) {
      case 'arkBackups:list':
        return mock.backups;
      case 'arkBackups:get':
        if (backup?.state === 'locked' && !Buffer.concat(chunks).toString().includes('open wide sesame'))
          throw new Refusal(422, 'ARCHIVE_KEY_WRONG', 'The passphrase does not open this archive.');
        return {
          ...backup,
          rows: 1000,
          collections: archived,
          notIncluded: live
            .filter((one) => one.group === 'log')
            .map((one) => ({
              what: 'collection',
              name: one.name,
              reason: 'group "log" or collection not chosen',
            })),
          blemishes: [],
          code: [],
          database: { dialect: 'postgres', version: '16.4', schema: 'public' },
          app: { name: 'nocobase', version: '2.2.15', plugins: 77 },
        };
      case 'arkBackups:rows':
        return data.lookPage;
      case 'arkBackups:previewTakeBack':
        return mock.takeBackPreview;
      case 'arkBackups:takeBack':
        return started('takeBack', key);
      case 'arkTakeBacks:list':
        return mock.takeBacks;
      case 'arkTakeBacks:preview':
        return data.takeBackUndoPreview;
      case 'arkBackups:create':
        return started('backup', 'shop-now.ark');
      case 'arkBackups:restore':
        return started('restore', key);
      case 'arkBackups:prepare':
        return started('prepare', key);
      case 'arkPrepared:list':
        return mock.prepared;
      case 'arkPrepared:preview':
        return {
          ...mock.comparison,
          collections: mock.comparison.collections.map((one) => ({ ...one, examples: [] })),
        };
      case 'arkPrepared:compare':
        return mock.comparison;
      case 'arkPrepared:swap':
        return started('restore', key);
      case 'arkPrepared:destroy':
        mock.prepared.splice(0);
        return {};
      case 'arkBackups:compare':
        return mock.comparison;
      case 'arkBackups:containing':
        return {
          has: mock.backups
            .filter(({ state, name }) => state === 'ok' && name.startsWith('before-'))
            .map(({ name, storage }) => ({ name, storage, collections: ['orders'], of: 1 })),
          unseen: mock.backups
            .filter(({ state }) => state !== 'ok')
            .map(({ name, storage, state }) => ({
              name,
              storage,
              why: state === 'locked' ? 'locked' : 'unreadable',
            })),
          failed: [],
        };
      case 'arkBackups:destroy':
        if (backup?.pinned) throw new Refusal(409, 'BACKUP_PINNED', 'It is pinned.');
        mock.backups.splice(mock.backups.indexOf(backup!), 1);
        return {};
      case 'arkBackups:mark': {
        const change = JSON.parse(Buffer.concat(chunks).toString()) as { pinned?: boolean; note?: string };
        const { pinned, note, ...rest } = backup!;
        const at = change.pinned === undefined ? pinned : { at: new Date().toISOString() };
        const isPinned = change.pinned ?? pinned !== undefined;
        const said = change.note ?? note;
        const marked = { ...rest, ...(isPinned && at && { pinned: at }), ...(said && { note: said }) };
        mock.backups.splice(mock.backups.indexOf(backup!), 1, marked);
        return marked;
      }
      case 'arkBackups:copy':
        return started('transfer', key);
      case 'arkBackups:verify':
        return started('verify', key);
      case 'arkBackups:preview':
        return mock.preview ?? data.preview(live);
      case 'arkCollections:list':
        return live;
      case 'arkJobs:list':
        return mock.jobs;
      case 'arkJobs:get':
        return mock.jobs.find((job) => job.id === key);
      case 'arkUndos:list':
        return mock.undos;
      case 'arkUndos:preview':
        return { ...data.preview(live), warnings: [], later: [] };
      case 'arkSystem:get':
        return {
          ...mock.system,
          database: { ...data.system.database, ...(mock.away && { error: mock.away }) },
          may: mock.may,
        };
      case 'arkSystem:data':
        return mock.folder;
      case 'arkSystem:files':
        return [];
      case 'arkSystem:safety':
        return {
          ...data.safety(mock.backups),
          ...(mock.steps && { steps: mock.steps }),
          notBackedUp: mock.notBackedUp,
          ...(mock.keyElsewhere && { keyElsewhere: mock.keyElsewhere }),
        };
      case 'arkSystem:rescueSheet':
        return data.rescueSheet;
      case 'arkSystem:keyElsewhere': {
        const { kept } = JSON.parse(Buffer.concat(chunks).toString()) as { kept: boolean };
        mock.notBackedUp = { ...mock.notBackedUp, aesKey: !kept };
        mock.keyElsewhere = kept ? { since: '2026-11-21T08:00:00.000Z', by: 'Ada' } : undefined;
        return {};
      }
      case 'arkTrust:list':
        return { own: 'SHA256:1f0c-22d3-9a5e-0b71-c4d8-6e2f-7a90-5b3c', former: [], trusted: [] };
      case 'arkTrust:strays':
        return mock.strays;
      case 'arkTrust:adopt':
      case 'arkTrust:renew':
        mock.strays = [];
        return action === 'arkTrust:adopt' ? [] : { own: 'SHA256:another' };
      case 'arkSchedules:list':
        return mock.schedules;
      case 'arkSchedules:preview':
        return { next: [] };
      case 'arkSchedules:prune':
        return [];
      case 'arkAlarms:get':
        return { channels: {}, app: false, sent: [] };
      case 'arkStorages:list':
        return data.storages;
      case 'arkStorages:kinds':
        return storageKinds();
      case 'arkUploads:list':
        return mock.uploads;
      case 'arkBackups:instances':
        return mock.instances;
      default:
        return {};
    }
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/api/arkJobs:watch') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': here\n\n');
      for (const job of mock.jobs) if (job.state === 'running') send(response, job);
      watchers.add(response);
      request.on('close', () => watchers.delete(response));
    } else if (url.pathname.startsWith('/api/')) {
      setTimeout(
        () =>
          void act(url.pathname.slice(5), url.searchParams.get('filterByTk') ?? '', request).then(
            (value) => answer(response, 200, { data: value }),
            (error: unknown) => {
              const refusal = error instanceof Refusal ? error : new Refusal(500, 'INTERNAL', String(error));
              answer(response, refusal.status, {
                errors: [{ code: refusal.code, message: refusal.message }],
              });
            },
          ),
        mock.delay,
      );
    } else {
      const path = url.pathname === '/' ? '/index.html' : url.pathname;
      readFile(join(PAGE, path)).then(
        (body) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(body),
        () => response.writeHead(404).end(),
      );
    }
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const send = (response: ServerResponse, job: JobItem) =>
    response.write(`event: job\ndata: ${JSON.stringify(job)}\n\n`);
  const listen = () =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });

  const mock: Mock = {
    get url() {
      return `http://127.0.0.1:${port}/`;
    },
    live,
    backups: data.backups(size.backups, live, now),
    undos: [],
    uploads: [],
    takeBacks: [],
    prepared: [],
    comparison: data.comparison,
    schedules: [],
    instances: [],
    jobs: data.jobs(now),
    failing: new Map(),
    may: data.system.may,
    notBackedUp: { groups: [], files: false, aesKey: false },
    keyElsewhere: undefined,
    steps: undefined,
    preview: undefined,
    takeBackPreview: data.takeBackPreview,
    strays: [],
    away: undefined,
    system: data.system,
    folder: data.folder,
    delay: 0,
    tell(job) {
      const at = mock.jobs.findIndex((one) => one.id === job.id);
      if (at < 0) mock.jobs.unshift(job);
      else mock.jobs[at] = job;
      for (const watcher of watchers) send(watcher, job);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    start: listen,
  };
  await listen();
  port = (server.address() as AddressInfo).port;
  return mock;
}
