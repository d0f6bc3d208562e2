import type { Upload, Uploads } from '../../src/server/storage/s3/uploads';

/** Uploads that are begun, written down in memory. `die`: their writer is gone. */
export function uploadsInMemory(): Uploads & { begun(): readonly Upload[]; die(): void } {
  let running = new Set<Upload>();
  let dead = new Set<Upload>();
  const crossOut = (upload: Upload) => () => {
    running.delete(upload);
    dead.delete(upload);
    return Promise.resolve();
  };
  return {
    begin(upload) {
      running.add(upload);
      return Promise.resolve(crossOut(upload));
    },
    abandoned: () => Promise.resolve([...dead].map((one) => ({ ...one, crossOut: crossOut(one) }))),
    begun: () => [...running, ...dead],
    die() {
      dead = new Set([...dead, ...running]);
      running = new Set();
    },
  };
}
