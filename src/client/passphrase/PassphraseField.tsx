import { Form, Input, type FormItemProps } from 'antd';
import { useId } from 'react';
import { useI18n } from '../parts/i18n';

interface Props {
  readonly value: string;
  readonly onChange: (passphrase: string) => void;
  /** Where no form around it is sent. */
  readonly onEnter?: () => void;
  readonly style?: FormItemProps['style'];
}

/** Asks for the passphrase that an archive has. */
export function PassphraseField({ value, onChange, onEnter, style }: Props) {
  const { t } = useI18n();
  const field = useId();
  return (
    <Form.Item label={t('new.passphrase')} htmlFor={field} {...(style && { style })}>
      <Input.Password
        id={field}
        autoFocus
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...(onEnter && { onPressEnter: onEnter })}
      />
    </Form.Item>
  );
}
