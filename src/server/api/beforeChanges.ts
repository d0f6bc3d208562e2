import * as z from 'zod';

/** Whether the app is backed up before an upgrade or a change of plugins. */
export const BeforeChanges = z
  .enum(['off', 'try', 'must'])
  .describe('`must`: where no backup can be made, the change is refused; `try`: it goes on');
export type BeforeChanges = z.infer<typeof BeforeChanges>;
