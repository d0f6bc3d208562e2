import type { JobProgress } from '../api/api';
import type { I18n } from '../parts/i18n';

type Stage = JobProgress['stage'];

/** What the server writes into a log when a job reaches a stage. */
const WORDS: Readonly<Record<Stage, string>> = {
  snapshot: 'looking at the database',
  read: 'reading',
  files: 'uploaded files',
  'read back': 'reading back',
  verify: 'verifying',
  stage: 'making tables aside',
  load: 'loading',
  finish: 'indexes, keys, views',
  swap: 'swapping',
  undo: 'swapping back',
};
const BY_WORDS = new Map(Object.entries(WORDS).map(([stage, words]) => [words, stage as Stage]));

export const stageOf = (text: string): Stage | undefined => BY_WORDS.get(text);

/** A line of a log: stages in the reader's language, everything else as the server wrote it. */
export function logText({ t }: Pick<I18n, 't'>, text: string): { text: string; foreign: boolean } {
  const stage = stageOf(text);
  if (stage !== undefined) return { text: t(`stage.${stage}`), foreign: false };
  if (text === 'done') return { text: t('job.state.done'), foreign: false };
  return { text, foreign: true };
}
