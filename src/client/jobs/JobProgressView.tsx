import { Button, Flex, Popconfirm, Progress, Typography } from 'antd';
import { useRef, useState } from 'react';
import type { JobItem } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { stand } from './stages';
import { useFailure } from '../parts/useFailure';
import { May } from '../api/May';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly job: JobItem;
  /** `plain`: without the heading, where the place around it says what runs. `line`: as tall as two lines. */
  readonly shape?: 'whole' | 'plain' | 'line';
}

/** One running job: stage in words, how far, how much, how long still, and a way to stop it. */
export function JobProgressView({ job, shape = 'whole' }: Props) {
  const plain = shape === 'plain';
  const { api, narrow } = useArk();
  const { t, n, format } = useI18n();
  const tinted = useTinted();
  const fail = useFailure();
  const [cancelling, setCancelling] = useState(false);
  const highest = useRef({ id: job.id, percent: 0 });
  const { stage: current, percent: now, step, steps } = stand(job);
  if (highest.current.id !== job.id) highest.current = { id: job.id, percent: 0 };
  const percent = (highest.current.percent = Math.max(now, highest.current.percent));

  const stage = current ? t(`stage.${current}`) : t('stage.begin');
  const eta = useSteadyEta(job, current);
  const facts = job.progress
    ? [
        ...(job.progress.rows > 0 ? [n('count.rows', job.progress.rows)] : []),
        ...(job.progress.bytes > 0 ? [format.bytes(job.progress.bytes)] : []),
        ...(eta !== undefined ? [t('progress.eta', { time: format.duration(eta) })] : []),
      ]
    : [];
  // Listeners hear of each stage and each quarter, not of every event.
  const quarter = Math.floor(percent / 25) * 25;
  const spoken = `${t(`job.running.${job.kind}`, { subject: job.subject })}: ${stage}, ${format.percent(quarter)}`;
  const late = job.progress?.stage === 'swap';

  const cancel = () => {
    setCancelling(true);
    api.cancelJob(job.id).catch((error: unknown) => {
      setCancelling(false);
      fail(error, t('progress.cancelFailed'));
    });
  };

  const line = shape === 'line';
  const bar = (
    <Progress
      percent={percent}
      status="active"
      format={(value) => format.percent(value ?? 0)}
      aria-label={t(`job.running.${job.kind}`, { subject: job.subject })}
      style={!line ? styles.flush : narrow ? styles.shortBar : styles.bar}
      {...(line && { size: 'small' as const })}
    />
  );
  return (
    <Flex vertical gap={line ? 0 : 2} style={styles.growingShrinking} data-testid="job-progress">
      <Flex justify="space-between" align="center" gap={12}>
        <Typography.Text strong={!plain} ellipsis style={styles.shrinking}>
          {plain ? stage : t(`job.running.${job.kind}`, { subject: job.subject })}
        </Typography.Text>
        {line && bar}
        <May permission="backup">
          <Popconfirm
            title={t('progress.cancelTitle')}
            description={
              <div style={styles.bubble}>
                {t(
                  job.kind === 'backup' || job.kind === 'verify' || job.kind === 'transfer'
                    ? 'progress.cancelBackup'
                    : 'progress.cancelRestore',
                )}
              </div>
            }
            okText={t('progress.cancelYes')}
            cancelText={t('progress.cancelNo')}
            okButtonProps={{ danger: true }}
            onConfirm={cancel}
            disabled={cancelling || late}
          >
            <Button size="small" loading={cancelling} disabled={late}>
              {cancelling ? t('progress.cancelling') : t('action.cancel')}
            </Button>
          </Popconfirm>
        </May>
      </Flex>
      {!line && bar}
      <Flex gap="0 16px" wrap={!line} style={line ? tinted.factsLine : tinted.facts}>
        <span>
          {t('progress.step', { step, steps })}
          {!plain && `: ${stage}`}
        </span>
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </Flex>
      <span role="status" aria-live="polite" style={styles.forListeners}>
        {spoken}
      </span>
    </Flex>
  );
}

/** The time that is left, also between two events that know it: a text that comes and goes cannot be read. */
function useSteadyEta(job: JobItem, stage: string | undefined): number | undefined {
  const last = useRef({ key: '', until: 0 });
  const key = `${job.id} ${stage ?? ''}`;
  const eta = job.progress?.eta;
  if (eta !== undefined && eta > 0) last.current = { key, until: Date.now() + eta * 1000 };
  if (last.current.key !== key) return undefined;
  const left = Math.round((last.current.until - Date.now()) / 1000);
  return left > 0 ? left : undefined;
}
