import { Flex, Result, Typography } from 'antd';
import type { JobItem } from '../api/api';
import { BlemishNotice } from '../notices/BlemishNotice';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { JobProgressView } from '../jobs/JobProgressView';
import { visible } from '../notices/codeText';
import { jobBeside, jobBlemishes, jobResult } from '../jobs/jobResult';

/** The restore as it runs, and how it ended. */
export function RestoreRun({ job }: { readonly job: JobItem }) {
  const i18n = useI18n();
  const { t } = i18n;
  if (job.state === 'running') {
    return (
      <Flex vertical gap={16} style={styles.run}>
        <JobProgressView job={job} shape="plain" />
        <Typography.Text type="secondary">{t('run.canClose')}</Typography.Text>
      </Flex>
    );
  }
  if (job.state === 'done') {
    const beside = jobBeside(job);
    if (beside)
      return (
        <>
          <Result
            status="success"
            title={t('into.done', { into: visible(beside.into) })}
            subTitle={
              <>
                {jobResult(i18n, job)} {t('into.doneText')}
              </>
            }
            extra={
              <Typography.Text code copyable style={styles.wrap}>
                {visible(beside.drop)}
              </Typography.Text>
            }
          />
          <BlemishNotice blemishes={jobBlemishes(job)} />
        </>
      );
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
    <div style={styles.above24}>
      <ErrorNotice error={job.error ?? { code: 'INTERNAL', message: '' }} title={t('run.failed')} />
    </div>
  );
}
