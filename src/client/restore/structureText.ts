import type { Preview } from '../api/api';
import { visible } from '../notices/codeText';
import type { I18n } from '../parts/i18n';

type Change = Preview['collections'][number]['structure'][number];

/** A change of structure in the reader's language. */
export function structureText({ t }: Pick<I18n, 't'>, change: Change): string {
  switch (change.code) {
    case 'kind':
      return t('change.kind', { now: t(`kind.${change.now}`), then: t(`kind.${change.then}`) });
    case 'goes':
    case 'comes':
      return t(`change.${change.code}`, { what: t(`change.${change.what}`), name: visible(change.name) });
    case 'becomes':
      return t('change.becomes', {
        what: t(`change.${change.what}`),
        name: visible(change.name),
        now: visible(change.now),
        then: visible(change.then),
      });
    case 'query':
      return t('change.query');
  }
}
