import type { JobItem } from '../api/api';
import { stand } from '../jobs/stages';
import type { I18n } from '../parts/i18n';

export interface TabState {
  readonly instance: string;
  /** The server cannot be heard. */
  readonly away: boolean;
  readonly danger: boolean;
  readonly running: readonly JobItem[];
}

/** What a tab among fifty says: first what goes on, then whose it is. */
export function tabTitle({ t, format }: I18n, { instance, away, danger, running }: TabState): string {
  if (instance === '') return 'Ark';
  if (away) return `${t('offline.tab')} · ${instance}`;
  const [job] = running;
  if (job) return `${format.percent(stand(job).percent)} ${t(`job.kind.${job.kind}`)} · ${instance}`;
  return `${danger ? '⚠ ' : ''}${instance} · Ark`;
}
