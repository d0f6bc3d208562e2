import { randomBytes } from 'node:crypto';

/** `20261120_101500_3fa2c1`: sorts by time, fits into the name of a schema, and is never given out twice. */
export function newJobId(now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
  return `${stamp}_${randomBytes(3).toString('hex')}`;
}
