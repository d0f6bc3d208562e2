import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  asApiError,
  OFFLINE,
  type ApiError,
  type ArkApi,
  type BackupItem,
  type BackupListMeta,
  type JobItem,
  type PreparedItem,
  type StorageItem,
  type SystemInfo,
  type TakeBackItem,
  type UndoItem,
} from './api';

const PATIENCE_MS = 1500;
const LOOK_MS = 10_000;
const pause = (ms: number) => new Promise<false>((resolve) => setTimeout(() => resolve(false), ms));

export interface ArkData {
  /** Undefined until they are there. */
  readonly backups: readonly BackupItem[] | undefined;
  /** Every storage has been asked; until then one without backups here may have some. */
  readonly whole: boolean;
  /** Storages that could not be asked for theirs. */
  readonly unreachable: BackupListMeta['failed'];
  /** The default one first; undefined until they are there. */
  readonly storages: readonly StorageItem[] | undefined;
  readonly undos: readonly UndoItem[];
  /** What can be undone was read at least once. */
  readonly undosKnown: boolean;
  /** Rows that were taken back and can be put back. */
  readonly takeBacks: readonly TakeBackItem[];
  /** Restores that wait for their swap, newest first. */
  readonly prepared: readonly PreparedItem[];
  readonly system: SystemInfo | undefined;
  /** Newest first. */
  readonly jobs: readonly JobItem[];
  /** A job has the database; to verify or copy an archive it is not needed. */
  readonly busy: boolean;
  /** The list of jobs was read at least once. */
  readonly jobsKnown: boolean;
  readonly loading: boolean;
  /** Why the last reading failed; what was read before is still shown. */
  readonly error: ApiError | undefined;
  /** False while the server cannot be heard. */
  readonly connected: boolean;
  /** Grows with each reading, for what is read beside it. */
  readonly stamp: number;
  readonly reload: () => void;
  /** Takes in what the server answered about a job, before the events tell of it. */
  readonly tell: (job: JobItem) => void;
}

/** What a dialog needs that starts a job and follows it. */
export type Running = Pick<ArkData, 'jobs' | 'busy' | 'tell'>;

/** Everything the page shows, kept true by the events of the jobs, whichever tab or command started them. */
export function useArkData(api: ArkApi): ArkData {
  const [backups, setBackups] = useState<readonly BackupItem[]>();
  const [whole, setWhole] = useState(false);
  const [unreachable, setUnreachable] = useState<BackupListMeta['failed']>([]);
  const [storages, setStorages] = useState<readonly StorageItem[]>();
  const [undos, setUndos] = useState<readonly UndoItem[]>([]);
  const [undosKnown, setUndosKnown] = useState(false);
  const [takeBacks, setTakeBacks] = useState<readonly TakeBackItem[]>([]);
  const [prepared, setPrepared] = useState<readonly PreparedItem[]>([]);
  const [system, setSystem] = useState<SystemInfo>();
  const [jobs, setJobs] = useState<ReadonlyMap<string, JobItem>>(new Map());
  const [jobsKnown, setJobsKnown] = useState(false);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<ApiError>();
  const [heard, setHeard] = useState(true);
  const [stamp, setStamp] = useState(0);
  const round = useRef(0);
  const seen = useRef(new Map<string, JobItem>());

  const tell = useCallback((job: JobItem) => {
    const before = seen.current.get(job.id);
    // An event may come later than the answer that overtook it.
    if (before && before.state !== 'running' && job.state === 'running') return;
    const log = job.log ?? before?.log;
    seen.current.set(job.id, log ? { ...job, log } : job);
    setJobs(new Map(seen.current));
  }, []);

  const reload = useCallback(() => {
    const mine = ++round.current;
    setLoading(true);
    setStamp(mine);
    /** Each is shown as soon as it is there: a storage that does not answer may take its time. */
    const take = async <T>(asked: Promise<T>, show: (value: T) => void): Promise<ApiError | undefined> => {
      try {
        const value = await asked;
        if (mine === round.current) show(value);
        return undefined;
      } catch (cause) {
        return asApiError(cause);
      }
    };
    const showJobs = (listing: readonly JobItem[]) => {
      const listed = new Map(listing.map((job) => [job.id, job]));
      const newest = listing.reduce((last, job) => (job.startedAt > last ? job.startedAt : last), '');
      for (const job of seen.current.values()) {
        const now = listed.get(job.id);
        // What the events told may be newer than the list that was on its way.
        if (now ? now.state === 'running' : job.startedAt > newest) listed.set(job.id, job);
      }
      seen.current = listed;
      setJobs(new Map(listed));
      setJobsKnown(true);
    };
    // First of all: each line of the list names its storage where there are several.
    const places = api.listStorages();
    const all = api.listBackups();
    /** The first time nobody shall wait for a storage that does not answer to see what the others have. */
    const showFirst = async () => {
      const names = (await places).map((storage) => storage.name);
      const known = await Promise.race([all.then(() => true), pause(PATIENCE_MS)]);
      if (known || names.length < 2) return;
      let over = false;
      void all.finally(() => (over = true)).catch(() => undefined);
      await Promise.allSettled(
        names.map(async (name) => {
          const { backups: some } = await api.listBackups(name);
          if (over || mine !== round.current || some.length === 0) return;
          setBackups((before = []) => [...before, ...some]);
        }),
      );
    };
    if (mine === 1) showFirst().catch(() => undefined);
    // Together: whichever is the newest is shown first.
    const takeUndos = async () => {
      const lists = Promise.all([api.listUndos(), api.listTakeBacks(), api.listPrepared()]);
      const failure = await take(lists, ([restores, rows, waiting]) => {
        setUndos(restores);
        setTakeBacks(rows);
        setPrepared(waiting);
      });
      if (mine === round.current) setUndosKnown(true);
      return failure;
    };
    const reading = async () => {
      const failures = await Promise.all([
        take(all, (list) => {
          setBackups(list.backups);
          setWhole(true);
          setUnreachable(list.failed);
        }),
        take(api.getSystem(), setSystem),
        take(api.listJobs(), showJobs),
        takeUndos(),
        take(places, setStorages),
      ]);
      if (mine !== round.current) return;
      setError(failures.find((failure) => failure !== undefined));
      setLoading(false);
    };
    void reading();
  }, [api]);

  useEffect(() => {
    reload();
    let first = true;
    return api.watchJobs({
      onJob: (job) => {
        const before = seen.current.get(job.id);
        tell(job);
        if (job.state !== 'running' && before?.state !== job.state) reload();
      },
      onConnection: (connected) => {
        setHeard(connected);
        // What happened meanwhile was not told.
        if (connected && !first) reload();
        first = false;
      },
      // Reading anew tells the page why.
      onRefused: reload,
    });
  }, [api, reload, tell]);

  // No event tells that the database has gone, or come back.
  const broken = error !== undefined || system?.database.error !== undefined;
  useEffect(() => {
    const look = () => {
      if (document.hidden) return;
      api.getSystem().then(
        (now) => {
          if (broken || now.database.error !== undefined) reload();
        },
        () => {
          if (!broken) reload();
        },
      );
    };
    const timer = setInterval(look, LOOK_MS);
    // Whoever comes back to the page, or is on the network again, does not wait.
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', look);
    };
  }, [api, broken, reload]);

  const sorted = useMemo(
    () => [...jobs.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt)),
    [jobs],
  );
  return {
    backups,
    whole,
    unreachable,
    storages,
    undos,
    undosKnown,
    takeBacks,
    prepared,
    system,
    jobs: sorted,
    busy: sorted.some((job) => job.state === 'running' && !['verify', 'transfer'].includes(job.kind)),
    jobsKnown,
    loading,
    error,
    connected: heard && error?.code !== OFFLINE,
    stamp,
    reload,
    tell,
  };
}
