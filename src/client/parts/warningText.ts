import type { Preview } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n, Key } from './i18n';
import { listText } from './listText';

type Warning = Preview['warnings'][number];
type Thing = Extract<Warning, { code: 'stays-tied' }>['thing'];
type Value = string | Thing | readonly (string | Thing)[];

/** Fields with a word of Ark's own, and where its words are. */
const WORDS: Readonly<Partial<Record<string, string>>> = {
  claimed: 'group',
  group: 'group',
  relation: 'kind',
  definition: 'forgotten.kind',
};
const MOST = 12;

/** A warning in the reader's language. */
export function warningText(i18n: Pick<I18n, 't' | 'find'>, warning: Warning): string {
  const { code, ...fields } = warning;
  const values = Object.entries<Value>(fields).map(([field, value]) => {
    const words = WORDS[field];
    const word = typeof value === 'string' && words !== undefined && i18n.find(`${words}.${value}`);
    return [field, word || said(i18n, value)];
  });
  return i18n.t(`warn.${code}`, Object.fromEntries(values) as Record<string, string>);
}

function said(i18n: Pick<I18n, 't'>, value: Value): string {
  if (typeof value === 'string') return visible(value);
  if ('kind' in value) return thingText(i18n, value);
  const list = listText(
    i18n.t,
    value.slice(0, MOST).map((part) => said(i18n, part)),
  );
  return value.length > MOST ? i18n.t('list.more', { list, count: value.length - MOST }) : list;
}

/** `trigger audit (orders)` */
const thingText = ({ t }: Pick<I18n, 't'>, { kind, collection, name }: Thing): string => {
  const key: Key = collection === undefined || collection === name ? 'thing.one' : 'thing.of';
  return t(key, { kind: t(`thing.${kind}`), name: visible(name), collection: visible(collection ?? '') });
};
