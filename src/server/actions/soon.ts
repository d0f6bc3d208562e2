import { refused } from '../errors/errors';

/** How long somebody who looks at a list waits for one of its storages. */
const SOON_MS = 20_000;

/**
 * Asks a storage for something that somebody is waiting for. After 20 seconds the signal fires, so that no request
 * goes on for nobody, and it rejects with STORAGE_UNAVAILABLE.
 */
export async function soon<T>(storage: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(refused('storage-slow', { storage, seconds: SOON_MS / 1000 }));
  }, SOON_MS);
  const stopped = new Promise<never>((_, reject) => {
    late.signal.addEventListener('abort', () => reject(late.signal.reason as Error));
  });
  stopped.catch(() => undefined);
  try {
    return await Promise.race([work(late.signal), stopped]);
  } finally {
    clearTimeout(timer);
  }
}
