import { Details } from '../../errors/details';
import { refused, refusedWith, type BackupError } from '../../errors/errors';
import { keepSecrets, maskSecrets, openSecrets, sealSecrets, type SecretFields } from '../../secrets/fields';
import type { Seal } from '../../secrets/seal';
import { fieldsOf as storageFields, secretsOf } from '../../storage/fields';
import { isKind, KIND_NAMES, kindOf, KINDS, type KindName, type StorageRecord } from '../../storage/kinds';

export type { StorageRecord };

/** The first field that cannot be, by its name. Nothing that was entered is repeated: it may be a secret. */
export function parseRecord(value: unknown): StorageRecord {
  const filled = Object.fromEntries(
    Object.entries(value as Record<string, unknown>).filter(
      ([, value]) => value !== undefined && value !== null && value !== '',
    ),
  );
  if (!isKind(filled.kind)) throw refused('field-choice', { field: 'kind', choices: [...KIND_NAMES] });
  const kind = kindOf({ kind: filled.kind });
  const parsed = kind.settings.safeParse(filled);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys') throw refused('field-unknown', { field: issue.keys[0] ?? '?' });
    throw faultOf(kind, issue?.path.map(String).join('.') ?? '?', issue?.message);
  }
  return kind.check(parsed.data);
}

/** By the code that the schema has for it (fields.ts); numbers and choices are those of the field. */
function faultOf(kind: ReturnType<typeof kindOf>, field: string, code = ''): BackupError {
  const {
    least = 0,
    most = 0,
    choices = kind.providers.map((provider) => provider.id),
  } = storageFields(kind.settings).find((storageField) => storageField.name === field) ?? {};
  const details = Details.safeParse({ code, field, least, most, choices });
  return details.success ? refusedWith(details.data) : refused('field-unfit', { field });
}

export const checkStorageName = (name: string): string => {
  if (/^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$/u.test(name)) return name;
  throw refused('field-name', { field: 'name' });
};

const fieldsOf = (kind: KindName): SecretFields => ({
  paths: secretsOf(KINDS[kind].settings),
  goesTo: (record) => KINDS[kind].server(record as Record<string, unknown>),
});

export const sealRecord = (record: StorageRecord, seal: Seal): StorageRecord =>
  sealSecrets(record, fieldsOf(record.kind), seal);

export const openRecord = (record: StorageRecord, seal: Seal): StorageRecord =>
  openSecrets(record, fieldsOf(record.kind), seal);

export const maskRecord = (record: StorageRecord): StorageRecord =>
  maskSecrets(record, fieldsOf(record.kind));

/** What was masked, or left out, is as it was before; `before` is sealed, as it is kept. */
export function withOldSecrets(
  entered: Record<string, unknown>,
  before: StorageRecord | undefined,
  seal: Seal,
): Record<string, unknown> {
  const { kind } = entered;
  if (!isKind(kind)) return entered;
  const fields = fieldsOf(kind);
  const { record, notKept } = keepSecrets(
    entered,
    before?.kind === kind ? readable(before, fields, seal) : undefined,
    fields,
    'kept',
  );
  const [first] = notKept;
  if (first === undefined) return record;
  throw refused(first.why === 'none' ? 'field-again' : 'field-again-elsewhere', { field: first.path });
}

/** Without the secrets that were sealed with a key that is gone. */
const readable = (record: StorageRecord, fields: SecretFields, seal: Seal): unknown =>
  fields.paths.reduce<Record<string, unknown>>(
    (opened, path) => {
      try {
        return openSecrets(opened, { ...fields, paths: [path] }, seal);
      } catch {
        return without(opened, path);
      }
    },
    { ...record },
  );

const without = (record: Record<string, unknown>, field: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== field));
