import { S3Client } from '@aws-sdk/client-s3';
import { openDoor, type Door } from '../../outgoing';
import { addressOf, type S3Address, type S3Settings } from './address';
import { boundedAnswers } from './answers';

export interface S3Login extends S3Settings {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What may be connected to. */
  readonly door?: Door | undefined;
}

const CONNECT_MS = 15_000;
const silent = { debug: quiet, info: quiet, warn: quiet, error: quiet };
function quiet(): void {
  // Failures are told in Ark's own words.
}

/** The SDK as every service understands it, and the bucket as it is to be named in requests. */
export function s3Client(
  login: S3Login,
  idleMs: number,
  checksums: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED' = 'WHEN_REQUIRED',
): { client: S3Client; Bucket: string; where: S3Address } {
  const place = addressOf(login);
  const { region, endpoint, style, bucket } = place;
  // It would tell whoever uses the command line on Node 20 to upgrade, in the middle of an answer.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const door = login.door ?? openDoor('any', { keepAlive: true });
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    credentials: { accessKeyId: login.accessKeyId, secretAccessKey: login.secretAccessKey },
    forcePathStyle: style === 'path',
    bucketEndpoint: style === 'domain',
    // The defaults send trailing checksums in chunks, which many services refuse or store as content.
    requestChecksumCalculation: checksums,
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    maxAttempts: 1,
    followRegionRedirects: false,
    logger: silent,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: idleMs,
      httpAgent: door.http,
      httpsAgent: door.https,
    },
  });
  client.middlewareStack.addRelativeTo(boundedAnswers(place.address), {
    name: 'arkBoundedAnswers',
    relation: 'after',
    toMiddleware: 'deserializerMiddleware',
  });
  return { client, Bucket: style === 'domain' ? (endpoint ?? '') : bucket, where: place };
}
