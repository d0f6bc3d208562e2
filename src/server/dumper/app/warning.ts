import { PLAIN_TEXT } from './plainText';
import * as z from 'zod';
import type { ErrorCode } from '../../errors/errors';
import { DefinitionKind } from './definition';
import { GroupName } from './groups';
import { PartKind, partLabel } from '../schema/missing';
import { RelationKind } from '../schema/types';

/** Something of a schema, whatever it is. */
export const Thing = z.object({
  kind: z.enum([...PartKind.options, 'sequence', 'collation']),
  /** The collection that it is on. */
  collection: z.string().optional(),
  name: z.string(),
});
export type Thing = z.infer<typeof Thing>;

/** What a warning is about; `breaks` is refused unless it is allowed. */
type Kind =
  | 'breaks'
  | 'kept'
  | 'taken-along'
  | 'goes'
  | 'plugin'
  | 'version'
  | 'key'
  | 'old-format'
  | 'group'
  | 'left-out'
  | 'account'
  | 'plain';

interface Entry {
  readonly kind: Kind;
  readonly fields: z.core.$ZodShape;
  /** For people who read English; the page has it in each language, as `warn.CODE`. */
  readonly text: string;
  /** What a restore is refused with. */
  readonly error?: ErrorCode;
}

const name = z.string();
const names = z.array(z.string());

/** All that a preview may warn of. A field is a name, names, a count, things of the schema, or a word of Ark's own. */
export const WARNINGS = {
  // What is there and hangs on what goes
  'stays-tied': {
    kind: 'breaks',
    fields: { thing: Thing },
    text: '{{thing}} keeps pointing at the table that goes aside.',
  },
  'outside-loses': {
    kind: 'breaks',
    fields: { what: name, of: name },
    text: '{{what}} needs {{of}}, which will not be there, so it stays tied to what goes aside.',
  },
  'outside-loses-column': {
    kind: 'breaks',
    fields: { what: name, column: name, of: name },
    text: '{{what}} needs {{column}} of {{of}}, which will not be there, so it stays tied to what goes aside.',
  },
  'outside-not-ours': {
    kind: 'breaks',
    fields: { what: name },
    text: '{{what}} is not ours to change, so it stays tied to what goes aside.',
  },
  'outside-used': {
    kind: 'breaks',
    fields: { what: name },
    text: '{{what}} is used here and cannot be made anew, so it stays tied to what goes aside.',
  },
  'outside-unknown': {
    kind: 'breaks',
    fields: { what: name },
    text: '{{what}} cannot be made anew by Ark, so it stays tied to what goes aside.',
  },
  'view-loses': {
    kind: 'breaks',
    fields: { view: name, columns: names, of: name },
    text: 'The view {{view}} reads {{columns}} of {{of}}, which will not be there. It goes aside and is not made anew; an undo brings it back.',
  },
  'publication-not-ours': {
    kind: 'breaks',
    fields: { publication: name, table: name },
    text: 'The publication {{publication}} is not ours to change: it goes on with the table {{table}} that goes aside, and knows nothing of the one that comes.',
  },
  'publication-loses': {
    kind: 'goes',
    fields: { table: name, publication: name },
    text: '{{table}} leaves the publication {{publication}}, also for an undo: what comes does not have what it sends.',
  },
  // Tables that belong together
  'shares-rows': {
    kind: 'taken-along',
    fields: { name },
    text: '{{name}} comes too: it shares its rows with a selected table.',
  },
  'part-goes': {
    kind: 'goes',
    fields: { name },
    text: '{{name}} is not in the backup but is a part of a table that is restored: it goes aside with it, and comes back with an undo.',
  },
  // What others use too
  'sequence-shared': {
    kind: 'kept',
    fields: { name, users: z.array(Thing) },
    text: 'The sequence {{name}} goes on from its present value, because it is also used by: {{users}}.',
  },
  'routine-differs': {
    kind: 'kept',
    fields: { thing: Thing },
    text: '{{thing}} differs from the one in the backup. The present one stays; restore everything to replace it.',
  },
  'counters-missing': {
    kind: 'kept',
    fields: { table: name, come: names },
    text: 'The backup lacks the counters of sequence fields ({{table}}): those of {{come}} stay as they are. A number that comes back may be given again; NocoBase\'s own "repair sequence" prevents it.',
  },
  'counters-shared': {
    kind: 'kept',
    fields: { table: name, come: names, stay: names },
    text: 'Of the counters of sequence fields ({{table}}) those of {{come}} come back; those of {{stay}} stay as they are.',
  },
  'names-unknown': {
    kind: 'kept',
    fields: { table: name, definition: DefinitionKind, names },
    text: 'Rows of {{table}} name what the app does not know, and will point at nothing ({{definition}}): {{names}}.',
  },
  // What this server or its account cannot have
  'collation-refused': {
    kind: 'breaks',
    fields: { name, why: name },
    text: 'This server cannot have the collation {{name}} ({{why}}). One that compares bytes comes in its place: texts are sorted and compared otherwise than where they are from.',
  },
  'classes-refused': {
    kind: 'breaks',
    fields: { user: name, left: z.array(Thing) },
    text: 'Only a superuser may make operator classes, and {{user}} is none. These are left out: {{left}}.',
  },
  'extension-refused': {
    kind: 'breaks',
    fields: { name },
    text: 'The extension {{name}} is not here and cannot be made. Without it some things do not come, or come otherwise: see what is missing.',
  },
  // A restore without code
  'rows-hidden': {
    kind: 'left-out',
    fields: { tables: names },
    text: '{{tables}}: row security stays on without the policies that are left out, so only the owner and superusers see these rows until there are policies again.',
  },
  'code-goes': {
    kind: 'left-out',
    fields: { things: z.array(Thing) },
    text: 'These go aside with the tables that are replaced, and nothing takes their place: {{things}}.',
  },
  // The app
  'plugins-off': {
    kind: 'plugin',
    fields: { plugins: names },
    text: 'The restore turns on plugins that are off here: {{plugins}}.',
  },
  'plugins-off-empty': {
    kind: 'plugin',
    fields: { plugins: names, tables: names },
    text: 'The restore turns on plugins that are off here: {{plugins}}. What no backup has stays as it is here, and may be empty: {{tables}}. Only the installation of the plugin brings it.',
  },
  'plugins-absent': {
    kind: 'plugin',
    fields: { plugins: names },
    text: 'These plugins are on in the backup and not installed here: {{plugins}}. Install them first, or the app may not start.',
  },
  'plugins-unknown': {
    kind: 'plugin',
    fields: { plugins: names },
    text: 'The restore turns on plugins that this app has never had on: {{plugins}}. If the app does not have them installed, install them first, or it may not start.',
  },
  'app-too-old': {
    kind: 'breaks',
    error: 'APP_TOO_OLD',
    fields: { from: name, here: name },
    text: 'The backup is from NocoBase {{from}} and this is {{here}}, which may not start with it. Upgrade this app first.',
  },
  'app-newer': {
    kind: 'version',
    fields: { from: name, here: name },
    text: "The backup is from NocoBase {{from}} and this is {{here}}: the app's own upgrade has to run after the restore. NocoBase does so by itself; elsewhere run it.",
  },
  'definitions-missing': {
    kind: 'breaks',
    error: 'REQUIRED_MISSING',
    fields: { names },
    text: '{{names}}: nothing here says what they are, and the backup lacks the group "required", which would. The app will not show them.',
  },
  'app-key-differs': {
    kind: 'key',
    fields: {},
    text: 'The backup was made with another APP_KEY: sign-ins end, and what was encrypted with that key cannot be read here.',
  },
  'aes-key-differs': {
    kind: 'key',
    fields: {},
    text: 'The app the backup is from seals encrypted fields and secret variables with another AES key: they cannot be read here. Copy its aes_key.dat, or make the backup encrypted and with uploaded files: then the key is in it.',
  },
  'group-claimed': {
    kind: 'group',
    fields: { name, claimed: GroupName, group: GroupName },
    text: 'The backup puts {{name}} into the group "{{claimed}}"; it is in "{{group}}", and that is what counts.',
  },
  // Backups of the old format
  'old-converted': {
    kind: 'old-format',
    fields: { from: name },
    text: 'The backup is from an app on {{from}}: values are converted by the type of their field. Whole numbers beyond 9,007,199,254,740,991 had been rounded when the backup was made.',
  },
  'old-view-blind': {
    kind: 'old-format',
    fields: { view: name, reads: name },
    text: 'The view {{view}} is left out: it reads {{reads}}, which is neither in the backup nor here.',
  },
  'old-adopted': {
    kind: 'old-format',
    fields: { tables: names },
    text: 'The old format keeps no indexes, foreign keys, checks, triggers and comments. These tables keep those they have here: {{tables}}.',
  },
  'old-plain': {
    kind: 'old-format',
    fields: { tables: names },
    text: 'These tables are not here yet and come without foreign keys, checks, triggers and comments, and only with the indexes that their fields ask for, because the old format does not keep the rest: {{tables}}.',
  },
  'old-anew-part': {
    kind: 'old-format',
    fields: { name, part: name },
    text: '{{name}} is made as it was in the backup, because {{part}} of it is not here.',
  },
  'dump-adopted': {
    kind: 'old-format',
    fields: { tables: names },
    text: 'No SQL of the dump is run. These tables keep the checks, triggers, grants, other defaults and newer columns that they have here: {{tables}}.',
  },
  'dump-plain': {
    kind: 'old-format',
    fields: { tables: names },
    text: 'No SQL of the dump is run. These tables come with columns, keys, indexes and counters, and without checks, triggers and grants: {{tables}}.',
  },
  'old-empty': {
    kind: 'old-format',
    fields: { name, columns: names },
    text: '{{name}}: {{columns}} of the live table is not in the backup and will be empty.',
  },
  'old-anew-with': {
    kind: 'old-format',
    fields: { name, other: name },
    text: "{{name}} is made from the backup's own list of fields, because it goes with {{other}}.",
  },
  'old-anew-kind': {
    kind: 'old-format',
    fields: { name, relation: RelationKind },
    text: "{{name}} is made from the backup's own list of fields, because it is something else here ({{relation}}).",
  },
  'old-anew-partition': {
    kind: 'old-format',
    fields: { name },
    text: "{{name}} is made from the backup's own list of fields, because it is a partition here.",
  },
  'old-anew-parents': {
    kind: 'old-format',
    fields: { name },
    text: "{{name}} is made from the backup's own list of fields, because it inherits from other tables here.",
  },
  'old-anew-computed': {
    kind: 'old-format',
    fields: { name, column: name },
    text: "{{name}} is made from the backup's own list of fields, because {{column}} is computed here.",
  },
  'old-anew-type': {
    kind: 'old-format',
    fields: { name, column: name, now: name, then: name },
    text: "{{name}} is made from the backup's own list of fields, because {{column}} is {{now}} here and was {{then}}.",
  },
  'old-anew-needed': {
    kind: 'old-format',
    fields: { name, column: name },
    text: "{{name}} is made from the backup's own list of fields, because {{column}} must not be empty here and is not in the backup.",
  },
  // Who may do what
  'account-superuser': {
    kind: 'account',
    fields: { user: name },
    text: "The database account {{user}} is a superuser: code in a backup could do as much as it may, even outside this database. Use an account that owns the app's tables and nothing more.",
  },
  'account-powers': {
    kind: 'account',
    fields: { user: name, powers: names },
    text: "The database account {{user}} has {{powers}}: code in a backup could do as much as it may, even outside this database. Use an account that owns the app's tables and nothing more.",
  },
  'suddenly-plain': {
    kind: 'plain',
    error: 'ARCHIVE_NOT_ENCRYPTED',
    fields: { name },
    text: PLAIN_TEXT,
  },
} as const satisfies Record<string, Entry>;

type Table = typeof WARNINGS;
type Code = keyof Table;
type Fields<C extends Code> = z.infer<z.ZodObject<Table[C]['fields']>>;
type OfCode<C extends Code> = { code: C; kind: Table[C]['kind'] } & Fields<C>;

/** What somebody should know before a restore, as a code with its fields. */
export type Warning = { [C in Code]: OfCode<C> }[Code];

const schemaOf = <C extends Code>(code: C) =>
  z.object({ code: z.literal(code), kind: z.literal(WARNINGS[code].kind), ...WARNINGS[code].fields });
export const WARNING_SCHEMAS = (Object.keys(WARNINGS) as Code[]).map(schemaOf);
const [first, ...others] = WARNING_SCHEMAS;
if (!first) throw new Error('there are no warnings');
// Made from the table, as the type is; the compiler cannot see that a loop makes all of them.
export const Warning = z.discriminatedUnion('code', [first, ...others]) as unknown as z.ZodType<Warning>;

export const warn = <C extends Code>(code: C, fields: Fields<C>): OfCode<C> => ({
  code,
  kind: WARNINGS[code].kind,
  ...fields,
});

/** What a restore is refused with, of one that is not allowed. */
export const refusalOf = (warning: Warning): ErrorCode => {
  const { error }: Entry = WARNINGS[warning.code];
  return error ?? 'DEPENDENT_WOULD_BREAK';
};

/** For people who read English. */
export function warningText(warning: Warning): string {
  const values: Readonly<Record<string, Value>> = { ...warning };
  return WARNINGS[warning.code].text.replace(/\{\{(\w+)\}\}/g, (whole, field: string) => {
    const value = values[field];
    return value === undefined ? whole : said(value);
  });
}

type Value = string | Thing | readonly (string | Thing)[];
const MOST = 12;

function said(value: Value): string {
  if (typeof value === 'string') return value;
  if ('kind' in value) return partLabel(value);
  const list = value.slice(0, MOST).map(said).join(', ');
  return value.length > MOST ? `${list} and ${value.length - MOST} more` : list;
}
