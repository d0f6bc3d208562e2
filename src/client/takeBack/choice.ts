import type { TakeBackPreview } from '../api/api';

/** What comes along with the rows that were asked for. */
export interface Choice {
  /** Rows that they point at. */
  readonly parents: boolean;
  /** Rows that point at them: all, or those of some collections. */
  readonly children: boolean | readonly string[];
}

export const ALONE: Choice = { parents: true, children: false };

/** Collections whose rows could come along; those too large to be counted may have some. */
export const takeable = ({ children, uncounted }: TakeBackPreview): string[] => [
  ...children
    .filter(({ cannot, missing }) => cannot === undefined && missing > 0)
    .map(({ collection }) => collection),
  ...uncounted,
];

export const comes = ({ children }: Choice, collection: string): boolean =>
  typeof children === 'boolean' ? children : children.includes(collection);

/** The same choice with rows of one more collection, or of one fewer. */
export function withChildren(
  choice: Choice,
  preview: TakeBackPreview,
  collection: string,
  come: boolean,
): Choice {
  const { children } = choice;
  const before = typeof children === 'boolean' ? (children ? takeable(preview) : []) : children;
  const others = before.filter((name) => name !== collection);
  const next = come ? [...others, collection] : others;
  return { ...choice, children: next.length > 0 && next };
}
