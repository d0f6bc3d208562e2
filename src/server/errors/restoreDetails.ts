import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();

/** What is known of a failure besides its code: of what stands between an archive and a database. `said`: the server's words. */
export const RESTORE_DETAILS = {
  'dialect-unknown': {
    error: 'DIALECT_DIFFERS',
    fields: { dialect: name, known: names },
    text: 'The archive is from {{dialect}}, which this Ark does not work with. It works with {{known}}. A newer Ark may.',
  },
  'dialect-other': {
    error: 'DIALECT_DIFFERS',
    fields: { dialect: name, database: name, here: name },
    text: 'The archive is from {{dialect}} and {{database}} is {{here}}. This Ark restores into the same kind of database only.',
  },
  'dialect-old': {
    error: 'DIALECT_DIFFERS',
    fields: { dialect: name },
    text: 'The backup is from {{dialect}}; Ark reads old backups of PostgreSQL, MySQL, MariaDB and SQLite apps.',
  },
  'extensions-missing': {
    error: 'EXTENSION_MISSING',
    fields: { extensions: names, statements: name },
    text: "The backup's database uses {{extensions}}, which this one does not have. Nothing was changed. Run: {{statements}}",
  },
  'extensions-or-without': {
    error: 'EXTENSION_MISSING',
    fields: { extensions: names, statements: name },
    text: "The backup's database uses {{extensions}}, which this one does not have. Nothing was changed. Run: {{statements}} Or go on without it: the preview says what does not come then, and what comes otherwise.",
  },
  'key-broken': {
    error: 'FOREIGN_KEY_BROKEN',
    fields: { said: name },
    text: 'A foreign key would not hold: {{said}} Nothing was changed. Select the other table too.',
  },
  'key-to-gone': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { table: name, key: name, references: name },
    text: '{{table}} has the foreign key {{key}} to {{references}}, which the backup does not have. Restore {{table}} too, or drop that key.',
  },
  'key-to-nothing': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { table: name, key: name, references: name },
    text: '{{table}} has the foreign key {{key}} to {{references}}, which is neither selected nor in the database. Select {{references}} too.',
  },
  'reads-nothing': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { view: name, table: name },
    text: '{{view}} reads {{table}}, which is neither selected nor in the database. Select {{table}} too.',
  },
  'partitions-need': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { table: name, needs: names },
    text: '{{table}} cannot be restored here: what decides in which partition a row is needs {{needs}}, which is not here. Nothing was changed. Make it first, or choose other collections.',
  },
  'ties-aside': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { ties: names },
    text: 'These would stay tied to the tables that go aside: {{ties}}. Nothing was changed. Drop them first and make them anew afterwards, or allow it explicitly.',
  },
  'ties-of-undo': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { undo: name, ties: names },
    text: 'These still use what {{undo}} replaced and would be dropped with it: {{ties}}. Drop or change them first, or let them go too.',
  },
  'hangs-on': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { said: name },
    text: 'Something hangs on what would be replaced and cannot be made anew: {{said}}. Nothing was changed.',
  },
  'hangs-elsewhere': {
    error: 'DEPENDENT_WOULD_BREAK',
    fields: { said: name },
    text: 'Something of another schema cannot be made anew: {{said}}. Nothing was changed.',
  },
  'code-of-partitions': {
    error: 'CODE_NOT_ALLOWED',
    fields: { table: name },
    text: '{{table}} cannot be restored without code: what decides in which partition a row is calls a function. Nothing was changed. Allow the code, or choose other collections.',
  },
  // As the app is set: in quotes, and true or false.
  'naming-differs': {
    error: 'PREFIX_DIFFERS',
    fields: { prefix: name, underscored: name, here: name, underscoredHere: name },
    text: "The archive's tables are named with prefix {{prefix}}, underscored {{underscored}}, and this app's with {{here}}, {{underscoredHere}}; the app would not find them. Set DB_TABLE_PREFIX and DB_UNDERSCORED as in the archive.",
  },
  'more-lost': {
    error: 'MORE_WOULD_BE_LOST',
    fields: { collections: names },
    text: 'More rows would be lost now than when you looked, of: {{collections}}. Nothing was changed. Look at the preview again.',
  },
  'name-held': {
    error: 'NAME_TAKEN',
    fields: { collection: name, name },
    text: '{{collection}} needs the name {{name}}, which something else has here. Select that too, or rename it.',
  },
  'type-used': {
    error: 'TYPE_IN_USE',
    fields: { type: name, users: names },
    text: '{{type}} is another one here, and it is used by: {{users}}. Restore these too.',
  },
  'type-in-the-way': {
    error: 'TYPE_IN_USE',
    fields: { type: name },
    text: '{{type}} is something else here, or cannot be replaced in place. Rename or drop it first.',
  },
  'definitions-differ': {
    error: 'DEFINITIONS_DIFFER',
    fields: { collections: names },
    text: "The app's own definitions do not describe what would come back of: {{collections}}. Nothing was changed. Let the backup's definitions come too, or leave these out.",
  },
  'definitions-unknown': {
    error: 'DEFINITIONS_DIFFER',
    fields: { table: name, key: name, names },
    text: "Rows of {{table}} name what the app does not know, and the foreign key {{key}} does not let them: {{names}}. Nothing was changed. Let the backup's definitions come too, or leave {{table}} out.",
  },
  'rows-not-taken': {
    error: 'CHECK_FAILED',
    fields: { collection: name, taken: count, rows: count },
    text: '{{collection}}: the server took {{taken}} rows of a chunk that has {{rows}}. Nothing was changed.',
  },
  'row-too-large': {
    error: 'VALUE_UNFIT',
    fields: { collection: name, bytes: count, most: count },
    text: 'A row of {{collection}} has {{bytes}} bytes, and this server takes {{most}} at once. Nothing was changed. Raise max_allowed_packet on the server.',
  },
  'rows-unreadable': {
    error: 'ARCHIVE_DAMAGED',
    fields: { collection: name, said: name },
    text: 'Rows of {{collection}} cannot be read: {{said}}. Nothing was changed.',
  },
  'rows-not-announced': {
    error: 'CHECK_FAILED',
    fields: { collection: name, rows: count, announced: count },
    text: '{{collection}} has {{rows}} rows after loading, and {{announced}} were announced. Nothing was changed.',
  },
  'rows-differ': {
    error: 'CHECK_FAILED',
    fields: { collection: name, read: count, loaded: count },
    text: '{{collection}} did not come back as it is in the archive: {{read}} rows were read and {{loaded}} were loaded. The live tables were not touched.',
  },
} as const satisfies Readonly<Record<string, Detail>>;
