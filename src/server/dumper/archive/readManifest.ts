import pLimit from 'p-limit';
import { BackupError, refused } from '../../errors/errors';
import { parsing, shaping } from '../../json';
import { inTurns, type Steps } from '../../turns';
import { MANIFEST_ENTRY } from './entries';
import { FORMAT } from './format';
import { Manifest, refuseTooMany, type Collection } from './manifest';
import { OldManifest, upgraded } from './oldManifest';
import { parseSummary, summaryBytes } from './summary';
import { unreadableJson } from '../container/unreadable';

/** A terabyte of rows needs some 30 MiB, a thousand tables 2 MiB, 100,000 uploaded files 40 MiB. */
export const MAX_MANIFEST = 64 * 1024 * 1024;
/** Of those that are larger one is taken apart at a time: that takes several times their memory. */
const LARGE_MANIFEST = 8 * 1024 * 1024;

function* parsedManifest(bytes: Uint8Array): Steps<Manifest> {
  const json = yield* parsing(bytes);
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > FORMAT) {
    throw refused('archive-newer', { format: String(format), known: String(FORMAT) });
  }
  if (format === 1 || format === 2) return upgraded(yield* shaping(OldManifest, json));
  return yield* shaping(Manifest, json);
}

const alone = pLimit(1);

export async function parseManifest(bytes: Uint8Array): Promise<Manifest> {
  const parse = () => inTurns(parsedManifest(bytes));
  try {
    const manifest = await (bytes.length > LARGE_MANIFEST ? alone(parse) : parse());
    refuseTooMany(manifest);
    return manifest;
  } catch (error) {
    throw unreadableJson(MANIFEST_ENTRY, error);
  }
}

/** In the place of a structure that was looked at before. */
const SEEN: Collection['structure'] = {
  name: '',
  kind: 'table',
  columns: [],
  parents: [],
  uniqueKeys: [],
  foreignKeys: [],
  indexes: [],
  counters: [],
  native: {},
};

/**
 * What is published can be read again: the reader's own way is taken through it. It holds what the app and its database
 * say of themselves, which may be anything. `before`: one that was looked at so; its structures are not again.
 */
export async function refuseUnreadable(manifest: Manifest, before?: Manifest): Promise<void> {
  const seen = new Set(
    [...(before?.collections ?? []), ...(before?.structures ?? [])].map(({ structure }) => structure),
  );
  const unseen = <T extends Pick<Collection, 'structure'>>(collection: T): T =>
    seen.has(collection.structure) ? { ...collection, structure: SEEN } : collection;
  const collections = manifest.collections.map(unseen);
  const structures = manifest.structures?.map(unseen);
  try {
    await parseManifest(
      Buffer.from(JSON.stringify({ ...manifest, collections, ...(structures && { structures }) })),
    );
    await parseSummary(summaryBytes(manifest));
  } catch (error) {
    if (error instanceof BackupError && error.code !== 'ARCHIVE_DAMAGED') throw error;
    const { cause } = error as Error;
    throw refused(
      'structure-unsaid',
      { why: cause instanceof Error ? cause.message : String(error) },
      { cause: error },
    );
  }
}
