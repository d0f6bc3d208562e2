import type { Failure } from '../api/api';
import { visible } from '../notices/codeText';
import { detailText } from './detailText';
import type { I18n } from './i18n';

export interface ErrorText {
  readonly text: string;
  /** What is known of this failure; `lang`: of what it is, where it is not the reader's language. */
  readonly detail: string | undefined;
  readonly lang: 'en' | undefined;
}

/** Codes that are all there is to say: the server's own words add nothing to them. */
export const SAYS_ALL: ReadonlySet<string> = new Set([
  'ARCHIVE_EMPTY',
  'ARCHIVE_KEY_WRONG',
  'ARCHIVE_LOCKED',
  'ARCHIVE_NOT_ENCRYPTED',
  'CONFIRMATION_NEEDED',
  'CONSOLE_STOPPING',
  'JOB_CANCELLED',
  'LENGTH_MISSING',
  'RUN_KILLED',
  'SECRET_UNREADABLE',
  'UPLOAD_BUSY',
  'UPLOAD_DIFFERS',
  'UPLOAD_UNKNOWN',
  'UPLOADS_MANY',
]);

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
  return message === '' || SAYS_ALL.has(code)
    ? { text: known, detail: undefined, lang: undefined }
    : { text: known, detail: message, lang: 'en' };
}

/** The same in one sentence, as a part of another failure: what is known of it says more than its code. */
export function failureText(i18n: Pick<I18n, 't' | 'find'>, { code, message, details }: Failure): string {
  if (details && i18n.find(`detail.${details.code}`) !== undefined) return detailText(i18n, details);
  return (SAYS_ALL.has(code) ? i18n.find(`error.${code}`) : undefined) ?? visible(message);
}
