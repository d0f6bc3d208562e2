import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, asApiError, type ArkApi, type BackupItem, type UploadItem } from '../api/api';
import { freeName, uploadName } from '../parts/names';
import { announced } from './announced';
import { newPace } from './pace';
import { newSender, PROXY_REFUSES, type Sender } from './sender';
import { useUnfinished } from './useUnfinished';
import { waitForLine } from './waitForLine';

/** Larger files go in pieces, and can be gone on with. */
const ONE_PIECE = 8 * 1024 * 1024;

export interface Upload {
  readonly file: string;
  readonly sent: number;
  readonly total: number;
  /** Of one in pieces. */
  readonly state?: 'sending' | 'paused' | 'waiting' | 'checking';
  /** Bytes per second. */
  readonly rate?: number | undefined;
  /** Why it waits, or how it ended. */
  readonly error?: ApiError;
  readonly done?: BackupItem;
  /** It ended, and can be gone on with. */
  readonly again?: () => void;
  /** Another file was chosen than the one that is to be gone on with. */
  readonly wanted?: UploadItem;
}

export interface Uploads {
  readonly upload: Upload | undefined;
  readonly busy: boolean;
  /** What was begun and waits for its file. */
  readonly unfinished: readonly UploadItem[];
  readonly start: (file: File) => void;
  /** The same file was chosen, or so it seems. */
  readonly resume: (item: UploadItem, file: File) => void;
  readonly drop: (item: UploadItem) => Promise<void>;
  readonly reload: () => void;
  readonly pause: () => void;
  readonly goOn: () => void;
  readonly cancel: () => void;
  readonly clear: () => void;
}

/** Failures in the reader's words. */
export interface UploadWords {
  readonly tooLarge: (file: File) => string;
  readonly proxy: () => string;
}

/** Every backup is a ZIP: nobody sends gigabytes to hear that theirs is none. An `.nbdata` may be encrypted, and what is empty has its own words. */
async function beginsAsArchive(file: File): Promise<boolean> {
  if (file.size === 0 || /\.nbdata$/i.test(file.name)) return true;
  const first = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return [0x50, 0x4b, 0x03, 0x04].every((byte, at) => first[at] === byte);
}

/** One file at a time goes up. Of a small one nothing is kept before it is whole; a large one goes on where it was. */
export function useUpload(
  api: ArkApi,
  may: boolean,
  taken: readonly BackupItem[],
  limit: number | undefined,
  onDone: (backup: BackupItem) => void,
  words: UploadWords,
): Uploads {
  const [upload, setUpload] = useState<Upload>();
  /** Ids of the one that runs, and of those that are just being thrown away. */
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const running = useRef<{ readonly stop: () => void; readonly sender?: Sender }>();
  const { items, reload } = useUnfinished(api, may);
  const busy = upload !== undefined && !upload.done && (!upload.error || upload.state === 'waiting');

  useEffect(() => {
    // A large one goes on another time.
    if (!busy || upload.state) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [busy, upload?.state]);
  // Nobody would see it go on.
  useEffect(() => () => running.current?.sender?.stop(), []);

  const whole = useCallback(
    (file: File, name: string, begun: Upload) => {
      const { signal, abort } = ending();
      running.current = { stop: abort };
      const onProgress = (sent: number, total: number) => setUpload({ ...begun, sent, total });
      return api.uploadBackup(file, { name, signal, onProgress });
    },
    [api],
  );
  const pieces = useCallback(
    async (file: File, name: string, begun: Upload, wanted: string | undefined, isOver: () => boolean) => {
      const input = { ...(await announced(file)), name, ...(wanted !== undefined && { upload: wanted }) };
      const item = await api.beginUpload(input);
      const drop = () => api.destroyUpload(item.id).catch(() => undefined);
      if (isOver()) {
        await drop();
        throw new ApiError('JOB_CANCELLED', '', 0);
      }
      const show = () => setHidden((ids) => ids.filter((id) => id !== item.id));
      setHidden((ids) => [...ids, item.id]);
      const pace = newPace();
      let cancelled = false;
      const sender = newSender({
        api,
        file,
        upload: item,
        taken: taken.map((backup) => backup.name),
        wait: waitForLine,
        onChange: (sending) => {
          if (sending.state === 'sending') pace.add(sending.sent, Date.now());
          else pace.clear();
          setUpload({ ...begun, ...sending, rate: pace.rate() });
        },
      });
      const stop = () => {
        cancelled = true;
        sender.stop();
        // Thrown away it is not shown again, whenever a list comes that was asked for before.
        void api.destroyUpload(item.id).then(reload, show);
      };
      running.current = { stop, sender };
      return sender.done.finally(() => cancelled || show());
    },
    [api, reload, taken],
  );

  const send = useCallback(
    (file: File, item: UploadItem | undefined) => {
      if (running.current) return;
      const begun: Upload = { file: file.name, sent: 0, total: file.size };
      let stopped = false;
      running.current = { stop: () => (stopped = true) };
      const name = item?.name ?? freeName(uploadName(file.name), new Set(taken.map((backup) => backup.name)));
      const large = file.size > ONE_PIECE;
      setUpload({ ...begun, ...(large && { state: 'sending' as const }) });
      beginsAsArchive(file)
        .then((good) => {
          if (!good) throw new ApiError('ARCHIVE_NOT_ARK', file.name, 422);
          return large ? pieces(file, name, begun, item?.id, () => stopped) : whole(file, name, begun);
        })
        .then(
          (done) => {
            setUpload({ ...begun, sent: file.size, done });
            onDone(done);
          },
          (cause: unknown) => {
            const error = asApiError(cause);
            if (stopped || error.code === 'JOB_CANCELLED') {
              setUpload(undefined);
              return;
            }
            const said = error.code === PROXY_REFUSES ? new ApiError(error.code, words.proxy(), 413) : error;
            const again = large && error.code !== 'UPLOAD_DIFFERS' && error.status !== 422;
            setUpload({
              ...begun,
              error: said,
              ...(again && { again: () => send(file, undefined) }),
              ...(error.code === 'UPLOAD_DIFFERS' && item && { wanted: item }),
            });
          },
        )
        .finally(() => {
          running.current = undefined;
          if (large) void reload();
        });
    },
    [onDone, pieces, reload, taken, whole, words],
  );
  const start = useCallback(
    (file: File) => {
      if (running.current) return;
      if (limit === undefined || limit <= 0 || file.size <= limit) {
        send(file, undefined);
        return;
      }
      const error = new ApiError('BODY_TOO_LARGE', words.tooLarge(file), 413);
      setUpload({ file: file.name, sent: 0, total: file.size, error });
    },
    [limit, send, words],
  );
  const resume = useCallback(
    (item: UploadItem, file: File) => {
      if (file.name === item.file && file.size === item.size) {
        send(file, item);
        return;
      }
      const error = new ApiError('UPLOAD_DIFFERS', '', 409);
      setUpload({ file: file.name, sent: 0, total: file.size, error, wanted: item });
    },
    [send],
  );
  const drop = useCallback((item: UploadItem) => api.destroyUpload(item.id), [api]);
  return {
    upload,
    busy,
    unfinished: items.filter(({ id }) => !hidden.includes(id)),
    start,
    resume,
    drop,
    reload: useCallback(() => void reload(), [reload]),
    pause: useCallback(() => running.current?.sender?.pause(), []),
    goOn: useCallback(() => running.current?.sender?.goOn(), []),
    cancel: useCallback(() => running.current?.stop(), []),
    clear: useCallback(() => setUpload(undefined), []),
  };
}

function ending(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
