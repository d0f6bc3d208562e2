import { useEffect, useMemo, useState } from 'react';
import { ArkPage } from './ArkPage';
import { ConsoleHeader } from './ConsoleHeader';
import { httpApi } from '../api/httpApi';
import { isLanguage, pickLanguage, type Language } from '../parts/languages';
import { recall, remember } from '../parts/remembered';
import { SignIn } from './SignIn';
import { useSpoken } from './spoken';
import type { ThemeName } from '../parts/theme';

/** The console: the page with a language and a look of the user's own, remembered in this browser. */
export function Console() {
  const api = useMemo(() => httpApi({ base: 'api/' }), []);
  const [language, setLanguage] = useRemembered<Language>('ark.language', (text) =>
    text !== null && isLanguage(text) ? text : pickLanguage(navigator.languages),
  );
  const [theme, setTheme] = useRemembered<ThemeName>('ark.theme', (text) =>
    text === 'dark' || text === 'light'
      ? text
      : window.matchMedia('(prefers-color-scheme: dark)').matches
        ? 'dark'
        : 'light',
  );
  const spoken = useSpoken(language);
  const lang = spoken?.i18n.language ?? language;
  useEffect(() => {
    document.documentElement.lang = lang;
    document.documentElement.style.colorScheme = theme;
    document.body.style.margin = '0';
    document.body.style.minHeight = '100vh';
    document.body.style.background = theme === 'dark' ? '#101114' : '#f5f6f8';
  }, [lang, theme]);
  if (!spoken) return null;
  return (
    <ArkPage
      api={api}
      i18n={spoken.i18n}
      locale={spoken.antd}
      theme={theme}
      // antd does not ask for it by itself.
      still={window.matchMedia('(prefers-reduced-motion: reduce)').matches}
      header={(line) => (
        <ConsoleHeader language={language} onLanguage={setLanguage} theme={theme} onTheme={setTheme}>
          {line}
        </ConsoleHeader>
      )}
      signIn={<SignIn />}
    />
  );
}

function useRemembered<T extends string>(
  key: string,
  read: (text: string | null) => T,
): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => read(recall(key)));
  return [
    value,
    (next) => {
      setValue(next);
      remember(key, next);
    },
  ];
}
