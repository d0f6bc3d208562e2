import type { SystemInfo } from '../api/api';

export type InstanceColor = NonNullable<SystemInfo['color']>;

/** Each bears white shapes, and is seen on light and on dark. */
const TINTS: Record<InstanceColor, string> = {
  red: '#c8211b',
  orange: '#b45309',
  yellow: '#a16207',
  green: '#15803d',
  teal: '#0f766e',
  blue: '#1d4ed8',
  purple: '#7e22ce',
  pink: '#be185d',
  grey: '#52525b',
};

/** Nobody gets red by chance: that is for whom somebody has marked so. */
const BY_NAME: readonly InstanceColor[] = ['blue', 'green', 'purple', 'orange', 'teal', 'pink', 'yellow'];

/** The colour of an instance: what its settings say, otherwise always the same one for the same name. */
export function instanceTint(name: string, color: InstanceColor | undefined): string {
  if (color !== undefined) return TINTS[color];
  if (name === '') return TINTS.blue;
  // FNV-1a
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return TINTS[BY_NAME[hash % BY_NAME.length] ?? 'blue'];
}

/** Ark's own sign in that colour, as an address. */
export const instanceIcon = (tint: string): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${tint}"/><g fill="#fff" transform="translate(4 4.5) scale(.75)"><path d="M3 18h26l-3.6 7.2A4 4 0 0 1 21.8 27H10.2a4 4 0 0 1-3.6-1.8z"/><path d="M8 9h16v7H8z" fill-opacity=".7"/><path d="M6 9 16 3l10 6z"/></g></svg>`,
  )}`;
