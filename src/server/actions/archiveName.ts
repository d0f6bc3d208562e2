/** `shop-20261120-101500.ark`, from whatever the instance is called. */
export function archiveName(instance: string, at: Date): string {
  const safe = instance.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, '') || 'ark';
  const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${safe.slice(0, 60)}-${stamp}.ark`;
}
