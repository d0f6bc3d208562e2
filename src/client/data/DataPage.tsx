import { ClearOutlined } from '@ant-design/icons';
import { Button, Descriptions, Flex, Skeleton, Table, Typography, type TableColumnsType } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import type { DataFolder } from '../api/api';
import { useArk } from '../api/ark';
import { ClearCacheDialog } from './ClearCacheDialog';
import { focusOn } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n, type I18n } from '../parts/i18n';
import { TrustedInstances } from '../trust/TrustedInstances';
import type { ArkData } from '../api/useArkData';
import { UndoList } from '../restore/Undos';
import { undoText } from '../restore/undoText';
import { useLoaded } from '../parts/useLoaded';
import { May } from '../api/May';
import { styles } from '../parts/styles';

interface Props {
  readonly data: ArkData;
  readonly onBackups: () => void;
}

type Part = DataFolder['parts'][number];
type InDatabase = DataFolder['database'][number];
const CLEAR = 'ark-clear-cache';

/** What cannot all be read is not known to be nothing. */
const atLeast = ({ t, format }: I18n, bytes: number): string =>
  bytes === 0 ? '–' : t('preview.atLeast', { count: format.bytes(bytes) });

/** What Ark keeps, where, and how much room it takes. */
export function DataPage({ data, onBackups }: Props) {
  const { api, narrow } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { stamp } = data;
  // Read again with everything else.
  const read = useCallback(() => api.getData(), [api, stamp]);
  const { data: folder, error, retry } = useLoaded(read);
  const [clearing, setClearing] = useState(false);

  const parts = useMemo<TableColumnsType<Part>>(() => {
    const path = (part: Part) => (
      <Typography.Text type="secondary" style={styles.smallWrap}>
        {part.path}
      </Typography.Text>
    );
    const title = (part: Part) =>
      part.kind === 'backups' ? (
        <Button type="link" style={styles.inlineButton} onClick={onBackups}>
          {t('data.part.backups')}
        </Button>
      ) : (
        t(`data.part.${part.kind}`)
      );
    const sums = (part: Part) =>
      part.unread
        ? atLeast(i18n, part.bytes)
        : `${n('count.files', part.files)} · ${format.bytes(part.bytes)}`;
    if (narrow) {
      return [
        {
          key: 'part',
          title: t('data.what'),
          render: (_, part) => (
            <Flex vertical>
              <Flex justify="space-between" gap={8}>
                {title(part)}
                <span>{part.unread ? atLeast(i18n, part.bytes) : format.bytes(part.bytes)}</span>
              </Flex>
              {path(part)}
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'what', title: t('data.what'), width: 260, render: (_, part) => title(part) },
      { key: 'path', title: t('data.path'), render: (_, part) => path(part) },
      { key: 'size', title: t('backups.size'), width: 180, align: 'right', render: (_, part) => sums(part) },
    ];
  }, [format, i18n, n, narrow, onBackups, t]);

  const kept = useMemo<TableColumnsType<InDatabase>>(() => {
    const name = (inDatabase: InDatabase) => {
      const undo = data.undos.find((candidate) => candidate.job === inDatabase.name);
      return (
        <Flex vertical style={styles.wrap}>
          {t(`data.kept.${inDatabase.kind}`)}
          <Typography.Text type="secondary" style={styles.smaller}>
            {undo ? undoText(i18n, undo) : inDatabase.name}
          </Typography.Text>
        </Flex>
      );
    };
    const until = ({ expiresAt }: InDatabase) =>
      expiresAt === undefined
        ? t('data.removable')
        : Date.parse(expiresAt) < Date.now()
          ? t('data.expired')
          : t('data.until', { date: format.dateTime(expiresAt) });
    if (narrow) {
      return [
        {
          key: 'kept',
          title: t('data.what'),
          render: (_, leftover) => (
            <Flex vertical>
              <Flex justify="space-between" gap={8}>
                {name(leftover)}
                <span style={styles.oneLine}>{format.bytes(leftover.bytes)}</span>
              </Flex>
              {until(leftover)}
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'what', title: t('data.what'), render: (_, leftover) => name(leftover) },
      { key: 'until', title: t('data.kept'), width: 300, render: (_, leftover) => until(leftover) },
      {
        key: 'size',
        title: t('backups.size'),
        width: 120,
        align: 'right',
        render: (_, leftover) => format.bytes(leftover.bytes),
      },
    ];
  }, [data.undos, format, i18n, narrow, t]);

  if (error && !folder) return <ErrorNotice error={error} onRetry={retry} />;
  if (!folder) return <Skeleton active title={false} paragraph={{ rows: 8 }} />;
  const total = folder.parts.reduce((sum, part) => sum + part.bytes, 0);
  return (
    <Flex vertical gap={16}>
      <Flex justify="space-between" align="flex-start" gap={12} wrap>
        <Descriptions
          size="small"
          column={1}
          style={styles.besideWide}
          items={[
            {
              key: 'folder',
              label: t('data.folder'),
              children: (
                <Typography.Text
                  code
                  style={styles.wrap}
                  copyable={{ text: folder.folder, tooltips: [t('data.copy'), t('data.copied')] }}
                >
                  {folder.folder}
                </Typography.Text>
              ),
            },
            {
              key: 'used',
              label: t('data.used'),
              children: folder.parts.some(({ unread }) => unread)
                ? atLeast(i18n, total)
                : format.bytes(total),
            },
            { key: 'free', label: t('data.free'), children: format.bytes(folder.free) },
          ]}
        />
        <May permission="delete">
          <Button id={CLEAR} icon={<ClearOutlined aria-hidden />} onClick={() => setClearing(true)}>
            {t('clear.button')}
          </Button>
        </May>
      </Flex>
      <UndoList data={data} />
      <section aria-label={t('data.inFolder')}>
        <Table<Part>
          rowKey="path"
          size="small"
          columns={parts}
          dataSource={folder.parts}
          pagination={false}
          showHeader={!narrow}
        />
      </section>
      <section aria-label={t('data.inDatabase')}>
        <Typography.Title level={2} style={styles.subtitle}>
          {t('data.inDatabase')}
        </Typography.Title>
        {folder.error ? (
          <ErrorNotice error={folder.error} />
        ) : (
          <Table<InDatabase>
            rowKey={(leftover) => `${leftover.kind} ${leftover.name}`}
            size="small"
            columns={kept}
            dataSource={folder.database}
            pagination={false}
            showHeader={!narrow && folder.database.length > 0}
            locale={{
              emptyText: <Typography.Text type="secondary">{t('data.nothingKept')}</Typography.Text>,
            }}
          />
        )}
      </section>
      <section aria-label={t('trust.list')}>
        <TrustedInstances stamp={stamp} onChanged={data.reload} />
      </section>
      {clearing && (
        <ClearCacheDialog
          appCache={data.system?.appCache ?? false}
          onCleared={data.reload}
          onClose={() => {
            setClearing(false);
            focusOn(CLEAR);
          }}
        />
      )}
    </Flex>
  );
}
