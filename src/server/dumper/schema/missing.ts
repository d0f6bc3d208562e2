import * as z from 'zod';
import { codeLabel } from './code';
import { CodeKind } from './codeKind';

/** Of what a backup may need something that is not in it: code, and what has rows or words. */
export const PartKind = z.enum([
  ...CodeKind.options,
  'column',
  'table',
  'textDictionary',
  'textConfiguration',
]);
export type PartKind = z.infer<typeof PartKind>;

export const Part = z.object({
  kind: PartKind,
  /** The collection that it is on. */
  collection: z.string().optional(),
  name: z.string(),
});
export type Part = z.infer<typeof Part>;

export const ElsewhereKind = z.enum([
  'extension',
  'role',
  'relation',
  'routine',
  'type',
  'collation',
  'operator',
  'operatorClass',
  'operatorFamily',
  'textConfiguration',
  'textDictionary',
  'textParser',
  'textTemplate',
  'accessMethod',
  'tablespace',
  'language',
  'cast',
  'transform',
]);
export type ElsewhereKind = z.infer<typeof ElsewhereKind>;

/** What the schema of a backup needs beside itself, as the catalog had it; what belongs to an extension counts as that. */
export const Elsewhere = z.object({
  kind: ElsewhereKind,
  /** Empty for what is in none. */
  schema: z.string(),
  name: z.string(),
  /** With the types of its arguments, where there may be several of the name. */
  identity: z.string().optional(),
  /** It is of the schema itself, and of a kind that no backup has. */
  own: z.literal(true).optional(),
  neededBy: z.array(Part),
  /** Routines with a name of it in their text. */
  calledBy: z.array(Part).optional(),
});
export type Elsewhere = z.infer<typeof Elsewhere>;

/** `syntax`: a form of SQL that only newer servers understand. */
export const MissingKind = z.enum([...ElsewhereKind.options, 'schema', 'syntax']);

/** Something that a database lacks, and what needs it. */
export interface Need extends Pick<Elsewhere, 'schema' | 'name' | 'neededBy' | 'calledBy'> {
  readonly kind: z.infer<typeof MissingKind>;
}

/** What an archive needs of a database beside its own schema, and what the database lacks. */
export const Missing = z.object({
  kind: MissingKind,
  name: z.string(),
  /**
   * `made`: the restore makes it; `unused`: nothing that comes needs it; `left-out`: what needs it does not come, or
   * not as it was; `no-grants`: it comes without what was granted to it.
   */
  outcome: z.enum(['made', 'unused', 'left-out', 'no-grants']),
  /** What does not come. */
  neededBy: z.array(Part),
  /** What comes all the same: a column as text, or what had it without it; or a routine that fails when it is called. */
  changed: z.array(Part.extend({ how: z.enum(['text', 'without', 'failing']) })).optional(),
});
export type Missing = z.infer<typeof Missing>;

const WORDS: Record<Missing['kind'], string> = {
  extension: 'extension',
  schema: 'schema',
  syntax: 'SQL syntax',
  role: 'role',
  relation: 'table or view',
  routine: 'function',
  type: 'type',
  collation: 'collation',
  operator: 'operator',
  operatorClass: 'operator class',
  operatorFamily: 'operator family',
  textConfiguration: 'text search configuration',
  textDictionary: 'text search dictionary',
  textParser: 'text search parser',
  textTemplate: 'text search template',
  accessMethod: 'access method',
  tablespace: 'tablespace',
  language: 'language',
  cast: 'cast',
  transform: 'transform',
};

const OTHERS = {
  column: 'column',
  table: 'table',
  textDictionary: WORDS.textDictionary,
  textConfiguration: WORDS.textConfiguration,
  sequence: 'sequence',
  collation: WORDS.collation,
} as const;

/** `column place of visits` */
export function partLabel({
  kind,
  collection,
  name,
}: Pick<Part, 'collection' | 'name'> & { kind: CodeKind | keyof typeof OTHERS }): string {
  if (isOther(kind)) {
    const word = OTHERS[kind];
    return `${word} ${name}${collection === undefined || collection === name ? '' : ` of ${collection}`}`;
  }
  return codeLabel({ kind, name, ...(collection !== undefined && { collection }) });
}
const isOther = (kind: string): kind is keyof typeof OTHERS => kind in OTHERS;

/** At the backup: what hangs on something that it does not have. */
export const hangingText = ({ kind, schema, name, neededBy }: Elsewhere): string =>
  `The ${WORDS[kind]} ${schema === '' ? name : `${schema}.${name}`} is not in this backup; where there is none, these do not come, or columns as text: ${neededBy.map(partLabel).join(', ')}.`;

const HOW = {
  text: 'these come as text',
  without: 'these come without it',
  failing: 'these come, and fail when they are called',
} as const;

export function missingText({ kind, name, outcome, neededBy, changed = [] }: Missing): string {
  const here = `The ${WORDS[kind]} ${name} is not here`;
  switch (outcome) {
    case 'made':
      return `${here}; it is made.`;
    case 'unused':
      return `${here}; nothing in this backup uses it.`;
    case 'no-grants':
      return `${here}; what it was granted is left out.`;
    case 'left-out': {
      const list = (parts: readonly Part[]) => parts.map(partLabel).join(', ');
      const ways = (['text', 'without', 'failing'] as const).map((how) => {
        const those = changed.filter((item) => item.how === how);
        return those.length > 0 ? `; ${HOW[how]}: ${list(those)}` : '';
      });
      const left = neededBy.length > 0 ? `; left out is what needs it: ${list(neededBy)}` : '';
      return `${here}${left}${ways.join('')}.`;
    }
  }
}
