import { ExperimentOutlined, WarningFilled } from '@ant-design/icons';
import { Button, Flex, Skeleton, Table, Tag, Tooltip, Typography, type MenuProps } from 'antd';
import { memo, useMemo } from 'react';
import type { BackupItem, BackupListMeta, StorageItem, StorageKind } from '../api/api';
import { useArk } from '../api/ark';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { MoreMenu } from '../parts/MoreMenu';
import { variableOf, whatText } from './storageText';
import { styles, useTinted } from '../parts/styles';

export type StorageAction = 'test' | 'edit' | 'default' | 'remove';

/** The id of the button to which the focus returns after a dialog about this storage. */
export const storageButtonId = (name: string) => `ark-storage-${encodeURIComponent(name)}`;

interface Props {
  /** Undefined until they are there. */
  readonly storages: readonly StorageItem[] | undefined;
  readonly kinds: readonly StorageKind[] | undefined;
  readonly backups: readonly BackupItem[];
  /** All storages have answered, or failed. */
  readonly whole: boolean;
  /** They are being asked. */
  readonly asking: boolean;
  readonly unreachable: BackupListMeta['failed'];
  readonly onAction: (action: StorageAction, item: StorageItem) => void;
}

/** One line a storage: what it is, where, how much is in it, and why it cannot be used. */
export const StoragesTable = memo(function StoragesTable(props: Props) {
  const { storages, kinds, backups, whole, asking, unreachable, onAction } = props;
  const { narrow, may } = useArk();
  const i18n = useI18n();
  const tinted = useTinted();

  const columns = useMemo(() => {
    const { t, n, format } = i18n;
    const name = (item: StorageItem) => (
      <Flex gap={8} wrap align="center">
        <Typography.Text strong style={styles.wrap}>
          {item.name}
        </Typography.Text>
        {item.default && (
          <Tooltip title={t('storages.defaultHint')}>
            <Tag bordered={false} color="blue" style={styles.flush} tabIndex={0}>
              {t('storages.default')}
            </Tag>
          </Tooltip>
        )}
      </Flex>
    );
    const place = (item: StorageItem) => {
      const trouble = item.error ?? unreachable.find((failure) => failure.storage === item.name);
      const said = trouble && errorText(i18n, trouble);
      return (
        <div style={styles.wrap}>
          {item.place === '' && !trouble ? '–' : item.place}
          {said && (
            <div style={styles.small}>
              <WarningFilled aria-hidden style={tinted.error} /> {said.text}{' '}
              <Typography.Text type="secondary" lang={said.lang} style={styles.small}>
                {said.detail}
              </Typography.Text>{' '}
              <Typography.Text code style={styles.smaller}>
                {trouble.code}
              </Typography.Text>
            </div>
          )}
        </div>
      );
    };
    const held = (item: StorageItem) => {
      if (item.error || unreachable.some((failure) => failure.storage === item.name)) return '–';
      const inside = backups.filter((backup) => backup.storage === item.name);
      if (inside.length === 0 && !whole) return asking ? t('storages.asking') : '–';
      const size = inside.reduce((sum, backup) => sum + backup.size, 0);
      const counted = n('count.backups', inside.length);
      return inside.length === 0 ? counted : `${counted} · ${format.bytes(size)}`;
    };
    const from = (item: StorageItem) => (
      <Tooltip title={t(`storages.fromHint.${item.from}`, { variable: variableOf(item.name) })}>
        <span tabIndex={0}>{t(`storages.from.${item.from}`)}</span>
      </Tooltip>
    );
    const actions = (item: StorageItem) => {
      if (!may('settings')) return null;
      const own = item.from === 'settings';
      const items: MenuProps['items'] = [
        ...(own ? [{ key: 'edit', label: t('storages.edit') }] : []),
        { key: 'default', label: t('storages.makeDefault'), disabled: item.default },
        ...(own
          ? [{ type: 'divider' as const }, { key: 'remove', label: t('storages.remove'), danger: true }]
          : []),
      ];
      return (
        <Flex gap={4}>
          <Button
            size="small"
            icon={<ExperimentOutlined aria-hidden />}
            aria-label={t('storages.testName', { name: item.name })}
            onClick={() => onAction('test', item)}
          >
            {t('storages.test')}
          </Button>
          <MoreMenu<StorageAction>
            id={storageButtonId(item.name)}
            name={item.name}
            items={items}
            onAction={(action) => onAction(action, item)}
          />
        </Flex>
      );
    };
    const kind = (item: StorageItem) => whatText(i18n, item, kinds);
    if (narrow) {
      return [
        {
          key: 'storage',
          title: t('storage.name'),
          render: (_: unknown, item: StorageItem) => (
            <Flex vertical gap={6}>
              <Flex justify="space-between" gap={8} align="flex-start">
                {name(item)}
                {actions(item)}
              </Flex>
              <Typography.Text type="secondary" style={styles.small}>
                {kind(item)} · {from(item)} · {held(item)}
              </Typography.Text>
              <div style={styles.small}>{place(item)}</div>
            </Flex>
          ),
        },
      ];
    }
    const column = (
      key: string,
      title: string,
      width: number,
      render: (item: StorageItem) => React.ReactNode,
    ) => ({ key, title, width, render: (_: unknown, item: StorageItem) => render(item) });
    return [
      column('name', t('storage.name'), 190, name),
      column('kind', t('storages.kind'), 170, kind),
      column('place', t('storages.place'), 330, place),
      column('held', t('storages.held'), 160, held),
      column('from', t('storages.from'), 110, from),
      column('actions', t('backups.actions'), 120, actions),
    ];
  }, [asking, backups, i18n, kinds, may, narrow, onAction, tinted, unreachable, whole]);

  if (!storages) return <Skeleton active title={false} paragraph={{ rows: 4, width: '100%' }} />;
  return (
    <Table<StorageItem>
      rowKey="name"
      size="middle"
      columns={columns}
      dataSource={storages}
      pagination={false}
      showHeader={!narrow}
      scroll={narrow ? {} : { x: 1000 }}
    />
  );
});
