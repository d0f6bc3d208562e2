import type { WriteRowsOptions } from '../../dumper/dialect';
import { packed, unpackedEntry, type KeptEntry } from '../../dumper/takeBack/kept';
import { BackupError } from '../../errors/errors';
import type { Host } from '../../host';

/** What is kept of a job, sealed: it may hold what nobody is to see. */
export const recording =
  (
    { seal }: Pick<Host, 'seal'>,
    whose: Pick<KeptEntry, 'job' | 'action' | 'source'>,
    rows: (after: Parameters<WriteRowsOptions['record']>[0]) => KeptEntry['rows'],
  ): WriteRowsOptions['record'] =>
  async (after) =>
    seal.close(await packed({ version: 1, ...whose, at: new Date().toISOString(), rows: rows(after) }));

/** Whoever may write into the database may put anything there: it counts only as this instance has sealed it. */
export async function readEntry(
  { seal }: Pick<Host, 'seal'>,
  job: string,
  text: string,
): Promise<KeptEntry | undefined> {
  try {
    const entry = await unpackedEntry(seal.open(text));
    return entry.job === job ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** What was shown, by what stands for it; nothing that was sealed elsewhere does. */
export function digestIn({ seal }: Pick<Host, 'seal'>, expected: string): string | undefined {
  try {
    return seal.open(expected);
  } catch {
    return undefined;
  }
}

/** Of a connection that was lost at the end only the database knows whether it has happened. */
export async function settled(
  { database }: Pick<Host, 'database'>,
  job: string,
  writing: Promise<void>,
): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'DATABASE_LOST') throw error;
    const kept = await database.keptRows().catch(() => []);
    if (!kept.some((each) => each.job === job)) throw error;
  }
}
