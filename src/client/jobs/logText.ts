import type { Job } from '../api/api';
import type { I18n } from '../parts/i18n';

type LogLine = NonNullable<Job['log']>[number];

/** A line of a log: stages in the reader's language, everything else as the server wrote it. */
export function logText(
  { t }: Pick<I18n, 't'>,
  { stage, text }: LogLine,
): { text: string; foreign: boolean } {
  if (stage === undefined) return { text, foreign: true };
  return { text: stage === 'done' ? t('job.state.done') : t(`stage.${stage}`), foreign: false };
}
