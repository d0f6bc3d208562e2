const MOST = 5;

/** The nearest first: a few letters away, or a part of one another; capitals, `-`, `_` and spaces do not count. */
export function nearest(name: string, all: readonly string[]): string[] {
  const wanted = plain(name);
  if (wanted === '') return [];
  const slips = wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  return all
    .map((known) => {
      const other = plain(known);
      const part = other.includes(wanted) || (other.length > 2 && wanted.includes(other));
      return {
        word: known,
        far: part ? Math.abs(other.length - wanted.length) / 100 : distance(wanted, other),
      };
    })
    .filter(({ far }) => far <= slips)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ word }) => word);
}

export const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');

/** How many letters have to be added, taken away or changed. */
export function distance(a: string, b: string): number {
  // Names that are as long as that are nobody's slip of the hand.
  if (a.length > 300 || b.length > 300) return Math.max(a.length, b.length);
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const [left = 0, above = 0, across = 0] = [next[j], row[j + 1], row[j]];
      next.push(Math.min(left + 1, above + 1, across + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
