import * as z from 'zod';

/** A constraint or an index that does not hold for the rows that came, or what cannot be made of what else is here. The rows come all the same. */
export const Blemish = z.object({
  kind: z.enum([
    'primary',
    'unique',
    'exclusion',
    'check',
    'foreign',
    'not-null',
    'domain',
    'index',
    'materialized',
    'trigger',
    'view',
    'function',
    'procedure',
    'event',
  ]),
  /** The table or view that it is on, or the domain; itself, where it is on none. */
  collection: z.string(),
  name: z.string(),
  /** It is there for what comes from now on; it is not there; it has no rows; it lacks what was left out of a partition. */
  outcome: z.enum(['not valid', 'left out', 'left empty', 'incomplete']),
  /** Rows that do not hold it, where they could be counted. */
  rows: z.number().int().nonnegative().optional(),
  /** What the server said, where it is not the rows. */
  because: z.string().optional(),
  /** It was so in the database that the backup is from, whose catalog says so; no row was looked at. */
  before: z.literal(true).optional(),
});
export type Blemish = z.infer<typeof Blemish>;

const KINDS: Record<Blemish['kind'], string> = {
  primary: 'primary key',
  unique: 'unique constraint',
  exclusion: 'exclusion constraint',
  check: 'check',
  foreign: 'foreign key',
  'not-null': 'NOT NULL constraint',
  domain: 'domain constraint',
  index: 'index',
  materialized: 'materialized view',
  trigger: 'trigger',
  view: 'view',
  function: 'function',
  procedure: 'procedure',
  event: 'event',
};

const ON_NONE: ReadonlySet<Blemish['kind']> = new Set(['function', 'procedure', 'event']);

const OUTCOMES: Record<Blemish['outcome'], string> = {
  'not valid': 'it is there as NOT VALID, so it holds for what is written from now on',
  'left out': 'it was left out',
  'left empty': 'it is empty until it is refreshed',
  incomplete: 'it is there without it',
};

export function blemishText({ kind, collection, name, outcome, rows, because, before }: Blemish): string {
  const where = ON_NONE.has(kind) ? '' : `${collection}: `;
  const what = `${where}the ${KINDS[kind]} ${name}`;
  const then = OUTCOMES[outcome];
  if (outcome === 'incomplete') return `${what} lacks what was left out of a partition; ${then}.`;
  if (before && outcome === 'left out') return `${what} is marked INVALID; ${then}. REINDEX it, or drop it.`;
  if (before && rows === undefined)
    return `${what} is NOT VALID; how many rows do not hold it was not counted.`;
  if (because !== undefined) return `${what} cannot be made as it was (${because}); ${then}.`;
  const whose = rows === undefined ? 'some of its rows' : rows === 1 ? '1 row' : `${rows} rows`;
  return `${what} does not hold for ${whose}; ${then}.`;
}
