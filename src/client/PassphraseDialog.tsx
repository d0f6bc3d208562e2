import { Form, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import { useDialog } from './dialog';
import { useI18n } from './i18n';

interface Props {
  readonly title: string;
  readonly text: string;
  readonly okText: string;
  readonly onOk: (passphrase: string) => void;
  readonly onClose: () => void;
}

/** Asks for the passphrase of an encrypted archive. */
export function PassphraseDialog({ title, text, okText, onOk, onClose }: Props) {
  const { t } = useI18n();
  const field = useId();
  const { close, shown } = useDialog(onClose);
  const [passphrase, setPassphrase] = useState('');
  const go = () => {
    if (passphrase === '') return;
    onOk(passphrase);
    close();
  };
  return (
    <Modal
      {...shown}
      title={title}
      okText={okText}
      cancelText={t('action.cancel')}
      okButtonProps={{ disabled: passphrase === '' }}
      onOk={go}
    >
      <p>{text}</p>
      <Form layout="vertical" component="div">
        <Form.Item label={t('new.passphrase')} htmlFor={field}>
          <Input.Password
            id={field}
            autoFocus
            autoComplete="off"
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
            onPressEnter={go}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
