import {
  CheckCircleOutlined,
  ExclamationCircleFilled,
  ExperimentOutlined,
  HistoryOutlined,
  LockOutlined,
  UnlockOutlined,
} from '@ant-design/icons';
import { Space, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import type { BackupItem } from '../api/api';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { useTinted, type Look } from '../parts/styles';
import { provenHint, provenText, unprovenTexts } from './proofText';

/** Encrypted, damaged, checked, proven: each in a word beside its sign, never by colour alone. */
export function BackupState({ backup }: { readonly backup: BackupItem }) {
  const tinted = useTinted();
  const i18n = useI18n();
  const { t, format } = i18n;
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
  } else if (backup.verifiedAt !== undefined) {
    const hint = t('state.verifiedHint', { date: format.dateTime(backup.verifiedAt) });
    marks.push(
      mark('verified', <CheckCircleOutlined aria-hidden />, t('state.verified'), hint, tinted.success),
    );
  }
  const proven = provenHint(i18n, backup);
  if (backup.state !== 'damaged' && proven !== undefined) {
    const hint = [proven, ...unprovenTexts(i18n, backup)].join(' ');
    marks.push(
      mark('proven', <ExperimentOutlined aria-hidden />, provenText(i18n, backup), hint, tinted.success),
    );
  }
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
  return marks.length === 0 ? (
    <span style={tinted.faint}>{t('state.ready')}</span>
  ) : (
    <Space size={[10, 0]} wrap>
      {marks}
    </Space>
  );
}
