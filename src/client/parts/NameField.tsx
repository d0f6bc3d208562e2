import { Form, Input, Typography } from 'antd';
import { useId } from 'react';
import { useI18n } from './i18n';

interface Props {
  /** What has to be typed. */
  readonly name: string;
  readonly typed: string;
  readonly onTyped: (text: string) => void;
  readonly onEnter: () => void;
}

/** The name is typed, so that nobody goes on by habit, or in the wrong instance. */
export function NameField({ name, typed, onTyped, onEnter }: Props) {
  const { t } = useI18n();
  const field = useId();
  return (
    <Form layout="vertical" component="div">
      <Form.Item
        htmlFor={field}
        label={
          <span>
            {t('confirm.type')} <Typography.Text code>{name}</Typography.Text>
          </span>
        }
      >
        <Input
          id={field}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          status={typed !== '' && !name.startsWith(typed.trim()) ? 'error' : ''}
          onChange={(event) => onTyped(event.target.value)}
          onPressEnter={onEnter}
        />
      </Form.Item>
    </Form>
  );
}
