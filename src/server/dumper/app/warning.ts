import * as z from 'zod';
import { refused, type ErrorCode } from '../../errors/errors';
import { inEnglish, type OtherWarning } from '../../errors/told';
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

/** What a warning is about; `breaks` and `changes` are refused unless they are allowed. */
type Kind =
  | 'breaks'
  | 'changes'
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
  /** What a restore is refused with. */
  readonly error?: ErrorCode;
}

const name = z.string();
const names = z.array(z.string());

/** All that a preview may warn of; its words are `warn.CODE`. A field is a name, names, a count, things of the schema, or a word of Ark's own. */
export const WARNINGS = {
  // What is there and hangs on what goes
  'stays-tied': { kind: 'breaks', fields: { thing: Thing } },
  'outside-loses': { kind: 'breaks', fields: { what: name, of: name } },
  'outside-loses-column': { kind: 'breaks', fields: { what: name, column: name, of: name } },
  'outside-not-ours': { kind: 'breaks', fields: { what: name } },
  'outside-used': { kind: 'breaks', fields: { what: name } },
  'outside-unknown': { kind: 'breaks', fields: { what: name } },
  'view-loses': { kind: 'breaks', fields: { view: name, columns: names, of: name } },
  'publication-not-ours': { kind: 'breaks', fields: { publication: name, table: name } },
  'publication-loses': { kind: 'goes', fields: { table: name, publication: name } },
  // Another kind of database
  across: { kind: 'version', fields: { from: name, here: name } },
  'across-left': { kind: 'left-out', fields: { things: z.array(Thing) } },
  'across-objects': { kind: 'left-out', fields: { names } },
  'value-changed': {
    kind: 'changes',
    fields: { collection: name, column: name, type: name, rows: name, value: name, becomes: name },
  },
  'value-emptied': {
    kind: 'changes',
    fields: { collection: name, column: name, type: name, rows: name, value: name },
  },
  // Tables that belong together
  'shares-rows': { kind: 'taken-along', fields: { name } },
  'part-goes': { kind: 'goes', fields: { name } },
  // Of a choice
  'stays-out': { kind: 'kept', fields: { names } },
  'comes-bare': { kind: 'left-out', fields: { names } },
  'made-empty': { kind: 'left-out', fields: { names } },
  'made-by-upgrade': { kind: 'left-out', fields: { names } },
  'files-stay': { kind: 'kept', fields: {} },
  into: { kind: 'kept', fields: { name } },
  'files-of-all': { kind: 'kept', fields: {} },
  // `rows`: a number, with ~ before one that was guessed.
  'rows-go': { kind: 'breaks', error: 'ROWS_WOULD_GO', fields: { name, rows: name } },
  'defined-nowhere': { kind: 'breaks', fields: { names } },
  // What others use too
  'sequence-shared': { kind: 'kept', fields: { name, users: z.array(Thing) } },
  'routine-differs': { kind: 'kept', fields: { thing: Thing } },
  'counters-missing': { kind: 'kept', fields: { table: name, come: names } },
  'counters-shared': { kind: 'kept', fields: { table: name, come: names, stay: names } },
  'names-unknown': { kind: 'kept', fields: { table: name, definition: DefinitionKind, names } },
  // What this server or its account cannot have
  'collation-refused': { kind: 'breaks', fields: { name, why: name } },
  'classes-refused': { kind: 'breaks', fields: { user: name, left: z.array(Thing) } },
  'extension-refused': { kind: 'breaks', fields: { name } },
  // A restore without code
  'rows-hidden': { kind: 'left-out', fields: { tables: names } },
  'code-goes': { kind: 'left-out', fields: { things: z.array(Thing) } },
  // The app
  'plugins-off': { kind: 'plugin', fields: { plugins: names } },
  'plugins-off-empty': { kind: 'plugin', fields: { plugins: names, tables: names } },
  'plugins-absent': { kind: 'plugin', fields: { plugins: names } },
  'plugins-unknown': { kind: 'plugin', fields: { plugins: names } },
  'app-too-old': { kind: 'breaks', error: 'APP_TOO_OLD', fields: { from: name, here: name } },
  'app-newer': { kind: 'version', fields: { from: name, here: name } },
  'definitions-missing': { kind: 'breaks', error: 'REQUIRED_MISSING', fields: { names } },
  'app-key-differs': { kind: 'key', fields: {} },
  'aes-key-differs': { kind: 'key', fields: {} },
  'group-claimed': { kind: 'group', fields: { name, claimed: GroupName, group: GroupName } },
  // Backups of the old format
  'old-converted': { kind: 'old-format', fields: { from: name } },
  'old-view-blind': { kind: 'old-format', fields: { view: name, reads: name } },
  'old-adopted': { kind: 'old-format', fields: { tables: names } },
  'old-plain': { kind: 'old-format', fields: { tables: names } },
  'old-anew-part': { kind: 'old-format', fields: { name, part: name } },
  'dump-converted': { kind: 'old-format', fields: { from: name } },
  'dump-adopted': { kind: 'old-format', fields: { tables: names } },
  'dump-plain': { kind: 'old-format', fields: { tables: names } },
  'old-empty': { kind: 'old-format', fields: { name, columns: names } },
  'old-anew-with': { kind: 'old-format', fields: { name, other: name } },
  'old-anew-kind': { kind: 'old-format', fields: { name, relation: RelationKind } },
  'old-anew-partition': { kind: 'old-format', fields: { name } },
  'old-anew-parents': { kind: 'old-format', fields: { name } },
  'old-anew-computed': { kind: 'old-format', fields: { name, column: name } },
  'old-anew-type': { kind: 'old-format', fields: { name, column: name, now: name, then: name } },
  'old-anew-needed': { kind: 'old-format', fields: { name, column: name } },
  // Who may do what
  'account-superuser': { kind: 'account', fields: { user: name } },
  'account-powers': { kind: 'account', fields: { user: name, powers: names } },
  'suddenly-plain': { kind: 'plain', error: 'ARCHIVE_NOT_ENCRYPTED', fields: { name } },
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

/** Throws DEPENDENT_WOULD_BREAK; returns what breaks with leave. */
export function refuseBreaks(warnings: readonly Warning[], allow: boolean): Warning[] {
  const breaks = warnings.filter((warning) => warning.kind === 'breaks');
  if (allow || breaks.length === 0) return breaks;
  throw refused('would-break', { warnings: otherWarnings(breaks) }, { way: 'allowBreaks' });
}

/** Throws VALUE_UNFIT where values would not come as they are. */
export function refuseChanges(warnings: readonly Warning[], allow: boolean): void {
  const changes = warnings.filter((warning) => warning.kind === 'changes');
  if (allow || changes.length === 0) return;
  throw refused('would-change', { warnings: otherWarnings(changes) }, { way: 'allowChanges' });
}

/** As values in the details of a failure. */
export const otherWarnings = (warnings: readonly Warning[]): OtherWarning[] =>
  warnings.map((warning) => ({ text: warningText(warning), warning }));

/** For people who read English. */
export function warningText(warning: Warning): string {
  const values: Readonly<Record<string, Value>> = { ...warning };
  return inEnglish(`warn.${warning.code}`, (field) => {
    const value = values[field];
    return value && said(value);
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
