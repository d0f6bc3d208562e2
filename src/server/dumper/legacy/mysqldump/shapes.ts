/**
 * Coordinates of a shape as MySQL has it: four bytes of a reference system, then Well-Known Binary. A point is `[x, y]`, a
 * line its points, a polygon those of its outer ring, which is closed there and open in NocoBase. Undefined for any other.
 */
export function coordinates(hex: string): unknown {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length < 9 || hex.length % 2 !== 0) return undefined;
  const little = bytes[4] === 1;
  let at = 5;
  const int = (): number => {
    at += 4;
    if (at > bytes.length) return NaN;
    return little ? bytes.readUInt32LE(at - 4) : bytes.readUInt32BE(at - 4);
  };
  const point = (): [number, number] => {
    const read = (from: number) => (little ? bytes.readDoubleLE(from) : bytes.readDoubleBE(from));
    at += 16;
    return [read(at - 16), read(at - 8)];
  };
  const points = (): [number, number][] | undefined => {
    const count = int();
    return count * 16 <= bytes.length - at ? Array.from({ length: count }, point) : undefined;
  };
  const kind = int();
  let shape: unknown;
  if (kind === 1 && bytes.length === at + 16) shape = point();
  else if (kind === 2) shape = points();
  else if (kind === 3 && int() === 1) shape = points()?.slice(0, -1);
  return at === bytes.length ? shape : undefined;
}
