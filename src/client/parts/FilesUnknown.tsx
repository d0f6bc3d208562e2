import { Typography } from 'antd';
import { useI18n } from './i18n';

/** Why no backup holds the app's uploaded files, and what to do. */
export function FilesUnknown() {
  const { t } = useI18n();
  return (
    <Typography.Paragraph type="secondary">
      {t('new.filesUnknown', { setting: 'STORAGE_PATH' })}
    </Typography.Paragraph>
  );
}
