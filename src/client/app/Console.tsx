import { useEffect, useMemo, useState } from 'react';
import { ArkPage } from './ArkPage';
import { ConsoleHeader } from './ConsoleHeader';
import { httpApi } from '../api/httpApi';
import { LANGUAGES, pickLanguage, type Language } from '../parts/i18n';
import { SignIn } from './SignIn';
import type { ThemeName } from '../parts/theme';

/** The console: the page with a language and a look of the user's own, remembered in this browser. */
export function Console() {
  const api = useMemo(() => httpApi({ base: 'api/' }), []);
  const [language, setLanguage] = useRemembered<Language>('ark.language', (text) =>
    text !== null && text in LANGUAGES ? (text as Language) : pickLanguage(navigator.languages),
  );
  const [theme, setTheme] = useRemembered<ThemeName>('ark.theme', (text) =>
    text === 'dark' || text === 'light'
      ? text
      : window.matchMedia('(prefers-color-scheme: dark)').matches
        ? 'dark'
        : 'light',
  );
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.style.colorScheme = theme;
    document.body.style.margin = '0';
    document.body.style.minHeight = '100vh';
    document.body.style.background = theme === 'dark' ? '#101114' : '#f5f6f8';
  }, [language, theme]);
  return (
    <ArkPage
      api={api}
      language={language}
      theme={theme}
      // antd does not ask for it by itself.
      still={window.matchMedia('(prefers-reduced-motion: reduce)').matches}
      header={<ConsoleHeader language={language} onLanguage={setLanguage} theme={theme} onTheme={setTheme} />}
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
      try {
        localStorage.setItem(key, next);
      } catch {
        // A browser that keeps nothing still shows the page.
      }
    },
  ];
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
