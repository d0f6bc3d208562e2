/** A constraint or an index that does not hold for the rows that came. The rows come all the same. */
export interface Blemish {
  readonly kind: 'primary' | 'unique' | 'exclusion' | 'check' | 'foreign' | 'index';
  readonly collection: string;
  readonly name: string;
  /** It is there for what comes from now on, or it is not there. */
  readonly outcome: 'not valid' | 'left out';
  /** Rows that do not hold it, where they could be counted. */
  readonly rows?: number;
}

const KINDS: Record<Blemish['kind'], string> = {
  primary: 'primary key',
  unique: 'unique constraint',
  exclusion: 'exclusion constraint',
  check: 'check',
  foreign: 'foreign key',
  index: 'index',
};

export function blemishText({ kind, collection, name, outcome, rows }: Blemish): string {
  const whose = rows === undefined ? 'some of its rows' : rows === 1 ? '1 row' : `${rows} rows`;
  const then =
    outcome === 'not valid'
      ? 'it is there as NOT VALID, so it holds for what is written from now on'
      : 'it was left out';
  return `${collection}: the ${KINDS[kind]} ${name} does not hold for ${whose}; ${then}.`;
}
