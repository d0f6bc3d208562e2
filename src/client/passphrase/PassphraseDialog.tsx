import { Form, Modal } from 'antd';
import { useState } from 'react';
import { useDialog } from '../parts/dialog';
import { useI18n } from '../parts/i18n';
import { PassphraseField } from './PassphraseField';

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
        <PassphraseField value={passphrase} onChange={setPassphrase} onEnter={go} />
      </Form>
    </Modal>
  );
}
