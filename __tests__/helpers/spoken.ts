import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createI18n, type I18n, type Texts } from '../../src/client/parts/i18n';
import type { Language } from '../../src/client/parts/languages';

export const LOCALES = join(__dirname, '../../src/locale');

/** The words of a language, as its file has them. */
export const textsOf = (language: Language): Texts =>
  JSON.parse(readFileSync(join(LOCALES, `${language}.json`), 'utf8')) as Texts;

const made = new Map<Language, I18n>();
export function spoken(language: Language): I18n {
  const i18n = made.get(language) ?? createI18n(language, textsOf(language));
  made.set(language, i18n);
  return i18n;
}
