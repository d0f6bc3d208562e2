import { theme as antd } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { ArkPage } from '../app/ArkPage';
import { httpApi } from '../api/httpApi';
import { createI18n, type I18n } from '../parts/i18n';
import { pickLanguage, type Language } from '../parts/languages';
import { loadTexts } from './texts';

/** What both of NocoBase's pages offer to talk to the server. */
export interface ApiClient {
  readonly axios: { readonly defaults: { readonly baseURL?: string } };
  readonly auth: {
    readonly token?: string | null;
    readonly locale?: string | null;
    setToken(token: string): void;
  };
  readonly appName?: string;
  getHeaders(): object;
}

/** The same page as the console's, with NocoBase's own user, language and look. */
export function InNocoBase({ client }: { readonly client: ApiClient }) {
  const { token } = antd.useToken();
  const api = useMemo(
    () =>
      httpApi({
        base: `${(client.axios.defaults.baseURL ?? '/api/').replace(/\/$/, '')}/`,
        headers: () =>
          Object.fromEntries(
            Object.entries(client.getHeaders()).filter(
              (entry): entry is [string, string] => typeof entry[1] === 'string',
            ),
          ),
        linkQuery: () => ({ ...(client.appName && { __appName: client.appName }) }),
        onHeaders: (headers) => {
          const renewed = headers.get('x-new-token');
          if (renewed) client.auth.setToken(renewed);
        },
      }),
    [client],
  );
  const language = pickLanguage([client.auth.locale ?? navigator.language]);
  const i18n = useWords(language);
  if (!i18n) return null;
  return <ArkPage api={api} i18n={i18n} theme={isDark(token.colorBgContainer) ? 'dark' : 'light'} />;
}

function useWords(language: Language): I18n | undefined {
  const [i18n, setI18n] = useState<I18n>();
  useEffect(() => {
    let wanted = true;
    void loadTexts(language).then((texts) => {
      if (wanted) setI18n(createI18n(language, texts));
    });
    return () => {
      wanted = false;
    };
  }, [language]);
  return i18n;
}

/** By the colour that everything is painted on, `#rgb` or `#rrggbb`. */
function isDark(color: string): boolean {
  const digits = /^#([0-9a-f]{3,8})$/i.exec(color)?.[1];
  if (digits === undefined) return false;
  const step = digits.length < 6 ? 1 : 2;
  const parts = [0, 1, 2].map((i) =>
    parseInt(digits.slice(i * step, (i + 1) * step).padEnd(2, digits[i * step]), 16),
  );
  return parts.reduce((sum, part) => sum + part, 0) < 3 * 128;
}
