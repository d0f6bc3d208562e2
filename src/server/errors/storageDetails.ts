import * as z from 'zod';
import { Reason } from './reasons';
import type { Detail } from './told';

const name = z.string();
const count = z.number();

/** Of storages, and of what is kept in them. */
export const STORAGE_DETAILS = {
  'storage-away': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name, reason: Reason, system: name },
    text: '{{storage}} cannot be reached at {{address}}: {{reason}} [{{system}}].',
  },
  'storage-away-why': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name, why: name },
    text: '{{storage}} cannot be reached at {{address}}: {{why}}.',
  },
  'storage-cut': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name },
    text: '{{storage}} cannot be reached at {{address}}: the connection was cut.',
  },
  'storage-says': {
    fields: { storage: name, address: name, reason: Reason, answer: name },
    text: '{{storage}} at {{address}}: {{reason}}. It said {{answer}}.',
  },
  'storage-fails': {
    fields: { storage: name, address: name, reason: Reason },
    text: '{{storage}} at {{address}}: {{reason}}.',
  },
  'storage-silent': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name, seconds: count },
    text: '{{storage}} at {{address}} has said nothing for {{seconds}} seconds, so the connection was given up.',
  },
  'storage-slow': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, seconds: count },
    text: '{{storage}} has not answered within {{seconds}} seconds.',
  },
  'storage-short': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name },
    text: '{{storage}} gave less of a file than it has, at {{address}}.',
  },
  'storage-sign-in-again': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, address: name },
    text: '{{storage}} asked for a new sign-in while a file was being sent, at {{address}}.',
  },
  'storage-storing': {
    error: 'STORAGE_UNAVAILABLE',
    fields: { storage: name, key: name, folder: name },
    text: 'Somebody else is just storing {{key}} in {{storage}}. Try again, or remove the folder {{folder}} there.',
  },
  'storage-compressed': {
    error: 'STORAGE_REFUSED',
    fields: { storage: name, address: name, encoding: name },
    text: '{{storage}} sends files compressed ({{encoding}}), which nobody has asked for, at {{address}}. Turn that off in it, or in the proxy in front of it.',
  },
  'storage-folder-refused': {
    error: 'STORAGE_REFUSED',
    fields: { storage: name, address: name, path: name, answer: name },
    text: 'The folder {{path}} cannot be made in {{storage}}. It said {{answer}}, at {{address}}. Make it by hand, or choose another path.',
  },
  'storage-sign-in': {
    error: 'STORAGE_LOGIN_REFUSED',
    fields: { storage: name, address: name },
    text: '{{storage}} refused the sign-in at {{address}}. Check user, password and private key, and which ways of signing in the server allows.',
  },
  'storage-no-ssh': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { storage: name, address: name, why: name },
    text: '{{storage}} at {{address}} does not speak SSH as Ark does ({{why}}). Check host and port.',
  },
  'storage-no-sftp': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { storage: name, address: name },
    text: '{{storage}} at {{address}} offers no SFTP to this user.',
  },
  'storage-not-webdav': {
    error: 'STORAGE_SETTINGS_WRONG',
    fields: { storage: name, address: name, status: count, type: name },
    text: '{{storage}}: {{address}} is not a WebDAV address. It answered {{status}} with {{type}}.',
  },
  'storage-parts': {
    error: 'STORAGE_TOO_LARGE',
    fields: { storage: name, parts: count, size: name },
    text: 'The archive is larger than {{storage}} can take: {{parts}} parts of {{size}}. Raise the part size of the storage, or set a volume size.',
  },
  'listing-short': {
    error: 'STORAGE_LISTING_CUT',
    fields: { count: count },
    text: 'The storage lists only {{count}} files, says that there are more, and does not tell them. Move old backups to another folder, or use another path.',
  },
  'listing-cut': {
    error: 'STORAGE_LISTING_CUT',
    fields: { storage: name, address: name },
    text: '{{storage}} at {{address}}: the listing ends in the middle.',
  },
  'listing-lacks': {
    error: 'STORAGE_LISTING_CUT',
    fields: { storage: name, key: name, count: count },
    text: '{{storage}} has taken {{key}} but does not list it among {{count}} files, so nobody would find it; it was removed. Move old backups to another folder, or use another path.',
  },
  'listing-long': {
    error: 'STORAGE_ANSWER_WRONG',
    fields: { storage: name, address: name, most: count },
    text: '{{storage}} at {{address}}: there are more than {{most}} files. Use another folder.',
  },
  'answer-unreadable': {
    error: 'STORAGE_ANSWER_WRONG',
    fields: { address: name, why: name },
    text: "What {{address}} answered cannot be used, because {{why}}. Check that it is the storage's own address, or move old backups to another folder.",
  },
  'storage-overwrites': {
    error: 'STORAGE_OVERWRITES',
    fields: { storage: name, address: name },
    text: 'The SFTP server of {{storage}} replaces files when others are renamed and has no hard links, so a backup could overwrite another, at {{address}}. Nothing was stored. Use another way into that server, or another server.',
  },
  'host-key-unknown': {
    error: 'HOST_KEY_UNKNOWN',
    fields: { storage: name, address: name, key: name },
    text: '{{storage}} at {{address}} shows the key {{key}}, which Ark does not know yet. Nothing was sent. Compare it with what "ssh-keygen -lf" says of the server\'s key there, and save it as hostKey.',
  },
  'host-key-changed': {
    error: 'HOST_KEY_CHANGED',
    fields: { storage: name, address: name, shown: name, known: name },
    text: '{{storage}} at {{address}} shows another key than before: {{shown}} instead of {{known}}. Either the server was set up anew, or somebody stands in between. Nothing was sent. If you know why, enter the new fingerprint as hostKey.',
  },
  'stored-size': {
    error: 'STORED_DIFFERS',
    fields: { storage: name, key: name, stored: count, sent: count },
    text: '{{storage}} has stored {{stored}} bytes of {{key}} where {{sent}} bytes were sent. A proxy in between may be changing uploads.',
  },
  'stored-absent': {
    error: 'STORED_DIFFERS',
    fields: { storage: name, key: name, address: name },
    text: '{{storage}} has confirmed {{key}} and does not have it, at {{address}}.',
  },
  'stored-bytes': {
    error: 'STORED_DIFFERS',
    fields: { storage: name, key: name },
    text: '{{storage}} has other bytes under {{key}} than those that were sent to it. Something on the way, or the storage itself, alters uploads.',
  },
  'stored-confirmed': {
    error: 'STORAGE_REFUSED',
    fields: { storage: name, stored: count, sent: count },
    text: '{{storage}} confirmed {{stored}} bytes and has {{sent}}.',
  },
  'stored-other': {
    error: 'STORAGE_REFUSED',
    fields: { storage: name, key: name },
    text: '{{storage}} has another archive under {{key}} than the one that was sent to it.',
  },
  'disk-full': {
    error: 'STORAGE_FULL',
    fields: { file: name },
    text: 'No space left to write {{file}}. Free some space or choose another folder; the unfinished file was removed.',
  },
  'disk-full-there': {
    error: 'STORAGE_FULL',
    fields: { path: name },
    text: 'No space left to write {{path}}. Free some space there.',
  },
  'disk-full-upload': {
    error: 'STORAGE_FULL',
    fields: { size: name, free: name, folder: name },
    text: 'The file has {{size}}, and only {{free}} are free in {{folder}}. Free some space, or delete old backups.',
  },
  'folder-denied': {
    error: 'STORAGE_REFUSED',
    fields: { folder: name },
    text: 'Not allowed to make {{folder}}. Check who owns its parent folder.',
  },
  'file-denied': {
    error: 'STORAGE_REFUSED',
    fields: { file: name },
    text: 'Not allowed to use {{file}}. Check who owns the folder.',
  },
  'records-denied': {
    error: 'STORAGE_REFUSED',
    fields: { folder: name, why: name },
    text: 'Not allowed to use {{folder}}, where Ark keeps its records: {{why}}. Check who owns it, or set ARK_DATA.',
  },
} as const satisfies Readonly<Record<string, Detail>>;
