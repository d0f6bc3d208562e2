import type { Relation } from '../schema/structure';

const SHOWN_BY = ['filename', 'extname', 'mimetype'];

/** Whether its rows tell of uploaded files, as those of NocoBase's attachments and other collections of files do. */
const isOfFiles = ({ columns }: Pick<Relation, 'columns'>): boolean => {
  const names = new Set(columns.map(({ name }) => name));
  return SHOWN_BY.every((name) => names.has(name)) && (names.has('storageId') || names.has('storage_id'));
};

/** Of the collections whose rows tell of uploaded files, how many were left out, or come without rows. */
export function recordsLeft(
  all: readonly {
    readonly relation: Pick<Relation, 'columns'>;
    readonly left: boolean;
    readonly comes: boolean;
  }[],
): 'none' | 'some' | 'all' {
  const records = all.filter(({ relation }) => isOfFiles(relation));
  if (!records.some(({ left }) => left)) return 'none';
  return records.some(({ comes }) => comes) ? 'some' : 'all';
}
