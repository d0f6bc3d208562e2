import { Form, Select } from 'antd';
import { useId } from 'react';
import type { AlarmSettings } from '../api/api';
import { MASK, type AlarmForm } from './alarmForm';
import { useI18n } from '../parts/i18n';
import { KeptSecret } from './KeptSecret';
import { styles } from '../parts/styles';

type Webhook = AlarmForm['webhook'];

interface Props {
  readonly webhook: Webhook;
  /** Whose form the address that is kept gets. */
  readonly known: AlarmSettings['form'];
  readonly onChange: (webhook: Webhook) => void;
}

/** As the services call themselves, in every language. */
const SERVICES: Readonly<Record<Exclude<NonNullable<AlarmSettings['form']>, 'json'>, string>> = {
  slack: 'Slack',
  discord: 'Discord',
  teams: 'Microsoft Teams (Workflows)',
  'teams-connector': 'Microsoft Teams (Office 365 Connector)',
  telegram: 'Telegram',
  feishu: 'Feishu 飞书, Lark',
  dingtalk: 'DingTalk 钉钉',
  wecom: 'WeCom 企业微信',
};

const SIGNING = /^https:\/\/(oapi\.dingtalk\.com|open\.feishu\.cn|open\.larksuite\.com)\//i;

/** Whose form of a message the webhook gets, and what the service signs with. */
export function WebhookFields({ webhook, known, onChange }: Props) {
  const { t } = useI18n();
  const id = useId();
  const kept = webhook.url === MASK && webhook.form === 'auto' ? known : undefined;
  const form = kept ?? webhook.form;
  const nameOf = (name: NonNullable<AlarmSettings['form']>) =>
    name === 'json' ? t('alarms.form.json') : SERVICES[name];
  const signs =
    form === 'dingtalk' || form === 'feishu' || (form === 'auto' && SIGNING.test(webhook.url.trim()));

  return (
    <>
      <Form.Item
        label={t('alarms.form')}
        htmlFor={`${id}-form`}
        style={styles.below}
        help={kept && t('alarms.formKnown', { form: nameOf(kept) })}
      >
        <Select
          id={`${id}-form`}
          value={webhook.form}
          onChange={(next: Webhook['form']) => onChange({ ...webhook, form: next })}
          options={[
            { value: 'auto', label: t('alarms.form.auto') },
            { value: 'json', label: nameOf('json') },
            ...Object.entries(SERVICES).map(([value, label]) => ({ value, label })),
          ]}
        />
      </Form.Item>
      {(signs || webhook.secret !== '') && (
        <Form.Item label={t('alarms.secret')} htmlFor={`${id}-secret`} style={styles.below}>
          <KeptSecret
            id={`${id}-secret`}
            hidden
            value={webhook.secret}
            onChange={(secret) => onChange({ ...webhook, secret })}
          />
        </Form.Item>
      )}
    </>
  );
}
