/** What a webhook gets, as JSON. Nothing in it is secret: names, times, and words of Ark's. */
export interface Alarm {
  readonly event: 'failed' | 'missed' | 'stale' | 'well' | 'unwell' | 'test';
  readonly instance: string;
  readonly schedule?: string;
  readonly at: string;
  readonly message: string;
  readonly code?: string;
}

export const SUBJECTS: Readonly<Record<Alarm['event'], string>> = {
  failed: 'a backup failed',
  missed: 'a backup was missed',
  stale: 'the last good backup is old',
  well: 'all is well',
  unwell: 'not all is well',
  test: 'a test',
};
