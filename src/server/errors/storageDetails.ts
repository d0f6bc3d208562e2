import * as z from 'zod';
import { Reason } from './reasons';
import { OtherFailure, type Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** Of storages, and of what is kept in them. */
export const STORAGE_DETAILS = {
  'storage-away': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name, reason: Reason, system: name },
  },
  'storage-away-why': { error: 'STORAGE_UNAVAILABLE', fields: { storage: name, address: name, why: name } },
  'storage-cut': { error: 'STORAGE_UNAVAILABLE', fields: { storage: name, address: name } },
  'storage-says': { fields: { storage: name, address: name, reason: Reason, answer: name } },
  'storage-fails': { fields: { storage: name, address: name, reason: Reason } },
  'storage-silent': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name, seconds: count },
  },
  'storage-slow': { error: 'STORAGE_UNAVAILABLE', fields: { storage: name, seconds: count } },
  'storage-short': { error: 'STORAGE_UNAVAILABLE', fields: { storage: name, address: name } },
  'storage-sign-in-again': { error: 'STORAGE_UNAVAILABLE', fields: { storage: name, address: name } },
  'storage-storing': { error: 'STORAGE_UNAVAILABLE', fields: { storage: name, key: name, folder: name } },
  'storage-compressed': {
    error: 'STORAGE_REFUSED',
    fields: { storage: name, address: name, encoding: name },
  },
  'storage-folder-refused': {
    error: 'STORAGE_REFUSED',
    fields: { storage: name, address: name, path: name, answer: name },
  },
  'storage-sign-in': { error: 'STORAGE_LOGIN_REFUSED', fields: { storage: name, address: name } },
  'storage-no-ssh': { error: 'STORAGE_SETTINGS_WRONG', fields: { storage: name, address: name, why: name } },
  'storage-no-sftp': { error: 'STORAGE_SETTINGS_WRONG', fields: { storage: name, address: name } },
  'storage-not-webdav': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { storage: name, address: name, status: count, type: name },
  },
  'storage-parts': { error: 'STORAGE_TOO_LARGE', fields: { storage: name, parts: count, size: name } },
  'listing-short': { error: 'STORAGE_LISTING_CUT', fields: { count: count } },
  'listing-cut': { error: 'STORAGE_LISTING_CUT', fields: { storage: name, address: name } },
  'listing-lacks': { error: 'STORAGE_LISTING_CUT', fields: { storage: name, key: name, count: count } },
  'listing-long': { error: 'STORAGE_ANSWER_WRONG', fields: { storage: name, address: name, most: count } },
  'answer-unreadable': { error: 'STORAGE_ANSWER_WRONG', fields: { address: name, why: name } },
  'storage-overwrites': { error: 'STORAGE_OVERWRITES', fields: { storage: name, address: name } },
  'host-key-unknown': { error: 'HOST_KEY_UNKNOWN', fields: { storage: name, address: name, key: name } },
  'host-key-changed': {
    error: 'HOST_KEY_CHANGED',
    fields: { storage: name, address: name, shown: name, known: name },
  },
  'stored-size': {
    error: 'STORED_DIFFERS',
    fields: { storage: name, key: name, stored: count, sent: count },
  },
  'stored-absent': { error: 'STORED_DIFFERS', fields: { storage: name, key: name, address: name } },
  'stored-bytes': { error: 'STORED_DIFFERS', fields: { storage: name, key: name } },
  'stored-confirmed': { error: 'STORAGE_REFUSED', fields: { storage: name, stored: count, sent: count } },
  'stored-other': { error: 'STORAGE_REFUSED', fields: { storage: name, key: name } },
  'disk-full': { error: 'STORAGE_FULL', fields: { file: name } },
  'disk-full-there': { error: 'STORAGE_FULL', fields: { path: name } },
  'disk-full-upload': { error: 'STORAGE_FULL', fields: { size: name, free: name, folder: name } },
  'folder-denied': { error: 'STORAGE_REFUSED', fields: { folder: name } },
  'file-denied': { error: 'STORAGE_REFUSED', fields: { file: name } },
  'records-denied': { error: 'STORAGE_REFUSED', fields: { folder: name, why: name } },
  'storage-broken': { fields: { storage: name, why: OtherFailure } },
  'storage-url-says': { fields: { variable: name, why: OtherFailure, examples: names } },
  'storage-tried': { fields: { why: OtherFailure, times: count } },
  'storage-rest': { fields: { why: OtherFailure, minutes: count } },
  'file-unusable': { error: 'FILE_UNUSABLE', fields: { path: name, reason: Reason } },
  'file-changed': { error: 'FILE_UNUSABLE', fields: { file: name } },
  'host-key-other': { error: 'HOST_KEY_UNKNOWN', fields: { storage: name, key: name, asked: name } },
  'host-key-unasked': { error: 'HOST_KEY_UNKNOWN', fields: { storage: name, key: name } },
} as const satisfies Readonly<Record<string, Detail>>;
