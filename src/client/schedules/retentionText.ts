import type { Pruned, Retention } from '../api/api';
import type { I18n } from '../parts/i18n';

export const RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Rule = (typeof RULES)[number];

type Reason = Pruned['decisions'][number]['reasons'][number];

/** A rule in short: `the last 7 · 4 weekly`. */
export const retentionText = ({ t }: Pick<I18n, 't'>, retention: Retention): string =>
  RULES.flatMap((rule) => {
    const count = retention[rule] ?? 0;
    return count > 0 ? [t(`keep.some.${rule}`, { count })] : [];
  }).join(' · ');

/** Why a backup stays or goes. What the page does not know is told in the server's words. */
export function reasonText({ t, find }: Pick<I18n, 't' | 'find'>, reason: Reason): string {
  const { why, n = 0, of = 0, name = '', text } = reason;
  const rule = RULES.find((rule) => rule === why);
  if (rule) return t(`why.${rule}`, { n, of });
  if (why === 'other-instance' || why === 'other-schedule') return t(`why.${why}`, { name });
  return find(`why.${why}`) ?? text;
}
