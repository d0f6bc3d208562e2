import * as z from 'zod';
import { Damage } from './damages';
import { Reason } from './reasons';
import { OtherFailure, type Detail } from './told';

const name = z.string();
const count = z.number();

/** What is known of a failure besides its code: of the file of a backup. Sizes are bytes. */
export const ARCHIVE_DETAILS = {
  'archive-damaged': { error: 'ARCHIVE_DAMAGED', fields: { damage: Damage } },
  'archive-damaged-in': { error: 'ARCHIVE_DAMAGED', fields: { why: OtherFailure, files: z.array(name) } },
  'archive-begins-otherwise': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'file-is-volume': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'file-is-zip': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'file-is-dump': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'file-is-packed': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'file-is-page': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'file-is-cut': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'archive-no-zip': { error: 'ARCHIVE_NOT_ARK', fields: {} },
  'archive-no-file': { error: 'ARCHIVE_NOT_ARK', fields: { path: name } },
  'archive-no-manifest': { error: 'ARCHIVE_NOT_ARK', fields: { entry: name } },
  // Numbers of formats have no separators.
  'archive-newer': { error: 'ARCHIVE_TOO_NEW', fields: { format: name, known: name } },
  'archive-rounds': { error: 'ARCHIVE_TOO_LARGE', fields: { rounds: name, most: name } },
  'archive-directory': {
    error: 'ARCHIVE_TOO_LARGE',
    fields: { entries: count, size: count, mostEntries: count, mostSize: count },
  },
  'archive-list': { error: 'ARCHIVE_TOO_LARGE', fields: { length: count, list: name, most: count } },
  'archive-json': { error: 'ARCHIVE_TOO_LARGE', fields: { entry: name, reason: Reason } },
  'archive-entry': { error: 'ARCHIVE_TOO_LARGE', fields: { entry: name, size: count, most: count } },
  'archive-chunk': { error: 'ARCHIVE_TOO_LARGE', fields: { entry: name, size: count, most: count } },
  'archive-line': { error: 'ARCHIVE_TOO_LARGE', fields: { line: count, entry: name, most: count } },
  'archive-entries': { error: 'ARCHIVE_TOO_LARGE', fields: { entries: count, most: count } },
  'archive-ratio': { error: 'ARCHIVE_TOO_LARGE', fields: { entry: name, size: count, packed: count } },
  'structure-unknown': { error: 'STRUCTURE_UNKNOWN', fields: { where: name, why: name } },
  'structure-unsaid': { error: 'STRUCTURE_UNKNOWN', fields: { why: name } },
  // Backups of NocoBase's Backup manager
  'nbdata-inside': { error: 'ARCHIVE_NBDATA', fields: { what: name } },
  'nbdata-version': { error: 'ARCHIVE_NBDATA', fields: { version: name } },
  'nbdata-packed': { error: 'ARCHIVE_NBDATA', fields: { method: name } },
} as const satisfies Readonly<Record<string, Detail>>;
