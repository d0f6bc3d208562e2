import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { refused } from '../../errors/errors';
import { networkFailure, refuseCompressed, stalled, StorageFailure } from '../failure';
import { checkKey } from '../key';
import { reading } from '../reading';
import { PATIENCE, retry, type Patience } from '../retrying';
import { s3Client, type S3Login } from './client';
import { s3Failure, type S3Place } from './failure';
import { listObjects } from './list';
import { s3Put } from './put';
import { wholeSeconds, type OnWait, type Storage, type StoredObject } from '../storage';
import type { Uploads } from './uploads';
import { MINUTE } from '../../durations';

export interface S3Options extends S3Login {
  /** What this machine has begun there. */
  readonly unfinished: Uploads;
  /** Bytes of each part but the last; memory holds three. */
  readonly partBytes?: number | undefined;
  readonly maxParts?: number | undefined;
  readonly idleMs?: number | undefined;
  readonly patience?: Patience | undefined;
}

const PART = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;
const IDLE_MS = 5 * MINUTE;

/** Archives as objects of a bucket, on anything that speaks S3. Nothing is kept on disk: parts wait in memory. */
export function s3Storage(name: string, options: S3Options): Storage {
  const idleMs = options.idleMs ?? IDLE_MS;
  const patience = options.patience ?? PATIENCE;
  const { client, Bucket, where } = s3Client(options, idleMs);
  const { address, bucket, region, prefix } = where;
  const place: S3Place = { name, address, bucket, region, idleMs, now: () => patience.clock.now() };
  const at = (key: string) => ({ Bucket, Key: prefix + checkKey(key) });

  /** One request, tried again while that may help. */
  const asking =
    (how: Patience, onWait?: OnWait) =>
    <T>(what: string, send: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
      retry(
        () =>
          send().catch((error: unknown) => {
            throw s3Failure(error, place, what, signal);
          }),
        how,
        signal,
        onWait,
      );
  const ask = asking(patience);
  const send = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});
  const look = (signal: AbortSignal | undefined, most?: number, Prefix = prefix, asks = ask) =>
    listObjects({ client, Bucket, Prefix, ask: asks, signal, most });

  let bucketSeen = false;
  const head = async (key: string, signal?: AbortSignal, asks = ask): Promise<HeadObjectCommandOutput> => {
    const target = at(key);
    const asked = () =>
      asks(`Asking for ${key} in`, () => client.send(new HeadObjectCommand(target), send(signal)), signal);
    try {
      return await asked();
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error;
      if (error.httpStatus === 404 && error.providerCode !== 'NoSuchBucket') {
        // An answer to HEAD has no body that could say what it is that is not there: the object or the bucket.
        if (!bucketSeen) await look(signal, 1, target.Key, asks);
        bucketSeen = true;
        throw refused('backup-gone', { key, storage: name }, { cause: error });
      }
      // Nor why something is refused: a listing tells. If it does not, it was something that has passed.
      if ([301, 307, 400, 403].includes(error.httpStatus ?? 0)) {
        await look(signal, 1, target.Key, asks);
        return await asked().catch((again: unknown) => {
          if (!(again instanceof StorageFailure) || again.httpStatus !== 404) throw again;
          throw refused('backup-gone', { key, storage: name }, { cause: again });
        });
      }
      throw error;
    }
  };
  /** Some leave the length out of their answer to HEAD, and tell it where they list. */
  const listedSize = async (Key: string, signal?: AbortSignal): Promise<number | undefined> => {
    const { Contents = [] } = await ask(
      'Listing',
      () => client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 }), send(signal)),
      signal,
    );
    return Contents.find((content) => content.Key === Key)?.Size;
  };
  const stored = async (
    key: string,
    answer: HeadObjectCommandOutput,
    signal?: AbortSignal,
  ): Promise<StoredObject> => ({
    key,
    size: answer.ContentLength ?? (await listedSize(at(key).Key, signal)) ?? 0,
    modifiedAt: wholeSeconds(answer.LastModified),
  });
  const uploads = options.unfinished;
  const put = s3Put({
    name,
    client,
    place,
    where,
    partBytes: options.partBytes ?? PART,
    maxParts: options.maxParts ?? MAX_PARTS,
    patience,
    uploads,
    at,
    asking,
    head,
    stored,
  });

  let rangesIgnored = false;
  return {
    name,
    kind: 's3',
    remote: true,

    ignoresRanges: () => rangesIgnored,

    put,

    async *get(key, range, signal) {
      const target = at(key);
      if (range && range.end <= range.start) {
        await head(key, signal);
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
            throw refused('backup-gone', { key, storage: name }, { cause: error });
          }
          throw failure;
        });
      if (!answer) return;
      refuseCompressed(answer.ContentEncoding, name, address);
      // Some leave out which part it is; that it is one the status says.
      const whole = wanted !== undefined && answer.$metadata.httpStatusCode !== 206;
      if (whole) rangesIgnored = true;
      yield* reading(answer.Body as Readable, {
        signal,
        idleMs,
        expected: answer.ContentLength,
        slice: whole ? range : undefined,
        stalled: () => stalled(name, address, idleMs),
        broken: (cause) => networkFailure(name, address, cause),
      });
    },

    stat: async (key, signal) => stored(key, await head(key, signal), signal),

    list: (signal) => look(signal),

    async remove(key, signal) {
      const target = at(key);
      await ask(
        `Removing ${key} from`,
        () => client.send(new DeleteObjectCommand(target), send(signal)),
        signal,
      ).catch((error: unknown) => {
        if (error instanceof StorageFailure && error.providerCode === 'NoSuchKey') return;
        throw error;
      });
    },

    /** Parts of uploads that nobody completes cost money and are not seen anywhere. */
    async clean(signal) {
      signal?.throwIfAborted();
      for (const { crossOut, ...upload } of await uploads.abandoned()) {
        if (upload.address !== where.address || upload.bucket !== where.bucket) continue;
        if (!upload.key.startsWith(prefix)) continue;
        const { key: Key, uploadId: UploadId } = upload;
        await ask(
          'Giving up an unfinished upload to',
          () => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), send(signal)),
          signal,
        ).catch((error: unknown) => {
          // Completed, or given up already.
          if (!(error instanceof StorageFailure) || error.httpStatus !== 404) throw error;
        });
        await crossOut();
      }
      // The service does not say how large they were.
      return 0;
    },
  };
}
