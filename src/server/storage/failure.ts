import { cleaned } from '../cleaned';
import { detailText, type Details } from '../errors/details';
import { BackupError, codeOf } from '../errors/errors';
import { plainReason, reasonText, type Reason } from '../errors/reasons';

interface FailureOptions {
  readonly cause?: unknown;
  /** It may go well if it is tried again. */
  readonly transient?: boolean | undefined;
  /** It was tried again for as long as that made sense. */
  readonly exhausted?: boolean | undefined;
  /** How long the storage asks us to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The HTTP status. */
  readonly status?: number | undefined;
  /** The provider's own word for it. */
  readonly providerCode?: string | undefined;
  /** The region that it says is right. */
  readonly region?: string | undefined;
}

/** What a storage on the network answered, or that it did not, with all that is needed to decide what to do next. */
export class StorageFailure extends BackupError {
  readonly transient: boolean;
  readonly exhausted: boolean;
  readonly retryAfterMs: number | undefined;
  readonly httpStatus: number | undefined;
  readonly providerCode: string | undefined;
  readonly region: string | undefined;
  declare readonly details: Details;

  constructor(message: string, options: FailureOptions & { readonly details: Details }) {
    super(codeOf(options.details), message, { cause: options.cause, details: options.details });
    this.transient = options.transient ?? false;
    this.exhausted = options.exhausted ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.httpStatus = options.status;
    this.providerCode = options.providerCode;
    this.region = options.region;
  }
}

/** A failure whose details are values; its message is made of them. */
export const storageFailure = (details: Details, options: FailureOptions = {}): StorageFailure =>
  new StorageFailure(detailText(details), { ...options, details });

/** A request that came to nothing. */
export interface Refusal extends FailureOptions {
  /** As in "Listing … failed". */
  readonly what: string;
  readonly storage: string;
  readonly address: string;
  readonly reason: Reason;
  /** What it answered. */
  readonly answer?: string | undefined;
}

export function refusalOf({ what, storage, address, reason, answer, ...options }: Refusal): StorageFailure {
  const details: Details =
    answer === undefined
      ? { code: 'storage-fails', storage, address, reason }
      : { code: 'storage-says', storage, address, reason, answer };
  const own = answer === undefined ? '' : `. It said ${answer}`;
  return new StorageFailure(`${what} ${storage} failed: ${reasonText(reason)}${own}, at ${address}.`, {
    ...options,
    details,
  });
}

export const isUnknown = (error: unknown): boolean =>
  error instanceof BackupError && error.code === 'BACKUP_UNKNOWN';

/** Seconds or a date, as RFC 9110 has it; undefined if it is neither. */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** What the system's codes mean. */
const NETWORK = {
  ENOTFOUND: 'host-unknown',
  EAI_AGAIN: 'host-lookup',
  ECONNREFUSED: 'nothing-listens',
  ECONNRESET: 'cut',
  EPIPE: 'cut-sending',
  ECONNABORTED: 'cut',
  ETIMEDOUT: 'no-answer',
  EHOSTUNREACH: 'no-way',
  ENETUNREACH: 'no-way',
  CERT_HAS_EXPIRED: 'certificate-expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-own',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-unverified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-host',
  EPROTO: 'no-tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no-tls',
} as const;
type SystemCode = keyof typeof NETWORK;
const isKnown = (value: unknown): value is SystemCode =>
  typeof value === 'string' && Object.hasOwn(NETWORK, value);
const LASTING = new Set(['ENOTFOUND', 'EPROTO']);

/** The first code of the system in the chain of causes: libraries wrap them. */
function systemCode(error: unknown): SystemCode | undefined {
  for (let failure = error, depth = 0; failure instanceof Object && depth < 6; depth += 1) {
    const { code, errno, cause, errors } = failure as {
      code?: unknown;
      errno?: unknown;
      cause?: unknown;
      errors?: unknown[];
    };
    const known = [code, errno, neverConnected(failure)].find(isKnown);
    if (known !== undefined) return known;
    // The AWS SDK puts some errors into words and throws the rest away.
    const named = failure instanceof Error ? namedIn(failure.message) : undefined;
    if (isKnown(named)) return named;
    failure = cause ?? errors?.[0];
  }
  return undefined;
}

const namedIn = (message: string): string | undefined =>
  message.includes('socket hang up') ? 'ECONNRESET' : /\b(E[A-Z_]{4,})\b/.exec(message)?.[1];

/** The AWS SDK has no code for it. */
const neverConnected = (error: object): string | undefined =>
  error instanceof Error && error.name === 'TimeoutError' && /establish/.test(error.message)
    ? 'ETIMEDOUT'
    : undefined;

/** A failure of the connection itself, in words. */
export function networkFailure(storage: string, address: string, cause: unknown): BackupError {
  // Ark's own door refused.
  if (cause instanceof BackupError) return cause;
  const code = systemCode(cause);
  if (code === undefined) {
    const why = cleaned(cause instanceof Error ? cause.message : String(cause)) || 'the connection failed';
    return storageFailure({ code: 'storage-away-why', storage, address, why }, { cause, transient: true });
  }
  const lasting = LASTING.has(code) || /CERT|SSL|TLS|LEAF/.test(code);
  return storageFailure(
    { code: 'storage-away', storage, address, reason: plainReason(NETWORK[code]), system: code },
    { cause, transient: !lasting, providerCode: code },
  );
}

/** An archive is stored as it is: what comes compressed is not what was stored. */
export function refuseCompressed(encoding: string | undefined, storage: string, address: string): void {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return;
  throw storageFailure({ code: 'storage-compressed', storage, address, encoding: cleaned(encoding, 20) });
}

/** It has said nothing for too long. */
export const stalled = (storage: string, address: string, ms: number): StorageFailure =>
  storageFailure(
    { code: 'storage-silent', storage, address, seconds: Math.round(ms / 1000) },
    { transient: true, providerCode: 'STALLED' },
  );
