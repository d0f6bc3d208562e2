/**
 * How Ark makes folders of its own: archives, records and keys are nobody else's to list or read. For `mkdir`;
 * a folder that is there already stays as whoever made it wanted it.
 */
export const OWN_FOLDER = { recursive: true, mode: 0o700 } as const;
