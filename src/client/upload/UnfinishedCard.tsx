import { Alert, Button, Flex, Typography } from 'antd';
import { useRef } from 'react';
import type { UploadItem } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { useRemoval } from '../parts/useRemoval';
import { percentOf } from './percentOf';
import type { Uploads } from './useUpload';

interface Props {
  readonly item: UploadItem;
  readonly uploads: Uploads;
}

/** An upload that stopped and waits for its file. */
export function UnfinishedCard({ item, uploads }: Props) {
  const { t, format } = useI18n();
  const { busy, drop, reload, resume } = uploads;
  const askRemoval = useRemoval(reload);
  const input = useRef<HTMLInputElement>(null);
  const id = `ark-upload-${item.id}`;
  const percent = format.percent(percentOf(item.offset, item.size));
  return (
    <Alert
      type="info"
      data-testid="upload-unfinished"
      message={
        <Flex vertical gap={4}>
          <span style={styles.wrap}>
            {t('upload.waiting', { file: item.file, percent, size: format.bytes(item.size) })}
          </span>
          <Flex justify="space-between" align="center" gap={8} wrap>
            <Typography.Text type="secondary">
              {t('upload.keptUntil', { date: format.dateTime(item.until) })}
            </Typography.Text>
            <Flex gap={8} wrap>
              <Button size="small" type="primary" disabled={busy} onClick={() => input.current?.click()}>
                {t('upload.choose')}
              </Button>
              <Button
                id={id}
                size="small"
                onClick={() =>
                  askRemoval({
                    title: t('upload.throwAway'),
                    content: t('upload.throwAwayTitle', { file: item.file }),
                    okText: t('upload.throwAway'),
                    remove: () => drop(item),
                    done: t('upload.failed', { file: item.file }),
                    failed: t('delete.failed'),
                    focus: { back: id, next: 'ark-new' },
                  })
                }
              >
                {t('upload.throwAway')}
              </Button>
            </Flex>
          </Flex>
          <input
            ref={input}
            type="file"
            accept=".ark,.nbdump,.nbdata"
            hidden
            aria-label={t('upload.choose')}
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file) resume(item, file);
              event.target.value = '';
            }}
          />
        </Flex>
      }
    />
  );
}
