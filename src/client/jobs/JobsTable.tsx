import { CheckCircleOutlined, CloseCircleOutlined, LoadingOutlined, StopOutlined } from '@ant-design/icons';
import { Empty, Flex, Table, Typography, type TableColumnsType } from 'antd';
import { memo, useMemo, type ReactNode } from 'react';
import type { JobItem } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { JobLog } from './JobLog';
import { jobSeconds, jobSize } from './jobResult';
import { styles, useTinted, type Look } from '../parts/styles';

const MANY = 60;

function JobState({ state }: { readonly state: JobItem['state'] }) {
  const { t } = useI18n();
  const tinted = useTinted();
  const marks: Record<JobItem['state'], { tint: Look; icon: ReactNode }> = {
    running: { tint: tinted.link, icon: <LoadingOutlined aria-hidden /> },
    done: { tint: tinted.success, icon: <CheckCircleOutlined aria-hidden /> },
    failed: { tint: tinted.error, icon: <CloseCircleOutlined aria-hidden /> },
    cancelled: { tint: tinted.quiet, icon: <StopOutlined aria-hidden /> },
  };
  return (
    <span style={{ ...styles.oneLine, ...marks[state].tint }}>
      {marks[state].icon} {t(`job.state.${state}`)}
    </span>
  );
}

interface Props {
  /** Those to show. */
  readonly jobs: readonly JobItem[];
  /** All that are known. */
  readonly all: readonly JobItem[];
  readonly loading: boolean;
}

/** What was done here: what, when, how long, how it ended; a line opens to its log. */
export const JobsTable = memo(function JobsTable({ jobs, all, loading }: Props) {
  const { narrow } = useArk();
  const { t, format } = useI18n();

  // An undo names the job that it undid; people know that one by its archive.
  const subjects = useMemo(() => new Map(all.map((job) => [job.id, job.subject])), [all]);
  // The console has one user; NocoBase says who it was.
  const named = useMemo(() => all.some((job) => job.by !== undefined), [all]);

  const columns = useMemo<TableColumnsType<JobItem>>(() => {
    const duration = (job: JobItem) => {
      const seconds = jobSeconds(job);
      return seconds === undefined ? '–' : format.duration(seconds);
    };
    const size = (job: JobItem) => {
      const bytes = jobSize(job);
      return bytes === undefined ? '–' : format.bytes(bytes);
    };
    const subjectOf = (subject: string): string => {
      const undone = subjects.get(subject);
      return undone === undefined ? subject : subjectOf(undone);
    };
    const title = (job: JobItem) => (
      <div style={styles.wrap}>
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
              {title(job)}
              <Typography.Text type="secondary" style={styles.small}>
                {format.dateTime(job.startedAt)} · {duration(job)}
                {jobSize(job) !== undefined && ` · ${size(job)}`}
              </Typography.Text>
              {state(job)}
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'job', title: t('jobs.job'), width: 340, render: (_, job) => title(job) },
      { key: 'state', title: t('jobs.state'), width: 260, render: (_, job) => state(job) },
      {
        key: 'started',
        title: t('jobs.started'),
        width: 180,
        render: (_, job) => format.dateTime(job.startedAt),
      },
      { key: 'duration', title: t('jobs.duration'), width: 120, render: (_, job) => duration(job) },
      { key: 'size', title: t('backups.size'), width: 100, align: 'right', render: (_, job) => size(job) },
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
    <Table<JobItem>
      rowKey="id"
      size="middle"
      columns={columns}
      dataSource={jobs}
      loading={loading && all.length === 0}
      showHeader={!narrow}
      pagination={jobs.length > MANY ? { pageSize: MANY, showSizeChanger: false } : false}
      scroll={narrow ? {} : { x: 900 }}
      expandable={{ expandedRowRender: (job) => <JobLog job={job} /> }}
      locale={{
        emptyText: (
          <Empty
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            description={t(all.length === 0 ? 'jobs.none' : 'jobs.noMatch')}
          />
        ),
      }}
    />
  );
});
