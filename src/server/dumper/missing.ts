import { z } from 'zod';
import { codeLabel, LeftOut } from './code';

/** What an archive needs of a database beside its own schema, and what the database lacks. */
export const Missing = z.object({
  kind: z.enum(['extension', 'schema', 'role', 'relation', 'routine', 'type', 'collation']),
  name: z.string(),
  /**
   * `made`: the restore makes it; `unused`: nothing that comes needs it; `left-out`: it comes without what needs it;
   * `no-grants`: it comes without what was granted to it.
   */
  outcome: z.enum(['made', 'unused', 'left-out', 'no-grants']),
  neededBy: z.array(LeftOut.omit({ needs: true })),
});
export type Missing = z.infer<typeof Missing>;

const WORDS: Record<Missing['kind'], string> = {
  extension: 'extension',
  schema: 'schema',
  role: 'role',
  relation: 'table or view',
  routine: 'function',
  type: 'type',
  collation: 'collation',
};

export function missingText({ kind, name, outcome, neededBy }: Missing): string {
  const here = `The ${WORDS[kind]} ${name} is not here`;
  switch (outcome) {
    case 'made':
      return `${here}; it is made.`;
    case 'unused':
      return `${here}; nothing in this backup uses it.`;
    case 'no-grants':
      return `${here}; what it was granted is left out.`;
    case 'left-out':
      return `${here}; left out is what needs it: ${neededBy.map(codeLabel).join(', ')}.`;
  }
}
