import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { DAY } from '../../durations';
import { BackupError } from '../../errors/errors';
import { OWN_FOLDER } from '../../ownFolder';
import { errno, fileError, replaceFile } from '../../storage/files';

/** An upload without a byte for so long is thrown away. */
export const KEPT_MS = DAY;
/** At most so many of one user's are kept at once. */
export const MOST_UNFINISHED = 20;

/** The form of an id, which is drawn and not to be guessed. Files are named after it, so nothing else may pass. */
export const UPLOAD_ID = /^[0-9a-f]{32}$/;
const FILES = /^([0-9a-f]{32})\.(?:json|bytes)$/;

/** What an upload announces of its file. */
export interface Announced {
  /** What the file is called where it comes from. */
  readonly file: string;
  readonly size: number;
  readonly begin: Buffer;
  readonly end: Buffer;
}

const Note = z.object({
  /** The name that the backup gets. */
  name: z.string(),
  file: z.string(),
  storage: z.string(),
  size: z.number().int().nonnegative(),
  /** So many bytes count. What the file has behind them was cut on its way, and is written over. */
  offset: z.number().int().nonnegative(),
  /** Of what was announced. */
  digest: z.string(),
  /** Whose it is, where users are told apart. */
  owner: z.string().optional(),
  beganAt: z.iso.datetime(),
  /** When the last byte came. */
  heardAt: z.iso.datetime(),
  /** It is kept under this key: only whoever asks once more is told. */
  key: z.string().optional(),
});
export type Note = z.infer<typeof Note>;
export type Unfinished = Note & { readonly id: string };

export const newUploadId = (): string => randomBytes(16).toString('hex');

/** Tells one file from another by what was announced of it. */
export function digestOf({ file, size, begin, end }: Announced): string {
  return createHash('sha256')
    .update(JSON.stringify([file, size]))
    .update(begin)
    .update(end)
    .digest('hex');
}

const notePath = (folder: string, id: string): string => join(folder, `${id}.json`);
export const bytesPath = (folder: string, id: string): string => join(folder, `${id}.bytes`);

export const endsAt = ({ heardAt }: Note): Date => new Date(Date.parse(heardAt) + KEPT_MS);

/** Begins one: from now on it is listed, and takes bytes. */
export async function addUpload(folder: string, upload: Unfinished): Promise<void> {
  await mkdir(folder, OWN_FOLDER);
  await writeFile(bytesPath(folder, upload.id), '', { flag: 'wx', mode: 0o600 });
  await saveUpload(folder, upload);
}

/** Whole or not at all. */
export async function saveUpload(folder: string, { id, ...note }: Unfinished): Promise<void> {
  const file = notePath(folder, id);
  await replaceFile(file, `${JSON.stringify(note)}\n`).catch((error: unknown) => {
    throw fileError(error, file);
  });
}

/** Undefined: there is none that can be read. */
async function readUpload(folder: string, id: string): Promise<Unfinished | undefined> {
  try {
    return { id, ...Note.parse(JSON.parse(await readFile(notePath(folder, id), 'utf8'))) };
  } catch {
    return undefined;
  }
}

/** Of this owner, and not of somebody else. Rejects with UPLOAD_UNKNOWN, whichever of both it is. */
export async function findUpload(
  folder: string,
  id: string,
  owner: string | undefined,
  now: Date,
): Promise<Unfinished> {
  const upload = UPLOAD_ID.test(id) ? await readUpload(folder, id) : undefined;
  if (upload?.owner === owner && upload && endsAt(upload) > now) return upload;
  throw new BackupError(
    'UPLOAD_UNKNOWN',
    'There is no such unfinished upload. It was thrown away, or nothing came for a day; begin anew.',
  );
}

/** Whose time is not up and that are not finished, the latest first. */
export async function unfinishedUploads(folder: string, now: Date): Promise<Unfinished[]> {
  const uploads = await Promise.all((await idsIn(folder)).map((id) => readUpload(folder, id)));
  return uploads
    .filter((upload) => upload !== undefined)
    .filter((upload) => upload.key === undefined && endsAt(upload) > now)
    .sort((a, b) => (a.beganAt < b.beganAt ? 1 : -1));
}

/** What unfinished uploads still want of the disk. */
export async function awaitedBytes(folder: string, now: Date): Promise<number> {
  return (await unfinishedUploads(folder, now)).reduce((sum, { size, offset }) => sum + size - offset, 0);
}

export async function removeUpload(folder: string, id: string): Promise<void> {
  // Without its note nobody goes on with it, whatever happens to the rest.
  await rm(notePath(folder, id), { force: true });
  await rm(bytesPath(folder, id), { force: true });
}

/** Throws away those whose time is up, and what nobody has noted anything of for as long; returns the bytes freed. */
export async function sweepUploads(folder: string, now: Date): Promise<number> {
  let freed = 0;
  for (const id of await idsIn(folder)) {
    const upload = await readUpload(folder, id);
    const ends = upload ? endsAt(upload) : new Date((await heardOf(folder, id)) + KEPT_MS);
    if (ends > now) continue;
    freed += await arrivedBytes(folder, id);
    await removeUpload(folder, id);
  }
  return freed;
}

/** What is on the disk of it. */
export async function arrivedBytes(folder: string, id: string): Promise<number> {
  return (await lstat(bytesPath(folder, id)).catch(() => undefined))?.size ?? 0;
}

async function idsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return [] as string[];
    throw error;
  });
  return [...new Set(names.flatMap((name) => FILES.exec(name)?.[1] ?? []))];
}

/** When the files of one without a note were written. */
async function heardOf(folder: string, id: string): Promise<number> {
  const files = [notePath(folder, id), bytesPath(folder, id)];
  const infos = await Promise.all(files.map((file) => lstat(file).catch(() => undefined)));
  return Math.max(...infos.map((info) => info?.mtimeMs ?? 0));
}
