import { besidePlugin } from '../parts/beside';
import { ENGLISH, type Texts } from '../parts/i18n';
import type { Language } from '../parts/languages';

/** What a file of `dist/texts` adds itself to; a script, for these files may come from another host than the page. */
const holder = globalThis as { arkTexts?: Readonly<Record<string, Texts>> };

/** The words of a language from beside this plugin's own script; English ones if they cannot be had. */
export async function loadTexts(language: Language): Promise<Texts> {
  if (language === 'en-US') return ENGLISH;
  const url = besidePlugin(`texts/${language}.js`);
  if (!url) return ENGLISH;
  if (!holder.arkTexts?.[language]) await run(url.href).catch(() => undefined);
  return holder.arkTexts?.[language] ?? ENGLISH;
}

const run = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(url));
    document.head.append(script);
  });
