import { ExclamationCircleFilled, HistoryOutlined, LockOutlined, UnlockOutlined } from '@ant-design/icons';
import { Space, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import type { BackupItem } from '../api/api';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { useTinted, type Look } from '../parts/styles';
import { ProofBadge } from './ProofBadge';

/** How well it is proven, encrypted, damaged: each in a word beside its sign, never by colour alone. */
export function BackupState({ backup }: { readonly backup: BackupItem }) {
  const tinted = useTinted();
  const i18n = useI18n();
  const { t } = i18n;
  const marks: ReactNode[] = [];
  const mark = (key: string, icon: ReactNode, text: string, hint: string, tint: Look) => (
    <Tooltip key={key} title={hint}>
      <span style={tint}>
        {icon} {text}
      </span>
    </Tooltip>
  );
  if (backup.state === 'damaged') {
    const hint = backup.error ? errorText(i18n, backup.error).text : t('state.damagedHint');
    marks.push(
      mark('damaged', <ExclamationCircleFilled aria-hidden />, t('state.damaged'), hint, tinted.error),
    );
  } else marks.push(<ProofBadge key="proof" backup={backup} />);
  if (backup.suddenlyPlain) {
    marks.push(
      mark('plain', <UnlockOutlined aria-hidden />, t('state.plain'), t('plain.text'), tinted.error),
    );
  }
  if (backup.encrypted) {
    marks.push(
      mark(
        'locked',
        <LockOutlined aria-hidden />,
        t('state.encrypted'),
        t('state.encryptedHint'),
        tinted.quiet,
      ),
    );
  }
  if (backup.format === 'nbdump') {
    marks.push(
      mark(
        'old',
        <HistoryOutlined aria-hidden />,
        t('state.oldFormat'),
        t('state.oldFormatHint'),
        tinted.quiet,
      ),
    );
  }
  if (backup.format === 'nbdata') {
    marks.push(
      mark(
        'manager',
        <HistoryOutlined aria-hidden />,
        t('state.backupManager'),
        t('state.backupManagerHint'),
        tinted.quiet,
      ),
    );
  }
  return (
    <Space size={[10, 0]} wrap>
      {marks}
    </Space>
  );
}
