import { Checkbox, Flex, Form, Input, InputNumber, Radio, Typography } from 'antd';
import { useId, type ReactNode } from 'react';
import type { AlarmSettings } from '../api/api';
import type { AlarmField, AlarmForm } from './alarmForm';
import { useI18n } from '../parts/i18n';
import { KeptSecret } from './KeptSecret';
import { WebhookFields } from './WebhookFields';
import { WeeklyFields } from './WeeklyFields';
import { styles } from '../parts/styles';

interface Props {
  readonly form: AlarmForm;
  readonly onChange: (form: AlarmForm) => void;
  /** The app can send e-mail by itself. */
  readonly app: boolean;
  /** Whose form of a message the address that is kept gets. */
  readonly known: AlarmSettings['form'];
  readonly faults: ReadonlySet<AlarmField>;
}

/** The ways to tell people, each on or off. */
export function AlarmFields({ form, onChange, app, known, faults }: Props) {
  const { t } = useI18n();
  const id = useId();
  const { webhook, email, heartbeat, stale, weekly } = form;
  const setEmail = (change: Partial<AlarmForm['email']>) =>
    onChange({ ...form, email: { ...email, ...change } });
  const field = (name: AlarmField, help: string) => ({
    htmlFor: `${id}-${name}`,
    validateStatus: faults.has(name) ? ('error' as const) : ('' as const),
    help: faults.has(name) ? help : undefined,
    style: styles.below,
  });

  return (
    <Form layout="vertical" component="div">
      <Way
        on={webhook.on}
        title={t('alarms.webhook')}
        text={t('alarms.webhookText')}
        onSwitch={(on) => onChange({ ...form, webhook: { ...webhook, on } })}
      >
        <Form.Item label={t('alarms.webhookUrl')} {...field('webhook', t('alarms.urlWrong'))}>
          <KeptSecret
            id={`${id}-webhook`}
            value={webhook.url}
            placeholder="https://"
            onChange={(url) => onChange({ ...form, webhook: { ...webhook, url } })}
          />
        </Form.Item>
        <WebhookFields
          webhook={webhook}
          known={known}
          onChange={(next) => onChange({ ...form, webhook: next })}
        />
      </Way>
      <Way
        on={email.on}
        title={t('alarms.email')}
        text={t('alarms.emailText')}
        onSwitch={(on) => setEmail({ on })}
      >
        <Form.Item label={t('alarms.to')} {...field('to', t('alarms.toWrong'))}>
          <Input
            id={`${id}-to`}
            value={email.to}
            placeholder="admin@example.org"
            onChange={(event) => setEmail({ to: event.target.value })}
          />
        </Form.Item>
        {app && (
          <Radio.Group
            value={email.smtp}
            aria-label={t('alarms.how')}
            onChange={(event) => setEmail({ smtp: event.target.value === true })}
            style={styles.below}
            options={[
              { value: false, label: t('alarms.byApp') },
              { value: true, label: t('alarms.bySmtp') },
            ]}
          />
        )}
        {email.smtp && (
          <Flex gap="0 12px" wrap>
            <Form.Item label={t('alarms.host')} {...field('host', t('alarms.hostWrong'))}>
              <Input
                id={`${id}-host`}
                value={email.host}
                onChange={(event) => setEmail({ host: event.target.value })}
                style={styles.field}
              />
            </Form.Item>
            <Form.Item label={t('alarms.port')} {...field('port', t('alarms.hostWrong'))}>
              <InputNumber
                id={`${id}-port`}
                min={1}
                max={65_535}
                precision={0}
                value={email.port}
                onChange={(port) => setEmail({ port, secure: port === 465 })}
                style={styles.number}
              />
            </Form.Item>
            <Form.Item style={styles.unlabelled}>
              <Checkbox
                checked={email.secure}
                onChange={(event) => setEmail({ secure: event.target.checked })}
              >
                {t('alarms.secure')}
              </Checkbox>
            </Form.Item>
            <Form.Item label={t('alarms.user')} htmlFor={`${id}-user`} style={styles.below}>
              <Input
                id={`${id}-user`}
                value={email.user}
                autoComplete="off"
                onChange={(event) => setEmail({ user: event.target.value })}
                style={styles.field}
              />
            </Form.Item>
            <Form.Item label={t('alarms.password')} htmlFor={`${id}-password`} style={styles.wideField}>
              <KeptSecret
                id={`${id}-password`}
                hidden
                value={email.password}
                onChange={(password) => setEmail({ password })}
              />
            </Form.Item>
            <Form.Item label={t('alarms.from')} {...field('from', t('alarms.fromWrong'))}>
              <Input
                id={`${id}-from`}
                value={email.from}
                onChange={(event) => setEmail({ from: event.target.value })}
                style={styles.field}
              />
            </Form.Item>
          </Flex>
        )}
      </Way>
      <Way
        on={heartbeat.on}
        title={t('alarms.heartbeat')}
        text={t('alarms.heartbeatText')}
        onSwitch={(on) => onChange({ ...form, heartbeat: { ...heartbeat, on } })}
      >
        <Form.Item label={t('alarms.heartbeatUrl')} {...field('heartbeat', t('alarms.urlWrong'))}>
          <KeptSecret
            id={`${id}-heartbeat`}
            value={heartbeat.url}
            placeholder="https://"
            onChange={(url) => onChange({ ...form, heartbeat: { ...heartbeat, url } })}
          />
        </Form.Item>
      </Way>
      <Way
        on={stale.on}
        title={t('alarms.stale')}
        text={t('alarms.staleText')}
        onSwitch={(on) => onChange({ ...form, stale: { ...stale, on } })}
      >
        <Form.Item label={t('alarms.hours')} {...field('hours', t('alarms.hoursWrong'))}>
          <InputNumber
            id={`${id}-hours`}
            min={1}
            max={100_000}
            value={stale.hours}
            onChange={(hours) => onChange({ ...form, stale: { ...stale, hours } })}
          />
        </Form.Item>
      </Way>
      <Way
        on={weekly.on}
        title={t('alarms.weekly')}
        text={t('alarms.weeklyText')}
        onSwitch={(on) => onChange({ ...form, weekly: { ...weekly, on } })}
      >
        <WeeklyFields weekly={weekly} onChange={(next) => onChange({ ...form, weekly: next })} />
      </Way>
    </Form>
  );
}

interface WayProps {
  readonly on: boolean;
  readonly title: string;
  readonly text: string;
  readonly onSwitch: (on: boolean) => void;
  readonly children: ReactNode;
}

function Way({ on, title, text, onSwitch, children }: WayProps) {
  return (
    <div role="group" aria-label={title} style={styles.below}>
      <Checkbox checked={on} onChange={(event) => onSwitch(event.target.checked)}>
        {title}
      </Checkbox>
      <div style={styles.indented}>
        <Typography.Text type="secondary" style={styles.small}>
          {text}
        </Typography.Text>
        {on && <div style={styles.above8}>{children}</div>}
      </div>
    </div>
  );
}
