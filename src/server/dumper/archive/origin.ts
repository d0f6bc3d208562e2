import * as z from 'zod';

/** What made a backup. */
export const Origin = z.object({
  /** The number that the instance drew for itself. */
  instance: z.string().optional(),
  /** Absent: made by hand. */
  schedule: z.string().optional(),
  /** When that schedule was to make the next one, as far as it knew then. */
  next: z.iso.datetime().optional(),
});
