import type { Blemish } from '../api/api';
import { visible } from './codeText';
import { ListNotice } from './ListNotice';
import { useI18n, type I18n } from '../parts/i18n';

/** What the rows do not hold, or what is not whole. */
export function BlemishNotice({ blemishes }: { readonly blemishes: readonly Blemish[] }) {
  const i18n = useI18n();
  return (
    <ListNotice
      type="info"
      title={i18n.t('blemish.title')}
      lines={blemishes.map((blemish) => ({
        key: `${blemish.kind} ${blemish.collection} ${blemish.name}`,
        text: blemishText(i18n, blemish),
      }))}
    />
  );
}

function blemishText({ t, n }: Pick<I18n, 't' | 'n'>, blemish: Blemish): string {
  const { kind, collection, name, outcome, rows, because, before } = blemish;
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
