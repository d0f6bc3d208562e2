import { WarningFilled } from '@ant-design/icons';
import { Flex, Switch, Table, Tag, Tooltip, Typography, type TableColumnsType } from 'antd';
import { useMemo } from 'react';
import type { ScheduleItem } from '../api/api';
import { useArk } from '../api/ark';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { LastRun } from './LastRun';
import { retentionText } from './retentionText';
import { ScheduleActions, type ScheduleAction } from './ScheduleActions';
import { timingText } from './timingText';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly schedules: readonly ScheduleItem[];
  readonly busy: boolean;
  /** Those about which the server is being asked. */
  readonly starting: ReadonlySet<string>;
  readonly onSwitch: (schedule: ScheduleItem, on: boolean) => void;
  readonly onAction: (action: ScheduleAction, schedule: ScheduleItem) => void;
}

export function SchedulesTable({ schedules, busy, starting, onSwitch, onAction }: Props) {
  const { narrow, may } = useArk();
  const i18n = useI18n();
  const { t } = i18n;

  const columns = useMemo<TableColumnsType<ScheduleItem>>(() => {
    const toggle = (schedule: ScheduleItem) => (
      <Switch
        disabled={!may('settings')}
        size="small"
        checked={schedule.on}
        loading={starting.has(schedule.name)}
        aria-label={t('schedule.onName', { name: schedule.name })}
        onChange={(on) => onSwitch(schedule, on)}
      />
    );
    const name = (schedule: ScheduleItem) => (
      <Flex vertical gap={2} style={styles.wrap}>
        <Typography.Text strong>{schedule.name}</Typography.Text>
        {schedule.retention && (
          <Typography.Text type="secondary" style={styles.smaller}>
            {t('schedule.keeps', { rule: retentionText(i18n, schedule.retention) })}
          </Typography.Text>
        )}
        <Problems schedule={schedule} />
      </Flex>
    );
    const timing = (schedule: ScheduleItem) => (
      <Flex vertical>
        <span>{timingText(i18n, schedule.timing)}</span>
        <Typography.Text type="secondary" style={styles.smaller}>
          {schedule.timeZone}
        </Typography.Text>
      </Flex>
    );
    const storages = (schedule: ScheduleItem) =>
      schedule.storages.length === 0 ? (
        <Typography.Text type="secondary">{t('schedule.theDefault')}</Typography.Text>
      ) : (
        <Flex gap={4} wrap>
          {schedule.storages.map((storage) => (
            <Tag key={storage} bordered={false} style={styles.flush}>
              {storage}
            </Tag>
          ))}
        </Flex>
      );
    const actions = (schedule: ScheduleItem) => (
      <ScheduleActions
        schedule={schedule}
        busy={busy}
        starting={starting.has(schedule.name)}
        onAction={onAction}
      />
    );
    if (narrow) {
      return [
        {
          key: 'schedule',
          title: t('schedule.name'),
          render: (_, schedule) => (
            <Flex vertical gap={6}>
              <Flex justify="space-between" gap={8}>
                {name(schedule)}
                {toggle(schedule)}
              </Flex>
              <Flex gap="2px 12px" wrap>
                {timing(schedule)}
                <NextRun schedule={schedule} />
              </Flex>
              <LastRun schedule={schedule} />
              <Flex justify="space-between" align="center" gap={8}>
                {storages(schedule)}
                {actions(schedule)}
              </Flex>
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'on', title: t('schedule.on'), width: 52, render: (_, schedule) => toggle(schedule) },
      { key: 'name', title: t('schedule.name'), width: 170, render: (_, schedule) => name(schedule) },
      { key: 'timing', title: t('timing.title'), width: 150, render: (_, schedule) => timing(schedule) },
      {
        key: 'next',
        title: t('schedule.next'),
        width: 160,
        render: (_, schedule) => <NextRun schedule={schedule} />,
      },
      {
        key: 'last',
        title: t('schedule.last'),
        width: 220,
        render: (_, schedule) => <LastRun schedule={schedule} />,
      },
      {
        key: 'storages',
        title: t('schedule.storages'),
        width: 100,
        render: (_, schedule) => storages(schedule),
      },
      {
        key: 'actions',
        title: t('backups.actions'),
        width: 130,
        fixed: 'right',
        render: (_, schedule) => actions(schedule),
      },
    ];
  }, [busy, i18n, may, narrow, onAction, onSwitch, starting, t]);

  return (
    <Table<ScheduleItem>
      rowKey="name"
      size="middle"
      columns={columns}
      dataSource={schedules}
      pagination={false}
      showHeader={!narrow}
      scroll={narrow ? {} : { x: 980 }}
    />
  );
}

/** The next one; the next three on demand. */
function NextRun({ schedule }: { readonly schedule: ScheduleItem }) {
  const { t, format } = useI18n();
  const [first] = schedule.next;
  if (first === undefined) return <Typography.Text type="secondary">{t('schedule.isOff')}</Typography.Text>;
  return (
    <Tooltip
      title={
        <>
          {t('timing.next')}
          {schedule.next.map((at) => (
            <div key={at}>{format.dateTime(at)}</div>
          ))}
        </>
      }
    >
      <Flex vertical tabIndex={0} style={styles.hugging}>
        <span>{format.dateTime(first)}</span>
        <Typography.Text type="secondary" style={styles.smaller}>
          {format.relative(first)}
        </Typography.Text>
      </Flex>
    </Tooltip>
  );
}

/** What will make the next run fail. */
function Problems({ schedule }: { readonly schedule: ScheduleItem }) {
  const i18n = useI18n();
  const tinted = useTinted();
  const told = schedule.problems.map((problem) => ({ ...problem, ...errorText(i18n, problem) }));
  return told.map((problem) => (
    <Tooltip key={problem.message} title={problem.detail}>
      <span style={tinted.errorSmaller} tabIndex={0}>
        <WarningFilled aria-hidden /> {problem.text} <Typography.Text code>{problem.code}</Typography.Text>
      </span>
    </Tooltip>
  ));
}
