import { cleaned } from '../../cleaned';
import { BackupError } from '../../errors/errors';
import { isRedirect, leadsTo } from '../../outgoing';
import { plainReason, type PlainReason, type Reason } from '../../errors/reasons';
import { networkFailure, refusalOf, retryAfter, stalled } from '../failure';

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

type Kind = readonly [reason: (place: S3Place, said: Said) => Reason, transient?: 'passes'];

const regionOf = ({ Region, message, $response }: Said): string | undefined =>
  [
    $response?.headers?.['x-amz-bucket-region'],
    Region,
    /(?:expecting|location constraint is|region is) '?([a-z0-9-]+)'?/i.exec(message ?? '')?.[1],
  ].find((region) => region !== undefined && /^[a-z0-9-]{1,40}$/i.test(region));

const plain = (code: PlainReason, ...transient: readonly ['passes'] | readonly []): Kind => [
  () => plainReason(code),
  ...transient,
];
const ofBucket =
  (code: 'no-bucket' | 'bucket-name' | 'bucket-denied') =>
  ({ bucket }: S3Place): Reason => ({ code, bucket });

const wrongRegion: Kind = [
  ({ region, bucket }, said) => {
    const right = regionOf(said);
    return right === undefined
      ? { code: 'region', region, bucket }
      : { code: 'region-right', region, bucket, right };
  },
];
const wrongKey = plain('keys');
const full = plain('full');
const busy = plain('busy', 'passes');
const notAddressed = plain('addressing');
const damagedOnTheWay = plain('altered', 'passes');
const clock = plain('clock', 'passes');
const NAMES: Readonly<Record<string, Kind>> = {
  NoSuchBucket: [ofBucket('no-bucket')],
  InvalidBucketName: [ofBucket('bucket-name')],
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  InvalidAccessKeyId: wrongKey,
  SignatureDoesNotMatch: wrongKey,
  InvalidClientTokenId: wrongKey,
  UnrecognizedClientException: wrongKey,
  ExpiredToken: plain('key-expired'),
  AccessDenied: [ofBucket('bucket-denied')],
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
  EntityTooLarge: plain('too-large'),
  MissingContentLength: plain('length'),
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
  403: plain('not-let'),
  408: busy,
  411: plain('length'),
  413: plain('too-large'),
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
    const from = /^https?:/.test(place.address) ? place.address : `https://${place.address}`;
    return refusalOf({
      what,
      storage: place.name,
      address: place.address,
      reason: { code: 'redirects', status, to: leadsTo(from, location) },
      cause: error,
      status,
    });
  }
  const code =
    [said.Code, said.name].find((name) => name !== undefined && Object.hasOwn(NAMES, name)) ??
    /^[A-Za-z0-9.]{1,60}$/.exec(said.name ?? '')?.[0] ??
    'Unknown';
  const kind: Kind =
    (Object.hasOwn(NAMES, code) ? NAMES[code] : undefined) ??
    STATUSES[status] ??
    plain('not-understood', ...passing(status));
  const own = [`${status}`, ...(/^(Unknown|UnknownError|\d+)$/.test(code) ? [] : [code])].join(' ');
  const requestId = cleaned(said.$metadata?.requestId ?? '', 60);
  const words = [cleaned(said.message ?? ''), requestId && `request ${requestId}`]
    .filter((word) => word !== '' && word !== 'UnknownError' && word !== code)
    .join('; ');
  return refusalOf({
    what,
    storage: place.name,
    address: place.address,
    reason: kind[0](place, said),
    answer: words === '' ? own : `${own} (${words})`,
    cause: error,
    status,
    providerCode: code,
    ...(kind === wrongRegion && { region: regionOf(said) }),
    transient:
      kind[1] === 'passes' ||
      (status >= 500 && status !== 501 && status !== 507 && !Object.hasOwn(NAMES, code)),
    retryAfterMs: retryAfter(said.$response?.headers?.['retry-after'], place.now()),
  });
}

const passing = (status: number): readonly ['passes'] | readonly [] =>
  status >= 500 && status !== 501 ? ['passes'] : [];
