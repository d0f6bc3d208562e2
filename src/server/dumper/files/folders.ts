import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';

/** A folder in which an app keeps files that its users have uploaded. */
export interface FileFolder {
  /** The name of the app's file storage; in archives it names the folder. */
  readonly storage: string;
  /** Absolute. */
  readonly folder: string;
}

/** Where an app keeps what its database only points at. */
export interface AppFiles {
  readonly folders: readonly FileFolder[];
  /** Storages on other servers: their files cannot be taken. */
  readonly remote: readonly { readonly name: string; readonly type: string }[];
  /** The file with the app's AES key, with which it seals some values; undefined where it comes from elsewhere. */
  readonly keyFile?: string | undefined;
  /** Where Ark notes exchanges of folders that are under way. */
  readonly journal: string;
}

/** A file storage as the app's own table has it. */
export interface FileStorage {
  readonly name: string;
  readonly type: string;
  readonly documentRoot?: string | undefined;
}

/** NocoBase's own way from a storage to its folder; storages that share one are one. */
export function foldersOf(
  storages: readonly FileStorage[],
  env: Readonly<Record<string, string | undefined>>,
): Pick<AppFiles, 'folders' | 'remote'> {
  const found = new Map<string, FileFolder>();
  for (const { name, type, documentRoot } of storages) {
    if (type !== 'local') continue;
    const folder = rootOf(documentRoot ?? env.LOCAL_STORAGE_DEST, storageFolder(env));
    if (!found.has(folder)) found.set(folder, { storage: name, folder });
  }
  return {
    folders: [...found.values()],
    remote: storages.filter((one) => one.type !== 'local').map(({ name, type }) => ({ name, type })),
  };
}

export const storageFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  resolve(env.STORAGE_PATH || 'storage');

function rootOf(documentRoot: string | undefined, storage: string): string {
  if (!documentRoot) return join(storage, 'uploads');
  if (isAbsolute(documentRoot)) return resolve(documentRoot);
  const inside = /^(?:\.?\/)?storage(?:\/+(.*))?$/.exec(documentRoot.replace(/\\/g, '/'));
  return inside ? join(storage, inside[1] ?? '') : resolve(documentRoot);
}

/** Tells whether two apps have the same AES key without telling the key. */
export async function keyFingerprint(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const key = await readFile(file).catch(() => undefined);
  return key && createHash('sha256').update('ark aes key\n').update(key).digest('hex').slice(0, 16);
}

/** Ark's own names beside a live folder begin so. */
export const OWN_PREFIX = '.ark-';
export const asideName = (what: 'stage' | 'undo', job: string, live: string): string =>
  `${OWN_PREFIX}${what}-${job}-${basename(live)}`;
