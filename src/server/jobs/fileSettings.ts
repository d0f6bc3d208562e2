import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../settings';
import { replaceFile } from '../storage/files';

/** One JSON file a kind, in the data folder: readable also when the app's database is not. */
export function fileSettings(folder: string): Settings {
  const path = (kind: string) => join(folder, `${kind}.json`);
  const read = async (kind: string): Promise<Record<string, unknown>> => {
    const text = await readFile(path(kind), 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
      throw error;
    });
    return JSON.parse(text) as Record<string, unknown>;
  };
  // Changes of one process go one after the other, so that none is lost.
  let last: Promise<void> = Promise.resolve();
  const change = (kind: string, edit: (all: Record<string, unknown>) => Record<string, unknown>) => {
    last = last
      .catch(() => undefined)
      .then(async () => {
        const all = edit(await read(kind));
        await mkdir(folder, { recursive: true });
        await replaceFile(path(kind), `${JSON.stringify(all, undefined, 2)}\n`);
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
        Object.fromEntries([...Object.entries(all).filter(([one]) => one !== name), [name, value]]),
      ),
    remove: (kind, name) =>
      change(kind, (all) => Object.fromEntries(Object.entries(all).filter(([one]) => one !== name))),
  };
}
