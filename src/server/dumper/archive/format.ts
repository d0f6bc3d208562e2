/** The version of the archive's format that this Ark writes, and the newest it can read. */
export const FORMAT = 4;

/** Since this one an archive has a summary of its own for lists. */
export const SUMMARIZED = 4;
