import { Input, Modal } from 'antd';
import { useState } from 'react';
import { asApiError, type ApiError, type BackupItem } from '../api/api';
import { useArk } from '../api/ark';
import { useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

/** As the server takes it. */
export const LONGEST_NOTE = 200;

interface Props {
  readonly backup: BackupItem;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** A line on a backup; an empty one takes it away. */
export function NoteDialog({ backup, onChanged, onClose }: Props) {
  const { api } = useArk();
  const { t } = useI18n();
  const { close, shown } = useDialog(onClose);
  const [note, setNote] = useState(backup.note ?? '');
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<ApiError>();
  const save = async () => {
    setSaving(true);
    setError(undefined);
    try {
      await api.markBackup(backup, { note });
      onChanged();
      close();
    } catch (cause) {
      setError(asApiError(cause));
      setSaving(false);
    }
  };
  return (
    <Modal
      {...shown}
      title={<span style={styles.wrap}>{t('mark.noteTitle', { name: backup.name })}</span>}
      okText={t('action.save')}
      cancelText={t('action.cancel')}
      confirmLoading={saving}
      onOk={() => void save()}
    >
      <Input
        autoFocus
        value={note}
        maxLength={LONGEST_NOTE}
        showCount
        aria-label={t('mark.note')}
        onChange={(event) => setNote(event.target.value)}
        onPressEnter={() => void save()}
      />
      {error && (
        <div style={styles.above16}>
          <ErrorNotice error={error} title={t('mark.failed')} />
        </div>
      )}
    </Modal>
  );
}
