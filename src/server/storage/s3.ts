import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { formatBytes } from '../bytes';
import { BackupError } from '../errors';
import { isUnknown, networkFailure, stalled, StorageFailure } from './failure';
import { untilAborted } from './files';
import { checkKey } from './key';
import { reading } from './reading';
import { PATIENCE, retry, type Patience } from './retrying';
import { s3Client, type S3Login } from './s3Client';
import { s3Failure, type S3Place } from './s3Failure';
import { listObjects } from './s3List';
import { inParts, tooManyParts } from './s3Parts';
import { wholeSeconds, type Storage, type StoredObject } from './storage';

export interface S3Options extends S3Login {
  /** Bytes of each part but the last; memory holds three. */
  readonly partBytes?: number | undefined;
  readonly maxParts?: number | undefined;
  readonly idleMs?: number | undefined;
  readonly patience?: Patience | undefined;
}

const PART = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;
const AT_ONCE = 2;
const IDLE_MS = 5 * 60_000;
const DAY = 24 * 60 * 60_000;
/** Tells an object that we have written, though nobody told us so, from somebody else's. */
const MARK = 'ark-upload';

/** Archives as objects of a bucket, on anything that speaks S3. Nothing is kept on disk: parts wait in memory. */
export function s3Storage(name: string, options: S3Options): Storage {
  const partBytes = options.partBytes ?? PART;
  const maxParts = options.maxParts ?? MAX_PARTS;
  const idleMs = options.idleMs ?? IDLE_MS;
  const patience = options.patience ?? PATIENCE;
  const { client, Bucket, about } = s3Client(options, idleMs);
  const { address, bucket, region, prefix } = about;
  const place: S3Place = { name, address, bucket, region, idleMs, now: () => patience.clock.now() };
  const at = (key: string) => ({ Bucket, Key: prefix + checkKey(key) });

  /** One request, tried again while that may help. */
  const ask = <T>(what: string, send: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    retry(
      () =>
        send().catch((error: unknown) => {
          throw s3Failure(error, place, what, signal);
        }),
      patience,
      signal,
    );
  const send = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

  let bucketSeen = false;
  const head = async (key: string): Promise<HeadObjectCommandOutput> => {
    const target = at(key);
    try {
      return await ask(`Asking for ${key} in`, () => client.send(new HeadObjectCommand(target)));
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      if (error.httpStatus === 404 && error.providerCode !== 'NoSuchBucket') {
        // An answer to HEAD has no body that could say what it is that is not there: the object or the bucket.
        if (!bucketSeen) await listObjects(client, Bucket, target.Key, ask, 1);
        bucketSeen = true;
        throw new BackupError('BACKUP_UNKNOWN', `There is no ${key} in ${name}.`, { cause: error });
      }
      // Nor why something is refused: a listing tells. If it does not, it was something that has passed.
      if ([301, 307, 400, 403].includes(error.httpStatus ?? 0)) {
        await listObjects(client, Bucket, target.Key, ask, 1);
        return await ask(`Asking for ${key} in`, () => client.send(new HeadObjectCommand(target))).catch(
          (again: unknown) => {
            if (!(again instanceof StorageFailure) || again.httpStatus !== 404) throw again;
            throw new BackupError('BACKUP_UNKNOWN', `There is no ${key} in ${name}.`, { cause: again });
          },
        );
      }
      throw error;
    }
  };
  const stored = (key: string, found: HeadObjectCommandOutput): StoredObject => ({
    key,
    size: found.ContentLength ?? 0,
    modifiedAt: wholeSeconds(found.LastModified),
  });
  const refuseTaken = async (key: string) => {
    const found = await head(key).catch((error: unknown) => {
      if (isUnknown(error)) return undefined;
      throw error;
    });
    if (found) throw taken(key, name);
  };

  /** The last request of an upload. Whether it went through when no answer came, the mark on the object tells. */
  const publish = async (key: string, mark: string, finish: (condition: Condition) => Promise<unknown>) => {
    await refuseTaken(key);
    const ours = async () => (await head(key).catch(() => undefined))?.Metadata?.[MARK] === mark;
    let condition: Condition = { IfNoneMatch: '*' };
    await retry(async (attempt) => {
      if (attempt > 1 && (await ours())) return;
      try {
        await finish(condition).catch((error: unknown) => {
          throw s3Failure(error, place, `Storing ${key} in`);
        });
      } catch (error) {
        if (!(error instanceof StorageFailure)) throw error;
        if (
          error.httpStatus === 412 ||
          (error.httpStatus === 409 && error.providerCode !== 'OperationAborted')
        ) {
          if (await ours()) return;
          throw taken(key, name, error);
        }
        if ('IfNoneMatch' in condition && [400, 501].includes(error.httpStatus ?? 0)) {
          condition = {};
          await finish(condition).catch((again: unknown) => {
            throw s3Failure(again, place, `Storing ${key} in`);
          });
          return;
        }
        throw error;
      }
    }, patience);
  };

  const confirm = async (key: string, sent: number): Promise<StoredObject> => {
    const found = stored(key, await head(key));
    if (found.size === sent) return found;
    await ask(`Removing ${key} from`, () => client.send(new DeleteObjectCommand(at(key)))).catch(
      () => undefined,
    );
    throw new StorageFailure(
      'STORED_DIFFERS',
      `${name} has stored ${formatBytes(found.size)} (${found.size} bytes) of ${key} where ${sent} bytes were sent. It was removed. A proxy in between may be changing uploads.`,
    );
  };

  const uploadParts = async (
    key: string,
    mark: string,
    parts: AsyncIterator<Buffer>,
    begun: readonly Buffer[],
    free: Buffer[],
    signal: AbortSignal | undefined,
  ): Promise<number> => {
    const target = at(key);
    const { UploadId } = await ask(
      `Beginning the upload of ${key} to`,
      () =>
        client.send(
          new CreateMultipartUploadCommand({ ...target, Metadata: { [MARK]: mark } }),
          send(signal),
        ),
      signal,
    );
    const failed = new AbortController();
    const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const done: CompletedPart[] = [];
    const running = new Set<Promise<void>>();
    let size = 0;
    const start = (Body: Buffer) => {
      const PartNumber = done.push({ PartNumber: done.length + 1 });
      if (PartNumber > maxParts) throw tooManyParts(name, maxParts, partBytes);
      size += Body.length;
      const part = ask(
        `Sending part ${PartNumber} of ${key} to`,
        () =>
          client.send(
            new UploadPartCommand({ ...target, UploadId, PartNumber, Body, ContentLength: Body.length }),
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
      await publish(key, mark, (condition) =>
        client.send(
          new CompleteMultipartUploadCommand({
            ...target,
            UploadId,
            MultipartUpload: { Parts: done },
            ...condition,
          }),
          send(signal),
        ),
      );
      return size;
    } catch (error) {
      failed.abort(error);
      await Promise.allSettled(running);
      await ask(`Giving up the upload of ${key} to`, () =>
        client.send(new AbortMultipartUploadCommand({ ...target, UploadId })),
      ).catch(() => undefined);
      throw error;
    }
  };

  return {
    name,
    kind: 's3',

    async put(key, body, signal) {
      checkKey(key);
      signal?.throwIfAborted();
      await refuseTaken(key);
      const mark = randomUUID();
      const free: Buffer[] = [];
      const parts: AsyncGenerator<Buffer, void, void> = inParts(untilAborted(body, signal), partBytes, free);
      try {
        const first = await parts.next();
        const second = first.done ? first : await parts.next();
        if (!first.done && !second.done) {
          const size = await uploadParts(key, mark, parts, [first.value, second.value], free, signal);
          return await confirm(key, size);
        }
        const Body = first.done ? Buffer.alloc(0) : first.value;
        await publish(key, mark, (condition) =>
          client.send(
            new PutObjectCommand({
              ...at(key),
              Body,
              ContentLength: Body.length,
              Metadata: { [MARK]: mark },
              ...condition,
            }),
            send(signal),
          ),
        );
        return await confirm(key, Body.length);
      } finally {
        void parts.return(undefined).catch(() => undefined);
      }
    },

    async *get(key, range, signal) {
      const target = at(key);
      if (range && range.end <= range.start) {
        await head(key);
        return;
      }
      const wanted = range && `bytes=${range.start}-${range.end - 1}`;
      const what = `Reading ${key} from`;
      signal?.throwIfAborted();
      const answer = await client
        .send(
          new GetObjectCommand({ ...target, ...(wanted !== undefined && { Range: wanted }) }),
          send(signal),
        )
        .catch((error: unknown) => {
          const failure = s3Failure(error, place, what, signal);
          if (!(failure instanceof StorageFailure)) throw failure;
          // Beyond the end there is nothing.
          if (failure.httpStatus === 416) return undefined;
          if (failure.httpStatus === 404 && failure.providerCode !== 'NoSuchBucket') {
            throw new BackupError('BACKUP_UNKNOWN', `There is no ${key} in ${name}.`, { cause: error });
          }
          throw failure;
        });
      if (!answer) return;
      const whole = wanted !== undefined && answer.ContentRange === undefined;
      yield* reading(answer.Body as Readable, {
        signal,
        idleMs,
        expected: answer.ContentLength,
        slice: whole ? range : undefined,
        stalled: () => stalled(name, address, idleMs),
        broken: (cause) => networkFailure(name, address, cause),
      });
    },

    async stat(key) {
      return stored(key, await head(key));
    },

    list: () => listObjects(client, Bucket, prefix, ask),

    async remove(key) {
      const target = at(key);
      await ask(`Removing ${key} from`, () => client.send(new DeleteObjectCommand(target))).catch(
        (error: unknown) => {
          if (error instanceof StorageFailure && error.providerCode === 'NoSuchKey') return;
          throw error;
        },
      );
    },

    /** Parts of uploads that nobody completes cost money and are not seen anywhere. */
    async clean() {
      const { Uploads = [] } = await ask('Looking for unfinished uploads in', () =>
        client.send(new ListMultipartUploadsCommand({ Bucket, ...(prefix !== '' && { Prefix: prefix }) })),
      );
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (!Key?.startsWith(prefix) || !UploadId) continue;
        if (!Initiated || patience.clock.now() - Initiated.getTime() < DAY) continue;
        await ask('Removing an unfinished upload from', () =>
          client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
        );
      }
      // The service does not say how large they were.
      return 0;
    },
  };
}

type Condition = { IfNoneMatch: '*' } | Record<string, never>;

const taken = (key: string, name: string, cause?: unknown): BackupError =>
  new BackupError('BACKUP_EXISTS', `${key} exists already in ${name}. Choose another name.`, { cause });
