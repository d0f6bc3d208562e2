/** Tables of fewer bytes are read together with their neighbours (container/neighbours.ts). */
const SMALL = 64 * 1024;

/**
 * The largest first, so that no connection works alone at the end. Small ones stay in their order, which is about that
 * of the archive.
 */
export function largestFirst<T>(tables: readonly T[], bytesOf: (table: T) => number): T[] {
  const weighed = tables.map((table) => ({ table, bytes: bytesOf(table) }));
  const weight = (bytes: number) => (bytes < SMALL ? 0 : bytes);
  return weighed.sort((a, b) => weight(b.bytes) - weight(a.bytes)).map(({ table }) => table);
}
