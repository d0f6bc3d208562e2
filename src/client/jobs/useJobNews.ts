import { App } from 'antd';
import { useEffect, useRef } from 'react';
import type { JobItem } from '../api/api';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { isOfRows, jobResult } from './jobResult';

/**
 * Says when a job has ended that had not when the page was opened; a short one may have ended before anything
 * was heard of it. `ready`: the jobs of before are known.
 */
export function useJobNews(jobs: readonly JobItem[], ready: boolean): void {
  const { notification } = App.useApp();
  const i18n = useI18n();
  const told = useRef<Set<string>>();
  useEffect(() => {
    if (!ready) return;
    const ended = jobs.filter((job) => job.state !== 'running');
    const before = told.current;
    told.current = new Set([...(before ?? []), ...ended.map((job) => job.id)]);
    if (!before) return;
    for (const job of ended) {
      // Whoever looks into a backup or copies some sees what comes of it.
      if (before.has(job.id) || job.kind === 'look' || job.kind === 'transfer') continue;
      const notice = {
        key: job.id,
        placement: 'bottomRight',
        message: isOfRows(job)
          ? i18n.t('job.news.undo.rows')
          : i18n.t(
              `job.news.${job.kind}.${job.state === 'failed' || job.state === 'cancelled' ? job.state : 'done'}`,
            ),
      } as const;
      if (job.state === 'failed') {
        const { text } = errorText(i18n, job.error ?? { code: 'INTERNAL', message: '' });
        notification.error({
          ...notice,
          description: `${job.subject}: ${text} (${job.error?.code ?? 'INTERNAL'})`,
          duration: 0,
        });
      } else if (job.state === 'cancelled') {
        notification.info({ ...notice, description: i18n.t('run.nothingChanged') });
      } else {
        notification.success({ ...notice, description: jobResult(i18n, job) ?? job.subject });
      }
    }
  }, [i18n, jobs, notification, ready]);
}
