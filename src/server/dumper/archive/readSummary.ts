import { sha256 } from '../../bytes';
import { BackupError } from '../../errors/errors';
import { near, readEntry, readLast, type ByteSource, type ZipEntry } from '../container/zip';
import type { Outside } from './archive';
import { MANIFEST_ENTRY } from './entries';
import { MAX_SIGNATURE, readSignature, saysTheSame, SIGNATURE_ENTRY, type Signature } from './signature';
import { MAX_SUMMARY, parseSummary, SUMMARY_ENTRY, type Summary } from './summary';

/** What a list shows of an archive, signed by who made it. */
export interface Outline extends Omit<Outside, 'signature'> {
  readonly signature: Signature;
  /** None of an encrypted one: it is sealed too. */
  readonly summary: Summary | undefined;
}

/** The end of most archives from their summary on: one range, and a second one where there are more entries. */
const LAST = 32 * 1024;
/** Bytes of a ZIP without anything in it. */
const SMALLEST = 22;

/**
 * What an archive says of itself, by its last entries alone. Undefined: it has no summary, or something is wrong with
 * it. Whoever wants to know opens it, which checks these and all the others. Rejects if it cannot be read from where
 * it is.
 */
export async function readSummary(file: ByteSource): Promise<Outline | undefined> {
  try {
    return await readEnd(file);
  } catch (error) {
    if (error instanceof BackupError && error.exit === 3) return undefined;
    throw error;
  }
}

async function readEnd(file: ByteSource): Promise<Outline | undefined> {
  if (file.size < SMALLEST) return undefined;
  const source = await near(file, Math.max(0, file.size - LAST), file.size);
  for (const end of ['', '.age']) {
    const digestEntry = `${MANIFEST_ENTRY}.sha256`;
    const name = `${MANIFEST_ENTRY}${end}`;
    const last = await readLast(source, [name, `${SUMMARY_ENTRY}${end}`, digestEntry, SIGNATURE_ENTRY]);
    if (last) return outlineOf(source, last.slice(1), name);
  }
  return undefined;
}

async function outlineOf(
  file: ByteSource,
  [summaryEntry, digestEntry, signatureEntry]: readonly ZipEntry[],
  name: string,
): Promise<Outline | undefined> {
  if (!summaryEntry || !digestEntry || !signatureEntry) return undefined;
  if (summaryEntry.size > MAX_SUMMARY || signatureEntry.size > MAX_SIGNATURE) return undefined;
  if (digestEntry.size > MAX_SIGNATURE) return undefined;
  const source = await near(file, summaryEntry.offset, endOf(signatureEntry));
  const signature = readSignature(await readEntry(source, signatureEntry));
  const encrypted = name !== MANIFEST_ENTRY;
  const digest = (await readEntry(source, digestEntry)).toString('utf8');
  const stored = await readEntry(source, summaryEntry);
  const whole =
    digest === `${signature.manifest}  ${name}\n` &&
    encrypted === (signature.keyEntry !== undefined) &&
    sha256(stored) === signature.summary;
  if (!whole) return undefined;
  const summary = encrypted ? undefined : await parseSummary(stored);
  if (summary && !saysTheSame(signature, summary, encrypted)) return undefined;
  return { manifestSha256: signature.manifest, encrypted, size: file.size, signature, summary };
}

const endOf = ({ offset, before, size }: ZipEntry): number => offset + before + size;
