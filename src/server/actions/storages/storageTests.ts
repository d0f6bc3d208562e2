import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { StorageTest } from '../../api/api';
import type { Host } from '../../host';
import { inTurn } from '../inTurn';
import { maskRecord, type StorageRecord } from './storageRecord';

/** When settings of a storage passed a test, by their digest: what is changed since was not tested. */
const Tests = z.record(z.string(), z.iso.datetime());

const NAME = 'storage tests';
const KEEP = 100;

const read = async ({ settings }: Pick<Host, 'settings'>): Promise<z.infer<typeof Tests>> =>
  Tests.catch({}).parse(await settings.get('settings', NAME));

/** Without its secrets, which could be guessed by a digest. */
const digestOf = (record: StorageRecord): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(maskRecord(record)).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex');

/** Also before it is saved: a form is tested first. What fails now has not passed. */
export function rememberTest(
  host: Pick<Host, 'settings' | 'exclusive'>,
  record: StorageRecord,
  { ok }: StorageTest,
  now: Date,
): Promise<void> {
  const digest = digestOf(record);
  return inTurn(host, NAME, async () => {
    const { [digest]: before, ...others } = await read(host);
    if (!ok && before === undefined) return;
    const all = { ...others, ...(ok && { [digest]: now.toISOString() }) };
    await host.settings.save('settings', NAME, Object.fromEntries(Object.entries(all).slice(-KEEP)));
  });
}

/** When these settings passed a test; undefined: never, or something else was tested since. */
export async function testedAt(
  host: Pick<Host, 'settings'>,
): Promise<(record: StorageRecord) => string | undefined> {
  const all = new Map(Object.entries(await read(host)));
  return (record) => all.get(digestOf(record));
}
