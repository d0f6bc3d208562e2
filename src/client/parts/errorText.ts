import type { Failure } from '../api/api';
import { detailText } from './detailText';
import type { I18n } from './i18n';

export interface ErrorText {
  readonly text: string;
  /** What is known of this failure; `lang`: of what it is, where it is not the reader's language. */
  readonly detail: string | undefined;
  readonly lang: 'en' | undefined;
}

/** A failure in the reader's language: what it means and what to do. Where nothing more is known, the server's own words are the detail. */
export function errorText(i18n: I18n, { code, message, details }: Failure): ErrorText {
  const known = i18n.find(`error.${code}`);
  if (details) {
    const detail = detailText(i18n, details);
    return known === undefined
      ? { text: detail, detail: undefined, lang: undefined }
      : { text: known, detail, lang: undefined };
  }
  if (known === undefined)
    return { text: message || i18n.t('error.INTERNAL'), detail: undefined, lang: undefined };
  return { text: known, detail: message === '' ? undefined : message, lang: 'en' };
}
