import { LockOutlined } from '@ant-design/icons';
import { Button, Flex, Form, Typography } from 'antd';
import { useState } from 'react';
import type { BackupKeys, Failure } from '../api/api';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { PassphraseField } from './PassphraseField';
import { PlainNotice } from './PlainNotice';
import { styles } from '../parts/styles';

interface Props {
  readonly reading: boolean;
  readonly error: Failure | undefined;
  readonly onOpen: (keys: BackupKeys) => void;
}

/** An encrypted archive shows nothing before its passphrase. */
export function UnlockForm({ reading, error, onOpen }: Props) {
  const { t } = useI18n();
  const [passphrase, setPassphrase] = useState('');
  const [allowPlain, setAllowPlain] = useState(false);
  const plain = allowPlain || error?.code === 'ARCHIVE_NOT_ENCRYPTED';
  return (
    <Form
      layout="vertical"
      onFinish={() => onOpen({ passphrase, ...(allowPlain && { allowPlain }) })}
      style={styles.form}
    >
      <Flex gap={12} style={styles.below16}>
        <LockOutlined aria-hidden style={styles.bigIcon} />
        <div>
          <Typography.Text strong>{t('restore.locked')}</Typography.Text>
          <div>{t('restore.lockedText')}</div>
        </div>
      </Flex>
      <PassphraseField value={passphrase} onChange={setPassphrase} />
      <Button
        type="primary"
        htmlType="submit"
        loading={reading}
        disabled={passphrase === '' || (plain && !allowPlain)}
      >
        {t('restore.open')}
      </Button>
      {error && (
        <div style={styles.above16}>
          {plain ? (
            <PlainNotice allowed={allowPlain} onAllow={setAllowPlain} />
          ) : (
            <ErrorNotice error={error} />
          )}
        </div>
      )}
    </Form>
  );
}
