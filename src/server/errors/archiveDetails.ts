import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const count = z.number();

/** What is known of a failure besides its code: of the file of a backup. Sizes are bytes. */
export const ARCHIVE_DETAILS = {
  'archive-begins-otherwise': {
    error: 'ARCHIVE_NOT_ARK',
    fields: {},
    text: 'This file is no backup: it does not begin as one. Choose another file.',
  },
  'archive-no-zip': {
    error: 'ARCHIVE_NOT_ARK',
    fields: {},
    text: 'This is not an archive of Ark: it does not begin like a ZIP file.',
  },
  'archive-no-file': { error: 'ARCHIVE_NOT_ARK', fields: { path: name }, text: '{{path}} is not a file.' },
  'archive-no-manifest': {
    error: 'ARCHIVE_NOT_ARK',
    fields: { entry: name },
    text: 'This ZIP file is not an archive of Ark: it has no {{entry}}.',
  },
  // Numbers of formats have no separators.
  'archive-newer': {
    error: 'ARCHIVE_TOO_NEW',
    fields: { format: name, known: name },
    text: 'The archive has format {{format}}, and this Ark reads up to {{known}}. Update Ark and try again.',
  },
  'archive-rounds': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { rounds: name, most: name },
    text: 'Its key.age asks for 2^{{rounds}} rounds of scrypt for each try of a passphrase; at most 2^{{most}} are done. If you made it so, open it with the age tool and encrypt it again.',
  },
  'archive-directory': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entries: count, size: count, mostEntries: count, mostSize: count },
    text: 'Its directory claims {{entries}} entries in {{size}} bytes; at most {{mostEntries}} in {{mostSize}} are read.',
  },
  'archive-list': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { length: count, list: name, most: count },
    text: 'Its manifest has {{length}} {{list}}; at most {{most}} can be read.',
  },
  'archive-json': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entry: name, why: name },
    text: 'Its {{entry}} is not read: {{why}}.',
  },
  'archive-entry': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entry: name, size: count, most: count },
    text: 'Its {{entry}} has {{size}} bytes; at most {{most}} are read.',
  },
  'archive-chunk': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entry: name, size: count, most: count },
    text: '{{entry}} claims {{size}} bytes; at most {{most}} are unpacked.',
  },
  'archive-line': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { line: count, entry: name, most: count },
    text: 'Line {{line}} of {{entry}} has more than {{most}} bytes; longer ones are not read.',
  },
  'archive-entries': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entries: count, most: count },
    text: 'It has {{entries}} entries; at most {{most}} are read.',
  },
  'archive-ratio': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entry: name, size: count, packed: count },
    text: '{{entry}} claims {{size}} bytes in {{packed}}, which cannot be. The file is damaged or made to do harm.',
  },
  // Backups of NocoBase's Backup manager
  'nbdata-inside': {
    error: 'ARCHIVE_NBDATA',
    fields: { what: name },
    text: "This backup of NocoBase's Backup manager holds {{what}}, which Ark does not read. Restore it with the Backup manager, and back up with Ark.",
  },
  'nbdata-version': {
    error: 'ARCHIVE_NBDATA',
    fields: { version: name },
    text: "The pg_dump in this backup of NocoBase's Backup manager has version {{version}} of its custom format; 1.12 to 1.16 are read, those of pg_dump 9.5 to 18.",
  },
  'nbdata-packed': {
    error: 'ARCHIVE_NBDATA',
    fields: { method: name },
    text: "The dump in this backup of NocoBase's Backup manager is packed with {{method}}, which this Node.js cannot unpack. The Backup manager itself makes none like that.",
  },
} as const satisfies Readonly<Record<string, Detail>>;
