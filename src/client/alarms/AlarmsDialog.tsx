import { Button, Flex, Modal, Skeleton } from 'antd';
import { useCallback, useState } from 'react';
import { asApiError, type AlarmSettings, type ApiError, type Delivery } from '../api/api';
import { AlarmFields } from './AlarmFields';
import { alarmFaults, alarmForm, channelsOf, type AlarmForm } from './alarmForm';
import { AlarmsSent, Deliveries } from './AlarmsSent';
import { useArk } from '../api/ark';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { useLoaded } from '../parts/useLoaded';

interface Props {
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** Who is told when a backup fails, was missed, or is too old; and whether telling works. */
export function AlarmsDialog({ onSaved, onClose }: Props) {
  const { api } = useArk();
  const { t } = useI18n();
  const { close, shown } = useDialog(onClose);
  const read = useCallback(() => api.getAlarms(), [api]);
  const { data: loaded, error, retry } = useLoaded(read);
  const [saved, setSaved] = useState<AlarmSettings>();
  const [edited, setEdited] = useState<AlarmForm>();
  const [tried, setTried] = useState(false);
  const [working, setWorking] = useState<'save' | 'test'>();
  const [refused, setRefused] = useState<ApiError>();
  const [deliveries, setDeliveries] = useState<readonly Delivery[]>();

  const settings = saved ?? loaded;
  const form = edited ?? (settings && alarmForm(settings.channels, settings.app));
  const faults = form ? alarmFaults(form) : new Set<never>();
  const anyone = form && (form.webhook.on || form.email.on || form.heartbeat.on);

  const work = async (kind: 'save' | 'test') => {
    setTried(true);
    if (!form || faults.size > 0) return;
    setWorking(kind);
    setRefused(undefined);
    setDeliveries(undefined);
    try {
      if (edited) setSaved(await api.saveAlarms(channelsOf(form)));
      setEdited(undefined);
      if (kind === 'save') close();
      else {
        setDeliveries(await api.testAlarms());
        setSaved(await api.getAlarms());
      }
      onSaved();
    } catch (cause) {
      setRefused(asApiError(cause));
    }
    setWorking(undefined);
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={t('alarms.title')}
      width={640}
      maskClosable={false}
      footer={
        <Flex justify="space-between" gap={8} wrap>
          <Button
            loading={working === 'test'}
            disabled={!anyone || working === 'save'}
            onClick={() => void work('test')}
          >
            {t(edited ? 'alarms.saveAndTest' : 'alarms.test')}
          </Button>
          <Flex gap={8}>
            <Button onClick={close}>{t(edited ? 'action.cancel' : 'action.close')}</Button>
            <Button
              type="primary"
              loading={working === 'save'}
              disabled={!edited || working === 'test'}
              onClick={() => void work('save')}
            >
              {t('action.save')}
            </Button>
          </Flex>
        </Flex>
      }
    >
      <p>{t('alarms.text')}</p>
      {error && <ErrorNotice error={error} onRetry={retry} />}
      {!form && !error && <Skeleton active title={false} paragraph={{ rows: 8 }} />}
      {form && settings && (
        <>
          <AlarmFields
            form={form}
            app={settings.app}
            known={settings.form}
            faults={tried ? faults : new Set()}
            onChange={(next) => {
              setEdited(next);
              setDeliveries(undefined);
            }}
          />
          {refused && <ErrorNotice error={refused} title={t('alarms.notSaved')} />}
          {deliveries && <Deliveries deliveries={deliveries} />}
          <AlarmsSent sent={settings.sent} />
        </>
      )}
    </Modal>
  );
}
