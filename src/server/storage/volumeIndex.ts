import * as z from 'zod';
import type { Bytes } from '../bytes';
import { BackupError } from '../errors/errors';
import { JsonFault, parsing, shaping } from '../json';
import { inTurns } from '../turns';
import { VOLUME } from './key';

/** The names and the index of an archive in volumes: docs/storages.md describes both. */
const Volume = z.strictObject({
  name: z.string(),
  size: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Volume = z.infer<typeof Volume>;

const VolumeIndex = z.strictObject({
  arkVolumes: z.literal(1),
  key: z.string(),
  size: z.number().int().positive(),
  volumes: Volume.array().min(1),
});
export type VolumeIndex = z.infer<typeof VolumeIndex>;

export const indexName = (archive: string): string => `${archive}.index${VOLUME}`;

/** Two archives of one name have different volumes: a part of the digest is in the name. */
export const volumeName = (archive: string, number: number, digest: string): string =>
  `${archive}.${String(number).padStart(5, '0')}-${digest.slice(0, 12)}${VOLUME}`;

/** What a file is a part of; undefined: it is an archive. */
export function partOf(name: string): { archive: string; kind: 'index' | 'volume' } | undefined {
  const match = /^(.+\.(?:ark|nbdump|nbdata))\.(index|\d{5,}-[0-9a-f]{12})\.arkv$/.exec(name);
  return match?.[1] === undefined
    ? undefined
    : { archive: match[1], kind: match[2] === 'index' ? 'index' : 'volume' };
}

export function writeIndex(key: string, volumes: readonly Volume[]): { size: number; body: () => Bytes } {
  const size = volumes.reduce((sum, volume) => sum + volume.size, 0);
  const text = Buffer.from(
    `${JSON.stringify({ arkVolumes: 1, key, size, volumes } satisfies unknown, undefined, 1)}\n`,
  );
  return {
    size,
    // eslint-disable-next-line @typescript-eslint/require-await -- a body is asynchronous
    body: async function* () {
      yield text;
    },
  };
}

/** Fifty thousand volumes have less. */
export const MOST_INDEX = 8 * 1024 * 1024;

export async function parseIndex(bytes: Buffer, key: string, storage: string): Promise<VolumeIndex> {
  const wrong = (how: string): BackupError =>
    new BackupError(
      'VOLUME_FOREIGN',
      `${indexName(key)} in ${storage} is not the index of ${key}: ${how}. Put the right one back, or use another backup.`,
      { details: { code: 'volume-index-foreign', index: indexName(key), storage, key } },
    );
  if (bytes.length > MOST_INDEX) throw wrong(`it has more than ${MOST_INDEX} bytes`);
  let index: VolumeIndex;
  try {
    index = await inTurns(shaping(VolumeIndex, await inTurns(parsing(bytes))));
  } catch (error) {
    if (error instanceof JsonFault) throw wrong(error.message);
    if (error instanceof SyntaxError) throw wrong('it cannot be read');
    throw error;
  }
  if (index.key !== key) throw wrong(`it is that of ${index.key}`);
  const sum = index.volumes.reduce((all, volume) => all + volume.size, 0);
  if (sum !== index.size) throw wrong(`its volumes have ${sum} bytes and it says ${index.size}`);
  for (const [i, volume] of index.volumes.entries()) {
    if (volume.name !== volumeName(key, i + 1, volume.sha256))
      throw wrong(`${volume.name} is not its volume ${i + 1}`);
  }
  return index;
}
