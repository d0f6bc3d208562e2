import { refused } from '../errors/errors';

/** What a backup's name ends in: Ark's own archives, and those of NocoBase's two plugins. */
const ENDINGS = ['.ark', '.nbdump', '.nbdata'] as const;

const hasEnding = (name: string): boolean => ENDINGS.some((ending) => name.endsWith(ending));

export const withEnding = (name: string): string => (hasEnding(name) ? name : `${name}.ark`);

/** The ending of what belongs to an archive that is stored in several pieces (volumes.ts). */
export const VOLUME = '.arkv';
const LONGEST = 200;
/** A volume is named after its archive, and has a number besides. */
const LONGEST_VOLUME = LONGEST + 30;

/** An archive, or a piece of one: everything else in the place is not ours. */
export const isOurs = (name: string): boolean =>
  !name.startsWith('.') && (hasEnding(name) || name.endsWith(VOLUME));

/**
 * Refuses what is not the name of one file: paths, drive letters, control characters, names that begin with a
 * dot (those are for files being written), and names that some file systems cannot keep.
 */
export function checkKey(key: string): string {
  const bad =
    key === '' ||
    !isOurs(key) ||
    Buffer.from(key).toString() !== key ||
    Buffer.byteLength(key) > (key.endsWith(VOLUME) ? LONGEST_VOLUME : LONGEST) ||
    // eslint-disable-next-line no-control-regex
    /[/\\:*?"<>|\u0000-\u001f\u007f]/.test(key) ||
    /[. ]$/.test(key) ||
    // Somebody on the way may decode these once more.
    /%(00|2e|2f|5c)/i.test(key);
  if (bad) {
    throw refused('name-of-backup', { name: JSON.stringify(key), endings: [...ENDINGS] });
  }
  return key;
}
