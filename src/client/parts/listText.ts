import type { I18n } from './i18n';

/** `a, b, c`, as the language parts them. */
export const listText = (t: I18n['t'], items: readonly string[]): string => {
  const [first = '', ...more] = items;
  return more.reduce((list, next) => t('list.next', { list, next }), first);
};
