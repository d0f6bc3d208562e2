import * as z from 'zod';
import { Named } from './operator';

/** How texts are cut into words that a search finds, as records: no SQL of an archive is needed to make them. */

/** Makes words of words, by a template of the server's or of an extension. */
export const TextDictionary = z.object({
  template: Named,
  options: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      /** It stands without quotes. */
      number: z.literal(true).optional(),
    }),
  ),
});
export type TextDictionary = z.infer<typeof TextDictionary>;

/** Which dictionaries are asked for which kind of word, one after the other. */
export const TextConfiguration = z.object({
  parser: Named,
  mappings: z.array(z.object({ token: z.string(), dictionaries: z.array(Named) })),
});
export type TextConfiguration = z.infer<typeof TextConfiguration>;
