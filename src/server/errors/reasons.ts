import * as z from 'zod';
import { filled, unionOf, type Entry, type Told } from './told';

const name = z.string();
const count = z.number();

interface Cause extends Entry {
  /** The code of the failure that has this reason. */
  readonly error: string;
}

/** Why a place on the network could not be used. The page has it in each language, as `cause.CODE`. */
export const REASONS = {
  'host-unknown': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'its host name is not known. Check the address',
  },
  'host-lookup': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'its host name could not be looked up just now. Check the name server',
  },
  'nothing-listens': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'nothing listens at that address. Check host and port, and that the server runs',
  },
  cut: { error: 'STORAGE_UNAVAILABLE', fields: {}, text: 'the connection was cut' },
  'cut-sending': { error: 'STORAGE_UNAVAILABLE', fields: {}, text: 'the connection was cut while sending' },
  'no-answer': { error: 'STORAGE_UNAVAILABLE', fields: {}, text: 'it does not answer' },
  'no-way': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'it cannot be reached from here. Check the network and the firewall',
  },
  'certificate-expired': { error: 'STORAGE_UNAVAILABLE', fields: {}, text: 'its certificate has expired' },
  'certificate-own': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'its certificate is signed by itself. Add it to NODE_EXTRA_CA_CERTS',
  },
  'certificate-authority': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'its certificate is signed by an unknown authority. Add that to NODE_EXTRA_CA_CERTS',
  },
  'certificate-unverified': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'its certificate cannot be verified. Add its chain to NODE_EXTRA_CA_CERTS',
  },
  'certificate-host': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'its certificate is for another host name',
  },
  'no-tls': {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'it does not speak TLS there. Check http:// against https://',
  },
  busy: {
    error: 'STORAGE_UNAVAILABLE',
    fields: {},
    text: 'it is too busy just now, or has had too many requests',
  },
  'own-fault': { error: 'STORAGE_UNAVAILABLE', fields: {}, text: 'it has a fault of its own' },
  'file-locked': { error: 'STORAGE_UNAVAILABLE', fields: {}, text: 'somebody has locked the file' },
  region: {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { region: name, bucket: name },
    text: "the region {{region}} is wrong for the bucket {{bucket}}. Look it up in the provider's console",
  },
  'region-right': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { region: name, bucket: name, right: name },
    text: 'the region {{region}} is wrong for the bucket {{bucket}}. Set the region to {{right}}',
  },
  addressing: {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: {},
    text: 'it does not take buckets addressed like this. Change the addressing style (path or virtual)',
  },
  clock: {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: {},
    text: "this computer's clock and the storage's differ too much. Set this computer's clock",
  },
  'no-bucket': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { bucket: name },
    text: 'there is no bucket {{bucket}}. Create it, or check its name, the endpoint and the region',
  },
  'bucket-name': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { bucket: name },
    text: '{{bucket}} cannot be the name of a bucket. Check it, and that the endpoint does not repeat it',
  },
  'nothing-there': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: {},
    text: 'there is nothing at this address. Check the path in it',
  },
  'not-allowed-there': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: {},
    text: 'it does not allow that at this address. This is probably not the WebDAV address of the server',
  },
  'no-folder': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: {},
    text: 'there is no such folder, and it could not be made',
  },
  redirects: {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { status: count, to: name },
    text: 'it sends us on ({{status}}) to {{to}}. Ark follows no redirects, so that keys and passwords go nowhere else. If you trust where it leads, enter the address there instead',
  },
  keys: {
    error: 'STORAGE_LOGIN_REFUSED',
    fields: {},
    text: 'it does not know this access key, or the secret key does not belong to it. Enter both again',
  },
  'key-expired': {
    error: 'STORAGE_LOGIN_REFUSED',
    fields: {},
    text: 'the access key has expired. Enter a new one',
  },
  login: {
    error: 'STORAGE_LOGIN_REFUSED',
    fields: {},
    text: 'user or password are wrong, or no longer valid. Many clouds want an app password here, not the one you sign in with',
  },
  full: {
    error: 'STORAGE_FULL',
    fields: {},
    text: 'its space or quota is used up. Free some, or ask for more',
  },
  'too-large': {
    error: 'STORAGE_TOO_LARGE',
    fields: {},
    text: 'it, or a proxy in front of it, does not take files of this size. Set a volume size for it',
  },
  altered: {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'what arrived there is not what was sent. Something on the way changes uploads',
  },
  'bucket-denied': {
    error: 'STORAGE_REFUSED',
    fields: { bucket: name },
    text: 'the access key may not do this in the bucket {{bucket}}. It needs to list, read, write and delete there',
  },
  length: {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'it, or a proxy in front of it, wants to know the length of what is sent',
  },
  'not-let': {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'it does not let us. Check access key, secret key, bucket and what the key is allowed to do',
  },
  'not-understood': { error: 'STORAGE_REFUSED', fields: {}, text: 'the answer cannot be understood' },
  'bad-request': {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'it does not understand the request. Check the address, above all its path',
  },
  'user-denied': {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'this user may not do that there. Check the path and its permissions; some clouds take no files in the topmost folder',
  },
  'folder-above': {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'a folder above does not exist, or something else is in the way',
  },
  'file-kind': { error: 'STORAGE_REFUSED', fields: {}, text: 'it does not take files of this kind' },
  'not-able': {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'it, or a proxy in front of it, does not know how to do this. Ark needs PROPFIND, MKCOL, PUT, MOVE and DELETE',
  },
  'folder-owner': {
    error: 'STORAGE_REFUSED',
    fields: {},
    text: 'the server does not allow it. Check who owns the folder',
  },
  'server-says': {
    error: 'STORAGE_REFUSED',
    fields: { answer: name, status: count },
    text: 'the server says "{{answer}}" ({{status}})',
  },
  'no-space': { error: 'STORAGE_FULL', fields: {}, text: 'no space is left. Free some space there' },
} as const satisfies Readonly<Record<string, Cause>>;

type Table = typeof REASONS;
export type Reason = Told<Table>;
export const Reason = unionOf(REASONS);

/** The reasons that need nothing else to be told. */
export type PlainReason = Exclude<Reason, { bucket: string } | { status: number }>['code'];
// The compiler does not see that a code alone is one of them.
export const plainReason = (code: PlainReason): Reason => ({ code }) as Reason;

/** For people who read English. */
export function reasonText(reason: Reason): string {
  const values: Readonly<Record<string, string | number>> = { ...reason };
  return filled(REASONS[reason.code].text, (field) => values[field]?.toString());
}
