import { BackupError } from '../../errors/errors';
import { ask, type Door } from '../../outgoing';
import type { Examined, StorageCheck, StorageSettings } from '../checks';
import { StorageFailure } from '../failure';
import type { Examination } from '../kind';
import { addressOf, parseEndpoint, stripBucket, type S3Address } from './address';
import type { S3Record } from './settings';
import { withDefaults } from './providers';
import { unfinishedIn } from './uploads';
import { MINUTE } from '../../durations';

const TIMEOUT_MS = 15_000;
/** Services refuse requests that are fifteen minutes off. */
const CLOCK_MS = 5 * MINUTE;

/** What can be said of the settings and of the service besides whether they work. */
export async function examineS3(
  name: string,
  record: S3Record,
  { spool, failure, door }: Examination,
): Promise<Examined> {
  const checks: StorageCheck[] = [];
  const address = addressOf(withDefaults(record));
  const better: StorageSettings = bucketInEndpoint(record, checks);
  await Promise.all([
    checkClock(address, checks, door),
    checkPublic(name, record, address, spool, failure, checks, door),
    checkChunked(record, checks, failure, door),
  ]);
  return {
    checks,
    alternatives: alternativesTo(address, failure),
    better: Object.keys(better).length > 0 ? better : undefined,
  };
}

function bucketInEndpoint(record: S3Record, checks: StorageCheck[]): StorageSettings {
  if (record.endpoint === undefined || record.addressing === 'domain') return {};
  const url = parseEndpoint(record.endpoint);
  if (!stripBucket(url, record.bucket)) return {};
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  checks.push({
    what: 'endpoint',
    state: 'note',
    message: `The endpoint repeats the bucket ${record.bucket}; ${endpoint} is used instead.`,
  });
  return { endpoint };
}

const originOf = ({ endpoint, region }: S3Address): string =>
  endpoint ?? `https://s3.${region}.amazonaws.com`;

async function checkClock(address: S3Address, checks: StorageCheck[], door: Door): Promise<void> {
  const answer = await ask(door, originOf(address), {
    method: 'HEAD',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  answer?.destroy();
  const theirs = Date.parse(answer?.headers.date ?? '');
  if (Number.isNaN(theirs)) return;
  const off = Date.now() - theirs;
  if (Math.abs(off) < CLOCK_MS) return;
  checks.push({
    what: 'clock',
    state: 'failed',
    code: 'STORAGE_SETTINGS_WRONG',
    message: `This computer's clock is ${Math.round(Math.abs(off) / MINUTE)} minutes ${off > 0 ? 'ahead of' : 'behind'} that of the storage. Set this computer's clock: a difference of 15 minutes is refused.`,
  });
}

/** A probe that anybody may fetch means that anybody may fetch every backup. */
async function checkPublic(
  name: string,
  record: S3Record,
  address: S3Address,
  spool: string,
  failure: unknown,
  checks: StorageCheck[],
  door: Door,
): Promise<void> {
  if (failure !== undefined) return;
  const { s3Storage } = await import('./s3');
  const key = `ark-probe-public-${Date.now().toString(36)}.ark`;
  const storage = s3Storage(name, { ...withDefaults(record), door, unfinished: unfinishedIn(spool) });
  try {
    await storage.put(key, whole(Buffer.from('Ark was here to see whether anybody may read this.')));
    const answer = await ask(door, urlOf(address, key), { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      () => undefined,
    );
    answer?.destroy();
    if (answer?.statusCode === 200) {
      checks.push({
        what: 'public',
        state: 'danger',
        code: 'STORAGE_SETTINGS_WRONG',
        message: `ANYBODY ON THE INTERNET CAN READ YOUR BACKUPS: the bucket ${address.bucket} is public. Take public access away in the provider's console now, and encrypt backups.`,
      });
    } else checks.push({ what: 'public', state: 'ok', message: 'Only the access key can read it.' });
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
  } finally {
    await storage.remove(key).catch(() => undefined);
  }
}

/** What most programs send by default; Ark does not, so it is only good to know. */
async function checkChunked(
  record: S3Record,
  checks: StorageCheck[],
  failure: unknown,
  door: Door,
): Promise<void> {
  if (failure !== undefined) return;
  const { acceptsChunked } = await import('./chunked');
  const said = await acceptsChunked({ ...withDefaults(record), door });
  if (said === undefined) return;
  checks.push({
    what: 'chunked',
    state: 'note',
    message: `It refuses or spoils uploads in chunks with checksums behind them (${said}), which other programs send. Ark sends none, so backups are not affected.`,
  });
}

function urlOf({ endpoint, region, bucket, style, prefix }: S3Address, key: string): string {
  const path = `${prefix}${key}`.split('/').map(encodeURIComponent).join('/');
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const base = url.pathname.replace(/\/+$/, '');
  if (style === 'domain') return `${url.origin}${base}/${path}`;
  if (style === 'virtual') return `${url.protocol}//${bucket}.${url.host}${base}/${path}`;
  return `${url.origin}${base}/${bucket}/${path}`;
}

/** The usual mistakes, put right. */
function alternativesTo(address: S3Address, failure: unknown): StorageSettings[] {
  const regions: StorageSettings[] = [];
  const told = failure instanceof StorageFailure ? failure.region : undefined;
  if (told !== undefined && told !== address.region) regions.push({ region: told });
  const styles: StorageSettings[] = (['path', 'virtual'] as const)
    .filter((style) => style !== address.style)
    .map((addressing) => ({ addressing }));
  const login = failure instanceof BackupError && failure.code === 'STORAGE_LOGIN_REFUSED';
  if (login) return [];
  if (regions.length > 0) return [...regions, ...styles.map((style) => ({ ...regions[0], ...style }))];
  const usual = ['us-east-1', 'auto', 'garage']
    .filter((region) => region !== address.region)
    .map((region) => ({ region }));
  const providerCode = failure instanceof StorageFailure ? failure.providerCode : undefined;
  return providerCode === 'AuthorizationHeaderMalformed' ? [...usual, ...styles] : styles;
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body is asynchronous
async function* whole(body: Buffer): AsyncGenerator<Buffer, void, void> {
  yield body;
}
