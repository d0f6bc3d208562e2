import type { Preview } from '../api/api';
import { visible } from './codeText';
import { ListNotice } from './ListNotice';
import { useI18n, type Key } from '../parts/i18n';
import { listText } from '../parts/listText';

/** What this database lacks of what the backup needs, and what happens to each. */
export function MissingNotice({ missing }: Pick<Preview, 'missing'>) {
  const { t } = useI18n();
  const nameOf = (kind: string, ...parts: readonly (string | undefined)[]) =>
    t('code.one', { kind, name: visible(parts.filter((part) => part).join(' · ')) });
  return (
    <ListNotice
      type={missing.some((need) => need.outcome === 'left-out') ? 'warning' : 'info'}
      title={t('missing.title')}
      lines={missing.flatMap((need) =>
        lines(need).map(({ key, parts }) => ({
          key: `${need.kind} ${need.name} ${key}`,
          text: t(key, {
            what: nameOf(t(`missing.kind.${need.kind}`), need.name),
            list: listText(
              t,
              parts.map(({ kind, collection, name }) => nameOf(t(`code.kind.${kind}`), collection, name)),
            ),
          }),
        })),
      )}
    />
  );
}

type Missing = Preview['missing'][number];

/** What is said of one thing: what does not come without it, and what comes otherwise. */
function lines({ outcome, neededBy, changed = [] }: Missing): { key: Key; parts: Missing['neededBy'] }[] {
  const ways = (['text', 'without', 'failing'] as const)
    .map((how) => ({
      key: `missing.changed.${how}` as const,
      parts: changed.filter((change) => change.how === how),
    }))
    .filter(({ parts }) => parts.length > 0);
  return outcome === 'left-out' && neededBy.length === 0 && ways.length > 0
    ? ways
    : [{ key: `missing.${outcome}`, parts: neededBy }, ...ways];
}
