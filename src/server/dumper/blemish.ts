/** A constraint or an index that does not hold for the rows that came, or what a routine of the app keeps from being. The rows come all the same. */
export interface Blemish {
  readonly kind:
    'primary' | 'unique' | 'exclusion' | 'check' | 'foreign' | 'domain' | 'index' | 'materialized';
  readonly collection: string;
  readonly name: string;
  /** It is there for what comes from now on, or it is not there. */
  readonly outcome: 'not valid' | 'left out' | 'left empty' | 'incomplete';
  /** Rows that do not hold it, where they could be counted. */
  readonly rows?: number;
  /** What the server said, where it is not the rows but a routine that failed. */
  readonly because?: string;
}

const KINDS: Record<Blemish['kind'], string> = {
  primary: 'primary key',
  unique: 'unique constraint',
  exclusion: 'exclusion constraint',
  check: 'check',
  foreign: 'foreign key',
  domain: 'domain constraint',
  index: 'index',
  materialized: 'materialized view',
};

const OUTCOMES: Record<Blemish['outcome'], string> = {
  'not valid': 'it is there as NOT VALID, so it holds for what is written from now on',
  'left out': 'it was left out',
  'left empty': 'it is empty until it is refreshed',
  incomplete: 'it is there without it',
};

export function blemishText({ kind, collection, name, outcome, rows, because }: Blemish): string {
  const what = `${collection}: the ${KINDS[kind]} ${name}`;
  const then = OUTCOMES[outcome];
  if (outcome === 'incomplete') return `${what} lacks what was left out of a partition; ${then}.`;
  if (because !== undefined) return `${what} cannot be made as it was (${because}); ${then}.`;
  const whose = rows === undefined ? 'some of its rows' : rows === 1 ? '1 row' : `${rows} rows`;
  return `${what} does not hold for ${whose}; ${then}.`;
}
