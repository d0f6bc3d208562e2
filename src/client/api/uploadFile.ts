import { ApiError, asApiError, type BackupItem, type UploadOptions } from './api';
import { offline, read } from './answered';

/** `fetch` cannot tell how far an upload is; XMLHttpRequest can. */
export function upload(
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
