import { Alert, Checkbox, Flex, Form, Modal } from 'antd';
import { useState } from 'react';
import { asApiError, type ApiError, type BackupItem, type CodeItem, type JobItem } from '../api/api';
import { useArk } from '../api/ark';
import { CodeList } from '../notices/CodeList';
import { codeSums } from '../notices/codeText';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { PassphraseField } from '../passphrase/PassphraseField';
import { PlainNotice } from '../passphrase/PlainNotice';
import { styles } from '../parts/styles';

interface Props {
  readonly backup: BackupItem;
  readonly onStarted: (job: JobItem) => void;
  readonly onClose: () => void;
}

/** Asks for what a rehearsal needs: a passphrase, and consent where the server says that it wants one. */
export function RehearseDialog({ backup, onStarted, onClose }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  const { close, shown } = useDialog(onClose);
  const locked = backup.state === 'locked';
  const [passphrase, setPassphrase] = useState('');
  const [asksForPlain, setAsksForPlain] = useState(backup.suddenlyPlain ?? false);
  const [allowPlain, setAllowPlain] = useState(false);
  const [code, setCode] = useState<readonly CodeItem[]>();
  const [choice, setChoice] = useState<'allow' | 'leave'>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const ready = (!locked || passphrase !== '') && (!asksForPlain || allowPlain) && (!code || choice);

  const keys = { ...(locked && { passphrase }), ...(allowPlain && { allowPlain }) };
  const rehearse = async () => {
    if (!ready || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const started = await api.rehearseBackup(backup, {
        ...keys,
        ...(choice === 'allow' && { allowCode: true }),
        ...(choice === 'leave' && { noCode: true }),
      });
      onStarted(started.job);
      close();
    } catch (cause) {
      await asked(asApiError(cause));
    } finally {
      setBusy(false);
    }
  };
  /** What the server wants to be asked first is asked for here, and what is in the backup is shown with it. */
  const asked = async (refused: ApiError) => {
    if (refused.code === 'ARCHIVE_NOT_ENCRYPTED' && !allowPlain) setAsksForPlain(true);
    else if (refused.code === 'CODE_NOT_ALLOWED' && !choice) {
      try {
        setCode((await api.getBackup(backup, keys)).code);
      } catch (cause) {
        setError(asApiError(cause));
      }
    } else setError(refused);
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={<span style={styles.wrap}>{t('rehearse.title', { name: backup.name })}</span>}
      width={code ? 720 : 520}
      okText={t('action.rehearse')}
      cancelText={t('action.cancel')}
      okButtonProps={{ disabled: !ready, loading: busy }}
      onOk={() => void rehearse()}
    >
      <Flex vertical gap={12}>
        <div>
          {t('rehearse.text')} {locked && t('rehearse.lockedText')}
        </div>
        {locked && (
          <Form layout="vertical" component="div">
            <PassphraseField
              value={passphrase}
              onChange={setPassphrase}
              onEnter={() => void rehearse()}
              style={styles.flush}
            />
          </Form>
        )}
        {asksForPlain && <PlainNotice allowed={allowPlain} onAllow={setAllowPlain} />}
        {code && (
          <Alert
            type="error"
            showIcon
            role="alert"
            style={styles.top}
            message={
              <Flex vertical gap={6}>
                <b>{t('code.brings', { sums: codeSums(i18n, code) })}</b>
                <span>{t('rehearse.code')}</span>
                <CodeList items={code} scrolls />
                <Checkbox
                  checked={choice === 'allow'}
                  onChange={(event) => setChoice(event.target.checked ? 'allow' : undefined)}
                >
                  <b>{t('code.allow')}</b>
                </Checkbox>
                <Checkbox
                  checked={choice === 'leave'}
                  onChange={(event) => setChoice(event.target.checked ? 'leave' : undefined)}
                >
                  {t('rehearse.leaveOut')}
                </Checkbox>
              </Flex>
            }
          />
        )}
        {error && <ErrorNotice error={error} title={t('rehearse.failed')} />}
      </Flex>
    </Modal>
  );
}
