import type { I18n } from './i18n';

/** A change of structure as the server words it, such as `column phone: only in the backup, comes back`, in the reader's language. */
export function structureText({ t, find }: Pick<I18n, 't' | 'find'>, change: string): string {
  if (change === 'the query of the view differs') return t('change.query');
  const found = /^(column|constraint|index|trigger) (.+?): (.+)$/s.exec(change);
  if (!found) return change;
  const [, word = '', name = '', rest = ''] = found;
  const what = find(`change.${word}`) ?? word;
  if (rest === 'only in the database, goes') return t('change.goes', { what, name });
  if (rest === 'only in the backup, comes back') return t('change.comes', { what, name });
  const becomes = /^(.*) becomes (.*)$/s.exec(rest);
  if (becomes) return t('change.becomes', { what, name, now: becomes[1] ?? '', then: becomes[2] ?? '' });
  return change;
}
