import { ListObjectsCommand, ListObjectsV2Command, type S3Client, type _Object } from '@aws-sdk/client-s3';
import { StorageFailure } from './failure';
import { isOurs } from './key';
import { newestFirst, wholeSeconds, type StoredObject } from './storage';

type Ask = <T>(what: string, send: () => Promise<T>) => Promise<T>;
interface Page {
  readonly Contents?: _Object[] | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly next: string | undefined;
}

/** So that a page of the longest keys stays within what is read at once (s3Answers.ts). */
const PAGE = 500;

/** What lies directly under the prefix, page by page; in the old way where the new one is not known or goes wrong. */
export async function listObjects(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  ask: Ask,
  most?: number,
): Promise<StoredObject[]> {
  const about = {
    Bucket,
    Delimiter: '/',
    ...(Prefix !== '' && { Prefix }),
    MaxKeys: most ?? PAGE,
  };
  const found = new Map<string, StoredObject>();
  let old = false;
  let token: string | undefined;
  let last: string | undefined;
  for (;;) {
    const page: Page = await ask('Listing', async () => {
      if (old) {
        const answer = await client.send(
          new ListObjectsCommand({ ...about, ...(last !== undefined && { Marker: last }) }),
        );
        return { ...answer, next: answer.NextMarker ?? answer.Contents?.at(-1)?.Key };
      }
      const answer = await client.send(
        new ListObjectsV2Command({ ...about, ...(token !== undefined && { ContinuationToken: token }) }),
      );
      return { ...answer, next: answer.NextContinuationToken };
    }).catch((error: unknown) => {
      const status = error instanceof StorageFailure ? error.httpStatus : undefined;
      if (old || (status !== 501 && status !== 400) || !(error instanceof StorageFailure)) throw error;
      if (error.code !== 'STORAGE_REFUSED') throw error;
      return { IsTruncated: true, next: undefined };
    });
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      const key = Key?.slice(Prefix.length);
      if (key === undefined || !Key?.startsWith(Prefix) || key.includes('/') || !isOurs(key)) continue;
      found.set(key, { key, size: Size ?? 0, modifiedAt: wholeSeconds(LastModified) });
    }
    if (!page.IsTruncated || most !== undefined) break;
    const end = page.Contents?.at(-1)?.Key;
    if (
      old ? page.next === undefined || page.next === last : page.next === token && page.next !== undefined
    ) {
      throw cutListing(found.size);
    }
    if (old) last = page.next;
    else if (page.next !== undefined) token = page.next;
    else {
      // It says that there is more and not how to go on.
      old = true;
      last = end ?? last;
    }
  }
  return [...found.values()].sort(newestFirst);
}

const cutListing = (count: number): StorageFailure =>
  new StorageFailure(
    'STORAGE_LISTING_CUT',
    `The storage lists only ${count} files, says that there are more, and does not tell them. Move old backups to another folder, or use another path.`,
  );
