import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { BackupError } from '../errors';
import { isSealed, type Seal } from '../seal';
import { s3Provider, webdavProvider } from '../storage/providers';
import { addressOf, ADDRESSING } from '../storage/s3/address';
import { AUTHS, checkDavUrl } from '../storage/webdav/url';

/** Stands for a secret wherever one is shown; sent back it means: as before. */
export const MASK = '••••••••';

const text = (what: string) => z.string({ error: what }).trim();
const needed = (what: string) => text(what).min(1, { error: what });
const megabytes = (least: number, most: number, what: string) =>
  z.coerce
    .number({ error: what })
    .int({ error: what })
    .min(least, { error: what })
    .max(most, { error: what });

const volumeMb = megabytes(1, 5_000_000, 'a whole number of megabytes, at least 1').optional();
const path = text('a folder')
  .refine((value) => !value.split(/[/\\]+/).includes('..'), { error: '".." cannot be part of it' })
  .optional();

const Local = z.strictObject({
  kind: z.literal('local'),
  folder: needed('the folder is missing')
    .refine((value) => isAbsolute(value), { error: 'the whole path is needed, from the root' })
    .refine((value) => resolve(value) !== resolve('/'), {
      error: 'this is the root of the disk. Choose a folder',
    }),
});

const S3 = z.strictObject({
  kind: z.literal('s3'),
  provider: text('a provider')
    .refine((id) => s3Provider(id) !== undefined, { error: 'there is no such provider' })
    .optional(),
  endpoint: text('an address')
    .refine((value) => !/[<>]/.test(value), { error: 'replace what is in <> by your own' })
    .optional(),
  region: text('a region')
    .regex(/^[a-z0-9-]*$/i, { error: 'letters, digits and "-" only, such as eu-central-1' })
    .optional(),
  bucket: needed('the bucket is missing').regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i, {
    error: 'this cannot be the name of a bucket: 3 to 63 letters, digits, "-" and ".", no slash',
  }),
  accessKeyId: needed('the access key is missing').regex(/^\S+$/, { error: 'it has no spaces' }),
  secretAccessKey: needed('the secret key is missing'),
  path,
  addressing: z.enum(ADDRESSING, { error: `one of ${ADDRESSING.join(', ')}` }).optional(),
  partMb: megabytes(5, 512, 'a whole number of megabytes from 5 to 512').optional(),
  volumeMb,
});

const Webdav = z.strictObject({
  kind: z.literal('webdav'),
  provider: text('a provider')
    .refine((id) => webdavProvider(id) !== undefined, { error: 'there is no such provider' })
    .optional(),
  url: needed('the address is missing').refine((value) => !/[<>]/.test(value), {
    error: 'replace what is in <> by your own',
  }),
  user: text('a user').optional(),
  password: z.string({ error: 'a password' }).optional(),
  path,
  auth: z.enum(AUTHS, { error: `one of ${AUTHS.join(', ')}` }).optional(),
  gapMs: z.coerce
    .number({ error: 'a number of milliseconds' })
    .int({ error: 'whole milliseconds' })
    .min(0, { error: 'not negative' })
    .max(600_000, { error: 'at most 600000' })
    .optional(),
  volumeMb,
});

/** The settings of one storage as they are kept; secrets sealed. */
export const StorageRecord = z.discriminatedUnion('kind', [Local, S3, Webdav], {
  error: 'one of local, s3, webdav',
});
export type StorageRecord = z.infer<typeof StorageRecord>;

const SECRETS: Readonly<Record<StorageRecord['kind'], readonly string[]>> = {
  local: [],
  s3: ['secretAccessKey'],
  webdav: ['password'],
};

const invalid = (field: string, what: string): BackupError =>
  new BackupError('STORAGE_INVALID', `${field}: ${what}.`);

/** The first field that cannot be, by its name. Nothing that was entered is repeated: it may be a secret. */
export function parseRecord(value: unknown): StorageRecord {
  const filled = Object.fromEntries(
    Object.entries(value as Record<string, unknown>).filter(
      ([, one]) => one !== undefined && one !== null && one !== '',
    ),
  );
  const parsed = StorageRecord.safeParse(filled);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys')
      throw invalid(issue.keys[0] ?? '?', 'there is no such field here');
    throw invalid(issue?.path.map(String).join('.') ?? '?', issue?.message ?? 'this cannot be');
  }
  const record = parsed.data;
  if (record.kind === 's3') addressOf(record);
  if (record.kind === 'webdav') return { ...record, url: checkDavUrl(record.url) };
  return record;
}

export const checkStorageName = (name: string): string => {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u.test(name)) return name;
  throw invalid('name', 'letters, digits, "-" and "_" only, at most 40');
};

const eachSecret = (
  record: StorageRecord,
  change: (secret: string, field: string) => string,
): StorageRecord =>
  Object.fromEntries(
    Object.entries(record).map(([field, value]) => [
      field,
      SECRETS[record.kind].includes(field) && typeof value === 'string' ? change(value, field) : value,
    ]),
  ) as StorageRecord;

export const sealRecord = (record: StorageRecord, seal: Seal): StorageRecord =>
  eachSecret(record, (secret) => (isSealed(secret) ? secret : seal.close(secret)));

export const openRecord = (record: StorageRecord, seal: Seal): StorageRecord =>
  eachSecret(record, (secret) => (isSealed(secret) ? seal.open(secret) : secret));

export const maskRecord = (record: StorageRecord): StorageRecord => eachSecret(record, () => MASK);

/** What was masked, or left out, is as it was before. A secret goes nowhere else: a new address wants it again. */
export function withOldSecrets(
  input: Record<string, unknown>,
  before: StorageRecord | undefined,
): Record<string, unknown> {
  const kind = input.kind as StorageRecord['kind'];
  const fields = Object.hasOwn(SECRETS, kind) ? SECRETS[kind] : [];
  const kept = { ...input };
  for (const field of fields) {
    if (kept[field] !== MASK && kept[field] !== undefined) continue;
    const old = before?.kind === kind ? (before as Record<string, unknown>)[field] : undefined;
    if (old === undefined && kept[field] === MASK) throw invalid(field, 'enter it again');
    if (old !== undefined && before && goesElsewhere(kept, before)) {
      throw invalid(field, 'enter it again, because the address has changed');
    }
    if (old !== undefined) kept[field] = old;
  }
  return kept;
}

/** Whoever may change settings must not be able to have a secret sent to a server of his own. */
function goesElsewhere(input: Record<string, unknown>, before: StorageRecord): boolean {
  const hostOf = (value: unknown): string => {
    const given = typeof value === 'string' ? value.trim() : '';
    try {
      return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `https://${given}`).origin;
    } catch {
      return given;
    }
  };
  if (before.kind === 'webdav') return hostOf(input.url) !== hostOf(before.url);
  if (before.kind !== 's3') return false;
  const bare = (host: string, bucket: unknown): string =>
    typeof bucket === 'string' ? host.replace(`://${bucket}.`, '://') : host;
  return bare(hostOf(input.endpoint), input.bucket) !== bare(hostOf(before.endpoint), before.bucket);
}
