import { cleaned } from '../cleaned';
import { BackupError, type ErrorCode } from '../errors';

export interface FailureDetails {
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

  constructor(code: ErrorCode, message: string, details: FailureDetails = {}) {
    super(code, message, { cause: details.cause });
    this.transient = details.transient ?? false;
    this.exhausted = details.exhausted ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.httpStatus = details.status;
    this.providerCode = details.providerCode;
    this.region = details.region;
  }
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

const NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name is not known. Check the address',
  EAI_AGAIN: 'its host name could not be looked up just now. Check the name server',
  ECONNREFUSED: 'nothing listens at that address. Check host and port, and that the server runs',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut while sending',
  ECONNABORTED: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'it cannot be reached from here. Check the network and the firewall',
  ENETUNREACH: 'it cannot be reached from here. Check the network and the firewall',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself. Add it to NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is signed by an unknown authority. Add that to NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified. Add its chain to NODE_EXTRA_CA_CERTS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  EPROTO: 'it does not speak TLS there. Check http:// against https://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there. Check http:// against https://',
};
const LASTING = new Set(['ENOTFOUND', 'EPROTO']);

/** The first code of the system in the chain of causes: libraries wrap them. */
function systemCode(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Object && depth < 6; depth += 1) {
    const { code, errno, cause, errors } = one as {
      code?: unknown;
      errno?: unknown;
      cause?: unknown;
      errors?: unknown[];
    };
    const found = [code, errno, neverConnected(one)].find(
      (value) => typeof value === 'string' && value in NETWORK,
    );
    if (found !== undefined) return found as string;
    // The AWS SDK puts some errors into words and throws the rest away.
    const named = one instanceof Error ? namedIn(one.message) : undefined;
    if (named !== undefined && named in NETWORK) return named;
    one = cause ?? errors?.[0];
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
  const said = cleaned(cause instanceof Error ? cause.message : String(cause));
  const lasting =
    code !== undefined && (LASTING.has(code) || /CERT|SSL|TLS|LEAF/.test(code) || code === 'EPROTO');
  const why = code === undefined ? said || 'the connection failed' : NETWORK[code];
  return new StorageFailure(
    'STORAGE_UNAVAILABLE',
    `${storage} cannot be reached at ${address}: ${why ?? said}${code === undefined ? '' : ` [${code}]`}.`,
    { cause, transient: !lasting, providerCode: code },
  );
}

/** An archive is stored as it is: what comes compressed is not what was stored. */
export function refuseCompressed(encoding: string | undefined, storage: string, address: string): void {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return;
  throw new StorageFailure(
    'STORAGE_REFUSED',
    `${storage} sends files compressed (${cleaned(encoding, 20)}), which nobody has asked for, at ${address}. Turn that off in it, or in the proxy in front of it.`,
  );
}

/** It has said nothing for too long. */
export const stalled = (storage: string, address: string, ms: number): StorageFailure =>
  new StorageFailure(
    'STORAGE_UNAVAILABLE',
    `${storage} at ${address} has said nothing for ${Math.round(ms / 1000)} seconds, so the connection was given up.`,
    { transient: true, providerCode: 'STALLED' },
  );
