import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../src/server/environment';
import { standaloneHost } from '../../src/server/hosts/standalone/host';
import { offlineHost } from '../../src/server/hosts/standalone/offline';
import { olderOwnerOf, ownerOf } from '../../src/server/dumper/databaseId';
import type { Database } from '../../src/server/dumper/dialect';
import type { Host } from '../../src/server/host';
import { createBackup } from '../../src/server/actions/backups/createBackup';
import { findArchive } from '../../src/server/actions/backups/findBackup';
import { restoreBackup } from '../../src/server/actions/restore/restoreBackup';
import type { Selection } from '../../src/server/dumper/app/groups';
import type { Archive } from '../../src/server/dumper/archive/archive';

/** A data folder of its own for one test file. */
export async function newDataFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ark-data-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export const hostOf = (url: string, folder: string, more: Record<string, string> = {}): Host =>
  standaloneHost(readSettings({ ARK_DATA: folder, ARK_INSTANCE: 'test', ...more }), url);

/** For a database that no URL leads to. */
export const offlineTestHost = (database: Database, folder: string): Host => ({
  ...offlineHost(readSettings({ ARK_DATA: folder })),
  instance: 'test',
  database,
  app: {},
  files: async () => ({
    folders: [],
    left: [],
    refuses: () => Promise.resolve(undefined),
    journal: join(folder, 'files'),
    owner: ownerOf(await database.id()),
    olderOwner: olderOwnerOf(database.label),
  }),
});

export async function backUp(
  host: Host,
  name: string,
  selection: Selection = { all: true },
): Promise<Archive> {
  await createBackup(host, { selection, to: { storage: 'local', name } });
  return findArchive(host, `${name}.ark`);
}

export async function restoreAll(host: Host, archive: Archive, selection: Selection = { all: true }) {
  return (
    await restoreBackup(host, archive, 'test.ark', {
      selection,
      allowBreaks: false,
      allowCode: true,
    })
  ).result;
}
