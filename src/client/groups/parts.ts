import type { ArchivedCollection, CreateInput, GroupName } from '../api/api';
import { isView } from './rowCount';

interface Named {
  readonly name: string;
}

interface Member {
  readonly group: GroupName;
  readonly kind?: ArchivedCollection['kind'];
}

/** What is taken out of a choice, by name: collections that stay out, and those that come without rows. */
export interface Parts {
  readonly exclude: readonly string[];
  readonly noRows: readonly string[];
}

export const NO_PARTS: Parts = { exclude: [], noRows: [] };

/** What describes the app comes whole. */
const REQUIRED: GroupName = 'required';

export const canStayOut = ({ group }: Member): boolean => group !== REQUIRED;
export const canBeBare = (collection: Member): boolean => canStayOut(collection) && !isView(collection.kind);

/** Without what is not chosen any more; a name that no collection has is one of the app's, and stays. */
export function narrowed(
  { exclude, noRows }: Parts,
  all: readonly Named[],
  chosen: readonly Named[],
): Pick<CreateInput, 'exclude' | 'noRows'> {
  const [known, names] = [all, chosen].map((list) => new Set(list.map(({ name }) => name)));
  const holds = (name: string) => names?.has(name) === true || known?.has(name) === false;
  const out = exclude.filter(holds);
  const bare = noRows.filter((name) => holds(name) && !exclude.includes(name));
  return { ...(out.length > 0 && { exclude: out }), ...(bare.length > 0 && { noRows: bare }) };
}
