import type { StructureChange } from '../dumper/schema/structureChanges';

/** A change of structure for people who read English. */
export function changeText(change: StructureChange): string {
  switch (change.code) {
    case 'kind':
      return `is a ${change.now} now, was a ${change.then}`;
    case 'goes':
      return `${change.what} ${change.name}: only in the database, goes`;
    case 'comes':
      return `${change.what} ${change.name}: only in the backup, comes back`;
    case 'becomes':
      return `${change.what} ${change.name}: ${change.now} becomes ${change.then}`;
    case 'query':
      return 'the query of the view differs';
  }
}
