import {
  DeleteOutlined,
  DiffOutlined,
  DownloadOutlined,
  EditOutlined,
  ExperimentOutlined,
  HistoryOutlined,
  PushpinOutlined,
  SafetyCertificateOutlined,
  UnorderedListOutlined,
} from '@ant-design/icons';
import { Button, Flex, Tooltip, type MenuProps } from 'antd';
import { memo } from 'react';
import type { BackupItem } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { MoreMenu } from '../parts/MoreMenu';
import { May } from '../api/May';

export type BackupAction =
  | 'restore'
  | 'details'
  | 'download'
  | 'compare'
  | 'verify'
  | 'rehearse'
  | 'pin'
  | 'unpin'
  | 'note'
  | 'destroy';

interface Props {
  readonly backup: BackupItem;
  readonly busy: boolean;
  readonly onAction: (action: BackupAction, backup: BackupItem) => void;
}

/** The id of the button to which the focus returns after a dialog about this backup. */
export const moreButtonId = (backup: Pick<BackupItem, 'name' | 'storage'>) =>
  `ark-more-${encodeURIComponent(`${backup.storage}/${backup.name}`)}`;

export const BackupActions = memo(function BackupActions({ backup, busy, onAction }: Props) {
  const { narrow, may } = useArk();
  const { t } = useI18n();
  const { name } = backup;
  const damaged = backup.state === 'damaged';
  const items: MenuProps['items'] = [
    {
      key: 'details',
      icon: <UnorderedListOutlined aria-hidden />,
      label: t('action.details'),
      disabled: damaged,
    },
    ...(narrow && may('download')
      ? [{ key: 'download', icon: <DownloadOutlined aria-hidden />, label: t('action.download') }]
      : []),
    ...(may('look')
      ? [
          {
            key: 'compare',
            icon: <DiffOutlined aria-hidden />,
            label: t('action.compare'),
            disabled: damaged,
          },
        ]
      : []),
    { key: 'verify', icon: <SafetyCertificateOutlined aria-hidden />, label: t('action.verify') },
    ...(may('restore')
      ? [
          {
            key: 'rehearse',
            icon: <ExperimentOutlined aria-hidden />,
            label: t('action.rehearse'),
            disabled: damaged || busy,
          },
        ]
      : []),
    ...(may('delete')
      ? [
          {
            key: backup.pinned ? 'unpin' : 'pin',
            icon: <PushpinOutlined aria-hidden />,
            label: t(backup.pinned ? 'mark.unpin' : 'mark.pin'),
          },
          { key: 'note', icon: <EditOutlined aria-hidden />, label: t('mark.note') },
          { type: 'divider' as const },
          {
            key: 'destroy',
            icon: <DeleteOutlined aria-hidden />,
            label: t('action.delete'),
            danger: true,
            disabled: backup.pinned !== undefined,
          },
        ]
      : []),
  ];
  return (
    <Flex gap={4} wrap={false}>
      <May permission="restore">
        <Button
          size="small"
          icon={<HistoryOutlined aria-hidden />}
          disabled={damaged || busy}
          aria-label={t('action.restoreName', { name })}
          onClick={() => onAction('restore', backup)}
        >
          {t('action.restore')}
        </Button>
      </May>
      {!narrow && may('download') && (
        <Tooltip title={t('action.download')}>
          <Button
            size="small"
            type="text"
            icon={<DownloadOutlined aria-hidden />}
            aria-label={t('action.downloadName', { name })}
            onClick={() => onAction('download', backup)}
          />
        </Tooltip>
      )}
      <MoreMenu<BackupAction>
        id={moreButtonId(backup)}
        name={name}
        items={items}
        onAction={(action) => onAction(action, backup)}
      />
    </Flex>
  );
});
