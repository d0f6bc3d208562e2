import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure besides its code: of backups, and of what they are looked for by. `near`: names like it. */
export const BACKUP_DETAILS = {
  'backup-taken': {
    error: 'BACKUP_EXISTS',
    fields: { key: name },
    text: '{{key}} exists already. Choose another name.',
  },
  'backup-taken-there': {
    error: 'BACKUP_EXISTS',
    fields: { key: name, storage: name },
    text: '{{key}} exists already in {{storage}}. Choose another name.',
  },
  'backup-none': {
    error: 'BACKUP_UNKNOWN',
    fields: { backup: name, storages: names },
    text: 'There is no backup {{backup}} in {{storages}}.',
  },
  'backup-near': {
    error: 'BACKUP_UNKNOWN',
    fields: { backup: name, storages: names, near: names },
    text: 'There is no backup {{backup}} in {{storages}}. Did you mean {{near}}?',
  },
  'backup-no-file': {
    error: 'BACKUP_UNKNOWN',
    fields: { file: name, storages: names },
    text: 'There is no file {{file}}, and no backup of that name in {{storages}}. The list of backups shows what there is.',
  },
  'backup-no-file-near': {
    error: 'BACKUP_UNKNOWN',
    fields: { file: name, storages: names, near: names },
    text: 'There is no file {{file}}, and no backup of that name in {{storages}}. Did you mean {{near}}? The list of backups shows what there is.',
  },
  'backup-gone': {
    error: 'BACKUP_UNKNOWN',
    fields: { key: name, storage: name },
    text: 'There is no {{key}} in {{storage}}.',
  },
  'backup-file-gone': {
    error: 'BACKUP_UNKNOWN',
    fields: { file: name },
    text: '{{file}} does not exist.',
  },
  'backup-no-plain-file': {
    error: 'BACKUP_UNKNOWN',
    fields: { file: name },
    text: '{{file}} is not a file.',
  },
  'name-no-path': { error: 'NAME_INVALID', fields: { path: name }, text: '{{path}} is no path.' },
  'name-no-file': {
    error: 'NAME_INVALID',
    fields: { file: name },
    text: '{{file}} cannot be used as a file here.',
  },
  'name-of-backup': {
    error: 'NAME_INVALID',
    fields: { name, endings: names },
    text: '{{name}} cannot be the name of a backup. Use letters, digits, spaces, "-", "_" and ".", no folders, at most 200 bytes, and one of these endings: {{endings}}.',
  },
  'volume-gone': {
    error: 'VOLUME_MISSING',
    fields: { volume: count, volumes: count, key: name, file: name, storage: name },
    text: 'Volume {{volume}} of {{volumes}} of {{key}} is missing: there is no file {{file}} in {{storage}}. Put it back, or use another backup.',
  },
  'volume-foreign': {
    error: 'VOLUME_FOREIGN',
    fields: { volume: count, volumes: count, key: name, file: name, storage: name },
    text: 'Volume {{volume}} of {{volumes}} of {{key}}, the file {{file}} in {{storage}}, is not the one that belongs there. Put the right one back, or use another backup.',
  },
  'volume-index-foreign': {
    error: 'VOLUME_FOREIGN',
    fields: { index: name, storage: name, key: name },
    text: '{{index}} in {{storage}} is not the index of {{key}}. Put the right one back, or use another backup.',
  },
  'upload-cut': {
    error: 'UPLOAD_INCOMPLETE',
    fields: { arrived: name, whole: name },
    text: '{{arrived}} of {{whole}} arrived before the upload stopped. Nothing was kept. Try again.',
  },
  'nothing-of-archive': {
    error: 'NOTHING_SELECTED',
    fields: { groups: names },
    text: 'The archive has no collection in the chosen groups. It has: {{groups}}.',
  },
  'nothing-of-database': {
    error: 'NOTHING_SELECTED',
    fields: {},
    text: 'There is nothing to back up: the database has no collection in the chosen groups.',
  },
  'collection-none': {
    error: 'COLLECTION_UNKNOWN',
    fields: { collection: name },
    text: 'The database has no collection {{collection}}.',
  },
  'collection-near': {
    error: 'COLLECTION_UNKNOWN',
    fields: { collection: name, near: names },
    text: 'The database has no collection {{collection}}. Did you mean {{near}}?',
  },
  'collection-not-in-archive': {
    error: 'COLLECTION_UNKNOWN',
    fields: { collection: name },
    text: 'The archive has no collection {{collection}}.',
  },
  'collection-not-in-archive-near': {
    error: 'COLLECTION_UNKNOWN',
    fields: { collection: name, near: names },
    text: 'The archive has no collection {{collection}}. Did you mean {{near}}?',
  },
  'collection-ignored': {
    error: 'COLLECTION_UNKNOWN',
    fields: { collection: name },
    text: '{{collection}} is in the group "ignored" and is never backed up.',
  },
  'group-none': {
    error: 'GROUP_UNKNOWN',
    fields: { group: name, groups: names },
    text: 'There is no group {{group}}. The groups are: {{groups}}.',
  },
  'group-near': {
    error: 'GROUP_UNKNOWN',
    fields: { group: name, near: names, groups: names },
    text: 'There is no group {{group}}. Did you mean {{near}}? The groups are: {{groups}}.',
  },
  'files-shared': {
    error: 'FILES_NOT_MOVABLE',
    fields: { folder: name },
    text: "{{folder}} holds the uploaded files of sub-apps too, which would be replaced with this app's. Restore without files, or give the file storages of the sub-apps folders of their own.",
  },
  'files-nowhere': {
    error: 'FILES_NOT_MOVABLE',
    fields: { storage: name },
    text: 'The backup has the files of the storage {{storage}}, and this app keeps no files on its own disk. Restore without files, or add a local file storage first.',
  },
  'files-own-disk': {
    error: 'FILES_NOT_MOVABLE',
    fields: { folder: name },
    text: '{{folder}} is a disk of its own, so its files cannot be exchanged all at once. Mount the folder above it instead (NocoBase: storage, not storage/uploads), or restore without files.',
  },
  'copied-backup': {
    error: 'INSTANCE_COPIED',
    fields: { backup: name, storage: name },
    text: "{{backup}} in {{storage}} bears this instance's signature, and it did not make it: its data was copied to another machine, or came back from an older copy. No old backup was deleted. If this is the copy, give it a number and key of its own; if it is the original, take this backup for its own: the page asks which under Data.",
  },
  'copied-backups': {
    error: 'INSTANCE_COPIED',
    fields: { backup: name, storage: name, others: count },
    text: "{{backup}} and {{others}} others in {{storage}} bear this instance's signature, and it did not make them: its data was copied to another machine, or came back from an older copy. No old backup was deleted. If this is the copy, give it a number and key of its own; if it is the original, take these backups for its own: the page asks which under Data.",
  },
} as const satisfies Readonly<Record<string, Detail>>;
