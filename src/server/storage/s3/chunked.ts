import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { s3Client, type S3Login } from './client';

const IDLE_MS = 15_000;

/** Undefined: uploads in chunks are stored as they should be; otherwise what the service says or does. */
export async function acceptsChunked(login: S3Login): Promise<string | undefined> {
  const { client, Bucket, where } = s3Client(login, IDLE_MS, 'WHEN_SUPPORTED');
  const target = { Bucket, Key: `${where.prefix}ark-probe-chunked-${randomBytes(6).toString('hex')}.ark` };
  const body = randomBytes(70_000);
  try {
    const stream = Readable.from([body]);
    await client.send(new PutObjectCommand({ ...target, Body: stream, ContentLength: body.length }));
    const { ContentLength } = await client.send(new HeadObjectCommand(target));
    return ContentLength === body.length
      ? undefined
      : `${ContentLength ?? 0} bytes stored of ${body.length} sent`;
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    return [$metadata?.httpStatusCode, name].filter((word) => word !== undefined).join(' ');
  } finally {
    await client.send(new DeleteObjectCommand(target)).catch(() => undefined);
    client.destroy();
  }
}
