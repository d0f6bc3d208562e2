import { App } from 'antd';
import { useEffect, useRef } from 'react';
import type { JobItem } from './api';
import { errorText } from './errorText';
import { useI18n } from './i18n';
import { jobResult } from './jobResult';

/** Says when a job that was seen running has ended. */
export function useJobNews(jobs: readonly JobItem[]): void {
  const { notification } = App.useApp();
  const i18n = useI18n();
  const running = useRef(new Set<string>());
  useEffect(() => {
    for (const job of jobs) {
      if (job.state === 'running') {
        running.current.add(job.id);
        continue;
      }
      if (!running.current.delete(job.id)) continue;
      const about = {
        key: job.id,
        placement: 'bottomRight',
        message: i18n.t(`job.news.${job.kind}.${job.state}`),
      } as const;
      if (job.state === 'failed') {
        const { text } = errorText(i18n, job.error ?? { code: 'INTERNAL', message: '' });
        notification.error({
          ...about,
          description: `${job.subject}: ${text} (${job.error?.code ?? 'INTERNAL'})`,
          duration: 0,
        });
      } else if (job.state === 'cancelled') {
        notification.info({ ...about, description: i18n.t('run.nothingChanged') });
      } else {
        notification.success({ ...about, description: jobResult(i18n, job) ?? job.subject });
      }
    }
  }, [i18n, jobs, notification]);
}
