import { Alert, Form, Input, Typography } from 'antd';
import { useId, useMemo } from 'react';
import type { BackupItem, Preview } from './api';
import { useArk } from './ark';
import { useI18n } from './i18n';
import { previewSums } from './previewRows';

interface Props {
  readonly preview: Preview;
  readonly backup: BackupItem;
  /** What has to be typed. */
  readonly name: string;
  readonly typed: string;
  readonly onTyped: (text: string) => void;
  readonly onEnter: () => void;
}

/** The name is typed, so that nobody restores into the wrong instance by habit. */
export function RestoreConfirm({ preview, backup, name, typed, onTyped, onEnter }: Props) {
  const { instance } = useArk();
  const { t, n, format } = useI18n();
  const field = useId();
  const sums = useMemo(() => previewSums(preview.collections), [preview]);
  return (
    <div style={{ maxWidth: 620, margin: '0 auto' }}>
      <Alert
        type="warning"
        showIcon
        message={t('confirm.title', {
          instance,
          collections: n('count.collections', preview.collections.length),
          date: format.dateTime(backup.createdAt),
        })}
        description={
          <ul style={{ margin: 0, paddingInlineStart: 18 }}>
            <li>{t('confirm.allOrNothing')}</li>
            {sums.lost > 0 && <li>{n('confirm.lost', sums.lost)}</li>}
            <li>{t('confirm.undo', { size: format.bytes(preview.undoBytes) })}</li>
            <li>{t('confirm.app')}</li>
          </ul>
        }
      />
      <Form layout="vertical" component="div" style={{ marginTop: 24 }}>
        <Form.Item
          htmlFor={field}
          label={
            <span>
              {t('confirm.type')} <Typography.Text code>{name}</Typography.Text>
            </span>
          }
        >
          <Input
            id={field}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            status={typed !== '' && !name.startsWith(typed.trim()) ? 'error' : ''}
            onChange={(event) => onTyped(event.target.value)}
            onPressEnter={onEnter}
          />
        </Form.Item>
      </Form>
    </div>
  );
}
