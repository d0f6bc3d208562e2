import { CheckCircleOutlined, CloseCircleOutlined, LoadingOutlined, StopOutlined } from '@ant-design/icons';
import { Empty, Flex, Select, Table, theme, Typography, type TableColumnsType } from 'antd';
import { memo, useMemo, useState, type ReactNode } from 'react';
import type { JobItem } from './api';
import { useArk } from './ark';
import { useI18n } from './i18n';
import { JobLog } from './JobLog';

const MANY = 60;
const KINDS = ['all', 'backup', 'restore', 'undo', 'verify', 'copy'] as const;

export function JobState({ state }: { readonly state: JobItem['state'] }) {
  const { t } = useI18n();
  const { token } = theme.useToken();
  const marks: Record<JobItem['state'], { color: string; icon: ReactNode }> = {
    running: { color: token.colorLink, icon: <LoadingOutlined aria-hidden /> },
    done: { color: token.colorSuccess, icon: <CheckCircleOutlined aria-hidden /> },
    failed: { color: token.colorError, icon: <CloseCircleOutlined aria-hidden /> },
    cancelled: { color: token.colorTextSecondary, icon: <StopOutlined aria-hidden /> },
  };
  return (
    <span style={{ color: marks[state].color, whiteSpace: 'nowrap' }}>
      {marks[state].icon} {t(`job.state.${state}`)}
    </span>
  );
}

/** Everything that was done here: what, when, how long, how it ended; a line opens to its log. */
export const JobsTable = memo(function JobsTable({
  jobs,
  loading,
}: {
  readonly jobs: readonly JobItem[];
  readonly loading: boolean;
}) {
  const { narrow } = useArk();
  const { t, format } = useI18n();
  const [kind, setKind] = useState<(typeof KINDS)[number]>('all');
  const shown = useMemo(
    () => (kind === 'all' ? jobs : jobs.filter((job) => job.kind === kind)),
    [jobs, kind],
  );

  // An undo names the job that it undid; people know that one by its archive.
  const subjects = useMemo(() => new Map(jobs.map((job) => [job.id, job.subject])), [jobs]);
  // The console has one user; NocoBase says who it was.
  const named = useMemo(() => jobs.some((job) => job.by !== undefined), [jobs]);

  const columns = useMemo<TableColumnsType<JobItem>>(() => {
    const duration = (job: JobItem) =>
      job.endedAt === undefined
        ? '–'
        : format.duration((Date.parse(job.endedAt) - Date.parse(job.startedAt)) / 1000);
    const subjectOf = (subject: string): string => {
      const undone = subjects.get(subject);
      return undone === undefined ? subject : subjectOf(undone);
    };
    const what = (job: JobItem) => (
      <div style={{ overflowWrap: 'anywhere' }}>
        <Typography.Text strong>{t(`job.kind.${job.kind}`)}</Typography.Text>{' '}
        <Typography.Text type="secondary">{subjectOf(job.subject)}</Typography.Text>
      </div>
    );
    const state = (job: JobItem) => (
      <Flex gap="0 8px" wrap>
        <JobState state={job.state} />
        {job.error && job.state === 'failed' && <Typography.Text code>{job.error.code}</Typography.Text>}
      </Flex>
    );
    if (narrow) {
      return [
        {
          key: 'job',
          title: t('jobs.job'),
          render: (_, job) => (
            <Flex vertical gap={4}>
              {what(job)}
              <Typography.Text type="secondary" style={{ fontSize: 13 }}>
                {format.dateTime(job.startedAt)} · {duration(job)}
              </Typography.Text>
              {state(job)}
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'job', title: t('jobs.job'), width: 380, render: (_, job) => what(job) },
      { key: 'state', title: t('jobs.state'), width: 260, render: (_, job) => state(job) },
      {
        key: 'started',
        title: t('jobs.started'),
        width: 180,
        render: (_, job) => format.dateTime(job.startedAt),
      },
      { key: 'duration', title: t('jobs.duration'), width: 120, render: (_, job) => duration(job) },
      ...(named
        ? [
            {
              key: 'by',
              title: t('jobs.by'),
              width: 120,
              render: (_: unknown, job: JobItem) => job.by ?? '–',
            },
          ]
        : []),
    ];
  }, [format, named, narrow, subjects, t]);

  return (
    <>
      <Flex justify="space-between" align="center" gap={8} style={{ marginBottom: 12 }}>
        <Typography.Text type="secondary">{t('jobs.intro')}</Typography.Text>
        <Select
          value={kind}
          aria-label={t('jobs.filter')}
          onChange={setKind}
          style={{ width: 150 }}
          popupMatchSelectWidth={false}
          options={KINDS.map((value) => ({
            value,
            label: value === 'all' ? t('jobs.allKinds') : t(`job.kind.${value}`),
          }))}
        />
      </Flex>
      <Table<JobItem>
        rowKey="id"
        size="middle"
        columns={columns}
        dataSource={shown}
        loading={loading && jobs.length === 0}
        showHeader={!narrow}
        pagination={shown.length > MANY ? { pageSize: MANY, showSizeChanger: false } : false}
        scroll={narrow ? {} : { x: 900 }}
        expandable={{ expandedRowRender: (job) => <JobLog job={job} /> }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('jobs.none')} /> }}
      />
    </>
  );
});
