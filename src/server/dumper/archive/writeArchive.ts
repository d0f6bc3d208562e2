import { ZipArchive } from 'archiver';
import { once } from 'node:events';
import type { Bytes } from '../../bytes';
import { sha256 } from '../../bytes';
import { asBackupError } from '../../errors/errors';
import type { Archive } from './archive';
import { KEY_ENTRY, type Seal } from '../container/cipher';
import { MANIFEST_ENTRY, namesOf, tooLarge } from './entries';
import { refuseTooMany, type Manifest } from './manifest';
import { reopenArchive } from './readArchive';
import { MAX_MANIFEST } from './readManifest';
import { signed, SIGNATURE_ENTRY, type Signer } from './signature';
import { MAX_SUMMARY, summaryBytes, SUMMARY_ENTRY } from './summary';
import type { ByteSource } from '../container/zip';

/** Bytes that may wait for a slow storage before the next entry has to wait too. */
const WINDOW = 8 * 1024 * 1024;

export interface ArchiveWriter {
  /** The archive as it grows: give it to a storage. */
  readonly body: Bytes;
  /**
   * Adds one entry under a name; in an encrypted archive under an opaque one. Resolves with what was stored once
   * the storage has taken nearly all of it.
   */
  add(name: string, data: Uint8Array): Promise<{ entry: string; size: number; sha256: string }>;
  /** Writes the manifest, its summary, its signature and the directory. After this the archive is whole. */
  finish(manifest: Manifest): Promise<{ manifestSha256: string }>;
  /** The same archive where it was stored, without the key of its owner. */
  readonly reopen: (source: ByteSource) => Promise<Archive>;
  /** Makes the body fail, so that no storage takes half an archive for a whole one. */
  abort(error: Error): void;
}

export function createArchive(at: Date, signer: Signer, seal?: Seal): ArchiveWriter {
  const zip = new ZipArchive({});
  let added = 0;
  let taken = 0;
  let entries = 0;
  const written: string[] = [];
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  zip.on('error', (error: Error) => {
    failure ??= error;
    wake?.();
  });

  async function* body(): Bytes {
    for await (const piece of zip as AsyncIterable<Buffer>) {
      taken += piece.length;
      wake?.();
      yield piece;
    }
    if (failure) throw asBackupError(failure);
  }

  // The ZIP is one file: entries are written one after the other, whoever finishes first.
  let last: Promise<unknown> = Promise.resolve();
  const append = (name: string, data: Uint8Array): Promise<void> => {
    const turn = last.then(async () => {
      if (failure) throw asBackupError(failure);
      if (/^(data|files)\//.test(name)) written.push(name);
      const done = once(zip, 'entry');
      zip.append(Buffer.from(data.buffer, data.byteOffset, data.length), {
        name,
        store: true,
        date: at,
        mode: 0o644,
      });
      await done;
      added += data.length;
      while (added - taken > WINDOW) {
        await new Promise<void>((resolve) => (wake = resolve));
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by an event meanwhile
        if (failure) throw asBackupError(failure);
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  if (seal) void append(KEY_ENTRY, seal.key).catch(() => undefined);

  return {
    body: body(),

    async add(name, data) {
      entries += 1;
      const entry = seal ? `data/${String(entries).padStart(6, '0')}.age` : name;
      const stored = seal ? await seal.seal(data) : data;
      const digest = sha256(stored);
      await append(entry, stored);
      return { entry, size: stored.length, sha256: digest };
    },

    async finish(manifest) {
      const whole = { ...manifest, entries: written };
      refuseTooMany(whole);
      const plain = Buffer.from(JSON.stringify(whole));
      const name = seal ? `${MANIFEST_ENTRY}.age` : MANIFEST_ENTRY;
      const stored = seal ? await seal.seal(plain) : plain;
      if (stored.length > MAX_MANIFEST) throw tooLarge(name, stored.length, MAX_MANIFEST);
      const manifestSha256 = sha256(stored);
      const summary = summaryBytes(whole);
      const storedSummary = seal ? await seal.seal(summary) : summary;
      if (storedSummary.length > MAX_SUMMARY)
        throw tooLarge(SUMMARY_ENTRY, storedSummary.length, MAX_SUMMARY);
      await append(name, stored);
      // All that a list needs lies together, before the directory.
      await append(seal ? `${SUMMARY_ENTRY}.age` : SUMMARY_ENTRY, storedSummary);
      // As `sha256sum -c` reads it.
      await append(`${MANIFEST_ENTRY}.sha256`, Buffer.from(`${manifestSha256}  ${name}\n`));
      const { format, id, createdAt, instance, origin } = manifest;
      const keyEntry = seal && sha256(seal.key);
      const facts = {
        format,
        manifest: manifestSha256,
        summary: sha256(storedSummary),
        keyEntry,
        id,
        createdAt,
        ...namesOf({ instance, origin }, seal !== undefined),
      };
      await append(SIGNATURE_ENTRY, signed(facts, signer));
      await zip.finalize();
      return { manifestSha256 };
    },

    reopen: (source) => reopenArchive(source, seal?.opener),

    abort(error) {
      failure ??= error;
      zip.destroy(error);
      wake?.();
    },
  };
}
