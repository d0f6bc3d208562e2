import { previewBackup } from '../../src/server/actions/previewBackup';
import { restoreBackup } from '../../src/server/actions/restoreBackup';
import { listUndos } from '../../src/server/actions/undos';
import type { Host } from '../../src/server/host';
import { backUp, hostOf } from '../helpers/ark';
import { digest } from '../helpers/digest';
import type { TestDatabase } from '../helpers/postgres';

/** Through a pooler everything is refused before anything is set, read or written, and says what to do. */
export async function refusedThrough(pooled: string, app: TestDatabase, folder: string): Promise<void> {
  const direct = hostOf(app.url, folder);
  const archive = await backUp(direct, `direct-${Date.now()}`);
  const host: Host = { ...hostOf(pooled, folder), instance: direct.instance };
  const before = await digest(app.url);
  const ways: Record<string, () => Promise<unknown>> = {
    backup: () => backUp(host, 'pooled'),
    preview: () => previewBackup(host, archive, {}),
    restore: () => restoreBackup(host, archive, 'direct.ark', { selection: {}, allowBreaks: false }),
    undos: () => listUndos(host),
    describe: () => host.database.describe({}),
    lock: () => host.database.lock('20260101_000000_abcdef'),
    leftovers: () => host.database.leftovers(),
  };
  for (const [name, way] of Object.entries(ways)) {
    const how = await way().then(
      () => 'done',
      (error: unknown) => error,
    );
    expect([name, how]).toEqual([
      name,
      expect.objectContaining({
        code: 'DATABASE_POOLED',
        message: expect.stringMatching(/own address.*ARK_DB_HOST/) as string,
      }),
    ]);
  }
  expect(await digest(app.url)).toEqual(before);
}
