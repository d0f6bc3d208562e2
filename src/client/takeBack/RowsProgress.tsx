import { Flex, Result, Typography } from 'antd';
import type { JobItem } from '../api/api';
import { JobProgressView } from '../jobs/JobProgressView';
import { visible } from '../notices/codeText';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { listText } from '../parts/listText';
import { styles } from '../parts/styles';
import { rowsDone } from './rowsDone';

/** A job of rows as it runs, and how it ended. */
export function RowsProgress({ job }: { readonly job: JobItem }) {
  const { t, n, format } = useI18n();
  if (job.state === 'running')
    return (
      <Flex vertical gap={16} style={styles.run}>
        <JobProgressView job={job} shape="plain" />
        <Typography.Text type="secondary">{t('takeBack.canClose')}</Typography.Text>
      </Flex>
    );
  if (job.state === 'cancelled')
    return <Result status="info" title={t('run.cancelled')} subTitle={t('run.nothingChanged')} />;
  if (job.state === 'failed')
    return (
      <div style={styles.above24}>
        <ErrorNotice error={job.error ?? { code: 'INTERNAL', message: '' }} title={t('takeBack.failed')} />
      </div>
    );
  const { rows, files, expiresAt, restart } = rowsDone(job);
  const said = [
    ...(files > 0 ? [n('takeBack.filesBack', files)] : []),
    ...(expiresAt === undefined ? [] : [t('takeBack.undoUntil', { date: format.dateTime(expiresAt) })]),
    ...(restart.length > 0
      ? [t('takeBack.restart', { collections: listText(t, restart.map(visible)) })]
      : []),
  ];
  return (
    <Result
      status="success"
      title={job.kind === 'undo' ? n('takeBack.undone', rows) : n('takeBack.done', rows)}
      subTitle={said.join(' ')}
    />
  );
}
