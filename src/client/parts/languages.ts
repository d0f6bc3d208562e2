/** The languages of NocoBase, each with the name it has for itself. Each has a file in `src/locale`. */
export const LANGUAGES = {
  'en-US': 'English',
  'zh-CN': '简体中文',
  'zh-TW': '繁體中文',
  'ja-JP': '日本語',
  'ko-KR': '한국어',
  'de-DE': 'Deutsch',
  'fr-FR': 'Français',
  'es-ES': 'Español',
  'pt-BR': 'Português (Brasil)',
  'it-IT': 'Italiano',
  'nl-NL': 'Nederlands',
  'ru-RU': 'Русский',
  'uk-UA': 'Українська',
  'tr-TR': 'Türkçe',
  'id-ID': 'Bahasa Indonesia',
  'vi-VN': 'Tiếng Việt',
  'hu-HU': 'Magyar',
} as const;

export type Language = keyof typeof LANGUAGES;
export const LANGUAGE_NAMES = Object.keys(LANGUAGES) as Language[];

export const isLanguage = (text: string): text is Language => Object.hasOwn(LANGUAGES, text);

/** The best of our languages for what a browser or NocoBase says, such as `fr`, `zh-HK` or `ja_JP`. */
export function pickLanguage(wanted: readonly string[]): Language {
  for (const wish of wanted) {
    const tag = wish.replaceAll('_', '-');
    const language = isLanguage(tag) ? tag : LANGUAGE_NAMES.find((name) => speech(name) === speech(tag));
    if (language) return language;
  }
  return 'en-US';
}

/** Language and script: what is written in Hong Kong is read in Taiwan, and not what is written in Beijing. */
function speech(tag: string): string | undefined {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${language} ${script ?? ''}`;
  } catch {
    return undefined;
  }
}
