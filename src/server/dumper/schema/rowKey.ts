import type { Texts } from '../dialect';
import { storedColumns, type Relation } from './structure';

/** The columns of the primary key; none: rows cannot be told apart. */
export const keyOf = ({ primaryKey }: Pick<Relation, 'primaryKey'>): readonly string[] =>
  primaryKey?.columns ?? [];

/** For people. */
export const keyText = (key: readonly string[]): string => key.join(', ');

/** What a row has as its key. */
export function keyIn(relation: Relation, row: Texts): string[] {
  const names = storedColumns(relation).map(({ name }) => name);
  return keyOf(relation).map((column) => row[names.indexOf(column)] ?? '');
}

export const sameTexts = (a: Texts | undefined, b: Texts | undefined): boolean =>
  a && b ? a.length === b.length && a.every((text, at) => text === b[at]) : a === b;
