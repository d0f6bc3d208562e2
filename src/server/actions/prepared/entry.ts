import * as z from 'zod';
import { GroupName } from '../../dumper/app/groups';
import type { PreparedTables } from '../../dumper/dialect';
import { refused } from '../../errors/errors';
import type { Host } from '../../host';

/** What was prepared, and how: it is swapped as it was asked for. */
const Entry = z.object({
  version: z.literal(1),
  job: z.string(),
  at: z.iso.datetime(),
  by: z.string().optional(),
  /** Where the backup is: a name in a storage, or the path of a file. */
  backup: z.string(),
  storage: z.string().optional(),
  manifestSha256: z.string(),
  selection: z.object({
    groups: GroupName.array().optional(),
    collections: z.array(z.string()).optional(),
    all: z.boolean().optional(),
    keepDefinitions: z.boolean().optional(),
    exclude: z.array(z.string()).optional(),
    noRows: z.array(z.string()).optional(),
  }),
  allowBreaks: z.boolean(),
  allowChanges: z.boolean(),
  allowCode: z.boolean(),
  noCode: z.boolean(),
  files: z.boolean(),
  collections: z.array(
    z.object({ name: z.string(), group: z.string(), rows: z.number().int().nonnegative() }),
  ),
});
export type PreparedEntry = z.infer<typeof Entry>;

/** Sealed, as it says what may come with the swap. */
export const sealedEntry = ({ seal }: Pick<Host, 'seal'>, entry: PreparedEntry): string =>
  seal.close(JSON.stringify(entry));

/** Whoever may write into the database may put anything there: it counts only as this instance has sealed it. */
export function readEntry(
  { seal }: Pick<Host, 'seal'>,
  { job, entry }: PreparedTables,
): PreparedEntry | undefined {
  try {
    const said = Entry.parse(JSON.parse(seal.open(entry)));
    return said.job === job ? said : undefined;
  } catch {
    return undefined;
  }
}

export interface PreparedRestore extends PreparedEntry {
  readonly expiresAt: Date;
}

/** The named one, or the newest. Rejects with PREPARED_UNKNOWN, also of what another instance has prepared. */
export async function findPrepared(
  host: Pick<Host, 'database' | 'seal'>,
  job?: string,
): Promise<PreparedRestore> {
  for (const tables of await host.database.prepared()) {
    if (job !== undefined && tables.job !== job) continue;
    const entry = readEntry(host, tables);
    if (entry) return { ...entry, expiresAt: tables.expiresAt };
  }
  throw job === undefined ? refused('prepared-none', {}) : refused('prepared-gone', { job });
}
