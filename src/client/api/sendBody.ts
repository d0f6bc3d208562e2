import { ApiError, asApiError, type SendOptions } from './api';
import { offline, read } from './answered';

interface BodyOptions extends SendOptions {
  /** The line counts as broken when nothing has moved for so long. */
  readonly silentMs?: number;
}

/** `fetch` cannot tell how far it is with a body; XMLHttpRequest can. Resolves with what was answered. */
export function sendBody(
  url: string,
  headers: Record<string, string>,
  body: Blob,
  { signal, onProgress, silentMs }: BodyOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      clearTimeout(silence);
      if (silentMs === undefined) return;
      silence = setTimeout(() => {
        reject(offline());
        request.abort();
      }, silentMs);
    };
    const cancel = () => request.abort();
    signal.addEventListener('abort', cancel, { once: true });
    request.upload.onprogress = (event) => {
      moved();
      onProgress(event.loaded, body.size);
    };
    request.onload = () => {
      try {
        resolve(read(request.responseText, request.status).data);
      } catch (error) {
        reject(asApiError(error));
      }
    };
    request.onerror = () => reject(offline());
    request.onabort = () => reject(new ApiError('JOB_CANCELLED', '', 0));
    request.onloadend = () => {
      clearTimeout(silence);
      signal.removeEventListener('abort', cancel);
    };
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    moved();
    request.send(body);
  });
}
