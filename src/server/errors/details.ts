import * as z from 'zod';
import { ARCHIVE_DETAILS } from './archiveDetails';
import { BACKUP_DETAILS } from './backupDetails';
import { DATABASE_DETAILS } from './databaseDetails';
import { JOB_DETAILS } from './jobDetails';
import { REASONS, reasonText, type Reason } from './reasons';
import { RESTORE_DETAILS } from './restoreDetails';
import { STORAGE_DETAILS } from './storageDetails';
import { filled, unionOf, type Detail, type FieldsOf, type Told } from './told';

const name = z.string();
const names = z.array(z.string());
const count = z.number();
/** Of a storage's settings. */
const field = z.string();

/** What is known of a failure besides its code. The page has it in each language, as `detail.CODE`. */
export const DETAILS = {
  // A field of a storage's settings
  'field-missing': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'This is needed.',
    own: { region: 'Amazon wants to know the region of the bucket.' },
  },
  'field-unknown': { error: 'STORAGE_INVALID', fields: { field }, text: 'There is no such field here.' },
  'field-unfit': { error: 'STORAGE_INVALID', fields: { field }, text: 'This cannot be.' },
  'field-replace': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'Replace what is in < > by your own.',
  },
  'field-absolute': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'The whole path is needed, from the root.',
  },
  'field-root': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'This is the root of the disk. Choose a folder.',
  },
  'field-up': { error: 'STORAGE_INVALID', fields: { field }, text: '“..” cannot be part of it.' },
  'field-address': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'This is not an address. It begins with https:// or http://.',
  },
  'field-address-only': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'Only the address belongs here: no user, no password, and nothing after “?” or “#”.',
  },
  'field-host': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'This is not an address. It is a name or an IP address alone; the port has a field of its own.',
  },
  'field-choice': {
    error: 'STORAGE_INVALID',
    fields: { field, choices: names },
    text: 'One of: {{choices}}.',
  },
  'field-number': {
    error: 'STORAGE_INVALID',
    fields: { field, least: count, most: count },
    text: 'A whole number from {{least}} to {{most}}.',
  },
  'field-name': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'Letters, digits, “-” and “_” only, at most 40.',
  },
  'field-name-kept': { error: 'STORAGE_INVALID', fields: { field }, text: 'A storage keeps its name.' },
  'field-again': { error: 'STORAGE_INVALID', fields: { field }, text: 'Enter it again.' },
  'field-again-elsewhere': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'Enter it again, because the address has changed: a kept secret is not sent to a new one.',
  },
  'field-region': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'Letters, digits and “-” only, such as eu-central-1.',
  },
  'field-bucket': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'This cannot be the name of a bucket: 3 to 63 letters, digits, “-” and “.”, no slash.',
  },
  'field-spaces': { error: 'STORAGE_INVALID', fields: { field }, text: 'It has no spaces.' },
  'field-fingerprint': {
    error: 'STORAGE_INVALID',
    fields: { field },
    text: 'A fingerprint looks like SHA256:…, as ssh-keygen -l shows it.',
  },
  'field-key': {
    error: 'STORAGE_INVALID',
    fields: { field, why: name },
    text: 'It cannot be read ({{why}}). Enter the whole file, and its passphrase if it has one.',
  },
  'field-folder': {
    error: 'STORAGE_INVALID',
    fields: { field, folder: name, below: names },
    text: '{{folder}} is not a folder of this app. Allowed is what lies below {{below}}; whoever runs the server can allow more (ARK_LOCAL_ROOTS).',
  },
  // A storage as a whole
  'storage-taken': {
    error: 'STORAGE_EXISTS',
    fields: { name },
    text: 'There is a storage {{name}} already. Choose another name.',
  },
  'storage-environment': {
    error: 'STORAGE_INVALID',
    fields: { name, variable: name },
    text: '{{name}} comes from the environment. Change {{variable}} there.',
  },
  'storage-built-in': {
    error: 'STORAGE_INVALID',
    fields: { name },
    text: '{{name}} is the folder that Ark always has. It can be neither changed nor removed; ARK_DATA says where it is.',
  },
  'storage-url': {
    error: 'STORAGE_INVALID',
    fields: { variable: name, examples: names },
    text: '{{variable}} cannot be read as a URL. Write special characters of a password as %XX. It looks like one of: {{examples}}.',
  },
  'storage-url-kind': {
    error: 'STORAGE_INVALID',
    fields: { variable: name, scheme: name, examples: names },
    text: '{{variable}}: {{scheme}} is no kind of storage. It looks like one of: {{examples}}.',
  },
  // An alarm
  'alarm-answered': {
    error: 'ALARM_FAILED',
    fields: { host: name, status: count },
    text: '{{host}} answered {{status}}, so it did not take it.',
  },
  'alarm-silent': {
    error: 'ALARM_FAILED',
    fields: { host: name, seconds: count },
    text: '{{host}} did not answer within {{seconds}} seconds.',
  },
  'alarm-redirects': {
    error: 'ALARM_FAILED',
    fields: { host: name, status: count },
    text: '{{host}} redirects ({{status}}). Enter the address it leads to.',
  },
  'alarm-away': {
    error: 'ALARM_FAILED',
    fields: { host: name, why: name },
    text: '{{host}} cannot be reached ({{why}}).',
  },
  'alarm-mail': {
    error: 'ALARM_FAILED',
    fields: { host: name, why: name },
    text: 'The mail server {{host}} did not take it: {{why}}.',
  },
  'alarm-no-mail': {
    error: 'ALARM_FAILED',
    fields: {},
    text: 'No mail server is set, and the app has no way to send e-mail.',
  },
  // An address that is not connected to
  'address-private': {
    error: 'ADDRESS_NOT_ALLOWED',
    fields: { host: name },
    text: 'Ark does not connect to {{host}}: it belongs to this machine or to a private network, and ARK_OUTGOING=public allows public addresses only.',
  },
  'address-link-local': {
    error: 'ADDRESS_NOT_ALLOWED',
    fields: { host: name },
    text: 'Ark does not connect to {{host}}: it is an address that clouds keep their secrets at (link-local). If you do need it, set ARK_OUTGOING=all.',
  },
  ...ARCHIVE_DETAILS,
  ...BACKUP_DETAILS,
  ...DATABASE_DETAILS,
  ...JOB_DETAILS,
  ...RESTORE_DETAILS,
  ...STORAGE_DETAILS,
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
  const values: Readonly<Record<string, unknown>> = { ...details };
  const { text, own }: Detail = DETAILS[details.code];
  const field = 'field' in details ? details.field : undefined;
  const told = filled(own?.[field ?? ''] ?? text, (place) => said(values[place]));
  return field === undefined ? told : `${field}: ${told}`;
}

/** What fails with these details. */
export function errorOf(details: Details) {
  if (details.code === 'storage-says' || details.code === 'storage-fails')
    return REASONS[details.reason.code].error;
  return DETAILS[details.code].error;
}

const said = (value: unknown): string | undefined => {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object' && value !== null) return reasonText(value as Reason);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};
