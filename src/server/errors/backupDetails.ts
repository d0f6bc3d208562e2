import * as z from 'zod';
import { Reason } from './reasons';
import { OtherFailure, type Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure besides its code: of backups, and of what they are looked for by. `near`: names like it. */
export const BACKUP_DETAILS = {
  'backup-taken': { error: 'BACKUP_EXISTS', fields: { key: name } },
  'backup-taken-there': { error: 'BACKUP_EXISTS', fields: { key: name, storage: name } },
  'backup-none': { error: 'BACKUP_UNKNOWN', fields: { backup: name, storages: names } },
  'backup-none-near': { error: 'BACKUP_UNKNOWN', fields: { backup: name, storages: names, near: names } },
  'backup-no-file': { error: 'BACKUP_UNKNOWN', fields: { file: name, storages: names } },
  'backup-no-file-near': { error: 'BACKUP_UNKNOWN', fields: { file: name, storages: names, near: names } },
  'latest-none': { error: 'BACKUP_UNKNOWN', fields: { storages: names } },
  'latest-none-of': { error: 'BACKUP_UNKNOWN', fields: { instance: name, storages: names } },
  'backup-gone': { error: 'BACKUP_UNKNOWN', fields: { key: name, storage: name } },
  'backup-file-gone': { error: 'BACKUP_UNKNOWN', fields: { file: name } },
  'backup-no-plain-file': { error: 'BACKUP_UNKNOWN', fields: { file: name } },
  'name-no-path': { error: 'NAME_INVALID', fields: { path: name } },
  'name-no-file': { error: 'NAME_INVALID', fields: { file: name } },
  'name-of-backup': { error: 'NAME_INVALID', fields: { name, endings: names } },
  'volume-gone': {
    error: 'VOLUME_MISSING',
    fields: { volume: count, volumes: count, key: name, file: name, storage: name },
  },
  'volume-foreign': {
    error: 'VOLUME_FOREIGN',
    fields: { volume: count, volumes: count, key: name, file: name, storage: name },
  },
  'volume-index-foreign': { error: 'VOLUME_FOREIGN', fields: { index: name, storage: name, key: name } },
  'upload-cut': { error: 'UPLOAD_INCOMPLETE', fields: { arrived: name, whole: name } },
  'upload-offset': { error: 'UPLOAD_OFFSET', fields: { offset: count } },
  'nothing-of-archive': { error: 'NOTHING_SELECTED', fields: { groups: names } },
  'nothing-of-database': { error: 'NOTHING_SELECTED', fields: {} },
  'collection-none': { error: 'COLLECTION_UNKNOWN', fields: { collection: name } },
  'collection-none-near': { error: 'COLLECTION_UNKNOWN', fields: { collection: name, near: names } },
  'collection-not-in-archive': { error: 'COLLECTION_UNKNOWN', fields: { collection: name } },
  'collection-not-in-archive-near': {
    error: 'COLLECTION_UNKNOWN',
    fields: { collection: name, near: names },
  },
  // Of a look into one
  'look-undefined': { error: 'LOOK_REFUSED', fields: { collection: name } },
  'look-masked': { error: 'LOOK_REFUSED', fields: { collection: name, column: name } },
  'look-no-key': { error: 'LOOK_REFUSED', fields: { collection: name } },
  'look-no-column': { error: 'USAGE', fields: { collection: name, column: name } },
  'look-no-column-near': { error: 'USAGE', fields: { collection: name, column: name, near: names } },
  'look-condition': { error: 'USAGE', fields: { said: name } },
  'look-key-parts': { error: 'USAGE', fields: { collection: name, columns: names } },
  'collection-no-rows': { error: 'COLLECTION_UNKNOWN', fields: { collection: name } },
  'collection-ignored': { error: 'COLLECTION_UNKNOWN', fields: { collection: name } },
  'group-none': { error: 'GROUP_UNKNOWN', fields: { group: name, groups: names } },
  'group-none-near': { error: 'GROUP_UNKNOWN', fields: { group: name, near: names, groups: names } },
  'files-shared': { error: 'FILES_NOT_MOVABLE', fields: { folder: name } },
  'files-unknown': { error: 'FILES_UNKNOWN', fields: {} },
  'files-nowhere': { error: 'FILES_NOT_MOVABLE', fields: { storage: name } },
  'files-own-disk': { error: 'FILES_NOT_MOVABLE', fields: { folder: name } },
  'copied-backup': { error: 'INSTANCE_COPIED', fields: { backup: name, storage: name } },
  'copied-backups': { error: 'INSTANCE_COPIED', fields: { backup: name, storage: name, others: count } },
  'upload-too-large': { error: 'BODY_TOO_LARGE', fields: { size: name, most: name } },
  'partly-stored': {
    error: 'TARGET_FAILED',
    fields: { backup: name, storages: names, failures: z.array(OtherFailure) },
  },
  'files-refused': { error: 'FILES_NOT_MOVABLE', fields: { storage: name, reason: Reason } },
  'value-unfit': {
    error: 'VALUE_UNFIT',
    fields: { collection: name, line: count, column: name, value: name, type: name },
  },
  'value-no-place': {
    error: 'VALUE_UNFIT',
    fields: { collection: name, column: name, value: name, type: name },
  },
  'values-unfit': { error: 'VALUE_UNFIT', fields: { columns: names, value: name, type: name } },
  'field-type-unknown': { error: 'VALUE_UNFIT', fields: { collection: name, column: name } },
} as const satisfies Readonly<Record<string, Detail>>;
