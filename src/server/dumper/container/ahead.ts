import type { ByteSource } from './zip';

/** What is read of a source at once, from a multiple of it on; with the small entry that begins at its end. */
const WINDOW = 1024 * 1024;
const SMALL = 64 * 1024;
const MOST_WINDOWS = 4;

/**
 * The same bytes for somebody who reads many small entries: these lie together, and to open a file or to ask a storage
 * for each by itself takes longer than to read what is around it. A first one is read alone, for it may be the only
 * one. What fails together is read alone too, so that what is wrong is said of the entry that it is wrong with.
 */
export function ahead(source: ByteSource): ByteSource {
  let windows: readonly { readonly at: number; readonly bytes: Promise<Buffer> }[] = [];
  let last: number | undefined;

  const windowAt = (at: number): Promise<Buffer> => {
    const known = windows.find((window) => window.at === at);
    const window = known ?? {
      at,
      bytes: source.read(at, Math.min(source.size, at + WINDOW + SMALL)),
    };
    windows = [...windows.filter((other) => other !== window), window].slice(-MOST_WINDOWS);
    return window.bytes;
  };

  return {
    ...source,
    async read(start, end) {
      const at = start - (start % WINDOW);
      const isNear = last !== undefined && Math.abs(start - last) <= WINDOW;
      if (end - start > SMALL) return source.read(start, end);
      last = start;
      if (!isNear || end > source.size) return source.read(start, end);
      const bytes = await windowAt(at).catch(() => undefined);
      if (bytes) return bytes.subarray(start - at, end - at);
      windows = windows.filter((window) => window.at !== at);
      return source.read(start, end);
    },
  };
}
