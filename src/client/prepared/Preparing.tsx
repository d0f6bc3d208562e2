import { Flex, Result, Typography } from 'antd';
import type { JobItem } from '../api/api';
import { JobProgressView } from '../jobs/JobProgressView';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

/** The long half as it runs, and why it has ended where it has not come to its end. */
export function Preparing({ job }: { readonly job: JobItem }) {
  const { t } = useI18n();
  if (job.state === 'running')
    return (
      <Flex vertical gap={16} style={styles.run}>
        <JobProgressView job={job} shape="plain" />
        <Typography.Text type="secondary">{t('prepared.canClose')}</Typography.Text>
      </Flex>
    );
  if (job.state === 'cancelled')
    return <Result status="info" title={t('run.cancelled')} subTitle={t('run.nothingChanged')} />;
  return (
    <div style={styles.above24}>
      <ErrorNotice
        error={job.error ?? { code: 'INTERNAL', message: '' }}
        title={t('job.news.prepare.failed')}
      />
    </div>
  );
}
