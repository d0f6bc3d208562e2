import { Alert } from 'antd';
import type { Preview } from '../api/api';
import { visible } from './codeText';
import { useI18n } from '../parts/i18n';

/** What was made since the backup and would no longer be known: its rows stay, and nothing shows them. */
export function ForgottenNotice({ forgotten }: Pick<Preview, 'forgotten'>) {
  const { t } = useI18n();
  if (forgotten.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      style={{ alignItems: 'flex-start' }}
      message={
        <>
          <b>{t('forgotten.title')}</b>
          <div>{t('forgotten.text')}</div>
          <ul
            style={{ margin: '2px 0 0', paddingInlineStart: 18, maxHeight: 140, overflow: 'auto' }}
            tabIndex={forgotten.length > 4 ? 0 : undefined}
          >
            {forgotten.map(({ kind, name, title }) => (
              <li key={`${kind} ${name}`}>
                {t('code.one', {
                  kind: t(`forgotten.kind.${kind}`),
                  name: visible(title === undefined ? name : `${title} (${name})`),
                })}
              </li>
            ))}
          </ul>
        </>
      }
    />
  );
}
