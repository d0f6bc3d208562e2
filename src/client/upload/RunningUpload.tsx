import { Alert, Button, Flex, Progress, Typography } from 'antd';
import { useI18n } from '../parts/i18n';
import { percentOf } from './percentOf';
import type { Upload, Uploads } from './useUpload';

interface Props {
  readonly upload: Upload;
  readonly uploads: Uploads;
}

/** How far it is, and what can be done with it. */
export function RunningUpload({ upload, uploads }: Props) {
  const { t, format } = useI18n();
  const { pause, goOn, cancel } = uploads;
  const { state } = upload;
  const percent = percentOf(upload.sent, upload.total);
  const halted = state === 'waiting' || state === 'paused';
  return (
    <Alert
      type={state === 'waiting' ? 'warning' : 'info'}
      data-testid="upload-progress"
      message={
        <Flex vertical>
          <Flex justify="space-between" align="center" gap={12} wrap>
            <Typography.Text ellipsis>{t('upload.running', { file: upload.file })}</Typography.Text>
            <Flex gap={8} wrap>
              {state === 'waiting' && (
                <Button size="small" type="primary" onClick={goOn}>
                  {t('upload.retryNow')}
                </Button>
              )}
              {state === 'paused' && (
                <Button size="small" type="primary" onClick={goOn}>
                  {t('upload.goOn')}
                </Button>
              )}
              {(state === 'sending' || state === 'waiting') && (
                <Button size="small" onClick={pause}>
                  {t('upload.pause')}
                </Button>
              )}
              <Button size="small" onClick={cancel}>
                {t('action.cancel')}
              </Button>
            </Flex>
          </Flex>
          <Progress
            percent={percent}
            status={halted ? 'normal' : 'active'}
            aria-label={t('upload.running', { file: upload.file })}
            format={(value) => format.percent(value ?? 0)}
          />
          <span role="status">{halted && haltedText(upload)}</span>
          <Typography.Text type="secondary">{facts().join(' · ')}</Typography.Text>
        </Flex>
      }
    />
  );

  function haltedText({ error }: Upload): string {
    const there = { percent: format.percent(percent) };
    if (state === 'paused') return t('upload.paused', there);
    return error?.code === 'UPLOAD_BUSY' ? t('error.UPLOAD_BUSY') : t('upload.lost', there);
  }

  function facts(): string[] {
    if (state === 'checking' || upload.sent >= upload.total) return [t('upload.checking')];
    const { rate } = upload;
    const left = rate === undefined ? undefined : (upload.total - upload.sent) / rate;
    return [
      t('upload.sent', { sent: format.bytes(upload.sent), total: format.bytes(upload.total) }),
      ...(rate !== undefined && left !== undefined
        ? [t('upload.pace', { rate: format.bytes(rate), time: format.duration(left) })]
        : []),
      ...(state ? [t('upload.later')] : []),
    ];
  }
}
