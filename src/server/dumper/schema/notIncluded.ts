import * as z from 'zod';
import { filled, unionOf, type Entry, type Told } from '../../errors/told';

const name = z.string();
const count = z.number();
const names = z.array(z.string());

/** Why something is in no backup, for people who read English; the page has it in each language, as `left.CODE`. */
export const WHY = {
  // Of what a database has
  'not-chosen': { fields: { group: name }, text: 'group "{{group}}" or collection not chosen' },
  ignored: { fields: {}, text: 'in the group "ignored"' },
  unused: { fields: {}, text: 'nothing that was chosen uses it' },
  own: { fields: {}, text: "Ark's own: it stays where it is" },
  'operator-unmade': { fields: {}, text: 'another one names it, and it was never made' },
  'family-elsewhere': { fields: {}, text: 'its family is in another schema' },
  'table-elsewhere': { fields: {}, text: 'its table is in another schema' },
  conversion: { fields: {}, text: 'conversions are not carried' },
  cast: { fields: {}, text: 'casts are not carried' },
  transform: { fields: {}, text: 'transforms are not carried' },
  'search-in-c': { fields: {}, text: 'it is written in C' },
  'type-in-c': { fields: {}, text: 'types written in C are not carried' },
  language: { fields: {}, text: 'languages belong to the database' },
  'access-method': { fields: {}, text: 'access methods belong to the database' },
  'foreign-wrapper': { fields: {}, text: 'wrappers belong to the database' },
  'foreign-server': { fields: {}, text: 'servers belong to the database' },
  publication: { fields: {}, text: 'publications belong to the server' },
  subscription: { fields: {}, text: 'subscriptions belong to the server' },
  'event-trigger': { fields: {}, text: 'event triggers belong to the database' },
  'user-mapping': { fields: {}, text: "mappings belong to the server's roles" },
  'other-schema': {
    fields: { schema: name, tables: count },
    text: '{{tables}} tables in another schema; back it up with ?schema={{schema}}',
  },
  'large-objects': { fields: {}, text: 'large objects belong to no table' },
  'security-labels': { fields: {}, text: 'labels belong to whoever checks them' },
  settings: { fields: { settings: names }, text: 'what is set for all its connections: {{settings}}' },
  'schema-comment': { fields: {}, text: 'the comment of the schema itself is not carried' },
  'schema-privileges': {
    fields: {},
    text: 'who may use the schema itself, and make things in it, is not carried',
  },
  tablespace: {
    fields: { parts: count },
    text: 'what lies in it comes back where the database keeps its own: {{parts}} tables and indexes',
  },
  'default-privileges': {
    fields: { on: name },
    text: "what it has others be granted on new {{on}} belongs to the server's roles",
  },
  'foreign-table': { fields: {}, text: 'its rows live on another server' },
  'typed-table': { fields: {}, text: 'comes back as an ordinary table, no longer tied to its type' },
  'not-carried': { fields: {}, text: 'Ark does not carry these from MySQL and MariaDB' },
  'text-hidden': { fields: {}, text: 'the account may not read what it does' },
  partitions: { fields: {}, text: 'its rows come back, in a table without partitions' },
  'no-rows': { fields: {}, text: 'only its structure was asked for' },
  engine: {
    fields: { engine: name },
    text: 'its rows are here, but {{engine}} keeps no snapshots: they may be of another moment than those of other tables',
  },
  // Of the app's files and keys
  key: { fields: {}, text: 'only encrypted backups with uploaded files hold the AES key of the app' },
  'files-elsewhere': { fields: { type: name }, text: 'they lie on {{type}}, which keeps its own copies' },
  'files-shared': { fields: { folder: name }, text: '{{folder}} holds files of other apps too' },
  'files-no-rows': { fields: {}, text: 'the rows that tell of them were left out' },
  'no-file': { fields: {}, text: 'a link or a device, not a file' },
  'file-vanished': { fields: {}, text: 'removed during the backup' },
  // Of an old .nbdump
  'old-view': { fields: {}, text: 'its statement cannot be taken over' },
  'old-rowless': { fields: {}, text: 'the old format has no rows or statement of it' },
  'old-structure': {
    fields: {},
    text: 'the old format does not keep them; tables that are there keep those they have',
  },
  'old-values': { fields: {}, text: 'lost when the old backup was made' },
  'old-files': { fields: {}, text: 'the old format has only the database' },
  'old-moment': {
    fields: {},
    text: 'the old plugin read one table after the other, so rows that point at each other may not match',
  },
  // Of a backup of NocoBase's Backup manager
  'dump-sql': {
    fields: {},
    text: 'it is SQL of the dump, of which none is ever run; what the database has under its name stays',
  },
  'dump-type': {
    fields: { type: name },
    text: 'Ark does not know {{type}}: where the table is there with such a column it stays so, else it comes as text',
  },
  'dump-grants': { fields: {}, text: 'who may use what; tables that are there keep theirs' },
  'dump-schema': { fields: { tables: count }, text: "{{tables}} tables in another schema than the app's" },
  'dump-files': { fields: {}, text: 'the backup was made without uploaded files' },
} as const satisfies Readonly<Record<string, Entry & { readonly text: string }>>;

export const Why = unionOf(WHY);
export type Why = Told<typeof WHY>;

/** What is not in a backup, and why. */
export const NotIncluded = z.object({
  what: z.string(),
  name: z.string(),
  /** In English, for other readers of the manifest. */
  reason: z.string(),
  /** The same as a value. Older archives do not have it, and of a newer one it may be unknown here. */
  why: Why.optional().catch(undefined),
});
export type NotIncluded = z.infer<typeof NotIncluded>;

export function reasonOf(why: Why): string {
  const { code, ...fields } = why;
  const values: Readonly<Record<string, string | number | readonly string[]>> = fields;
  return filled(WHY[code].text, (field) => {
    const value = values[field];
    return typeof value === 'object' ? value.join(', ') : String(value);
  });
}

export const notIncluded = (what: string, name: string, why: Why): NotIncluded => ({
  what,
  name,
  reason: reasonOf(why),
  why,
});
