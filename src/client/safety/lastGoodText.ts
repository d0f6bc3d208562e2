import type { Safety } from '../api/api';
import { proofText } from '../backups/proofText';
import type { I18n } from '../parts/i18n';

type Good = NonNullable<Safety['lastGood']>;

/** What is known of a good backup, for those who ask how well it is proven. */
export const provenGood = (good: Good) => ({ ...good, mine: true });

/** When the last good backup was made, where it is, and how well it is proven. */
export function lastGoodText(i18n: I18n, good: Good): string {
  const { t, format } = i18n;
  const when = format.relative(good.createdAt);
  const last = t('safe.last', { when, storages: format.list(good.storages) });
  return `${last} · ${proofText(i18n, provenGood(good))}`;
}

/** An older one that is better proven. */
export const lastProvenText = (i18n: I18n, good: Good): string =>
  i18n.t('safe.better', {
    proof: proofText(i18n, provenGood(good)),
    name: good.name,
    when: i18n.format.relative(good.createdAt),
  });

/** When the next one comes by itself. */
export const nextText = ({ t, format }: I18n, { next, schedules }: Safety): string =>
  next
    ? t('safe.next', { when: format.relative(next.at), schedule: next.schedule })
    : t(schedules.total === 0 ? 'safe.noSchedule' : 'safe.allOff');
