import { cleaned } from '../../cleaned';
import { BackupError, type ErrorCode } from '../../errors';
import { isRedirect, leadsTo } from '../../outgoing';
import { networkFailure, retryAfter, stalled, StorageFailure } from '../failure';

/** What a service of S3 says when something is wrong. */
interface Said {
  readonly name?: string;
  readonly message?: string;
  readonly Code?: string;
  /** Of the system. */
  readonly code?: string;
  readonly Region?: string;
  readonly Endpoint?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

export interface S3Place {
  /** The storage's name. */
  readonly name: string;
  readonly address: string;
  readonly bucket: string;
  readonly region: string;
  readonly idleMs: number;
  readonly now: () => number;
}

type Kind = readonly [code: ErrorCode, what: (place: S3Place, said: Said) => string, transient?: 'passes'];

const regionOf = ({ Region, message, $response }: Said): string | undefined =>
  [
    $response?.headers?.['x-amz-bucket-region'],
    Region,
    /(?:expecting|location constraint is|region is) '?([a-z0-9-]+)'?/i.exec(message ?? '')?.[1],
  ].find((region) => region !== undefined && /^[a-z0-9-]{1,40}$/i.test(region));

const wrongRegion: Kind = [
  'STORAGE_SETTINGS_WRONG',
  ({ region, bucket }, said) => {
    const right = regionOf(said);
    return `the region ${region} is wrong for the bucket ${bucket}. ${right === undefined ? "Look it up in the provider's console" : `Set the region to ${right}`}`;
  },
];
const wrongKey: Kind = [
  'STORAGE_LOGIN_REFUSED',
  () => 'it does not know this access key, or the secret key does not belong to it. Enter both again',
];
const full: Kind = ['STORAGE_FULL', () => 'its space or quota is used up. Free some, or ask for more'];
const busy: Kind = ['STORAGE_UNAVAILABLE', () => 'it is too busy just now', 'passes'];
const notAddressed: Kind = [
  'STORAGE_SETTINGS_WRONG',
  () => 'it does not take buckets addressed like this. Change the addressing style (path or virtual)',
];
const damagedOnTheWay: Kind = [
  'STORAGE_REFUSED',
  () => 'what arrived there is not what was sent. Something on the way changes uploads',
  'passes',
];
const clock: Kind = [
  'STORAGE_SETTINGS_WRONG',
  () => "this computer's clock and the storage's differ too much. Set this computer's clock",
  'passes',
];
const NAMES: Readonly<Record<string, Kind>> = {
  NoSuchBucket: [
    'STORAGE_SETTINGS_WRONG',
    ({ bucket }) => `there is no bucket ${bucket}. Create it, or check its name, the endpoint and the region`,
  ],
  InvalidBucketName: [
    'STORAGE_SETTINGS_WRONG',
    ({ bucket }) =>
      `${bucket} cannot be the name of a bucket. Check it, and that the endpoint does not repeat it`,
  ],
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  InvalidAccessKeyId: wrongKey,
  SignatureDoesNotMatch: wrongKey,
  InvalidClientTokenId: wrongKey,
  UnrecognizedClientException: wrongKey,
  ExpiredToken: ['STORAGE_LOGIN_REFUSED', () => 'the access key has expired. Enter a new one'],
  AccessDenied: [
    'STORAGE_REFUSED',
    ({ bucket }) =>
      `the access key may not do this in the bucket ${bucket}. It needs to list, read, write and delete there`,
  ],
  RequestTimeTooSkewed: clock,
  RequestExpired: clock,
  SecondLevelDomainForbidden: notAddressed,
  PathStyleDomainForbidden: notAddressed,
  VirtualHostDomainForbidden: notAddressed,
  QuotaExceeded: full,
  ServiceQuotaExceeded: full,
  XMinioStorageFull: full,
  InsufficientStorage: full,
  InsufficientCapacity: full,
  EntityTooLarge: [
    'STORAGE_TOO_LARGE',
    () => 'it does not take files of this size. Set a volume size for it',
  ],
  MissingContentLength: ['STORAGE_REFUSED', () => 'it wants to know the length of what is sent'],
  SlowDown: busy,
  ServiceUnavailable: busy,
  TooManyRequests: busy,
  RequestLimitExceeded: busy,
  RequestTimeout: busy,
  InternalError: busy,
  BadDigest: damagedOnTheWay,
  InvalidDigest: damagedOnTheWay,
  OperationAborted: busy,
  ConditionalRequestConflict: busy,
};
const STATUSES: Readonly<Record<number, Kind>> = {
  301: wrongRegion,
  307: wrongRegion,
  401: wrongKey,
  403: [
    'STORAGE_REFUSED',
    () => 'it does not let us. Check access key, secret key, bucket and what the key is allowed to do',
  ],
  408: busy,
  411: ['STORAGE_REFUSED', () => 'it, or a proxy in front of it, wants to know the length of what is sent'],
  413: [
    'STORAGE_TOO_LARGE',
    () => 'it, or a proxy in front of it, does not take files of this size. Set a volume size for it',
  ],
  429: busy,
  500: busy,
  502: busy,
  503: busy,
  504: busy,
  507: full,
};

const OURS = (signal: AbortSignal | undefined) => signal?.aborted === true;

/** Any failure of a request, in words an admin can act on, with the service's own code. */
export function s3Failure(error: unknown, place: S3Place, what: string, signal?: AbortSignal): unknown {
  if (error instanceof BackupError) return error;
  if (OURS(signal)) return signal?.reason;
  const said = error as Said;
  const status = said.$metadata?.httpStatusCode;
  // The SDK calls connections that were cut, or were never made, by the same name as silence.
  const silent =
    said.name === 'TimeoutError' && said.code === undefined && !/establish/.test(said.message ?? '');
  if (silent) return stalled(place.name, place.address, place.idleMs);
  if (status === undefined) return networkFailure(place.name, place.address, error);
  const location = said.$response?.headers?.location;
  if (isRedirect(status) && location !== undefined && regionOf(said) === undefined) {
    return new StorageFailure(
      'STORAGE_SETTINGS_WRONG',
      `${what} ${place.name} failed: it sends us on (${status}) to ${leadsTo(/^https?:/.test(place.address) ? place.address : `https://${place.address}`, location)}. Ark follows no redirects, so that the keys go nowhere else. If you trust where it leads, enter the address there instead.`,
      { cause: error, status },
    );
  }
  const code =
    [said.Code, said.name].find((one) => one !== undefined && Object.hasOwn(NAMES, one)) ??
    /^[A-Za-z0-9.]{1,60}$/.exec(said.name ?? '')?.[0] ??
    'Unknown';
  const kind: Kind = (Object.hasOwn(NAMES, code) ? NAMES[code] : undefined) ??
    STATUSES[status] ?? ['STORAGE_REFUSED', () => 'the answer cannot be understood', ...passing(status)];
  const own = [`${status}`, ...(/^(Unknown|UnknownError|\d+)$/.test(code) ? [] : [code])].join(' ');
  const requestId = cleaned(said.$metadata?.requestId ?? '', 60);
  const words = [cleaned(said.message ?? ''), requestId && `request ${requestId}`]
    .filter((one) => one !== '' && one !== 'UnknownError' && one !== code)
    .join('; ');
  return new StorageFailure(
    kind[0],
    `${what} ${place.name} failed: ${kind[1](place, said)}. It said ${own}${words === '' ? '' : ` (${words})`}, at ${place.address}.`,
    {
      cause: error,
      status,
      providerCode: code,
      ...(kind === wrongRegion && { region: regionOf(said) }),
      transient:
        kind[2] === 'passes' ||
        (status >= 500 && status !== 501 && status !== 507 && !Object.hasOwn(NAMES, code)),
      retryAfterMs: retryAfter(said.$response?.headers?.['retry-after'], place.now()),
    },
  );
}

const passing = (status: number): readonly ['passes'] | readonly [] =>
  status >= 500 && status !== 501 ? ['passes'] : [];
