import { SearchOutlined } from '@ant-design/icons';
import { Button, Flex, Input, Table, Typography, type TableColumnsType } from 'antd';
import { useDeferredValue, useMemo, useState } from 'react';
import type { ArchivedCollection } from '../api/api';
import { GroupTag } from '../groups/GroupTag';
import { useI18n } from '../parts/i18n';
import { hasRows } from '../groups/rowCount';
import { GROUPS } from '../parts/theme';
import { styles } from '../parts/styles';

const MANY = 60;

interface Props {
  readonly collections: readonly ArchivedCollection[];
  /** Shows the rows of one; absent where nobody may. */
  readonly onOpen?: ((collection: ArchivedCollection) => void) | undefined;
}

/** The collections in an archive, searchable. */
export function ArchivedTable({ collections, onOpen }: Props) {
  const { t, format } = useI18n();
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const shown = useMemo(
    () =>
      collections
        .filter(
          (collection) =>
            wanted === '' ||
            [collection.name, collection.title].some((text) => text?.toLowerCase().includes(wanted)),
        )
        .sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || a.name.localeCompare(b.name)),
    [collections, wanted],
  );
  const columns = useMemo<TableColumnsType<ArchivedCollection>>(
    () => [
      {
        key: 'name',
        title: t('learn.collection'),
        width: 270,
        sorter: (a, b) => a.name.localeCompare(b.name),
        render: (_, collection) => (
          <Flex vertical style={styles.wrap}>
            {onOpen && hasRows(collection.kind) ? (
              <Button
                type="link"
                style={styles.longName}
                aria-label={t('rows.of', { collection: collection.title ?? collection.name })}
                onClick={() => onOpen(collection)}
              >
                {collection.title ?? collection.name}
              </Button>
            ) : (
              <span>{collection.title ?? collection.name}</span>
            )}
            {(collection.title !== undefined || collection.kind !== 'table') && (
              <Typography.Text type="secondary" style={styles.smaller}>
                {[
                  collection.title !== undefined && collection.name,
                  collection.kind !== 'table' && t(`kind.${collection.kind}`),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Typography.Text>
            )}
          </Flex>
        ),
      },
      {
        key: 'group',
        title: t('preview.group'),
        width: 140,
        render: (_, collection) => <GroupTag group={collection.group} />,
      },
      {
        key: 'rows',
        title: t('learn.rows'),
        width: 110,
        align: 'right',
        sorter: (a, b) => (a.rows ?? -1) - (b.rows ?? -1),
        render: (_, collection) =>
          !hasRows(collection.kind)
            ? '–'
            : collection.rows === undefined
              ? t('count.bare')
              : format.number(collection.rows),
      },
    ],
    [format, onOpen, t],
  );
  const many = shown.length > MANY;
  return (
    <>
      <Input
        allowClear
        prefix={<SearchOutlined aria-hidden />}
        value={search}
        placeholder={t('tree.search')}
        aria-label={t('tree.search')}
        onChange={(event) => setSearch(event.target.value)}
        style={styles.below8}
      />
      <Table<ArchivedCollection>
        rowKey="name"
        size="small"
        columns={columns}
        dataSource={shown}
        pagination={false}
        showSorterTooltip={false}
        virtual={many}
        scroll={many ? { x: 520, y: 440 } : { x: 'max-content' }}
        locale={{ emptyText: t('tree.noMatch', { text: search }) }}
      />
    </>
  );
}
