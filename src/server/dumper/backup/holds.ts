import * as z from 'zod';
import { reasonOf } from '../schema/notIncluded';
import { ALL_GROUPS, GroupName } from '../app/groups';
import type { Manifest } from '../archive/manifest';

/** What a backup has as a whole. */
export const Holds = z.object({
  /** Of these nothing was left out. */
  groups: z.array(GroupName),
  files: z.boolean(),
  aesKey: z.boolean(),
  /** Which key that is: the app may have got another since. */
  keyIs: z.object({ salt: z.string(), fingerprint: z.string() }).optional(),
});
export type Holds = z.infer<typeof Holds>;

export function holdsOf({ notIncluded, files, keyFile, keys }: Manifest): Holds {
  const { salt, aesKeyFingerprint: fingerprint } = keys;
  const left = new Set(notIncluded.map(({ why }) => (why?.code === 'not-chosen' ? why.group : undefined)));
  // An archive that has no values has the sentence that Ark wrote then.
  const told = new Set(notIncluded.flatMap(({ why, reason }) => (why ? [] : [reason])));
  return {
    groups: ALL_GROUPS.filter(
      (group) => !left.has(group) && !told.has(reasonOf({ code: 'not-chosen', group })),
    ),
    files: files !== undefined,
    aesKey: keyFile !== undefined,
    ...(keyFile && salt !== undefined && fingerprint !== undefined && { keyIs: { salt, fingerprint } }),
  };
}
