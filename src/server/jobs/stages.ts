import type { Progress } from '../dumper/progress';

/** What a job is doing, for terminals and logs. The page has words of its own in every language. */
export const STAGE_WORDS: Readonly<Record<Progress['stage'], string>> = {
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
  write: 'writing rows',
};
