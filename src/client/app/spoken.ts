import type { Locale } from 'antd/es/locale';
import enUS from 'antd/locale/en_US';
import dayjs from 'dayjs';
import { useEffect, useState } from 'react';
import { createI18n, ENGLISH, type I18n, type Texts } from '../parts/i18n';
import type { Language } from '../parts/languages';

/** A language with the words that antd has for its own parts. */
export interface Spoken {
  readonly i18n: I18n;
  readonly antd: Locale;
}

type Loaded = readonly [texts: { default: Texts }, antd: { default: Locale }, dayjs: { default: ILocale }];

/** English is always here; of the others each comes when it is chosen. */
const LOADED: Readonly<Record<Exclude<Language, 'en-US'>, () => Promise<Loaded>>> = {
  'zh-CN': () =>
    Promise.all([
      import('../../locale/zh-CN.json'),
      import('antd/locale/zh_CN'),
      import('dayjs/locale/zh-cn'),
    ]),
  'zh-TW': () =>
    Promise.all([
      import('../../locale/zh-TW.json'),
      import('antd/locale/zh_TW'),
      import('dayjs/locale/zh-tw'),
    ]),
  'ja-JP': () =>
    Promise.all([import('../../locale/ja-JP.json'), import('antd/locale/ja_JP'), import('dayjs/locale/ja')]),
  'ko-KR': () =>
    Promise.all([import('../../locale/ko-KR.json'), import('antd/locale/ko_KR'), import('dayjs/locale/ko')]),
  'de-DE': () =>
    Promise.all([import('../../locale/de-DE.json'), import('antd/locale/de_DE'), import('dayjs/locale/de')]),
  'fr-FR': () =>
    Promise.all([import('../../locale/fr-FR.json'), import('antd/locale/fr_FR'), import('dayjs/locale/fr')]),
  'es-ES': () =>
    Promise.all([import('../../locale/es-ES.json'), import('antd/locale/es_ES'), import('dayjs/locale/es')]),
  'pt-BR': () =>
    Promise.all([
      import('../../locale/pt-BR.json'),
      import('antd/locale/pt_BR'),
      import('dayjs/locale/pt-br'),
    ]),
  'it-IT': () =>
    Promise.all([import('../../locale/it-IT.json'), import('antd/locale/it_IT'), import('dayjs/locale/it')]),
  'nl-NL': () =>
    Promise.all([import('../../locale/nl-NL.json'), import('antd/locale/nl_NL'), import('dayjs/locale/nl')]),
  'ru-RU': () =>
    Promise.all([import('../../locale/ru-RU.json'), import('antd/locale/ru_RU'), import('dayjs/locale/ru')]),
  'uk-UA': () =>
    Promise.all([import('../../locale/uk-UA.json'), import('antd/locale/uk_UA'), import('dayjs/locale/uk')]),
  'tr-TR': () =>
    Promise.all([import('../../locale/tr-TR.json'), import('antd/locale/tr_TR'), import('dayjs/locale/tr')]),
  'id-ID': () =>
    Promise.all([import('../../locale/id-ID.json'), import('antd/locale/id_ID'), import('dayjs/locale/id')]),
  'vi-VN': () =>
    Promise.all([import('../../locale/vi-VN.json'), import('antd/locale/vi_VN'), import('dayjs/locale/vi')]),
  'hu-HU': () =>
    Promise.all([import('../../locale/hu-HU.json'), import('antd/locale/hu_HU'), import('dayjs/locale/hu')]),
};

export async function loadSpoken(language: Language): Promise<Spoken> {
  if (language !== 'en-US') {
    try {
      const [texts, antd, days] = await LOADED[language]();
      dayjs.locale(days.default);
      return { i18n: createI18n(language, texts.default), antd: antd.default };
    } catch {
      // Out of reach, or of another version since: better in English than not at all.
    }
  }
  dayjs.locale('en');
  return { i18n: createI18n('en-US', ENGLISH), antd: enUS };
}

/** The language as soon as it is here, until then the one before it; at first none. */
export function useSpoken(language: Language): Spoken | undefined {
  const [spoken, setSpoken] = useState<Spoken>();
  useEffect(() => {
    let wanted = true;
    void loadSpoken(language).then((loaded) => {
      if (wanted) setSpoken(loaded);
    });
    return () => {
      wanted = false;
    };
  }, [language]);
  return spoken;
}
