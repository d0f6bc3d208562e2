import { CloseOutlined } from '@ant-design/icons';
import { Alert, Button, Flex } from 'antd';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import type { BackupItem } from '../api/api';
import { RunningUpload } from './RunningUpload';
import type { Upload, Uploads } from './useUpload';

interface Props {
  readonly uploads: Uploads;
  readonly onRestore: (backup: BackupItem) => void;
}

/** The upload that runs, or how it ended. */
export function UploadCard({ uploads, onRestore }: Props) {
  const { t, format } = useI18n();
  const { upload, busy, clear } = uploads;
  if (!upload) return null;
  if (busy) return <RunningUpload upload={upload} uploads={uploads} />;
  const close = (
    <Button
      type="text"
      size="small"
      icon={<CloseOutlined aria-hidden />}
      aria-label={t('action.close')}
      onClick={clear}
    />
  );
  if (upload.error) {
    return (
      <Flex gap={8} align="flex-start">
        <div style={styles.growingShrinking}>
          <ErrorNotice error={upload.error} title={failedTitle(upload)} onRetry={upload.again} />
        </div>
        {close}
      </Flex>
    );
  }
  const { done } = upload;
  return (
    done && (
      <Alert
        type="success"
        showIcon
        role="status"
        message={t('upload.done', { name: done.name })}
        action={
          <Flex gap={8}>
            <Button size="small" type="primary" onClick={() => onRestore(done)}>
              {t('action.restoreIt')}
            </Button>
            {close}
          </Flex>
        }
      />
    )
  );

  function failedTitle({ file, again, wanted }: Upload): string {
    if (wanted) {
      const size = format.bytes(wanted.size);
      return t('upload.other', { chosen: file, file: wanted.file, size });
    }
    return t(again ? 'upload.stopped' : 'upload.failed', { file });
  }
}
