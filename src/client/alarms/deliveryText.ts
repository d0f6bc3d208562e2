import type { I18n } from '../parts/i18n';

/** What the server says of an alarm that did not get through, in the reader's language as far as it is known. */
export function deliveryText({ t }: Pick<I18n, 't'>, error: string): string {
  const answered = /^(\S+) answered (\d+)\.$/.exec(error);
  if (answered) return t('delivery.answered', { host: answered[1] ?? '', status: answered[2] ?? '' });
  const silent = /^(\S+) did not answer within ([\d.]+) s\.$/.exec(error);
  if (silent) return t('delivery.silent', { host: silent[1] ?? '', seconds: silent[2] ?? '' });
  const redirects = /^(\S+) redirects \((\d+)\)/.exec(error);
  if (redirects) return t('delivery.redirects', { host: redirects[1] ?? '', status: redirects[2] ?? '' });
  const away = /^(\S+) cannot be reached: (.*?)\.?$/.exec(error);
  if (away) return t('delivery.away', { host: away[1] ?? '', why: away[2] ?? '' });
  const mail = /^The mail server (\S+) did not take it: (.*?)\.?$/.exec(error);
  if (mail) return t('delivery.mail', { host: mail[1] ?? '', why: mail[2] ?? '' });
  if (error.startsWith('No mail server is set')) return t('delivery.noMail');
  return error;
}
