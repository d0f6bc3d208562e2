import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createHash, randomUUID } from 'node:crypto';
import { formatBytes, type Bytes } from '../../bytes';
import { BackupError, refused } from '../../errors/errors';
import { isUnknown, StorageFailure } from '../failure';
import { untilAborted } from '../files';
import { persistent, retry, type Patience } from '../retrying';
import type { S3Address } from './address';
import { s3Failure, type S3Place } from './failure';
import { inParts, tooManyParts } from './parts';
import type { OnWait, Stored, StoredObject } from '../storage';
import type { Uploads } from './uploads';

/** One request, tried again while that may help. */
export type Ask = <T>(what: string, send: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export interface S3Bucket {
  readonly name: string;
  readonly client: S3Client;
  readonly place: S3Place;
  readonly where: S3Address;
  readonly partBytes: number;
  readonly maxParts: number;
  readonly patience: Patience;
  readonly uploads: Uploads;
  readonly at: (key: string) => { readonly Bucket: string; readonly Key: string };
  readonly asking: (patience: Patience, onWait?: OnWait) => Ask;
  /** Rejects with BACKUP_UNKNOWN if there is none. */
  readonly head: (key: string, signal?: AbortSignal, ask?: Ask) => Promise<HeadObjectCommandOutput>;
  readonly stored: (
    key: string,
    answered: HeadObjectCommandOutput,
    signal?: AbortSignal,
  ) => Promise<StoredObject>;
}

type Condition = { IfNoneMatch: '*' } | Record<string, never>;

const AT_ONCE = 2;
/** Tells an object that we have written, though nobody told us so, from somebody else's. */
const MARK = 'ark-upload';
/**
 * Whoever gives up during the last request is answered when it is known what has become of it, or after so long: then
 * the object goes again.
 */
const LAST_MS = 3000;
/** Some show a new object only after a while. */
const LOOKS = 8;

/** What was sent, as far as the service can be asked for it. */
interface Sent {
  readonly mark: string;
  readonly size: number;
  /** The ETag of an object that has these bytes, where ETags are digests. */
  readonly etag: string;
}

/**
 * Puts into a bucket: in parts, never over anything, compared afterwards with what the service says that it has. Each
 * request carries the digest of its bytes, which services check as they take them.
 */
export function s3Put(bucket: S3Bucket) {
  const { name, client, place, where, partBytes, maxParts, patience, uploads, at, asking, head } = bucket;
  const lasting = persistent(patience);

  const refuseTaken = async (key: string, signal?: AbortSignal, ask?: Ask): Promise<void> => {
    const answer = await head(key, signal, ask).catch((error: unknown) => {
      if (isUnknown(error)) return undefined;
      throw error;
    });
    if (answer) throw taken(key, name);
  };

  const isOurs = async (key: string, sent: Sent, signal?: AbortSignal): Promise<boolean> => {
    const there = await head(key, signal).catch(() => undefined);
    if (!there) return false;
    const mark = there.Metadata?.[MARK];
    // Proxies may drop the mark; the same bytes under the same name are the same archive.
    return mark === sent.mark || (mark === undefined && unquoted(there.ETag) === sent.etag);
  };

  /** What is there although its writer had given up before he knew. */
  const takeBack = async (key: string, sent: Sent): Promise<void> => {
    const limit = AbortSignal.timeout(LAST_MS);
    if (!(await isOurs(key, sent, limit))) return;
    await client.send(new DeleteObjectCommand(at(key)), send(limit)).catch(() => undefined);
  };

  /** The last request of an upload. Whether it went through when no good answer came, the object itself tells. */
  const publish = async (
    key: string,
    sent: Sent,
    finish: (condition: Condition, signal: AbortSignal | undefined) => Promise<unknown>,
    signal: AbortSignal | undefined,
    onWait: OnWait | undefined,
  ): Promise<void> => {
    await refuseTaken(key, signal, asking(lasting, onWait));
    let condition: Condition = { IfNoneMatch: '*' };
    const late = signal && delayed(signal, LAST_MS);
    await retry(
      async () => {
        try {
          await finish(condition, late).catch((error: unknown) => {
            throw s3Failure(error, place, `Storing ${key} in`, signal);
          });
        } catch (error) {
          if (!(error instanceof StorageFailure)) throw error;
          const refused = !error.transient && [400, 501].includes(error.httpStatus ?? 0);
          if ('IfNoneMatch' in condition && refused) {
            condition = {};
            await finish(condition, late).catch((again: unknown) => {
              throw s3Failure(again, place, `Storing ${key} in`, signal);
            });
            return;
          }
          if (await isOurs(key, sent)) return;
          const exists =
            error.httpStatus === 412 ||
            (error.httpStatus === 409 && error.providerCode !== 'OperationAborted');
          throw exists ? taken(key, name, error) : error;
        }
      },
      lasting,
      signal,
      onWait,
    ).catch(async (error: unknown) => {
      if (signal?.aborted) await takeBack(key, sent);
      throw error;
    });
  };

  /** Looks until it is there, or for long enough. */
  const confirm = async (key: string, sent: Sent, signal: AbortSignal | undefined): Promise<Stored> => {
    for (let look = 1; ; look += 1) {
      try {
        const there = await head(key, signal);
        const object = await bucket.stored(key, there, signal);
        if (object.size !== sent.size) throw await differs(key, object.size, sent.size);
        return { ...object, compared: unquoted(there.ETag) === sent.etag ? 'digest' : 'size' };
      } catch (error) {
        if (signal?.aborted) await takeBack(key, sent);
        if (!isUnknown(error) || look >= LOOKS) throw error;
        await patience.clock.sleep(Math.min(30_000, patience.longestMs, 500 * 2 ** look), signal);
      }
    }
  };

  const differs = async (key: string, has: number, sent: number): Promise<StorageFailure> => {
    const removed = await asking(patience)(`Removing ${key} from`, () =>
      client.send(new DeleteObjectCommand(at(key))),
    ).then(
      () => 'It was removed.',
      () => 'It could not be removed: do so by hand.',
    );
    return new StorageFailure(
      `${name} has stored ${formatBytes(has)} (${has} bytes) of ${key} where ${sent} bytes were sent. ${removed} A proxy in between may be changing uploads.`,
      { details: { code: 'stored-size', storage: name, key, stored: has, sent } },
    );
  };

  const uploadParts = async (
    key: string,
    parts: AsyncIterator<Buffer>,
    begun: readonly Buffer[],
    free: Buffer[],
    signal: AbortSignal | undefined,
    onWait: OnWait | undefined,
  ): Promise<Sent> => {
    const target = at(key);
    const mark = randomUUID();
    const { UploadId = '' } = await asking(lasting, onWait)(
      `Beginning the upload of ${key} to`,
      () =>
        client.send(
          new CreateMultipartUploadCommand({ ...target, Metadata: { [MARK]: mark } }),
          send(signal),
        ),
      signal,
    );
    // Where nothing can be written down, the upload goes on: only a killed one would leave its parts.
    const crossOut = await uploads
      .begin({ address: where.address, bucket: where.bucket, key: target.Key, uploadId: UploadId })
      .catch(() => () => Promise.resolve());
    const failed = new AbortController();
    const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const ask = asking(lasting, onWait);
    const done: CompletedPart[] = [];
    const digests: Buffer[] = [];
    const running = new Set<Promise<void>>();
    let size = 0;
    const start = (Body: Buffer) => {
      const PartNumber = done.push({ PartNumber: done.length + 1 });
      if (PartNumber > maxParts) throw tooManyParts(name, maxParts, partBytes);
      size += Body.length;
      const digest = md5(Body);
      digests.push(digest);
      const part = ask(
        `Sending part ${PartNumber} of ${key} to`,
        () =>
          client.send(
            new UploadPartCommand({
              ...target,
              UploadId,
              PartNumber,
              Body,
              ContentLength: Body.length,
              ContentMD5: digest.toString('base64'),
            }),
            send(either),
          ),
        either,
      ).then(
        ({ ETag }) => {
          done[PartNumber - 1] = { PartNumber, ETag };
          if (Body.length === partBytes) free.push(Body);
        },
        (error: unknown) => {
          failed.abort(error);
          throw error;
        },
      );
      const tracked = part.finally(() => running.delete(tracked));
      tracked.catch(() => undefined);
      running.add(tracked);
    };
    try {
      begun.forEach(start);
      for (;;) {
        while (running.size >= AT_ONCE) await Promise.race(running);
        failed.signal.throwIfAborted();
        const next = await parts.next();
        if (next.done) break;
        start(next.value);
      }
      await Promise.all(running);
      failed.signal.throwIfAborted();
      const etag = `${md5(Buffer.concat(digests)).toString('hex')}-${digests.length}`;
      const sent = { mark, size, etag };
      await publish(
        key,
        sent,
        (condition, late) =>
          client.send(
            new CompleteMultipartUploadCommand({
              ...target,
              UploadId,
              MultipartUpload: { Parts: done },
              ...condition,
            }),
            send(late),
          ),
        signal,
        onWait,
      );
      await crossOut();
      return sent;
    } catch (error) {
      failed.abort(error);
      await Promise.allSettled(running);
      // Where this fails it stays written down, and is tried again once this process is gone.
      await asking(patience)(`Giving up the upload of ${key} to`, () =>
        client.send(new AbortMultipartUploadCommand({ ...target, UploadId })),
      ).then(crossOut, () => undefined);
      throw error;
    }
  };

  return async (key: string, body: Bytes, signal?: AbortSignal, onWait?: OnWait): Promise<Stored> => {
    signal?.throwIfAborted();
    // Away from the start, it is told soon.
    await refuseTaken(key, signal);
    const free: Buffer[] = [];
    const parts: AsyncGenerator<Buffer, void, void> = inParts(untilAborted(body, signal), partBytes, free);
    try {
      const first = await parts.next();
      const second = first.done ? first : await parts.next();
      if (!first.done && !second.done) {
        const begun = [first.value, second.value];
        return await confirm(key, await uploadParts(key, parts, begun, free, signal, onWait), signal);
      }
      const Body = first.done ? Buffer.alloc(0) : first.value;
      const digest = md5(Body);
      const sent = { mark: randomUUID(), size: Body.length, etag: digest.toString('hex') };
      await publish(
        key,
        sent,
        (condition, late) =>
          client.send(
            new PutObjectCommand({
              ...at(key),
              Body,
              ContentLength: Body.length,
              ContentMD5: digest.toString('base64'),
              Metadata: { [MARK]: sent.mark },
              ...condition,
            }),
            send(late),
          ),
        signal,
        onWait,
      );
      return await confirm(key, sent, signal);
    } finally {
      void parts.return(undefined).catch(() => undefined);
    }
  };
}

/** Fires a while after the other. */
function delayed(signal: AbortSignal, ms: number): AbortSignal {
  const late = new AbortController();
  const stop = () => setTimeout(() => late.abort(signal.reason), ms).unref();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return late.signal;
}

const send = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});
/** What S3 compares bytes by; nothing is kept secret by it. */
const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();
const unquoted = (etag: string | undefined): string | undefined => etag?.replace(/^W\/|"/g, '').toLowerCase();

const taken = (key: string, name: string, cause?: unknown): BackupError =>
  refused('backup-taken-there', { key, storage: name }, { cause });
