import { createContext, useContext } from 'react';
import enUS from '../../locale/en-US.json';
import frFR from '../../locale/fr-FR.json';
import jaJP from '../../locale/ja-JP.json';
import nlNL from '../../locale/nl-NL.json';
import zhCN from '../../locale/zh-CN.json';
import { createFormat, type Format } from './format';

export const LANGUAGES = {
  'en-US': { name: 'English', texts: enUS },
  'zh-CN': { name: '简体中文', texts: zhCN },
  'fr-FR': { name: 'Français', texts: frFR },
  'ja-JP': { name: '日本語', texts: jaJP },
  'nl-NL': { name: 'Nederlands', texts: nlNL },
} as const;

export type Language = keyof typeof LANGUAGES;
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

/** The best of our languages for what a browser or NocoBase says, such as `fr`, `zh-TW` or `ja_JP`. */
export function pickLanguage(wanted: readonly string[]): Language {
  const known = Object.keys(LANGUAGES) as Language[];
  for (const wish of wanted) {
    const tag = wish.replace('_', '-');
    const language =
      known.find((name) => name === tag) ?? known.find((name) => name.slice(0, 2) === tag.slice(0, 2));
    if (language) return language;
  }
  return 'en-US';
}

export function createI18n(language: Language): I18n {
  const texts: Readonly<Record<string, string>> = LANGUAGES[language].texts;
  const plural = new Intl.PluralRules(language);
  const format = createFormat(language);
  const fill = (text: string, values: Values) =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === 'number' ? format.number(value) : value;
    });
  return {
    language,
    format,
    t: (key, values = {}) => fill(texts[key] ?? key, values),
    n: (key, count, values = {}) => {
      const form = plural.select(count) === 'one' ? 'one' : 'other';
      return fill(texts[`${key}_${form}`] ?? key, { count, ...values });
    },
    find: (key) => texts[key],
  };
}

export const I18nContext = createContext<I18n | undefined>(undefined);

export function useI18n(): I18n {
  const i18n = useContext(I18nContext);
  if (!i18n) throw new Error('ArkPage provides the language');
  return i18n;
}
