/**
 * Below zero if `a` is older than `b`, above if it is newer: `2.2.9` < `2.2.10-beta.1` < `2.2.10`. Not by the words of
 * any language: NocoBase takes these away from all that run in it.
 */
export function compareVersions(a: string, b: string): number {
  const [[ours, before], [theirs, after]] = [partsOf(a), partsOf(b)];
  return (
    comparedParts(ours, theirs) ||
    // What comes before a version has more to say than the version.
    Number(before.length === 0) - Number(after.length === 0) ||
    comparedParts(before, after)
  );
}

function partsOf(version: string): [release: string[], before: string[]] {
  const [release = '', ...before] = version.split('-');
  return [release.split('.'), before.join('-').split(/[.-]/).filter(Boolean)];
}

function comparedParts(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [ours = '', theirs = ''] = [a[at], b[at]];
    if (ours === theirs) continue;
    const [x, y] = [Number(ours), Number(theirs)];
    if (!Number.isNaN(x - y) && x !== y) return x - y;
    return ours < theirs ? -1 : 1;
  }
  return 0;
}
