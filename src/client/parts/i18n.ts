import { createContext, useContext } from 'react';
import enUS from '../../locale/en-US.json';
import { createFormat, type Format } from './format';
import type { Language } from './languages';

/** The words of one language, by key; a counted one has a key for each plural form that the language has. */
export type Texts = Readonly<Record<string, string>>;
/** Always here, and what stands in where another language has no word. */
export const ENGLISH: Texts = enUS;

type TextKey = keyof typeof enUS;
type Stem<K> = K extends `${infer S}_other` ? S : never;
/** A key of the locale files; one that is counted is named without its `_one` and `_other`. */
export type Key = Exclude<TextKey, `${string}_one` | `${string}_other`>;
export type CountedKey = Stem<TextKey>;
type Values = Record<string, string | number>;

export interface I18n {
  readonly language: Language;
  readonly t: (key: Key, values?: Values) => string;
  /** The right form for `count`, which the text names `{{count}}`. */
  readonly n: (key: CountedKey, count: number, values?: Values) => string;
  /** For keys made from what the server says, such as `error.CODE`; undefined if there is no such text. */
  readonly find: (key: string) => string | undefined;
  readonly format: Format;
}

export function createI18n(language: Language, texts: Texts): I18n {
  const plural = new Intl.PluralRules(language);
  const format = createFormat(language);
  const word = (key: string) => texts[key] ?? ENGLISH[key];
  const fill = (text: string, values: Values) =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === 'number' ? format.number(value) : value;
    });
  return {
    language,
    format,
    t: (key, values = {}) => fill(word(key) ?? key, values),
    n: (key, count, values = {}) =>
      // Forms that only fractions or millions have need not be written.
      fill(texts[`${key}_${plural.select(count)}`] ?? word(`${key}_other`) ?? key, { count, ...values }),
    find: word,
  };
}

export const I18nContext = createContext<I18n | undefined>(undefined);

export function useI18n(): I18n {
  const i18n = useContext(I18nContext);
  if (!i18n) throw new Error('ArkPage provides the language');
  return i18n;
}
