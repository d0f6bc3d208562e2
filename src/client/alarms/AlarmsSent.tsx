import { CheckCircleOutlined, CloseCircleOutlined } from '@ant-design/icons';
import { Alert, Collapse, Flex, Typography } from 'antd';
import type { AlarmSettings, Delivery } from '../api/api';
import { deliveryText } from './deliveryText';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';

/** How a test went, each way for itself. */
export function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const i18n = useI18n();
  const { t } = i18n;
  const failed = deliveries.some((delivery) => delivery.error !== undefined);
  return (
    <Alert
      type={failed ? 'error' : 'success'}
      showIcon
      role="alert"
      style={styles.below}
      message={t(failed ? 'alarms.testFailed' : 'alarms.testDone')}
      description={
        <ul style={styles.list}>
          {deliveries.map((delivery) => (
            <li key={delivery.channel} style={styles.wrap}>
              {t(`alarms.${delivery.channel}`)}:{' '}
              {delivery.error === undefined ? t('alarms.delivered') : deliveryText(i18n, delivery)}
            </li>
          ))}
        </ul>
      }
    />
  );
}

/** What was sent lately, and what could not be. */
export function AlarmsSent({ sent }: { readonly sent: AlarmSettings['sent'] }) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const tinted = useTinted();
  if (sent.length === 0) return <Typography.Text type="secondary">{t('alarms.noneSent')}</Typography.Text>;
  return (
    <Collapse
      size="small"
      items={[
        {
          key: 'sent',
          label: `${t('alarms.sent')} (${format.number(sent.length)})`,
          children: (
            <ol tabIndex={0} aria-label={t('alarms.sent')} style={styles.plainListLong}>
              {sent.map((alarm, index) => {
                const good = alarm.error === undefined;
                return (
                  <li key={index} style={styles.entry}>
                    <Flex gap={8} align="baseline">
                      <span style={good ? tinted.success : tinted.error}>
                        {good ? <CheckCircleOutlined aria-hidden /> : <CloseCircleOutlined aria-hidden />}
                      </span>
                      <span>
                        {format.dateTime(alarm.at)} · {t(`alarms.event.${alarm.event}`)}
                        {alarm.schedule !== undefined && ` (${alarm.schedule})`} ·{' '}
                        {t(`alarms.${alarm.channel}`)}:{' '}
                        {good ? t('alarms.delivered') : deliveryText(i18n, alarm)}
                      </span>
                    </Flex>
                  </li>
                );
              })}
            </ol>
          ),
        },
      ]}
    />
  );
}
