import * as z from 'zod';
import type { Manifest } from '../archive/manifest';
import type { Missing } from '../schema/missing';

/**
 * Where a rehearsal restored into. `database`: a fresh one, as a new server would have it; `staging`: a schema beside the
 * app's, where whatever else the app's database has was at hand.
 */
export const Proof = z.enum(['database', 'staging']);
export type Proof = z.infer<typeof Proof>;

/**
 * What a rehearsal has not shown. `files`: the archive of an app has none; `key`: the app has an AES key, and the
 * archive does not; `exchange`: nothing has changed places with what is live; `empty`: no empty database has taken it;
 * `elsewhere`: what needs other schemas does not come into an empty database; `rows`: of some collections the archive has the
 * structure alone.
 */
export const Unproven = z.enum(['files', 'key', 'exchange', 'empty', 'elsewhere', 'rows']);
export type Unproven = z.infer<typeof Unproven>;

export function unprovenOf(
  { app, files, keys, keyFile, collections }: Manifest,
  proof: Proof,
  missing: readonly Missing[],
): Unproven[] {
  const hasKey = keys.aesKeyFingerprint !== undefined || keys.aesKey !== undefined;
  return [
    ...(app && !files ? (['files'] as const) : []),
    ...(hasKey && !keyFile ? (['key'] as const) : []),
    'exchange',
    ...(proof === 'staging' ? (['empty'] as const) : []),
    ...(missing.some((item) => item.outcome === 'left-out') ? (['elsewhere'] as const) : []),
    ...(collections.some(({ structureOnly }) => structureOnly) ? (['rows'] as const) : []),
  ];
}
