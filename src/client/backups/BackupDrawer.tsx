import { DownloadOutlined, HistoryOutlined } from '@ant-design/icons';
import { Button, Collapse, Descriptions, Drawer, Flex, Skeleton, Tabs, Tag, Typography } from 'antd';
import { useCallback, useState } from 'react';
import type { ArchivedCollection, BackupDetail, BackupItem, BackupKeys } from '../api/api';
import { ArchivedTable } from './ArchivedTable';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import type { BackupAction } from './BackupActions';
import { BackupMarks } from './BackupMarks';
import { BackupState } from './BackupState';
import { CodeList } from '../notices/CodeList';
import { codeSums } from '../notices/codeText';
import { useDrawer } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { provenHint, unprovenTexts } from './proofText';
import { RowsDrawer } from '../look/RowsDrawer';
import { MakerLine } from '../trust/MakerLine';
import { BlemishNotice } from '../notices/BlemishNotice';
import { leftOut } from './notIncluded';
import { UnlockForm } from '../passphrase/UnlockForm';
import { useLoaded } from '../parts/useLoaded';
import { May } from '../api/May';
import { styles } from '../parts/styles';

interface Props {
  readonly backup: BackupItem;
  readonly running: Running;
  readonly onClose: () => void;
  /** Its maker is trusted now: what is shown of it is another thing. */
  readonly onTrusted: () => void;
  readonly onAction: (action: BackupAction, backup: BackupItem) => void;
}

/** Everything that is known of one backup. */
export function BackupDrawer({ backup, running, onClose, onTrusted, onAction }: Props) {
  const { api, narrow, may } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { close, shown } = useDrawer(onClose);
  const [keys, setKeys] = useState<BackupKeys>();
  const [looked, setLooked] = useState<ArchivedCollection>();
  const locked = backup.state === 'locked';
  const read = useCallback(() => api.getBackup(backup, keys), [api, backup, keys]);
  const { data, error, loading, retry } = useLoaded(locked && keys === undefined ? undefined : read);
  const left = data ? leftOut(i18n, data.notIncluded) : [];
  return (
    <Drawer
      {...shown}
      width={narrow ? '100%' : 720}
      aria-label={backup.name}
      title={<span style={styles.wrap}>{backup.name}</span>}
      extra={
        <Flex gap={8}>
          <May permission="download">
            <Button
              icon={<DownloadOutlined aria-hidden />}
              aria-label={t('action.download')}
              onClick={() => onAction('download', backup)}
            />
          </May>
          <May permission="restore">
            <Button
              type="primary"
              icon={<HistoryOutlined aria-hidden />}
              disabled={running.busy || backup.state === 'damaged'}
              onClick={() => {
                close();
                onAction('restore', backup);
              }}
            >
              {t('action.restore')}
            </Button>
          </May>
        </Flex>
      }
    >
      <Descriptions size="small" column={narrow ? 1 : 2} items={facts()} style={styles.below} />
      {locked && !data ? (
        <UnlockForm reading={loading} error={error} onOpen={setKeys} />
      ) : error ? (
        <ErrorNotice error={error} onRetry={retry} />
      ) : loading && !data ? (
        <Skeleton active paragraph={{ rows: 8 }} />
      ) : (
        data &&
        data.collections.length > 0 && (
          <>
            <BlemishNotice blemishes={data.blemishes} />
            <Tabs
              items={[
                {
                  key: 'contents',
                  label: `${t('details.contents')} (${format.number(data.collections.length)})`,
                  children: (
                    <ArchivedTable
                      collections={data.collections}
                      onOpen={may('look') ? setLooked : undefined}
                    />
                  ),
                },
                ...(data.code.length > 0
                  ? [
                      {
                        key: 'code',
                        label: `${t('details.code')} (${format.number(data.code.length)})`,
                        children: (
                          <>
                            <Typography.Paragraph>
                              {t('code.brings', { sums: codeSums(i18n, data.code) })}
                            </Typography.Paragraph>
                            <CodeList items={data.code} />
                          </>
                        ),
                      },
                    ]
                  : []),
                {
                  key: 'left',
                  label: `${t('details.notIncluded')} (${format.number(data.notIncluded.length)})`,
                  children:
                    left.length === 0 ? (
                      <Typography.Text>{t('details.nothingLeft')}</Typography.Text>
                    ) : (
                      <>
                        <Typography.Paragraph type="secondary">
                          {t('details.notIncludedText')}
                        </Typography.Paragraph>
                        <Collapse
                          items={left.map(({ reason, foreign, names }) => ({
                            key: reason,
                            label: (
                              <span lang={foreign ? 'en' : undefined}>
                                {reason} ({format.number(names.length)})
                              </span>
                            ),
                            children: (
                              <Flex gap={4} wrap style={styles.scrolling} tabIndex={0}>
                                {names.map((name) => (
                                  <Tag key={name} style={styles.flush}>
                                    {name}
                                  </Tag>
                                ))}
                              </Flex>
                            ),
                          }))}
                        />
                      </>
                    ),
                },
              ]}
            />
          </>
        )
      )}
      {looked && (
        <RowsDrawer
          backup={backup}
          collection={looked}
          keys={keys}
          running={running}
          onClose={() => setLooked(undefined)}
        />
      )}
    </Drawer>
  );

  function facts() {
    const detail: BackupDetail | undefined = data;
    const items = [
      { key: 'created', label: t('backups.created'), children: format.dateTime(backup.createdAt) },
      ...(backup.createdBy === undefined
        ? []
        : [{ key: 'by', label: t('backups.by'), children: backup.createdBy }]),
      { key: 'size', label: t('backups.size'), children: format.bytes(backup.size) },
      { key: 'state', label: t('backups.state'), children: <BackupState backup={backup} /> },
      { key: 'where', label: t('backups.where'), children: backup.storage },
      ...(backup.pinned || backup.note !== undefined
        ? [{ key: 'note', label: t('mark.note'), children: <BackupMarks backup={backup} /> }]
        : []),
      ...(backup.rehearsedAt === undefined
        ? []
        : [
            {
              key: 'proven',
              label: t('details.proven'),
              children: (
                <div>
                  {provenHint(i18n, backup)}
                  {unprovenTexts(i18n, backup).map((text) => (
                    <Typography.Text key={text} type="secondary" style={styles.line}>
                      {text}
                    </Typography.Text>
                  ))}
                </div>
              ),
            },
          ]),
      { key: 'instance', label: t('details.instance'), children: backup.instance ?? '–' },
      ...(backup.state === 'damaged'
        ? []
        : [
            {
              key: 'maker',
              label: t('details.maker'),
              children: <MakerLine backup={detail ?? backup} onTrusted={onTrusted} />,
            },
          ]),
      {
        key: 'rows',
        label: t('details.rows'),
        children:
          detail && detail.collections.some(({ rows }) => rows !== undefined)
            ? n('count.rows', detail.rows)
            : '–',
      },
      {
        key: 'database',
        label: t('details.database'),
        children:
          detail && detail.database.version !== ''
            ? `${detail.database.dialect === 'postgres' ? 'PostgreSQL' : detail.database.dialect} ${detail.database.version}${detail.database.schema === undefined ? '' : ` · ${detail.database.schema}`}`
            : '–',
      },
      {
        key: 'app',
        label: t('details.app'),
        children: detail?.app
          ? `${detail.app.name === 'nocobase' ? 'NocoBase' : detail.app.name} ${detail.app.version ?? ''} · ${n('count.plugins', detail.app.plugins)}`
          : '–',
      },
    ];
    return items;
  }
}
