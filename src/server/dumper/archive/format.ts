/** The version of the archive's format that this Ark writes, and the newest it can read. */
export const FORMAT = 3;
