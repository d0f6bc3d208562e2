import * as z from 'zod';
import { ALL_GROUPS, GroupName } from '../app/groups';
import type { Summary } from '../archive/summary';

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

export const holdsOf = ({ notChosen, files, aesKey, keyIs }: Summary): Holds => ({
  groups: ALL_GROUPS.filter((group) => !notChosen.includes(group)),
  files: files !== undefined,
  aesKey,
  ...(keyIs && { keyIs }),
});
