import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, asApiError, type ArkApi, type BackupItem } from '../api/api';
import { freeName, uploadName } from '../parts/names';

export interface Upload {
  readonly file: string;
  readonly sent: number;
  readonly total: number;
  readonly error?: ApiError;
  readonly done?: BackupItem;
}

export interface Uploads {
  readonly upload: Upload | undefined;
  readonly start: (file: File) => void;
  readonly cancel: () => void;
  readonly clear: () => void;
}

/** Every backup is a ZIP: nobody sends gigabytes to hear that theirs is none. An `.nbdata` may be encrypted, and what is empty has its own words. */
async function beginsAsArchive(file: File): Promise<boolean> {
  if (file.size === 0 || /\.nbdata$/i.test(file.name)) return true;
  const first = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return [0x50, 0x4b, 0x03, 0x04].every((byte, at) => first[at] === byte);
}

/** One file at a time goes up; half a file is never kept. */
export function useUpload(
  api: ArkApi,
  taken: readonly BackupItem[],
  limit: number | undefined,
  onDone: (backup: BackupItem) => void,
  tooLarge: (file: File) => ApiError,
): Uploads {
  const [upload, setUpload] = useState<Upload>();
  const abort = useRef<AbortController>();
  const uploading = upload !== undefined && !upload.error && !upload.done;

  useEffect(() => {
    if (!uploading) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [uploading]);

  const start = useCallback(
    (file: File) => {
      if (abort.current) return;
      const begin: Upload = { file: file.name, sent: 0, total: file.size };
      if (limit !== undefined && limit > 0 && file.size > limit) {
        setUpload({ ...begin, error: tooLarge(file) });
        return;
      }
      const controller = new AbortController();
      abort.current = controller;
      setUpload(begin);
      const name = freeName(uploadName(file.name), new Set(taken.map((backup) => backup.name)));
      beginsAsArchive(file)
        .then((good) => {
          if (!good) throw new ApiError('ARCHIVE_NOT_ARK', file.name, 422);
          return api.uploadBackup(file, {
            name,
            signal: controller.signal,
            onProgress: (sent, total) => setUpload({ ...begin, sent, total }),
          });
        })
        .then(
          (done) => {
            setUpload({ ...begin, sent: file.size, done });
            onDone(done);
          },
          (error: unknown) => {
            if (controller.signal.aborted) setUpload(undefined);
            else setUpload({ ...begin, error: asApiError(error) });
          },
        )
        .finally(() => {
          abort.current = undefined;
        });
    },
    [api, limit, onDone, taken, tooLarge],
  );
  const cancel = useCallback(() => abort.current?.abort(), []);
  const clear = useCallback(() => setUpload(undefined), []);
  return { upload, start, cancel, clear };
}
