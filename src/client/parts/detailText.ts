import type { Failure, Preview } from '../api/api';
import { visible } from '../notices/codeText';
import { failureText } from './errorText';
import type { I18n, Key } from './i18n';
import { warningText } from './warningText';

export type Details = NonNullable<Failure['details']>;

/** What is known of a failure, in the reader's language; of a field with its name. */
export function detailText(i18n: Words, details: Details): string {
  const text = faultText(i18n, details);
  if (!('field' in details)) return text;
  const { field } = details;
  return i18n.t('detail.at', { field: i18n.find(`storage.field.${field}`) ?? visible(field), text });
}

/** The same where it stands at its field. Some fields have words of their own. */
export function faultText(i18n: Words, details: Details): string {
  const values = Object.entries<Field | readonly Field[]>(details).map(([name, value]) => [
    name,
    said(i18n, value),
  ]);
  const own: string = `detail.${details.code}.${'field' in details ? details.field : ''}`;
  const key: Key = `detail.${details.code}`;
  return i18n.t(
    i18n.find(own) === undefined ? key : (own as Key),
    Object.fromEntries(values) as Record<string, string>,
  );
}

type Words = Pick<I18n, 't' | 'find'>;
/** What a field holds that is told by words of its own: the reason of a failure, another failure, a warning. */
type Reason = Extract<Details, { reason: object }>['reason'];
type Damage = Extract<Details, { damage: object }>['damage'];
type Holder = Extract<Details, { holders: object }>['holders'][number];
type OtherFailure = Extract<Details, { failures: object }>['failures'][number];
type OtherWarning = Extract<Details, { warnings: object }>['warnings'][number];
type Field = string | number | Reason | Damage | Holder | OtherFailure | OtherWarning;

function said(i18n: Words, value: Field | readonly Field[]): string | number {
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'number') return value;
  if (isList(value)) {
    if (value.length === 0) return '–';
    const sentences = value.some((item) => typeof item === 'object' && ('message' in item || 'text' in item));
    const list = value
      .slice(0, MOST)
      .map((item) => said(i18n, item))
      .join(sentences ? ' ' : ', ');
    return value.length > MOST ? i18n.t('list.more', { list, count: value.length - MOST }) : list;
  }
  // What of these an older or newer server has sent is looked at where it is told.
  if ('message' in value) return failureText(i18n, value as Failure);
  if ('warning' in value) {
    const known = i18n.find(`warn.${value.warning.code}`) !== undefined;
    return known ? warningText(i18n, value.warning as Preview['warnings'][number]) : visible(value.text);
  }
  return codeText(i18n, value);
}

const MOST = 12;
const isList = (value: unknown): value is readonly Field[] => Array.isArray(value);

/** What is in a failure as a code with fields. */
export function codeText(i18n: Words, { code, ...fields }: Reason | Damage | Holder): string {
  const values = Object.entries<string | number>(fields).map(([name, value]) => [name, said(i18n, value)]);
  const key = [`cause.${code}`, `damage.${code}`, `holder.${code}`].find((name) => i18n.find(name));
  return i18n.t(key as Key, Object.fromEntries(values) as Record<string, string>);
}
