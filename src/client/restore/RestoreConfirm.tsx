import { Alert } from 'antd';
import { useMemo } from 'react';
import type { BackupItem, Preview } from '../api/api';
import { useArk } from '../api/ark';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { NameField } from '../parts/NameField';
import { previewSums } from './previewRows';
import { styles } from '../parts/styles';

interface Props {
  readonly preview: Preview;
  /** The place beside what is live, where it is not restored over that. */
  readonly into: string | undefined;
  readonly backup: BackupItem;
  /** What has to be typed. */
  readonly name: string;
  readonly typed: string;
  readonly onTyped: (text: string) => void;
  readonly onEnter: () => void;
}

/** What is about to happen, and the name that is typed where a click is not enough. */
export function RestoreConfirm({ preview, into, backup, name, typed, onTyped, onEnter }: Props) {
  const { instance } = useArk();
  const { t, n, format } = useI18n();
  const sums = useMemo(() => previewSums(preview.collections), [preview]);
  if (into !== undefined)
    return (
      <div style={styles.column}>
        <Alert
          type="info"
          showIcon
          message={t('into.confirm', {
            collections: n('count.collections', preview.collections.length),
            into: visible(into),
          })}
          description={t('into.confirmText')}
        />
      </div>
    );
  return (
    <div style={styles.column}>
      <Alert
        type="warning"
        showIcon
        message={t('confirm.title', {
          instance,
          collections: n('count.collections', preview.collections.length),
          date: format.dateTime(backup.createdAt),
        })}
        description={
          <ul style={styles.list}>
            <li>{t('confirm.allOrNothing')}</li>
            {sums.lost > 0 && <li>{n('confirm.lost', sums.lost)}</li>}
            <li>{t('confirm.undo', { size: format.bytes(preview.undoBytes) })}</li>
            <li>{t('confirm.app')}</li>
          </ul>
        }
      />
      {preview.asksForName && (
        <div style={styles.above24}>
          <NameField name={name} typed={typed} onTyped={onTyped} onEnter={onEnter} />
        </div>
      )}
    </div>
  );
}
