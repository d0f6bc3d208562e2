import * as z from 'zod';
import { inEnglish, unionOf, type Entry, type Told } from './told';

const name = z.string();
const count = z.number();

interface Cause extends Entry {
  /** The code of the failure that has this reason. */
  readonly error: string;
}

/** Why a place on the network could not be used. The page has it in each language, as `cause.CODE`. */
export const REASONS = {
  'host-unknown': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'host-lookup': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'nothing-listens': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  cut: { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'cut-sending': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'no-answer': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'no-way': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'certificate-expired': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'certificate-own': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'certificate-authority': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'certificate-unverified': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'certificate-host': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'no-tls': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  busy: { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'own-fault': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  'file-locked': { error: 'STORAGE_UNAVAILABLE', fields: {} },
  region: { error: 'STORAGE_SETTINGS_WRONG', fields: { region: name, bucket: name } },
  'region-right': { error: 'STORAGE_SETTINGS_WRONG', fields: { region: name, bucket: name, right: name } },
  addressing: { error: 'STORAGE_SETTINGS_WRONG', fields: {} },
  clock: { error: 'STORAGE_SETTINGS_WRONG', fields: {} },
  'no-bucket': { error: 'STORAGE_SETTINGS_WRONG', fields: { bucket: name } },
  'bucket-name': { error: 'STORAGE_SETTINGS_WRONG', fields: { bucket: name } },
  'nothing-there': { error: 'STORAGE_SETTINGS_WRONG', fields: {} },
  'not-allowed-there': { error: 'STORAGE_SETTINGS_WRONG', fields: {} },
  'no-folder': { error: 'STORAGE_SETTINGS_WRONG', fields: {} },
  redirects: { error: 'STORAGE_SETTINGS_WRONG', fields: { status: count, to: name } },
  keys: { error: 'STORAGE_LOGIN_REFUSED', fields: {} },
  'key-expired': { error: 'STORAGE_LOGIN_REFUSED', fields: {} },
  login: { error: 'STORAGE_LOGIN_REFUSED', fields: {} },
  full: { error: 'STORAGE_FULL', fields: {} },
  'too-large': { error: 'STORAGE_TOO_LARGE', fields: {} },
  altered: { error: 'STORAGE_REFUSED', fields: {} },
  'bucket-denied': { error: 'STORAGE_REFUSED', fields: { bucket: name } },
  length: { error: 'STORAGE_REFUSED', fields: {} },
  'not-let': { error: 'STORAGE_REFUSED', fields: {} },
  'not-understood': { error: 'STORAGE_REFUSED', fields: {} },
  'bad-request': { error: 'STORAGE_REFUSED', fields: {} },
  'user-denied': { error: 'STORAGE_REFUSED', fields: {} },
  'folder-above': { error: 'STORAGE_REFUSED', fields: {} },
  'file-kind': { error: 'STORAGE_REFUSED', fields: {} },
  'not-able': { error: 'STORAGE_REFUSED', fields: {} },
  'folder-owner': { error: 'STORAGE_REFUSED', fields: {} },
  'server-says': { error: 'STORAGE_REFUSED', fields: { answer: name, status: count } },
  'no-space': { error: 'STORAGE_FULL', fields: {} },
  // Of a JSON text.
  'json-values': { error: 'ARCHIVE_TOO_LARGE', fields: { most: count } },
  'json-deep': { error: 'ARCHIVE_TOO_LARGE', fields: { most: count } },
  'json-names': { error: 'ARCHIVE_TOO_LARGE', fields: { most: count } },
  'json-text': { error: 'ARCHIVE_TOO_LARGE', fields: { most: count } },
  // Of a file or folder on this machine.
  'file-none': { error: 'FILE_UNUSABLE', fields: {} },
  'file-in-the-way': { error: 'FILE_UNUSABLE', fields: {} },
  'file-taken': { error: 'FILE_UNUSABLE', fields: {} },
  'file-is-folder': { error: 'FILE_UNUSABLE', fields: {} },
  'file-links': { error: 'FILE_UNUSABLE', fields: {} },
  'file-name-long': { error: 'FILE_UNUSABLE', fields: {} },
  'file-denied': { error: 'FILE_UNUSABLE', fields: {} },
  'file-not-owned': { error: 'FILE_UNUSABLE', fields: {} },
  'file-read-only': { error: 'FILE_UNUSABLE', fields: {} },
  // Of a folder of uploaded files.
  'folder-outside': { error: 'FILES_NOT_MOVABLE', fields: { folder: name } },
  'folder-of-app': { error: 'FILES_NOT_MOVABLE', fields: { folder: name } },
  'folder-of-code': { error: 'FILES_NOT_MOVABLE', fields: { folder: name, holds: name } },
  'folder-of-other': { error: 'FILES_NOT_MOVABLE', fields: { folder: name, example: name } },
} as const satisfies Readonly<Record<string, Cause>>;

type Table = typeof REASONS;
export type Reason = Told<Table>;
export const Reason = unionOf(REASONS);

/** The reasons that need nothing else to be told. */
export type PlainReason = {
  [C in keyof Table]: [keyof Table[C]['fields']] extends [never] ? C : never;
}[keyof Table];
// The compiler does not see that a code alone is one of them.
export const plainReason = (code: PlainReason): Reason => ({ code }) as Reason;

/** For people who read English. */
export function reasonText(reason: Reason): string {
  const values: Readonly<Record<string, string | number>> = { ...reason };
  return inEnglish(`cause.${reason.code}`, (field) => values[field]?.toString());
}
