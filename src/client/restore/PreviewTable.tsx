import { Flex, Table, Typography, type TableColumnsType } from 'antd';
import { memo, useMemo } from 'react';
import type { GroupName } from '../api/api';
import { useArk } from '../api/ark';
import { GroupTag } from '../groups/GroupTag';
import { useI18n } from '../parts/i18n';
import type { PreviewRow } from './previewRows';
import { hasRows } from '../groups/rowCount';
import { structureText } from './structureText';
import { GROUPS } from '../parts/theme';
import { styles, useTinted } from '../parts/styles';

const MANY = 60;
const SHOWN = 3;
const groupOf = (text: string | undefined): GroupName => GROUPS.find((group) => group === text) ?? 'unknown';

/** One line a collection: what is there now, what will be there, what goes. */
export const PreviewTable = memo(function PreviewTable({
  rows,
  empty,
  then: thenTitle,
}: {
  readonly rows: readonly PreviewRow[];
  readonly empty: string;
  /** What the column of the state that comes back is called; without it, that of a backup. */
  readonly then?: string;
}) {
  const { narrow } = useArk();
  const i18n = useI18n();
  const tinted = useTinted();
  const many = rows.length > MANY;

  const columns = useMemo<TableColumnsType<PreviewRow>>(() => {
    const { t, n, format } = i18n;
    const count = (value: number | undefined) => (value === undefined ? '–' : format.number(value));
    const dash = (row: PreviewRow, value: number | undefined) =>
      count(hasRows(row.kind) || (value ?? 0) > 0 ? value : undefined);
    const now = (row: PreviewRow) =>
      row.rowsNowGuessed && row.rowsNow !== undefined
        ? t('preview.about', { count: count(row.rowsNow) })
        : dash(row, row.rowsNow);
    const then = (row: PreviewRow) =>
      row.action === 'aside' ? '–' : row.structureOnly ? t('count.bare') : dash(row, row.rowsInBackup);
    const name = (row: PreviewRow) => (
      <Flex vertical style={styles.wrap}>
        <span style={styles.strong}>{row.title ?? row.name}</span>
        <span style={tinted.faintSmaller}>
          {[row.title !== undefined && row.name, row.kind !== 'table' && t(`kind.${row.kind}`)]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </Flex>
    );
    const lost = (row: PreviewRow) => (
      <Flex vertical>
        {(row.lostAtLeast ?? 0) > 0 ? (
          <b style={tinted.error}>{t('preview.atLeast', { count: count(row.lostAtLeast) })}</b>
        ) : (
          <span style={tinted.faint}>{row.lostAtLeast === 0 ? format.number(0) : '–'}</span>
        )}
        {(row.changedSince ?? 0) > 0 && <small>{n('preview.changed', row.changedSince ?? 0)}</small>}
        {(row.undated ?? 0) > 0 && <small>{n('preview.undated', row.undated ?? 0)}</small>}
      </Flex>
    );
    const changes = (row: PreviewRow) => {
      if (row.action === 'create')
        return <Typography.Text type="success">{t('preview.willBeCreated')}</Typography.Text>;
      if (row.action === 'aside')
        return <Typography.Text type="warning">{t('preview.willGo')}</Typography.Text>;
      if (row.structure.length === 0) return <span style={tinted.faint}>{t('preview.sameStructure')}</span>;
      const texts = row.structure.map((change) => structureText(i18n, change));
      return (
        <div style={styles.smallWrap}>
          <ul style={styles.list}>
            {texts.slice(0, SHOWN).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          {texts.length > SHOWN && (
            <details>
              <summary style={styles.clickable}>{n('preview.moreChanges', texts.length - SHOWN)}</summary>
              <ul style={styles.list}>
                {texts.slice(SHOWN).map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </details>
          )}
        </div>
      );
    };
    if (narrow) {
      return [
        {
          key: 'row',
          title: t('learn.collection'),
          render: (_, row) => (
            <Flex vertical gap={4}>
              <Flex justify="space-between" gap={8}>
                {name(row)}
                <GroupTag group={groupOf(row.group)} />
              </Flex>
              <Flex gap="0 16px" wrap style={styles.small}>
                <span>
                  {t('preview.now')}: {now(row)}
                </span>
                <span>
                  {thenTitle ?? t('preview.then')}: {then(row)}
                </span>
                {(row.lostAtLeast ?? 0) + (row.changedSince ?? 0) > 0 && (
                  <span>
                    {t('preview.newer')}: {lost(row)}
                  </span>
                )}
              </Flex>
              {changes(row)}
            </Flex>
          ),
        },
      ];
    }
    return [
      { key: 'name', title: t('learn.collection'), width: 185, render: (_, row) => name(row) },
      {
        key: 'group',
        title: t('preview.group'),
        width: 120,
        render: (_, row) => <GroupTag group={groupOf(row.group)} />,
      },
      {
        key: 'now',
        title: t('preview.now'),
        width: 115,
        align: 'right',
        sorter: (a, b) => (a.rowsNow ?? -1) - (b.rowsNow ?? -1),
        render: (_, row) => now(row),
      },
      {
        key: 'then',
        title: thenTitle ?? t('preview.then'),
        width: 140,
        align: 'right',
        sorter: (a, b) => (a.rowsInBackup ?? -1) - (b.rowsInBackup ?? -1),
        render: (_, row) => then(row),
      },
      {
        key: 'newer',
        title: t('preview.newer'),
        width: 130,
        align: 'right',
        sorter: (a, b) => (a.lostAtLeast ?? 0) - (b.lostAtLeast ?? 0),
        render: (_, row) => lost(row),
      },
      { key: 'structure', title: t('preview.structure'), width: 210, render: (_, row) => changes(row) },
    ];
  }, [i18n, narrow, thenTitle, tinted]);

  return (
    <Table<PreviewRow>
      rowKey="name"
      size="small"
      columns={columns}
      dataSource={rows}
      pagination={false}
      virtual={many}
      showHeader={!narrow}
      showSorterTooltip={false}
      scroll={many ? { x: narrow ? 280 : 880, y: 380 } : narrow ? {} : { x: 860 }}
      locale={{ emptyText: empty }}
    />
  );
});
