/** The newest version of the archive's format that this Ark reads. */
export const FORMAT = 5;

/** Since this one an archive has a summary of its own for lists. */
export const SUMMARIZED = 4;

/**
 * Since this one a collection may be there without its rows, which an older Ark would take for an empty one, and
 * structures beside the collections, of which its schema would know nothing.
 */
export const STRUCTURE_ONLY = 5;

/** What an archive is written as: the oldest that says all of it, so that an older Ark reads what it can. */
export const formatOf = (
  collections: readonly { readonly structureOnly?: true | undefined }[],
  structures: readonly unknown[] = [],
): 4 | 5 =>
  structures.length > 0 || collections.some(({ structureOnly }) => structureOnly)
    ? STRUCTURE_ONLY
    : SUMMARIZED;
