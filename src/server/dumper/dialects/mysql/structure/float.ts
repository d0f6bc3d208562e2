/** A 32-bit float is exact in a double, whose text has more digits than it needs: the fewest that mean the same float. */
export function shortestFloat(text: string): string {
  const value = Math.fround(Number(text));
  if (!Number.isFinite(value)) return text;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}
