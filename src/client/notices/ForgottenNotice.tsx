import type { Preview } from '../api/api';
import { visible } from './codeText';
import { ListNotice } from './ListNotice';
import { useI18n } from '../parts/i18n';

/** What was made since the backup and would no longer be known: its rows stay, and nothing shows them. */
export function ForgottenNotice({ forgotten }: Pick<Preview, 'forgotten'>) {
  const { t } = useI18n();
  return (
    <ListNotice
      type="warning"
      title={t('forgotten.title')}
      text={t('forgotten.text')}
      lines={forgotten.map(({ kind, name, title }) => ({
        key: `${kind} ${name}`,
        text: t('code.one', {
          kind: t(`forgotten.kind.${kind}`),
          name: visible(title === undefined ? name : `${title} (${name})`),
        }),
      }))}
    />
  );
}
