import { ApiError, asApiError, OFFLINE, type ArkApi, type BackupItem, type UploadItem } from '../api/api';
import { freeName } from '../parts/names';
import { crc32 } from './crc32';

/** Pieces are never smaller: whoever refuses even these refuses all. */
export const SMALLEST_PIECE = 256 * 1024;
/** A piece that failed is tried again after so long, and then after the last of these again and again. */
const WAITS_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

/** After a piece that took no longer the next may be larger. */
const QUICK_MS = 10_000;

/** A proxy on the way takes no body of the size of the smallest piece. */
export const PROXY_REFUSES = 'PROXY_REFUSES';

export type Sending =
  | { readonly state: 'sending' | 'paused' | 'checking'; readonly sent: number }
  /** Until it is tried again; `error` is why. */
  | { readonly state: 'waiting'; readonly sent: number; readonly error: ApiError };

export interface SenderOptions {
  readonly api: Pick<ArkApi, 'appendPiece' | 'finishUpload'>;
  readonly file: Blob;
  readonly upload: UploadItem;
  /** Names of backups: one may have been made under this name meanwhile. */
  readonly taken: readonly string[];
  readonly onChange: (sending: Sending) => void;
  /** Waits for so long, or until the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly now?: () => number;
}

export interface Sender {
  /** What was made of the file. Rejects with what does not pass by itself, and once it was stopped. */
  readonly done: Promise<BackupItem>;
  pause(): void;
  /** Ends a pause, and any waiting. */
  goOn(): void;
  stop(): void;
}

const passes = ({ code, status }: ApiError): boolean =>
  [OFFLINE, 'UPLOAD_BUSY', 'UPLOAD_PIECE_WRONG', 'CONSOLE_STOPPING'].includes(code) ||
  [408, 425, 429].includes(status);

/**
 * Sends what is missing of a file, piece by piece. What breaks on the way is tried again by itself; a piece that
 * somebody on the way refuses for its size goes in smaller ones.
 */
export function newSender(options: SenderOptions): Sender {
  const { api, file, upload, onChange, wait, now = Date.now } = options;
  let offset = upload.offset;
  let most = upload.piece;
  let size = most;
  let failed = 0;
  let stopped = false;
  let paused = false;
  let waiting = false;
  let present = new AbortController();
  const begin = (): AbortSignal => (present = new AbortController()).signal;

  const append = async (): Promise<void> => {
    const signal = begin();
    const body = file.slice(offset, offset + size);
    const crc = crc32(new Uint8Array(await body.arrayBuffer()));
    const onProgress = (sent: number) => {
      if (!signal.aborted) onChange({ state: 'sending', sent: Math.min(offset + sent, offset + body.size) });
    };
    onChange({ state: 'sending', sent: offset });
    const since = now();
    ({ offset } = await api.appendPiece(upload.id, { offset, crc, body }, { signal, onProgress }));
    failed = 0;
    // A slow line shows only with each piece that it is not broken.
    if (now() - since < QUICK_MS) size = Math.min(most, size * 2);
  };
  const tried = new Set(options.taken);
  let name: string | undefined;
  const finish = async (): Promise<BackupItem | undefined> => {
    onChange({ state: 'checking', sent: offset });
    try {
      return await api.finishUpload(upload.id, { name, signal: begin() });
    } catch (error) {
      if (asApiError(error).code !== 'BACKUP_EXISTS') throw error;
      tried.add(name ?? upload.name);
      name = freeName(upload.name, tried);
      return undefined;
    }
  };
  /** Makes it so that the next try may go better; throws what will not pass. */
  const mend = async (error: ApiError): Promise<void> => {
    if (error.code === 'UPLOAD_OFFSET' && error.details?.code === 'upload-offset') {
      offset = error.details.offset;
      if (failed++ === 0) return;
    } else if (error.status === 413) {
      if (size <= SMALLEST_PIECE) throw new ApiError(PROXY_REFUSES, '', error.status);
      // As large as this none will come through.
      size = most = Math.max(SMALLEST_PIECE, size >> 1);
      return;
    } else if (error.code === 'JOB_CANCELLED') return;
    else if (!passes(error)) throw error;
    // A line that breaks often may be good enough for less.
    size = Math.max(Math.min(SMALLEST_PIECE, most), size >> 1);
    onChange({ state: 'waiting', sent: offset, error });
    waiting = true;
    await wait(WAITS_MS[Math.min(failed, WAITS_MS.length - 1)] ?? 0, begin());
    waiting = false;
    failed++;
  };

  const halted = () => stopped || paused;
  let wake: () => void = () => undefined;
  const run = async (): Promise<BackupItem> => {
    for (;;) {
      if (stopped) throw new ApiError('JOB_CANCELLED', '', 0);
      if (paused) {
        onChange({ state: 'paused', sent: offset });
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      try {
        if (offset < file.size) await append();
        else {
          const backup = await finish();
          if (backup) return backup;
        }
      } catch (error) {
        // Whoever has it pause or stop has ended the request.
        if (!halted()) await mend(asApiError(error));
      }
    }
  };
  return {
    done: run(),
    pause() {
      paused = true;
      present.abort();
    },
    goOn() {
      if (paused) {
        paused = false;
        wake();
      } else if (waiting) present.abort();
    },
    stop() {
      stopped = true;
      wake();
      present.abort();
    },
  };
}
