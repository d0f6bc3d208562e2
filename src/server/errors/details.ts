import * as z from 'zod';
import { ARCHIVE_DETAILS } from './archiveDetails';
import { BACKUP_DETAILS } from './backupDetails';
import { CONSOLE_DETAILS } from './consoleDetails';
import { DAMAGES, damageText, type Damage } from './damages';
import { DATABASE_DETAILS } from './databaseDetails';
import { HOLDERS, holderText, type Holder } from './holders';
import { JOB_DETAILS } from './jobDetails';
import { REASONS, reasonText, type Reason } from './reasons';
import { RESTORE_DETAILS } from './restoreDetails';
import { ROW_DETAILS } from './rowDetails';
import { STORAGE_DETAILS } from './storageDetails';
import { USAGE_DETAILS } from './usageDetails';
import {
  inEnglish,
  isWorded,
  unionOf,
  type Detail,
  type FieldsOf,
  type OtherFailure,
  type OtherWarning,
  type Told,
} from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();
/** Of a storage's settings. */
const field = z.string();

/** What is known of a failure besides its code. The page has it in each language, as `detail.CODE`. */
export const DETAILS = {
  // A field of a storage's settings
  'field-missing': { error: 'STORAGE_INVALID', fields: { field } },
  'field-unknown': { error: 'STORAGE_INVALID', fields: { field } },
  'field-unfit': { error: 'STORAGE_INVALID', fields: { field } },
  'field-replace': { error: 'STORAGE_INVALID', fields: { field } },
  'field-absolute': { error: 'STORAGE_INVALID', fields: { field } },
  'field-root': { error: 'STORAGE_INVALID', fields: { field } },
  'field-up': { error: 'STORAGE_INVALID', fields: { field } },
  'field-address': { error: 'STORAGE_INVALID', fields: { field } },
  'field-address-only': { error: 'STORAGE_INVALID', fields: { field } },
  'field-host': { error: 'STORAGE_INVALID', fields: { field } },
  'field-choice': { error: 'STORAGE_INVALID', fields: { field, choices: names } },
  'field-number': { error: 'STORAGE_INVALID', fields: { field, least: count, most: count } },
  'field-name': { error: 'STORAGE_INVALID', fields: { field } },
  'field-name-kept': { error: 'STORAGE_INVALID', fields: { field } },
  'field-again': { error: 'STORAGE_INVALID', fields: { field } },
  'field-again-elsewhere': { error: 'STORAGE_INVALID', fields: { field } },
  'field-region': { error: 'STORAGE_INVALID', fields: { field } },
  'field-bucket': { error: 'STORAGE_INVALID', fields: { field } },
  'field-spaces': { error: 'STORAGE_INVALID', fields: { field } },
  'field-fingerprint': { error: 'STORAGE_INVALID', fields: { field } },
  'field-key': { error: 'STORAGE_INVALID', fields: { field, why: name } },
  'field-folder': { error: 'STORAGE_INVALID', fields: { field, folder: name, below: names } },
  // A storage as a whole
  'storage-taken': { error: 'STORAGE_EXISTS', fields: { name } },
  'storage-environment': { error: 'STORAGE_INVALID', fields: { name, variable: name } },
  'storage-built-in': { error: 'STORAGE_INVALID', fields: { name } },
  'storage-url': { error: 'STORAGE_INVALID', fields: { variable: name, examples: names } },
  'storage-url-kind': { error: 'STORAGE_INVALID', fields: { variable: name, scheme: name, examples: names } },
  // An alarm
  'alarm-answered': { error: 'ALARM_FAILED', fields: { host: name, status: count } },
  'alarm-refused': { error: 'ALARM_FAILED', fields: { host: name, said: name } },
  'alarm-unlike': { error: 'ALARM_FAILED', fields: { host: name, service: name } },
  'alarm-silent': { error: 'ALARM_FAILED', fields: { host: name, seconds: count } },
  'alarm-redirects': { error: 'ALARM_FAILED', fields: { host: name, status: count } },
  'alarm-away': { error: 'ALARM_FAILED', fields: { host: name, why: name } },
  'alarm-mail': { error: 'ALARM_FAILED', fields: { host: name, why: name } },
  'alarm-no-mail': { error: 'ALARM_FAILED', fields: {} },
  'alarm-app-off': { error: 'ALARM_FAILED', fields: {} },
  'alarm-app-channel': { error: 'ALARM_FAILED', fields: {} },
  'alarm-app-says': { error: 'ALARM_FAILED', fields: { said: name } },
  // An address that is not connected to
  'address-private': { error: 'ADDRESS_NOT_ALLOWED', fields: { host: name } },
  'address-link-local': { error: 'ADDRESS_NOT_ALLOWED', fields: { host: name } },
  ...ARCHIVE_DETAILS,
  ...BACKUP_DETAILS,
  ...CONSOLE_DETAILS,
  ...DATABASE_DETAILS,
  ...JOB_DETAILS,
  ...RESTORE_DETAILS,
  ...ROW_DETAILS,
  ...STORAGE_DETAILS,
  ...USAGE_DETAILS,
} as const satisfies Readonly<Record<string, Detail>>;

type Table = typeof DETAILS;
export type DetailCode = keyof Table;
export type DetailFields<C extends DetailCode> = FieldsOf<Table, C>;
export type Details = Told<Table>;
export const Details = unionOf(DETAILS);

/** As it was kept; an older or newer Ark may know other codes, and then the message tells. */
export const KeptDetails = Details.optional().catch(undefined);

/** A failure as it is kept and sent. */
export const Failure = z.object({ code: z.string(), message: z.string(), details: KeptDetails });
export type Failure = z.infer<typeof Failure>;

/** What is wrong with a field, where only the field's name and schema are needed to tell it. */
export type FieldFault = Extract<DetailCode, `field-${string}`>;

/** For people who read English; of a field with its name. */
export function detailText(details: Details): string {
  const values: Readonly<Record<string, Field | readonly Field[]>> = { ...details };
  const field = 'field' in details ? details.field : undefined;
  const [own, key] = [`detail.${details.code}.${field ?? ''}`, `detail.${details.code}`];
  const told = inEnglish(isWorded(own) ? own : key, (place) => {
    const value = values[place];
    return value === undefined ? undefined : said(value);
  });
  return field === undefined ? told : `${field}: ${told}`;
}

/** What fails with these details: what they are of, or what the reason or failure in them is of. */
export function errorOf(details: Details): string {
  const { error }: Detail = DETAILS[details.code];
  if (error !== undefined) return error;
  if ('reason' in details) return REASONS[details.reason.code].error;
  const failure = 'why' in details && typeof details.why === 'object' ? details.why : undefined;
  return failure?.code ?? ('failures' in details ? details.failures[0]?.code : undefined) ?? 'INTERNAL';
}

type Field = string | number | Reason | Damage | Holder | OtherFailure | OtherWarning;
const said = (value: Field | readonly Field[]): string => {
  if (typeof value !== 'object') return String(value);
  if (isList(value)) {
    if (value.length === 0) return '–';
    const sentences = value.some((item) => typeof item === 'object' && ('message' in item || 'text' in item));
    const list = value
      .slice(0, MOST)
      .map(said)
      .join(sentences ? ' ' : ', ');
    return value.length > MOST ? `${list} and ${value.length - MOST} more` : list;
  }
  if ('message' in value) return value.message;
  if ('text' in value) return value.text;
  if (isHolder(value)) return holderText(value);
  return isDamage(value) ? damageText(value) : reasonText(value);
};
const isList = (value: unknown): value is readonly Field[] => Array.isArray(value);
/** So many of a list are told. */
const MOST = 12;
const isDamage = (value: Reason | Damage): value is Damage => Object.hasOwn(DAMAGES, value.code);
const isHolder = (value: { readonly code: string }): value is Holder => Object.hasOwn(HOLDERS, value.code);
