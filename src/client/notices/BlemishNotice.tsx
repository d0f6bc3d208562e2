import { Alert } from 'antd';
import type { Blemish } from '../api/api';
import { visible } from './codeText';
import { useI18n, type I18n } from '../parts/i18n';

/** What the rows do not hold, or what is not whole. */
export function BlemishNotice({ blemishes }: { readonly blemishes: readonly Blemish[] }) {
  const i18n = useI18n();
  const { t } = i18n;
  if (blemishes.length === 0) return null;
  return (
    <Alert
      type="info"
      showIcon
      style={{ alignItems: 'flex-start' }}
      message={
        <>
          <b>{t('blemish.title')}</b>
          <ul
            style={{ margin: '2px 0 0', paddingInlineStart: 18, maxHeight: 140, overflow: 'auto' }}
            tabIndex={blemishes.length > 4 ? 0 : undefined}
          >
            {blemishes.map((one) => (
              <li key={`${one.kind} ${one.collection} ${one.name}`}>{blemishText(i18n, one)}</li>
            ))}
          </ul>
        </>
      }
    />
  );
}

export function blemishText({ t, n }: Pick<I18n, 't' | 'n'>, one: Blemish): string {
  const { kind, collection, name, outcome, rows, because, before } = one;
  const what = t('code.one', {
    kind: t(`blemish.kind.${kind}`),
    name: visible(collection === name ? name : `${collection} · ${name}`),
  });
  const then = t(`blemish.${outcome}`, { what });
  const why =
    outcome === 'incomplete'
      ? undefined
      : rows !== undefined
        ? n('blemish.rows', rows)
        : because !== undefined
          ? visible(because)
          : before
            ? t(outcome === 'left out' ? 'blemish.invalid' : 'blemish.uncounted')
            : t('blemish.some');
  return why === undefined ? then : t('blemish.why', { what: then, why });
}
