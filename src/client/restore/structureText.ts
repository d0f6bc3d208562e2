import type { I18n } from '../parts/i18n';

/** How the server words a change of structure, such as `column phone: only in the backup, comes back`. */
const FORMS = [
  { form: /^(column|constraint|index|trigger) (.+): only in the database, goes$/s, key: 'change.goes' },
  { form: /^(column|constraint|index|trigger) (.+): only in the backup, comes back$/s, key: 'change.comes' },
  { form: /^(column|constraint|index|trigger) (.+?): (.*) becomes (.*)$/s, key: 'change.becomes' },
  { form: /^the query of the view differs$/, key: 'change.query' },
] as const;

/** The same in the reader's language; what is worded otherwise stays as it is. */
export function structureText({ t, find }: Pick<I18n, 't' | 'find'>, change: string): string {
  for (const { form, key } of FORMS) {
    const found = form.exec(change);
    if (!found) continue;
    const [, word = '', name = '', now = '', then = ''] = found;
    return t(key, { what: find(`change.${word}`) ?? word, name, now, then });
  }
  return change;
}
