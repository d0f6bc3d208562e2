import type { StorageKind } from './kind';
import { local } from './local/kind';
import { s3 } from './s3/kind';
import { sftp } from './sftp/kind';
import { webdav } from './webdav/kind';

/** The kinds of storages there are. A new one is a folder, a line here, and its words in the locales and in docs/storages.md. */
export const KINDS = { local, s3, webdav, sftp } satisfies Readonly<
  Record<string, StorageKind<{ readonly kind: string }>>
>;

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as KindName[];

/** A folder of this machine: what there is without any settings. */
export const FOLDER = 'local';

/** The settings of one storage as they are kept; secrets sealed. */
export type StorageRecord = {
  [K in KindName]: (typeof KINDS)[K] extends StorageKind<infer R> ? R : never;
}[KindName];

export const isKind = (kind: unknown): kind is KindName =>
  typeof kind === 'string' && Object.hasOwn(KINDS, kind);

export const kindOf = ({ kind }: { readonly kind: KindName }): StorageKind<StorageRecord> => KINDS[kind];
