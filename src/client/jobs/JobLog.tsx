import { Flex, Skeleton, Typography } from 'antd';
import { useCallback } from 'react';
import type { JobItem } from '../api/api';
import { useArk } from '../api/ark';
import { BlemishNotice } from '../notices/BlemishNotice';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { jobBlemishes, jobResult } from './jobResult';
import { logText } from './logText';
import { useLoaded } from '../parts/useLoaded';
import { styles, useTinted } from '../parts/styles';

/** How a job ended and what it did, line by line. */
export function JobLog({ job }: { readonly job: JobItem }) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  const known = job.log !== undefined && job.log.length > 0;
  // A job that ended has a log to fetch; one that runs brings it with its events.
  const read = useCallback(() => api.getJob(job.id), [api, job.id, job.state]);
  const { data, loading, error, retry } = useLoaded(known ? undefined : read);
  const log = known ? job.log : data?.log;
  const result = jobResult(i18n, job);
  return (
    <Flex vertical gap={8}>
      {job.error && job.state === 'failed' && <ErrorNotice error={job.error} />}
      {job.state === 'cancelled' && <Typography.Text>{t('jobs.cancelledText')}</Typography.Text>}
      {result !== undefined && <Typography.Text>{result}</Typography.Text>}
      <BlemishNotice blemishes={jobBlemishes(job)} />
      {error ? (
        <ErrorNotice error={error} onRetry={retry} />
      ) : loading ? (
        <Skeleton active title={false} paragraph={{ rows: 2 }} />
      ) : log && log.length > 0 ? (
        <ol
          aria-label={t('jobs.log')}
          // Long logs scroll, also with the keyboard.
          tabIndex={0}
          style={tinted.log}
        >
          {log.map((line, index) => {
            const { text, foreign } = logText(i18n, line);
            return (
              <li key={index} style={styles.wrap}>
                <span style={tinted.faint}>{format.time(line.at)}</span>{' '}
                <span lang={foreign ? 'en' : undefined}>{text}</span>
              </li>
            );
          })}
        </ol>
      ) : (
        <Typography.Text type="secondary">{t('jobs.noLog')}</Typography.Text>
      )}
      <Typography.Text type="secondary" style={styles.smaller}>
        {t('jobs.id')} <Typography.Text code>{job.id}</Typography.Text>
      </Typography.Text>
    </Flex>
  );
}
