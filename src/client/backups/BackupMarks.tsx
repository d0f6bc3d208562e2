import { PushpinFilled } from '@ant-design/icons';
import { Tooltip, Typography } from 'antd';
import type { BackupItem } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

/** What somebody has said of a backup: that it stays, and why. */
export function BackupMarks({ backup: { pinned, note } }: { readonly backup: BackupItem }) {
  const { t, format } = useI18n();
  if (!pinned && note === undefined) return null;
  return (
    <Typography.Text type="secondary" style={styles.smallWrap}>
      {pinned && (
        <Tooltip title={t('mark.pinnedHint', { date: format.dateTime(pinned.at) })}>
          <span>
            <PushpinFilled aria-hidden /> {t('mark.pinned')}
          </span>
        </Tooltip>
      )}
      {pinned && note !== undefined && ' · '}
      {note}
    </Typography.Text>
  );
}
