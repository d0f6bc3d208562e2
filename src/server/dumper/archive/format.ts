/** The newest version of the archive's format that this Ark reads. */
export const FORMAT = 5;

/** Since this one an archive has a summary of its own for lists. */
export const SUMMARIZED = 4;

/** Since this one a collection may be there without its rows. An older Ark would take it for an empty one. */
export const STRUCTURE_ONLY = 5;

/** What an archive is written as: the oldest that says all of it, so that an older Ark reads what it can. */
export const formatOf = (collections: readonly { readonly structureOnly?: true | undefined }[]): 4 | 5 =>
  collections.some(({ structureOnly }) => structureOnly) ? STRUCTURE_ONLY : SUMMARIZED;
