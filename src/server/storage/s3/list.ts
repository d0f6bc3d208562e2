import { ListObjectsCommand, ListObjectsV2Command, type S3Client, type _Object } from '@aws-sdk/client-s3';
import { sha256 } from '../../bytes';
import { StorageFailure, storageFailure } from '../failure';
import { isOurs } from '../key';
import { newestFirst, wholeSeconds, type StoredObject } from '../storage';

type Ask = <T>(what: string, send: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
interface Page {
  readonly Contents?: _Object[] | undefined;
  readonly CommonPrefixes?: readonly { readonly Prefix?: string | undefined }[] | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly next: string | undefined;
}

/** So that a page of the longest keys stays within what is read at once (s3Answers.ts). */
const PAGE = 500;
/** Pages in a row that bring nothing: services that filter as they list send some. */
const MOST_EMPTY = 100;
/** A million names in one folder is no folder of backups. */
const MOST_PAGES = 2000;

export interface Listing {
  readonly client: S3Client;
  readonly Bucket: string;
  readonly Prefix: string;
  readonly ask: Ask;
  readonly signal?: AbortSignal | undefined;
  /** One page of so many is enough. */
  readonly most?: number | undefined;
}

/**
 * What lies directly under the prefix, page by page; in the old way where the new one is not known or goes wrong.
 * It ends with a server that goes round in circles or never ends: STORAGE_LISTING_CUT.
 */
export async function listObjects(listing: Listing): Promise<StoredObject[]> {
  const { client, Bucket, Prefix, ask, signal, most } = listing;
  const request = {
    Bucket,
    Delimiter: '/',
    ...(Prefix !== '' && { Prefix }),
    MaxKeys: most ?? PAGE,
  };
  const options = signal ? { abortSignal: signal } : {};
  const objects = new Map<string, StoredObject>();
  /** Where pages began: a server that sends us back there would do so for ever. */
  const begun = new Set<string>();
  let old = false;
  let token: string | undefined;
  let last: string | undefined;
  let empty = 0;
  for (let pages = 1; ; pages += 1) {
    const page: Page = await ask(
      'Listing',
      async () => {
        if (old) {
          const answer = await client.send(
            new ListObjectsCommand({ ...request, ...(last !== undefined && { Marker: last }) }),
            options,
          );
          return { ...answer, next: answer.NextMarker ?? answer.Contents?.at(-1)?.Key };
        }
        const answer = await client.send(
          new ListObjectsV2Command({ ...request, ...(token !== undefined && { ContinuationToken: token }) }),
          options,
        );
        return { ...answer, next: answer.NextContinuationToken };
      },
      signal,
    ).catch((error: unknown) => {
      const status = error instanceof StorageFailure ? error.httpStatus : undefined;
      if (old || (status !== 501 && status !== 400) || !(error instanceof StorageFailure)) throw error;
      if (error.code !== 'STORAGE_REFUSED') throw error;
      return { IsTruncated: true, next: undefined };
    });
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      const key = Key?.slice(Prefix.length);
      if (key === undefined || !Key?.startsWith(Prefix) || key.includes('/') || !isOurs(key)) continue;
      objects.set(key, { key, size: Size ?? 0, modifiedAt: wholeSeconds(LastModified) });
    }
    if (!page.IsTruncated || most !== undefined) break;
    const brought = (page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0);
    empty = brought > 0 ? 0 : empty + 1;
    if (empty > MOST_EMPTY || pages >= MOST_PAGES) throw cutListing(objects.size);
    if (page.next !== undefined) {
      // Tokens may be long.
      const place = sha256(Buffer.from(page.next));
      if (begun.has(place)) throw cutListing(objects.size);
      begun.add(place);
      if (old) last = page.next;
      else token = page.next;
    } else if (old) throw cutListing(objects.size);
    else {
      // It says that there is more and not how to go on.
      old = true;
      last = page.Contents?.at(-1)?.Key ?? last;
    }
  }
  return [...objects.values()].sort(newestFirst);
}

const cutListing = (count: number): StorageFailure => storageFailure({ code: 'listing-short', count });
