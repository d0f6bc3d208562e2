import * as z from 'zod';
import type { Detail } from './told';

const name = z.string();
const names = z.array(z.string());

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
} as const satisfies Readonly<Record<string, Detail>>;
