import type { I18n } from './i18n';

/** A failure in the reader's language: what it means and what to do. The server's own words are the detail. */
export function errorText(
  i18n: I18n,
  error: { code: string; message: string },
): { text: string; detail: string | undefined } {
  const known = i18n.find(`error.${error.code}`);
  if (known === undefined) return { text: error.message || i18n.t('error.INTERNAL'), detail: undefined };
  return { text: known, detail: error.message === '' ? undefined : error.message };
}
