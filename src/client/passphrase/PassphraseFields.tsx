import { Alert, Checkbox, Form, Input } from 'antd';
import { useId } from 'react';
import { useI18n } from '../parts/i18n';
import { passphraseFault, SHORT, type Passphrase } from './passphrase';
import { styles } from '../parts/styles';

interface Props {
  readonly value: Passphrase;
  readonly onChange: (value: Passphrase) => void;
  /** Show what is missing, once the user tried to go on. */
  readonly tried: boolean;
}

/** Encryption is a choice; its passphrase is typed twice, for nobody can recover it. */
export function PassphraseFields({ value, onChange, tried }: Props) {
  const { t } = useI18n();
  const first = useId();
  const second = useId();
  const fault = passphraseFault(value);
  const firstFault = fault === 'short' || fault === 'empty';
  const showFirst = (tried && firstFault) || (fault === 'short' && value.second !== '');
  const showSecond = fault === 'differ' && (tried || value.second.length >= value.first.length);
  return (
    <div>
      <Checkbox checked={value.on} onChange={(event) => onChange({ ...value, on: event.target.checked })}>
        {t('new.encrypt')}
      </Checkbox>
      {value.on && (
        <div style={styles.above}>
          <Alert type="warning" showIcon message={t('new.encryptWarning')} style={styles.below} />
          <Form.Item
            label={t('new.passphrase')}
            htmlFor={first}
            validateStatus={showFirst ? 'error' : ''}
            help={showFirst ? t('new.passphraseShort', { count: SHORT }) : undefined}
            style={styles.below}
          >
            <Input.Password
              id={first}
              autoComplete="new-password"
              value={value.first}
              onChange={(event) => onChange({ ...value, first: event.target.value })}
            />
          </Form.Item>
          <Form.Item
            label={t('new.passphraseAgain')}
            htmlFor={second}
            validateStatus={showSecond ? 'error' : ''}
            help={showSecond ? t('new.passphraseDiffers') : undefined}
            style={styles.tight}
          >
            <Input.Password
              id={second}
              autoComplete="new-password"
              value={value.second}
              onChange={(event) => onChange({ ...value, second: event.target.value })}
            />
          </Form.Item>
        </div>
      )}
    </div>
  );
}
