import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { damaged } from '../../errors/errors';
import { parsing, shaping } from '../../json';
import { inTurns, type Steps } from '../../turns';
import { GroupName } from '../app/groups';
import { unreadableJson } from '../container/unreadable';
import { reasonOf } from '../schema/notIncluded';
import { MANIFEST_ENTRY, tooLarge } from './entries';
import type { ArchivedFolder, Manifest } from './manifest';
import { Origin } from './origin';

export const SUMMARY_ENTRY = 'summary.json';
/** One or two KiB, and some 100 bytes for each file storage of the app: room for ten thousand of them. */
export const MAX_SUMMARY = 1024 * 1024;

const Count = z.number().int().nonnegative();

export const FolderSum = z.object({ storage: z.string(), files: Count, bytes: Count });

/** `structureOnly`: so many of its collections are there without their rows, which nobody has counted. */
export const GroupSum = z.object({
  group: GroupName,
  collections: Count,
  rows: Count,
  structureOnly: Count.optional(),
});
export type GroupSum = z.infer<typeof GroupSum>;

/**
 * What a list shows of an archive: so much of the manifest that nobody has to read all of it for that. It says nothing
 * that depends on the Ark that reads it: every reader makes the same of one manifest.
 */
export const Summary = z.object({
  id: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.string().optional(),
  instance: z.string(),
  origin: Origin.optional(),
  groups: z.array(GroupSum),
  /** Uploaded files by file storage, where the backup has them. */
  files: z.array(FolderSum).optional(),
  /** Groups of which something was not chosen. */
  notChosen: z.array(z.string()),
  /** The app's AES key is in it. */
  aesKey: z.boolean(),
  /** Of that key, where the manifest has both. */
  keyIs: z.object({ salt: z.string(), fingerprint: z.string() }).optional(),
});
export type Summary = z.infer<typeof Summary>;

export function summaryOf(manifest: Manifest): Summary {
  const { id, createdAt, createdBy, instance, origin, collections, files, keyFile, keys } = manifest;
  const groups = new Map<GroupName, GroupSum>();
  for (const { group, rows, structureOnly } of collections) {
    const sum = groups.get(group) ?? { group, collections: 0, rows: 0 };
    const bare = (sum.structureOnly ?? 0) + (structureOnly ? 1 : 0);
    groups.set(group, {
      group,
      collections: sum.collections + 1,
      rows: sum.rows + rows,
      ...(bare > 0 && { structureOnly: bare }),
    });
  }
  const { salt, aesKeyFingerprint: fingerprint } = keys;
  return {
    id,
    createdAt,
    ...(createdBy !== undefined && { createdBy }),
    instance,
    ...(origin && { origin }),
    groups: [...groups.values()],
    ...(files && { files: files.map(sumOf) }),
    notChosen: notChosen(manifest),
    aesKey: keyFile !== undefined,
    ...(keyFile && salt !== undefined && fingerprint !== undefined && { keyIs: { salt, fingerprint } }),
  };
}

const sumOf = ({ storage, files }: ArchivedFolder) => ({
  storage,
  files: files.length,
  bytes: files.reduce((sum, file) => sum + file.size, 0),
});

function notChosen({ notIncluded, collections }: Manifest): string[] {
  // An archive that has no values has the sentence that Ark wrote then.
  const bySentence = new Map<string, string>(
    GroupName.options.map((group) => [reasonOf({ code: 'not-chosen', group }), group]),
  );
  const left = new Set<string>();
  for (const { why, reason } of notIncluded) {
    const group = why ? (why.code === 'not-chosen' ? why.group : undefined) : bySentence.get(reason);
    if (group !== undefined) left.add(group);
  }
  for (const { group, structureOnly } of collections) if (structureOnly) left.add(group);
  return [...left];
}

/** The content of the entry. Throws ARCHIVE_TOO_LARGE. */
export function summaryBytes(manifest: Manifest): Buffer {
  const bytes = Buffer.from(JSON.stringify(summaryOf(manifest)));
  if (bytes.length > MAX_SUMMARY) throw tooLarge(SUMMARY_ENTRY, bytes.length, MAX_SUMMARY);
  return bytes;
}

/** What the entry says, of the right shape; whether that is so, the manifest tells. Throws ARCHIVE_DAMAGED. */
export async function parseSummary(bytes: Uint8Array): Promise<Summary> {
  try {
    return await inTurns(parsedSummary(bytes));
  } catch (error) {
    throw unreadableJson(SUMMARY_ENTRY, error);
  }
}

function* parsedSummary(bytes: Uint8Array): Steps<Summary> {
  return yield* shaping(Summary, yield* parsing(bytes));
}

/** A list must not say something other than the archive. Throws ARCHIVE_DAMAGED. */
export function checkSummary(summary: Summary, manifest: Manifest): void {
  const wanted = summaryOf(manifest);
  for (const field of Object.keys(Summary.shape) as (keyof Summary)[]) {
    if (isDeepStrictEqual(summary[field], wanted[field])) continue;
    throw damaged('summary', { entry: SUMMARY_ENTRY, by: MANIFEST_ENTRY, field });
  }
}
