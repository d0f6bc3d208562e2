import type { ByteSource } from './zip';

/** A storage far away takes about as long for so much as for a few bytes. */
const AHEAD = 256 * 1024;
const SMALL = 64 * 1024;
/** Whoever wants a page of one table wants little more than that. */
const ALONE = 3;
/** So many stretches are kept: several readers, and tables that are not asked for exactly in their order. */
const KEPT = 16;

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Buffer>;
}

/**
 * The same bytes, for whoever is going to read all of them once. From the fourth time on what is small is read together
 * with what comes after it, which is likely to be asked for next: an archive of a thousand small tables takes a dozen
 * questions to its storage and not a thousand. Nothing is read again because of that, so that a storage that can be read
 * in order alone is read in order; and where the neighbours cannot be read, what was asked for is read alone. Keeps at
 * most 4 MiB.
 */
export function withNeighbours(source: ByteSource): ByteSource {
  const stretches = new Set<Stretch>();
  let alone = 0;
  const keep = (stretch: Stretch) => {
    stretches.delete(stretch);
    stretches.add(stretch);
    for (const oldest of stretches) if (stretches.size > KEPT) stretches.delete(oldest);
  };
  const ahead = (start: number): Stretch => {
    const end = Math.min(source.size, start + AHEAD);
    const stretch = { start, end, bytes: source.read(start, end) };
    stretch.bytes.catch(() => stretches.delete(stretch));
    return stretch;
  };
  return {
    size: source.size,
    async read(start, end) {
      const known = [...stretches].find((stretch) => stretch.start <= start && start < stretch.end);
      if (!known && (end - start > SMALL || alone++ < ALONE)) return source.read(start, end);
      const stretch = known ?? ahead(start);
      keep(stretch);
      const bytes = await stretch.bytes.catch(() => undefined);
      if (!bytes) return source.read(start, end);
      const first = bytes.subarray(start - stretch.start, end - stretch.start);
      return end <= stretch.end ? first : Buffer.concat([first, await source.read(stretch.end, end)]);
    },
  };
}
