import { DeleteOutlined, EditOutlined, FieldTimeOutlined, PlayCircleOutlined } from '@ant-design/icons';
import { Button, Flex, type MenuProps } from 'antd';
import type { ScheduleItem } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { MoreMenu } from '../parts/MoreMenu';

export type ScheduleAction = 'run' | 'edit' | 'retention' | 'remove';

interface Props {
  readonly schedule: ScheduleItem;
  /** Another job has the database. */
  readonly busy: boolean;
  readonly starting: boolean;
  readonly onAction: (action: ScheduleAction, schedule: ScheduleItem) => void;
}

/** The id of the button to which the focus returns after a dialog about this schedule. */
export const scheduleMoreId = (name: string) => `ark-schedule-${encodeURIComponent(name)}`;

export function ScheduleActions({ schedule, busy, starting, onAction }: Props) {
  const { may } = useArk();
  const { t } = useI18n();
  const { name } = schedule;
  const items: MenuProps['items'] = [
    ...(may('settings')
      ? [{ key: 'edit', icon: <EditOutlined aria-hidden />, label: t('schedule.change') }]
      : []),
    ...(may('delete')
      ? [
          {
            key: 'retention',
            icon: <FieldTimeOutlined aria-hidden />,
            label: schedule.retention ? t('schedule.whatGoes') : t('schedule.allStay'),
            disabled: !schedule.retention,
          },
        ]
      : []),
    ...(may('settings')
      ? [
          { type: 'divider' as const },
          { key: 'remove', icon: <DeleteOutlined aria-hidden />, label: t('schedule.remove'), danger: true },
        ]
      : []),
  ];
  return (
    <Flex gap={4} wrap={false}>
      <May permission="backup">
        <Button
          size="small"
          icon={<PlayCircleOutlined aria-hidden />}
          disabled={busy || schedule.running !== undefined}
          loading={starting}
          aria-label={t('schedule.runName', { name })}
          onClick={() => onAction('run', schedule)}
        >
          {t('schedule.run')}
        </Button>
      </May>
      <MoreMenu<ScheduleAction>
        id={scheduleMoreId(name)}
        name={name}
        items={items}
        onAction={(action) => onAction(action, schedule)}
      />
    </Flex>
  );
}
