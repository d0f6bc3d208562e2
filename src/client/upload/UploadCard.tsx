import { CloseOutlined } from '@ant-design/icons';
import { Alert, Button, Flex, Progress, Typography } from 'antd';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import type { BackupItem } from '../api/api';
import type { Uploads } from './useUpload';

interface Props {
  readonly uploads: Uploads;
  readonly onRestore: (backup: BackupItem) => void;
}

/** The upload that runs, or how it ended. */
export function UploadCard({ uploads, onRestore }: Props) {
  const { t, format } = useI18n();
  const { upload, cancel, clear } = uploads;
  if (!upload) return null;
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
          <ErrorNotice error={upload.error} title={t('upload.failed', { file: upload.file })} />
        </div>
        {close}
      </Flex>
    );
  }
  const { done } = upload;
  if (done) {
    return (
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
    );
  }
  const percent = upload.total > 0 ? Math.floor((upload.sent / upload.total) * 100) : 0;
  const sent = upload.sent >= upload.total;
  return (
    <Alert
      type="info"
      data-testid="upload-progress"
      message={
        <Flex vertical>
          <Flex justify="space-between" align="center" gap={12}>
            <Typography.Text ellipsis>{t('upload.running', { file: upload.file })}</Typography.Text>
            <Button size="small" onClick={cancel}>
              {t('action.cancel')}
            </Button>
          </Flex>
          <Progress
            percent={percent}
            status="active"
            aria-label={t('upload.running', { file: upload.file })}
            format={(value) => format.percent(value ?? 0)}
          />
          <Typography.Text type="secondary">
            {sent
              ? t('upload.checking')
              : t('upload.sent', { sent: format.bytes(upload.sent), total: format.bytes(upload.total) })}
          </Typography.Text>
        </Flex>
      }
    />
  );
}
