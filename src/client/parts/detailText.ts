import type { Failure } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n, Key } from './i18n';

export type Details = NonNullable<Failure['details']>;

/** What is known of a failure, in the reader's language; of a field with its name. */
export function detailText(i18n: Pick<I18n, 't' | 'find'>, details: Details): string {
  const text = faultText(i18n, details);
  if (!('field' in details)) return text;
  const { field } = details;
  return i18n.t('detail.at', { field: i18n.find(`storage.field.${field}`) ?? visible(field), text });
}

/** The same where it stands at its field. Some fields have words of their own. */
export function faultText({ t, find }: Pick<I18n, 't' | 'find'>, details: Details): string {
  const values = Object.entries<Value>(details).map(([name, value]) => [
    name,
    typeof value === 'object' && 'code' in value ? reasonText(t, value) : said(value),
  ]);
  const own: string = `detail.${details.code}.${'field' in details ? details.field : ''}`;
  const key: Key = `detail.${details.code}`;
  return t(
    find(own) === undefined ? key : (own as Key),
    Object.fromEntries(values) as Record<string, string>,
  );
}

type Reason = Extract<Details, { reason: object }>['reason'];
type Value = string | number | readonly string[] | Reason;

function reasonText(t: I18n['t'], { code, ...fields }: Reason): string {
  const values = Object.entries<string | number>(fields).map(([name, value]) => [name, said(value)]);
  return t(`cause.${code}`, Object.fromEntries(values) as Record<string, string>);
}

const said = (value: string | number | readonly string[]): string | number =>
  typeof value === 'string'
    ? visible(value)
    : typeof value === 'number'
      ? value
      : value.map(visible).join(', ');
