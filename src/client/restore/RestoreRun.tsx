import { Flex, Result, Typography } from 'antd';
import type { JobItem } from '../api/api';
import { BlemishNotice } from '../notices/BlemishNotice';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { JobProgressView } from '../jobs/JobProgressView';
import { jobBlemishes, jobResult } from '../jobs/jobResult';

/** The restore as it runs, and how it ended. */
export function RestoreRun({ job }: { readonly job: JobItem }) {
  const i18n = useI18n();
  const { t } = i18n;
  if (job.state === 'running') {
    return (
      <Flex vertical gap={16} style={{ padding: '48px 0', maxWidth: 620, margin: '0 auto' }}>
        <JobProgressView job={job} plain />
        <Typography.Text type="secondary">{t('run.canClose')}</Typography.Text>
      </Flex>
    );
  }
  if (job.state === 'done') {
    return (
      <>
        <Result
          status="success"
          title={t('run.done')}
          subTitle={
            <>
              {jobResult(i18n, job)} {t('run.doneText')}
            </>
          }
        />
        <BlemishNotice blemishes={jobBlemishes(job)} />
      </>
    );
  }
  if (job.state === 'cancelled') {
    return <Result status="info" title={t('run.cancelled')} subTitle={t('run.nothingChanged')} />;
  }
  return (
    <div style={{ padding: '24px 0' }}>
      <ErrorNotice error={job.error ?? { code: 'INTERNAL', message: '' }} title={t('run.failed')} />
    </div>
  );
}
