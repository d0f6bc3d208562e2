import type { BeginUpload } from '../api/api';

/** So much of its beginning and end tells the server whether it can be a backup. */
const [FIRST, LAST] = [512, 65_557];

/** What the server hears of a file before any of it is sent, and knows it by again. */
export async function announced(file: File): Promise<Pick<BeginUpload, 'file' | 'size' | 'begin' | 'end'>> {
  const { name, size } = file;
  const [begin, end] = await Promise.all(
    [file.slice(0, FIRST), file.slice(Math.max(0, size - LAST))].map(base64),
  );
  return { file: name, size, begin: begin ?? '', end: end ?? '' };
}

async function base64(part: Blob): Promise<string> {
  const bytes = new Uint8Array(await part.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
