import { Alert } from 'antd';
import type { Preview } from './api';
import { visible } from './codeText';
import { useI18n } from './i18n';

/** What this database lacks of what the backup needs, and what happens to each. */
export function MissingNotice({ missing }: Pick<Preview, 'missing'>) {
  const { t } = useI18n();
  if (missing.length === 0) return null;
  return (
    <Alert
      type={missing.some((one) => one.outcome === 'left-out') ? 'warning' : 'info'}
      showIcon
      style={{ alignItems: 'flex-start' }}
      message={
        <>
          <b>{t('missing.title')}</b>
          <ul
            style={{ margin: '2px 0 0', paddingInlineStart: 18, maxHeight: 140, overflow: 'auto' }}
            tabIndex={missing.length > 4 ? 0 : undefined}
          >
            {missing.map(({ kind, name, outcome, neededBy }) => (
              <li key={`${kind} ${name} ${outcome}`}>
                {t(`missing.${outcome}`, {
                  what: t('code.one', { kind: t(`missing.kind.${kind}`), name: visible(name) }),
                  list: neededBy
                    .map((one) =>
                      t('code.one', {
                        kind: t(`code.kind.${one.kind}`),
                        name: visible([one.collection, one.name].filter(Boolean).join(' · ')),
                      }),
                    )
                    .join(', '),
                })}
              </li>
            ))}
          </ul>
        </>
      }
    />
  );
}
