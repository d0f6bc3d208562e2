import type { Reason } from '../../errors/reasons';
import { reasonOf, type NotIncluded, type Why } from '../schema/notIncluded';
import { readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import type { Settings } from '../../environment';
import { fingerprintOf, type Fingerprint } from '../../fingerprint';

/** A folder in which an app keeps files that its users have uploaded. */
export interface FileFolder {
  /** The name of the app's file storage; in archives it names the folder. */
  readonly storage: string;
  /** Absolute. */
  readonly folder: string;
  /** Other apps keep theirs in it too: it cannot be exchanged for one of this app's. */
  readonly shared?: boolean;
}

/** Where an app keeps what its database only points at. */
export interface AppFiles {
  readonly folders: readonly FileFolder[];
  /** Storages whose files cannot be taken, and why. */
  readonly left: readonly Omit<NotIncluded, 'what'>[];
  /** Nobody has said where the app's own folder is: whether it has files cannot be known. */
  readonly unknown?: true;
  /** Of those, the ones whose folders are not for uploads: nothing goes there either. */
  readonly refused?: readonly (FileFolder & { readonly reason: Reason })[];
  /** Why a folder is not for uploads, asked each time it is used; undefined: it is. */
  readonly refuses: (folder: string) => Promise<Reason | undefined>;
  /** The file with the app's AES key, with which it seals some values; undefined where it comes from elsewhere. */
  readonly keyFile?: string | undefined;
  /** Where Ark notes exchanges of folders that are under way. */
  readonly journal: string;
  /** Of the database that they belong to: what others have put beside the same folders is theirs. */
  readonly owner: string;
  /** The same as an older Ark wrote it. */
  readonly olderOwner: string;
}

export const isOwner = ({ owner, olderOwner }: AppFiles, mark: string): boolean =>
  mark === owner || mark === olderOwner;

type FolderSettings = Pick<Settings, 'STORAGE_PATH' | 'LOCAL_STORAGE_DEST'>;

/** A file storage as the app's own table has it. */
export interface FileStorage {
  readonly name: string;
  readonly type: string;
  readonly documentRoot?: string | undefined;
}

/** That a new app begins with. */
export const USUAL_STORAGE: FileStorage = { name: 'local', type: 'local' };

/**
 * NocoBase's own way from a storage to its folder; storages that share one are one. An app and its sub-apps all have
 * the same folder unless told otherwise: the main app's backup takes it as it is, a sub-app's must not take theirs.
 */
export function foldersOf(
  storages: readonly FileStorage[],
  env: FolderSettings,
  family: 'alone' | 'main' | 'sub' = 'alone',
): Pick<AppFiles, 'folders' | 'left'> {
  const folders = new Map<string, FileFolder>();
  const left: Omit<NotIncluded, 'what'>[] = [];
  const leave = (name: string, why: Why) => left.push({ name, reason: reasonOf(why), why });
  const usual = rootOf(env.LOCAL_STORAGE_DEST, storageFolder(env));
  for (const { name, type, documentRoot } of storages) {
    if (type !== 'local') {
      leave(name, { code: 'files-elsewhere', type });
      continue;
    }
    const folder = rootOf(documentRoot ?? env.LOCAL_STORAGE_DEST, storageFolder(env));
    const shared = family !== 'alone' && folder === usual;
    if (shared && family === 'sub') leave(name, { code: 'files-shared', folder });
    else if (!folders.has(folder)) folders.set(folder, { storage: name, folder, ...(shared && { shared }) });
  }
  return { folders: [...folders.values()], left };
}

export const storageFolder = (env: FolderSettings): string => resolve(env.STORAGE_PATH ?? 'storage');

export function rootOf(documentRoot: string | undefined, storage: string): string {
  if (!documentRoot) return join(storage, 'uploads');
  if (isAbsolute(documentRoot)) return resolve(documentRoot);
  const inside = /^(?:\.?\/)?storage(?:\/+(.*))?$/.exec(documentRoot.replace(/\\/g, '/'));
  return inside ? join(storage, inside[1] ?? '') : resolve(documentRoot);
}

/** Tells whether two apps have the same AES key without telling the key. */
export async function keyFingerprint(file: string | undefined): Promise<Fingerprint | undefined> {
  if (file === undefined) return undefined;
  const key = await readFile(file).catch(() => undefined);
  return key && fingerprintOf('aes', key);
}

/** Ark's own names beside a live folder begin so. */
export const OWN_PREFIX = '.ark-';
export const asideName = (
  what: 'stage' | 'undo',
  job: string,
  { owner }: Pick<AppFiles, 'owner'>,
  live: string,
): string => `${OWN_PREFIX}${what}-${job}-${owner}-${basename(live)}`;
