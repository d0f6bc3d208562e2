import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { addressOf } from './s3Address';
import type { S3Options } from './s3';

/** Undefined: uploads in chunks are stored as they should be; otherwise what the service says or does. */
export async function acceptsChunked(options: S3Options): Promise<string | undefined> {
  const { bucket, endpoint, style, region, prefix } = addressOf(options);
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    forcePathStyle: style === 'path',
    bucketEndpoint: style === 'domain',
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 15_000 },
  });
  const about = {
    Bucket: style === 'domain' ? (endpoint ?? '') : bucket,
    Key: `${prefix}ark-probe-chunked-${randomBytes(6).toString('hex')}.ark`,
  };
  const body = randomBytes(70_000);
  try {
    await client.send(
      new PutObjectCommand({ ...about, Body: Readable.from([body]), ContentLength: body.length }),
    );
    const { ContentLength } = await client.send(new HeadObjectCommand(about));
    return ContentLength === body.length
      ? undefined
      : `${ContentLength ?? 0} bytes stored of ${body.length} sent`;
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    return [$metadata?.httpStatusCode, name].filter((one) => one !== undefined).join(' ');
  } finally {
    await client.send(new DeleteObjectCommand(about)).catch(() => undefined);
    client.destroy();
  }
}
