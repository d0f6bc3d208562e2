import * as z from 'zod';
import { DialectName } from './types';

/** The database that a backup is from. */
export const Source = z.object({
  dialect: DialectName,
  version: z.string(),
  /** Where databases have several. */
  schema: z.string().optional(),
  tablePrefix: z.string(),
  underscored: z.boolean(),
  timeZone: z.string(),
  /** By dialect; each knows its own. */
  native: z.record(z.string(), z.unknown()),
});
export type Source = z.infer<typeof Source>;
