import {
  CloseOutlined,
  CopyOutlined,
  DeleteOutlined,
  DownloadOutlined,
  PushpinOutlined,
} from '@ant-design/icons';
import { Button, Flex, Typography } from 'antd';
import type { BackupItem } from '../api/api';
import { May } from '../api/May';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';
import type { ManyAction } from './many';

interface Props {
  readonly chosen: readonly BackupItem[];
  /** There is another storage to copy to. */
  readonly several: boolean;
  readonly onAll: () => void;
  readonly onClear: () => void;
  readonly onAction: (action: ManyAction) => void;
}

/** What can be done with all that is ticked. */
export function ManyBar({ chosen, several, onAll, onClear, onAction }: Props) {
  const { t, n, format } = useI18n();
  const tinted = useTinted();
  const size = chosen.reduce((sum, backup) => sum + backup.size, 0);
  const pinned = chosen.every((backup) => backup.pinned);
  return (
    <Flex
      component="section"
      aria-label={t('many.chosen', { backups: n('count.backups', chosen.length), size: format.bytes(size) })}
      align="center"
      gap={8}
      wrap
      style={tinted.manyBar}
      data-testid="many"
    >
      <Typography.Text strong role="status" style={styles.figuresLine}>
        {t('many.chosen', { backups: n('count.backups', chosen.length), size: format.bytes(size) })}
      </Typography.Text>
      <Button size="small" type="link" style={styles.bare} onClick={onAll}>
        {t('many.all')}
      </Button>
      <span style={styles.growing} />
      <May permission="download">
        <Button size="small" icon={<DownloadOutlined aria-hidden />} onClick={() => onAction('download')}>
          {t('action.download')}
        </Button>
      </May>
      {several && (
        <May permission="backup">
          <Button size="small" icon={<CopyOutlined aria-hidden />} onClick={() => onAction('copy')}>
            {t('many.copy')}
          </Button>
        </May>
      )}
      <May permission="delete">
        <Button
          size="small"
          icon={<PushpinOutlined aria-hidden />}
          onClick={() => onAction(pinned ? 'unpin' : 'pin')}
        >
          {t(pinned ? 'mark.unpin' : 'mark.pin')}
        </Button>
      </May>
      <May permission="delete">
        <Button size="small" danger icon={<DeleteOutlined aria-hidden />} onClick={() => onAction('delete')}>
          {t('action.delete')}
        </Button>
      </May>
      <Button
        size="small"
        type="text"
        icon={<CloseOutlined aria-hidden />}
        aria-label={t('many.clear')}
        onClick={onClear}
      />
    </Flex>
  );
}
