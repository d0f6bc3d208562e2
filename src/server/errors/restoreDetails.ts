import * as z from 'zod';
import { OtherFailure, OtherWarning, type Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure besides its code: of what stands between an archive and a database. `said`: the server's words. */
export const RESTORE_DETAILS = {
  'dialect-unknown': { error: 'DIALECT_DIFFERS', fields: { dialect: name, known: names } },
  'dialect-other': { error: 'DIALECT_DIFFERS', fields: { dialect: name, database: name, here: name } },
  'across-unfit': { error: 'DIALECT_DIFFERS', fields: { from: name, here: name, what: names } },
  'dialect-old': { error: 'DIALECT_DIFFERS', fields: { dialect: name } },
  'extensions-missing': { error: 'EXTENSION_MISSING', fields: { extensions: names, statements: name } },
  'extensions-or-without': { error: 'EXTENSION_MISSING', fields: { extensions: names, statements: name } },
  'key-broken': { error: 'FOREIGN_KEY_BROKEN', fields: { said: name } },
  'key-to-gone': { error: 'DEPENDENT_WOULD_BREAK', fields: { table: name, key: name, references: name } },
  'key-to-nothing': { error: 'DEPENDENT_WOULD_BREAK', fields: { table: name, key: name, references: name } },
  'reads-nothing': { error: 'DEPENDENT_WOULD_BREAK', fields: { view: name, table: name } },
  'partitions-need': { error: 'DEPENDENT_WOULD_BREAK', fields: { table: name, needs: names } },
  'ties-aside': { error: 'DEPENDENT_WOULD_BREAK', fields: { ties: names } },
  'ties-of-undo': { error: 'DEPENDENT_WOULD_BREAK', fields: { undo: name, ties: names } },
  'hangs-on': { error: 'DEPENDENT_WOULD_BREAK', fields: { said: name } },
  'hangs-elsewhere': { error: 'DEPENDENT_WOULD_BREAK', fields: { said: name } },
  'exclude-splits': { error: 'DEPENDENT_WOULD_BREAK', fields: { collection: name, other: name } },
  'no-rows-pointed-at': { error: 'DEPENDENT_WOULD_BREAK', fields: { collections: names, keys: names } },
  'code-of-partitions': { error: 'CODE_NOT_ALLOWED', fields: { table: name } },
  // As the app is set: in quotes, and true or false.
  'naming-differs': {
    error: 'PREFIX_DIFFERS',
    fields: { prefix: name, underscored: name, here: name, underscoredHere: name },
  },
  'more-lost': { error: 'MORE_WOULD_BE_LOST', fields: { collections: names } },
  'name-held': { error: 'NAME_TAKEN', fields: { collection: name, name } },
  // Into a schema or database of its own
  'into-taken': { error: 'NAME_TAKEN', fields: { name } },
  'into-long': { error: 'NAME_INVALID', fields: { name, most: count } },
  'into-reserved': { error: 'NAME_INVALID', fields: { name } },
  'into-unfit': { error: 'NAME_INVALID', fields: {} },
  'into-needs': { error: 'DEPENDENT_WOULD_BREAK', fields: { table: name, needs: names } },
  'into-no-rights': { error: 'SCHEMA_NOT_ALLOWED', fields: { name } },
  'type-used': { error: 'TYPE_IN_USE', fields: { type: name, users: names } },
  'type-in-the-way': { error: 'TYPE_IN_USE', fields: { type: name } },
  'definitions-differ': {
    error: 'DEFINITIONS_DIFFER',
    fields: { absent: names, other: names, unknown: names },
  },
  'definitions-unknown': { error: 'DEFINITIONS_DIFFER', fields: { table: name, key: name, names } },
  'rows-not-taken': { error: 'CHECK_FAILED', fields: { collection: name, taken: count, rows: count } },
  'row-too-large': { error: 'VALUE_UNFIT', fields: { collection: name, bytes: count, most: count } },
  'rows-unreadable': { error: 'ARCHIVE_DAMAGED', fields: { collection: name, said: name } },
  'rows-not-announced': {
    error: 'CHECK_FAILED',
    fields: { collection: name, rows: count, announced: count },
  },
  'rows-differ': { error: 'CHECK_FAILED', fields: { collection: name, read: count, loaded: count } },
  'compare-key-twice': { error: 'CHECK_FAILED', fields: { collection: name, columns: names } },
  'compare-incomplete': { error: 'LOOK_REFUSED', fields: { backup: name } },
  'would-change': { error: 'VALUE_UNFIT', fields: { warnings: z.array(OtherWarning) } },
  'would-break': { error: 'DEPENDENT_WOULD_BREAK', fields: { warnings: z.array(OtherWarning) } },
  'app-refused': { error: 'APP_REFUSED', fields: { why: OtherFailure } },
  'app-refused-stopped': { error: 'APP_REFUSED', fields: { why: OtherFailure, stopped: OtherFailure } },
  'app-refused-kept': { error: 'APP_REFUSED', fields: { why: OtherFailure, back: OtherFailure, undo: name } },
  'built-otherwise': { error: 'CHECK_FAILED', fields: { missing: names, extra: names } },
  'built-outside': { error: 'CHECK_FAILED', fields: { things: names } },
  'columns-differ': { error: 'CHECK_FAILED', fields: { collection: name, columns: names } },
  'contents-differ': { error: 'CHECK_FAILED', fields: { collection: name, rows: count } },
  'read-short': { error: 'CHECK_FAILED', fields: { collection: name, rows: count, sent: count } },
  'read-cut': { error: 'CHECK_FAILED', fields: { collection: name, rows: count } },
  'undo-unreadable': { error: 'CHECK_FAILED', fields: { undo: name, why: name } },
  'code-new': { error: 'CODE_NOT_ALLOWED', fields: { count: count, names: names } },
  'code-of-type': { error: 'CODE_NOT_ALLOWED', fields: { type: name } },
  'rehearsal-empty': { fields: { why: OtherFailure } },
} as const satisfies Readonly<Record<string, Detail>>;
