import type { Safety, SafetyStep } from '../api/api';
import type { I18n } from '../parts/i18n';

type Lack = SafetyStep['missing'][number];

const NOTHING = ['no-storage', 'no-schedule', 'no-alarm', 'no-backup'] as const;
type Nothing = (typeof NOTHING)[number];
const isNothing = (lack: Lack): lack is Nothing => (NOTHING as readonly Lack[]).includes(lack);

/** What a step is done by, or what it lacks. */
export function stepText({ t, format }: I18n, { done, name, missing }: SafetyStep): string {
  if (done) return name ?? '';
  const what = format.list(missing.map((lack) => (isNothing(lack) ? t('lack.nothing') : t(`lack.${lack}`))));
  return name === undefined ? what : t('steps.lacks', { name, what });
}

export const isSafe = ({ steps }: Pick<Safety, 'steps'>): boolean => steps.every(({ done }) => done);

/** All of it in one line. */
export function safeLine({ t, format }: I18n, { steps }: Pick<Safety, 'steps'>): string {
  const left = steps.filter(({ done }) => !done);
  const counts = { done: format.number(steps.length - left.length), all: format.number(steps.length) };
  return left.length === 0
    ? t('steps.safe', counts)
    : t('steps.unsafe', { ...counts, missing: format.list(left.map(({ step }) => t(`steps.${step}`))) });
}
