import {
  CheckCircleOutlined,
  CloseCircleOutlined,
  LoadingOutlined,
  WarningOutlined,
} from '@ant-design/icons';
import { Flex, Typography } from 'antd';
import type { ReactNode } from 'react';
import type { ScheduleItem } from '../api/api';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { styles, useTinted, type Look } from '../parts/styles';

/** How the last run of a schedule ended, or that it runs now: when, where, and why not. */
export function LastRun({ schedule }: { readonly schedule: ScheduleItem }) {
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const tinted = useTinted();
  const { running, waitingSince } = schedule;
  if (running) {
    return (
      <span style={tinted.link}>
        <LoadingOutlined aria-hidden /> {t('lastRun.running')}
      </span>
    );
  }
  const { last } = schedule;
  const waiting = waitingSince !== undefined && (
    <Typography.Text type="secondary" style={styles.smaller}>
      {t('lastRun.waiting', { since: format.relative(waitingSince) })}
    </Typography.Text>
  );
  if (!last) {
    return (
      <Flex vertical>
        <Typography.Text type="secondary">{t('lastRun.never')}</Typography.Text>
        {waiting}
      </Flex>
    );
  }
  const bad = last.storages.filter((storage) => storage.error !== undefined);
  // What went whole into some storages and not into others is neither good nor lost.
  const state = last.state === 'failed' ? (bad.length < last.storages.length ? 'partly' : 'failed') : 'done';
  const marks: Record<typeof state, { tint: Look; icon: ReactNode }> = {
    done: { tint: tinted.success, icon: <CheckCircleOutlined aria-hidden /> },
    partly: { tint: tinted.warning, icon: <WarningOutlined aria-hidden /> },
    failed: { tint: tinted.error, icon: <CloseCircleOutlined aria-hidden /> },
  };
  const error = last.error && errorText(i18n, last.error);
  const removed = last.removed?.length ?? 0;
  const facts = [
    format.relative(last.startedAt),
    ...(last.endedAt === undefined
      ? []
      : [format.duration((Date.parse(last.endedAt) - Date.parse(last.startedAt)) / 1000)]),
    ...(last.rehearsed ? [t(last.proof === 'database' ? 'lastRun.proven' : 'lastRun.provenBeside')] : []),
    ...(removed > 0 ? [n('lastRun.removed', removed)] : []),
  ];
  return (
    <Flex vertical gap={2}>
      <span>
        <span style={{ ...styles.oneLine, ...marks[state].tint }}>
          {marks[state].icon} {t(`lastRun.state.${state}`)}
        </span>{' '}
        <Typography.Text type="secondary" style={styles.small}>
          {facts.join(' · ')}
        </Typography.Text>
      </span>
      {last.missed > 0 && (
        <Typography.Text type="secondary" style={styles.smaller}>
          {n('lastRun.missed', last.missed)}
        </Typography.Text>
      )}
      {error && (
        <Typography.Text style={styles.smallerWrap}>
          {error.text} <Typography.Text code>{last.error.code}</Typography.Text>
          {error.detail !== undefined && (
            <Typography.Text type="secondary" lang={error.lang} style={styles.smallerLine}>
              {error.detail}
            </Typography.Text>
          )}
        </Typography.Text>
      )}
      {waiting}
    </Flex>
  );
}
