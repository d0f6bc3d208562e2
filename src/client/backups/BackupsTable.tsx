import { Button, Empty, Flex, Skeleton, Table, Tag, Tooltip, Typography, type TableColumnsType } from 'antd';
import { memo, useMemo } from 'react';
import type { BackupItem, GroupName } from '../api/api';
import { useArk } from '../api/ark';
import { BackupActions, type BackupAction } from './BackupActions';
import { BackupMarks } from './BackupMarks';
import { BackupState } from './BackupState';
import { keyOfBackup } from './many';
import { GroupTag } from '../groups/GroupTag';
import { useI18n } from '../parts/i18n';
import { otherMaker } from '../trust/makerText';
import { groupMark, GROUPS } from '../parts/theme';
import { May } from '../api/May';
import { useWidth } from '../parts/useWidth';
import { styles, useTinted } from '../parts/styles';

/** Above this, only the rows in sight are drawn. */
const MANY = 60;
/** All columns: as wide as NocoBase leaves on a screen of 1280, so that nothing is out of sight there. */
const WIDTH = 1008;

interface Props {
  readonly backups: readonly BackupItem[];
  /** Not known yet. */
  readonly loading: boolean;
  readonly busy: boolean;
  /** There are several storages: each backup says where it is. */
  readonly several: boolean;
  readonly empty: React.ReactNode;
  /** Keys of those that are ticked; undefined: there is nothing to tick them for. */
  readonly ticked: readonly string[] | undefined;
  readonly onTicked: (keys: readonly string[]) => void;
  readonly onAction: (action: BackupAction, backup: BackupItem) => void;
  /** Only those with this group are wanted. */
  readonly onGroup: (group: GroupName) => void;
}

const Groups = memo(function Groups({
  backup,
  onGroup,
}: {
  readonly backup: BackupItem;
  readonly onGroup: (group: GroupName) => void;
}) {
  const { t } = useI18n();
  const tinted = useTinted();
  if (backup.groups.length === 0) {
    return <span style={tinted.faint}>{backup.state === 'locked' ? t('backups.lockedContent') : '–'}</span>;
  }
  const groups = GROUPS.flatMap((group) => backup.groups.filter((count) => count.group === group));
  return (
    <Flex gap={4} wrap>
      {groups.map((group) => (
        <GroupTag
          key={group.group}
          group={group.group}
          count={group.collections}
          rows={group.rows}
          structureOnly={group.structureOnly}
          onPick={onGroup}
        />
      ))}
    </Flex>
  );
});

export const BackupsTable = memo(function BackupsTable(props: Props) {
  const { backups, loading, busy, several, empty, onAction, onGroup, ticked, onTicked } = props;
  const { narrow, theme: look } = useArk();
  const i18n = useI18n();
  const { t, format } = i18n;
  const many = backups.length > MANY;
  // A virtual table learns its own width a moment after it was painted: rows would grow and shrink once more.
  const [place, width] = useWidth();

  const columns = useMemo<TableColumnsType<BackupItem>>(() => {
    const name = (backup: BackupItem) =>
      backup.state === 'damaged' ? (
        <Typography.Text style={styles.wrap}>{backup.name}</Typography.Text>
      ) : (
        <Button type="link" style={styles.longName} onClick={() => onAction('details', backup)}>
          {backup.name}
        </Button>
      );
    const foreign = (backup: BackupItem) => {
      const other = otherMaker(i18n, backup);
      const mark = groupMark('log', look);
      return (
        other !== undefined && (
          <Tooltip title={t('backups.foreignHint', { instance: other })}>
            <Tag bordered={false} tabIndex={0} style={{ ...styles.longTag, ...mark }}>
              {t('backups.foreign', { instance: other })}
            </Tag>
          </Tooltip>
        )
      );
    };
    const where = (backup: BackupItem) => (
      <Tag bordered={false} style={styles.longTag}>
        {backup.storage}
      </Tag>
    );
    if (narrow) {
      return [
        {
          key: 'backup',
          title: t('backups.name'),
          width: 300,
          render: (_, backup) => (
            <Flex vertical gap={6}>
              {name(backup)}
              <Typography.Text type="secondary" style={styles.small}>
                {format.dateTime(backup.createdAt)} · {format.bytes(backup.size)}
                {backup.createdBy !== undefined && ` · ${backup.createdBy}`}
              </Typography.Text>
              <BackupMarks backup={backup} />
              <Flex gap={4} wrap>
                {several && where(backup)}
                {foreign(backup)}
              </Flex>
              <Groups backup={backup} onGroup={onGroup} />
              <Flex justify="space-between" align="center" gap={8} wrap>
                <BackupState backup={backup} />
                <BackupActions backup={backup} busy={busy} onAction={onAction} />
              </Flex>
            </Flex>
          ),
        },
      ];
    }
    return [
      {
        key: 'name',
        title: t('backups.name'),
        width: 170,
        sorter: (a, b) => a.name.localeCompare(b.name),
        render: (_, backup) => (
          <Flex vertical gap={4} align="flex-start">
            {name(backup)}
            <BackupMarks backup={backup} />
            {several && where(backup)}
            {foreign(backup)}
          </Flex>
        ),
      },
      {
        key: 'created',
        title: t('backups.created'),
        width: 180,
        defaultSortOrder: 'descend',
        sortDirections: ['descend', 'ascend', 'descend'],
        sorter: (a, b) => a.createdAt.localeCompare(b.createdAt),
        render: (_, backup) => (
          <Flex vertical>
            <span>{format.dateTime(backup.createdAt)}</span>
            <Typography.Text type="secondary" style={styles.smaller} ellipsis>
              {format.relative(backup.createdAt)}
              {backup.createdBy !== undefined && ` · ${backup.createdBy}`}
            </Typography.Text>
          </Flex>
        ),
      },
      {
        key: 'size',
        title: t('backups.size'),
        width: 80,
        align: 'right',
        sorter: (a, b) => a.size - b.size,
        render: (_, backup) => (
          <Tooltip title={t('count.exactBytes', { bytes: format.number(backup.size) })}>
            <span style={styles.figuresLine}>{format.bytes(backup.size)}</span>
          </Tooltip>
        ),
      },
      {
        key: 'groups',
        title: t('backups.contents'),
        width: 185,
        render: (_, backup) => <Groups backup={backup} onGroup={onGroup} />,
      },
      {
        key: 'state',
        title: t('backups.state'),
        width: 138,
        render: (_, backup) => <BackupState backup={backup} />,
      },
      {
        key: 'actions',
        title: t('backups.actions'),
        width: 215,
        fixed: 'right',
        render: (_, backup) => <BackupActions backup={backup} busy={busy} onAction={onAction} />,
      },
    ];
  }, [busy, format, i18n, look, narrow, onAction, onGroup, several, t]);

  if (loading)
    return (
      <div ref={place}>
        <Skeleton active paragraph={{ rows: 12, width: '100%' }} title={false} />
      </div>
    );
  return (
    <div ref={place}>
      <Table<BackupItem>
        rowKey={keyOfBackup}
        {...(ticked && {
          rowSelection: {
            columnWidth: 40,
            selectedRowKeys: [...ticked],
            onChange: (keys) => onTicked(keys.map(String)),
            getCheckboxProps: ({ name }) => ({ disabled: false, 'aria-label': t('many.tick', { name }) }),
            // The bar below has it, also where there is no head.
            hideSelectAll: true,
          },
        })}
        size="middle"
        columns={columns}
        dataSource={backups}
        pagination={false}
        virtual={many}
        showHeader={!narrow}
        showSorterTooltip={false}
        scroll={{
          ...((many || !narrow) && { x: Math.max(many ? width : 0, narrow ? 300 : WIDTH) }),
          ...(many && { y: Math.max(360, window.innerHeight - 340) }),
        }}
        locale={{ emptyText: empty }}
      />
    </div>
  );
});

/** Nothing there yet, or nothing that matches. */
export function NoBackups({
  hidden,
  onNew,
  onSetup,
  onReset,
}: {
  /** So many are there, and filters hide them. */
  readonly hidden: number;
  readonly onNew: () => void;
  readonly onSetup: () => void;
  readonly onReset: () => void;
}) {
  const { may } = useArk();
  const { t, n } = useI18n();
  const filtered = hidden > 0;
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <div style={styles.emptyState}>
          <Typography.Text strong>{filtered ? t('backups.noMatch') : t('backups.none')}</Typography.Text>
          {filtered && (
            <Typography.Paragraph type="secondary">
              {t('filters.hidden', { backups: n('count.backups', hidden) })}
            </Typography.Paragraph>
          )}
          {!filtered && <Typography.Paragraph type="secondary">{t('backups.noneText')}</Typography.Paragraph>}
        </div>
      }
    >
      {filtered ? (
        <Button onClick={onReset}>{t('backups.reset')}</Button>
      ) : (
        <Flex gap={8} wrap justify="center">
          <May permission="settings">
            <Button type="primary" onClick={onSetup}>
              {t('setup.open')}
            </Button>
          </May>
          <May permission="backup">
            <Button type={may('settings') ? 'default' : 'primary'} onClick={onNew}>
              {t('backups.new')}
            </Button>
          </May>
        </Flex>
      )}
    </Empty>
  );
}
