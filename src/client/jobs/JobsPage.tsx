import { SearchOutlined } from '@ant-design/icons';
import { Flex, Input, Select, Typography } from 'antd';
import { memo, useDeferredValue, useMemo, useState } from 'react';
import type { JobItem } from '../api/api';
import { useArk } from '../api/ark';
import { BackupsChart } from './BackupsChart';
import { useI18n } from '../parts/i18n';
import { JobsTable } from './JobsTable';
import { styles } from '../parts/styles';

const KINDS = [
  'all',
  'backup',
  'restore',
  'undo',
  'verify',
  'transfer',
  'rehearse',
  'copy',
  'look',
  'takeBack',
  'prepare',
] as const;
const STATES = ['all', 'running', 'done', 'failed', 'cancelled'] as const;

interface Props {
  /** Newest first. */
  readonly jobs: readonly JobItem[];
  readonly loading: boolean;
}

/** The history: how backups grew, and everything that was done here. */
export const JobsPage = memo(function JobsPage({ jobs, loading }: Props) {
  const { narrow } = useArk();
  const { t } = useI18n();
  const [kind, setKind] = useState<(typeof KINDS)[number]>('all');
  const [state, setState] = useState<(typeof STATES)[number]>('all');
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const shown = useMemo(
    () =>
      jobs.filter(
        (job) =>
          (kind === 'all' || job.kind === kind) &&
          (state === 'all' || job.state === state) &&
          (wanted === '' ||
            [job.subject, job.by, job.error?.code, job.error?.message].some((text) =>
              text?.toLowerCase().includes(wanted),
            )),
      ),
    [jobs, kind, state, wanted],
  );
  const filter = narrow ? styles.filterGrowing : styles.filter;
  return (
    <>
      <BackupsChart jobs={jobs} />
      <Flex justify="space-between" align="center" gap={8} wrap style={styles.below}>
        <Typography.Text type="secondary">{t('jobs.intro')}</Typography.Text>
        <Flex gap={8} wrap style={narrow ? styles.full : undefined}>
          <Input
            allowClear
            prefix={<SearchOutlined aria-hidden />}
            value={search}
            placeholder={t('jobs.search')}
            aria-label={t('jobs.search')}
            onChange={(event) => setSearch(event.target.value)}
            style={narrow ? styles.fullRow : styles.field}
          />
          <Select
            value={kind}
            aria-label={t('jobs.filter')}
            onChange={setKind}
            style={filter}
            popupMatchSelectWidth={false}
            options={KINDS.map((value) => ({
              value,
              label: value === 'all' ? t('jobs.allKinds') : t(`job.kind.${value}`),
            }))}
          />
          <Select
            value={state}
            aria-label={t('jobs.filterState')}
            onChange={setState}
            style={filter}
            popupMatchSelectWidth={false}
            options={STATES.map((value) => ({
              value,
              label: value === 'all' ? t('jobs.allStates') : t(`job.state.${value}`),
            }))}
          />
        </Flex>
      </Flex>
      <JobsTable jobs={shown} all={jobs} loading={loading} />
    </>
  );
});
