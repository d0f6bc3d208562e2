import { BackupError } from '../../errors';
import { MASK } from '../../mask';
import { isSealed, type Seal } from '../../seal';
import { secretsOf } from '../../storage/fields';
import { isKind, KIND_NAMES, kindOf, KINDS, type StorageRecord } from '../../storage/kinds';

export type { StorageRecord };

const invalid = (field: string, what: string): BackupError =>
  new BackupError('STORAGE_INVALID', `${field}: ${what}.`);

/** The first field that cannot be, by its name. Nothing that was entered is repeated: it may be a secret. */
export function parseRecord(value: unknown): StorageRecord {
  const filled = Object.fromEntries(
    Object.entries(value as Record<string, unknown>).filter(
      ([, one]) => one !== undefined && one !== null && one !== '',
    ),
  );
  if (!isKind(filled.kind)) throw invalid('kind', `one of ${KIND_NAMES.join(', ')}`);
  const kind = kindOf({ kind: filled.kind });
  const parsed = kind.settings.safeParse(filled);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys')
      throw invalid(issue.keys[0] ?? '?', 'there is no such field here');
    throw invalid(issue?.path.map(String).join('.') ?? '?', issue?.message ?? 'this cannot be');
  }
  return kind.check(parsed.data);
}

export const checkStorageName = (name: string): string => {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u.test(name)) return name;
  throw invalid('name', 'letters, digits, "-" and "_" only, at most 40');
};

const eachSecret = (
  record: StorageRecord,
  change: (secret: string, field: string) => string,
): StorageRecord => {
  const secrets = secretsOf(KINDS[record.kind].settings);
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [
      field,
      secrets.includes(field) && typeof value === 'string' ? change(value, field) : value,
    ]),
  ) as StorageRecord;
};

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
  const { kind } = input;
  const fields = isKind(kind) ? secretsOf(KINDS[kind].settings) : [];
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
const goesElsewhere = (input: Record<string, unknown>, before: StorageRecord): boolean =>
  KINDS[before.kind].server(input) !== KINDS[before.kind].server(before);
