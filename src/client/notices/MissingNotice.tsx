import { Alert } from 'antd';
import type { Preview } from '../api/api';
import { visible } from './codeText';
import { useI18n, type Key } from '../parts/i18n';

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
            {missing.flatMap((one) =>
              lines(one).map(({ key, parts }) => (
                <li key={`${one.kind} ${one.name} ${key}`}>
                  {t(key, {
                    what: t('code.one', { kind: t(`missing.kind.${one.kind}`), name: visible(one.name) }),
                    list: parts
                      .map(({ kind, collection, name }) =>
                        t('code.one', {
                          kind: t(`code.kind.${kind}`),
                          name: visible([collection, name].filter((each) => each).join(' · ')),
                        }),
                      )
                      .join(', '),
                  })}
                </li>
              )),
            )}
          </ul>
        </>
      }
    />
  );
}

type Missing = Preview['missing'][number];

/** What is said of one thing: what does not come without it, and what comes otherwise. */
function lines({ outcome, neededBy, changed = [] }: Missing): { key: Key; parts: Missing['neededBy'] }[] {
  const ways = (['text', 'without', 'failing'] as const)
    .map((how) => ({
      key: `missing.changed.${how}` as const,
      parts: changed.filter((one) => one.how === how),
    }))
    .filter(({ parts }) => parts.length > 0);
  return outcome === 'left-out' && neededBy.length === 0 && ways.length > 0
    ? ways
    : [{ key: `missing.${outcome}`, parts: neededBy }, ...ways];
}
