import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claim } from '../claim';
import { BackupError, refused } from '../errors/errors';
import type { SettingsStore } from '../settings';
import { replaceFile } from '../storage/files';
import { OWN_FOLDER } from '../ownFolder';

/** One JSON file a kind, in the data folder: readable also when the app's database is not. */
export function fileSettings(folder: string): SettingsStore {
  const path = (kind: string) => join(folder, `${kind}.json`);
  const read = async (kind: string): Promise<Record<string, unknown>> => {
    const text = await readFile(path(kind), 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
      throw error;
    });
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw refused('file-changed', { file: path(kind) }, { cause });
    }
  };
  // Changes of one process go one after the other, so that none is lost.
  let last: Promise<void> = Promise.resolve();
  const change = (kind: string, edit: (all: Record<string, unknown>) => Record<string, unknown>) => {
    last = last
      .catch(() => undefined)
      .then(async () => {
        await mkdir(folder, OWN_FOLDER);
        const giveBack = await patientClaim(join(folder, `${kind}.lock`));
        try {
          await replaceFile(path(kind), `${JSON.stringify(edit(await read(kind)), undefined, 2)}\n`);
        } finally {
          await giveBack();
        }
      });
    return last;
  };
  return {
    async list(kind) {
      return Object.entries(await read(kind))
        .map(([name, value]) => ({ name, value }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async get(kind, name) {
      const all = await read(kind);
      return Object.hasOwn(all, name) ? all[name] : undefined;
    },
    save: (kind, name, value) =>
      change(kind, (all) =>
        Object.fromEntries([...Object.entries(all).filter(([other]) => other !== name), [name, value]]),
      ),
    remove: (kind, name) =>
      change(kind, (all) => Object.fromEntries(Object.entries(all).filter(([other]) => other !== name))),
  };
}

/** Another process changes settings for a moment only. */
async function patientClaim(file: string): Promise<() => Promise<void>> {
  for (const end = Date.now() + PATIENCE_MS; ;) {
    try {
      return await claim(file, 'The file of settings');
    } catch (error) {
      const taken = error instanceof BackupError && error.code === 'FOLDER_IN_USE';
      if (!taken || Date.now() > end) throw error;
      await sleep(10);
    }
  }
}

const PATIENCE_MS = 10_000;
