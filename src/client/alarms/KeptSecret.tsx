import { Button, Input, Space } from 'antd';
import { useRef } from 'react';
import { MASK } from './alarmForm';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

interface Props {
  readonly id: string;
  readonly value: string;
  readonly placeholder?: string;
  /** Not to be read over a shoulder while it is typed. */
  readonly hidden?: boolean;
  readonly onChange: (value: string) => void;
}

/** A secret that the server keeps is not shown: it stays, or another one takes its place. */
export function KeptSecret({ id, value, placeholder, hidden = false, onChange }: Props) {
  const { t } = useI18n();
  // There is one to go back to.
  const kept = useRef(false);
  kept.current ||= value === MASK;
  if (value === MASK) {
    return (
      <Space.Compact style={styles.full}>
        <Input id={id} readOnly value={t('secret.kept')} />
        <Button onClick={() => onChange('')}>{t('secret.change')}</Button>
      </Space.Compact>
    );
  }
  const Field = hidden ? Input.Password : Input;
  return (
    <Space.Compact style={styles.full}>
      <Field
        id={id}
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        autoFocus={kept.current}
        onChange={(event) => onChange(event.target.value)}
      />
      {kept.current && <Button onClick={() => onChange(MASK)}>{t('secret.keep')}</Button>}
    </Space.Compact>
  );
}
