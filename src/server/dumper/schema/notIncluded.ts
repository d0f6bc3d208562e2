import * as z from 'zod';

/** What is not in a backup, and why. */
export const NotIncluded = z.object({ what: z.string(), name: z.string(), reason: z.string() });
export type NotIncluded = z.infer<typeof NotIncluded>;
