import { BellOutlined, PlusOutlined, WarningFilled } from '@ant-design/icons';
import { Button, Empty, Flex, Skeleton, Typography } from 'antd';
import { useCallback, useState } from 'react';
import type { ScheduleItem } from '../api/api';
import { AlarmsDialog } from '../alarms/AlarmsDialog';
import { useArk } from '../api/ark';
import { focusOn } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { BeforeChanges } from './BeforeChanges';
import { RetentionDialog } from './RetentionDialog';
import { scheduleMoreId, type ScheduleAction } from './ScheduleActions';
import { ScheduleDialog } from './ScheduleDialog';
import { SchedulesTable } from './SchedulesTable';
import type { ArkData } from '../api/useArkData';
import { useFailure } from '../parts/useFailure';
import { useRemoval } from '../parts/useRemoval';
import type { Watched } from '../safety/useSafety';
import { May } from '../api/May';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly data: ArkData;
  readonly watched: Watched;
}

type Dialog = { kind: 'new' | 'alarms' } | { kind: 'edit' | 'retention'; schedule: ScheduleItem };

const NEW = 'ark-new-schedule';
const ALARMS = 'ark-alarms';

/** Backups that happen by themselves, what becomes of the old ones, and who is told. */
export function SchedulesPage({ data, watched }: Props) {
  const { api } = useArk();
  const { t } = useI18n();
  const tinted = useTinted();
  const fail = useFailure();
  const askRemoval = useRemoval(data.reload);
  const [dialog, setDialog] = useState<Dialog>();
  const [starting, setStarting] = useState<ReadonlySet<string>>(new Set());
  const { busy, reload, tell } = data;
  const { schedules, error, safety } = watched;

  const during = useCallback(
    async (name: string, work: () => Promise<void>, title: string) => {
      setStarting((before) => new Set([...before, name]));
      try {
        await work();
      } catch (cause) {
        fail(cause, title);
      } finally {
        setStarting((before) => new Set([...before].filter((other) => other !== name)));
        reload();
      }
    },
    [fail, reload],
  );
  const onSwitch = useCallback(
    ({ name }: ScheduleItem, on: boolean) => {
      const change = async () => {
        await api.updateSchedule(name, { on });
      };
      void during(name, change, t('schedule.notSaved'));
    },
    [api, during, t],
  );
  const onAction = useCallback(
    (action: ScheduleAction, schedule: ScheduleItem) => {
      const { name } = schedule;
      if (action === 'run') {
        void during(name, async () => tell((await api.runSchedule(name)).job), t('schedule.notRun'));
      } else if (action === 'remove') {
        askRemoval({
          title: t('schedule.removeTitle', { name }),
          content: t('schedule.removeText'),
          okText: t('schedule.remove'),
          remove: () => api.destroySchedule(name),
          done: t('schedule.removed', { name }),
          failed: t('schedule.notRemoved'),
          focus: { back: scheduleMoreId(name), next: NEW },
        });
      } else setDialog({ kind: action, schedule });
    },
    [api, askRemoval, during, t, tell],
  );
  const close = () => {
    setDialog(undefined);
    if (!dialog) return;
    focusOn(
      'schedule' in dialog ? scheduleMoreId(dialog.schedule.name) : dialog.kind === 'new' ? NEW : ALARMS,
    );
  };
  const add = () => setDialog({ kind: 'new' });

  return (
    <>
      <Flex gap={8} wrap justify="space-between" align="center" style={styles.below}>
        <Flex gap={8}>
          <May permission="settings">
            <Button id={NEW} type="primary" icon={<PlusOutlined aria-hidden />} onClick={add}>
              {t('schedules.new')}
            </Button>
            <Button
              id={ALARMS}
              icon={<BellOutlined aria-hidden />}
              onClick={() => setDialog({ kind: 'alarms' })}
            >
              {t('alarms.title')}
            </Button>
          </May>
        </Flex>
        <Typography.Text type="secondary" style={styles.small}>
          {safety && !safety.alarms && (
            <>
              <WarningFilled aria-hidden style={tinted.warning} />{' '}
            </>
          )}
          {safety && t(safety.alarms ? 'alarms.on' : 'alarms.off')}
        </Typography.Text>
      </Flex>
      {error && !schedules ? (
        <ErrorNotice error={error} onRetry={reload} />
      ) : !schedules ? (
        <Skeleton active title={false} paragraph={{ rows: 4, width: '100%' }} />
      ) : schedules.length === 0 ? (
        <Empty
          image={Empty.PRESENTED_IMAGE_SIMPLE}
          description={
            <div style={styles.emptyState}>
              <Typography.Text strong>{t('schedules.none')}</Typography.Text>
              <Typography.Paragraph type="secondary">{t('schedules.noneText')}</Typography.Paragraph>
            </div>
          }
        >
          <May permission="settings">
            <Button type="primary" onClick={add}>
              {t('schedules.first')}
            </Button>
          </May>
        </Empty>
      ) : (
        <SchedulesTable
          schedules={schedules}
          busy={busy}
          starting={starting}
          onSwitch={onSwitch}
          onAction={onAction}
        />
      )}
      {data.system?.beforeChanges && <BeforeChanges choice={data.system.beforeChanges} onChanged={reload} />}
      {(dialog?.kind === 'new' || dialog?.kind === 'edit') && (
        <ScheduleDialog
          schedule={'schedule' in dialog ? dialog.schedule : undefined}
          taken={(schedules ?? []).map((schedule) => schedule.name)}
          storages={data.system?.storages ?? []}
          onSaved={reload}
          onClose={close}
        />
      )}
      {dialog?.kind === 'retention' && (
        <RetentionDialog schedule={dialog.schedule} onChanged={reload} onClose={close} />
      )}
      {dialog?.kind === 'alarms' && <AlarmsDialog onSaved={reload} onClose={close} />}
    </>
  );
}
