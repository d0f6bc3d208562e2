import * as z from 'zod';

/** How texts are sorted and compared, as a record: no SQL of an archive is needed to make it. */
export const Collation = z.object({
  provider: z.enum(['icu', 'libc', 'builtin']),
  /** Of ICU and of the server's own. */
  locale: z.string().optional(),
  /** Of the operating system's. */
  collate: z.string().optional(),
  ctype: z.string().optional(),
  /** False: texts of other bytes may be equal. */
  deterministic: z.boolean(),
  /** Of ICU: what it sorts otherwise than its locale. */
  rules: z.string().optional(),
});
export type Collation = z.infer<typeof Collation>;
