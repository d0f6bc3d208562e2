import { SearchOutlined } from '@ant-design/icons';
import {
  Collapse,
  Drawer,
  Empty,
  Flex,
  Input,
  Skeleton,
  Table,
  Typography,
  type TableColumnsType,
} from 'antd';
import { useDeferredValue, useMemo, useState } from 'react';
import type { GroupName, LiveCollection } from '../api/api';
import { useArk } from '../api/ark';
import { GroupTag } from './GroupTag';
import { useI18n } from '../parts/i18n';
import { hasRows } from './rowCount';
import { GROUPS } from '../parts/theme';
import { styles } from '../parts/styles';

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly live: readonly LiveCollection[] | undefined;
  /** Whether uploaded files go in; undefined: there are none. */
  readonly files: boolean | undefined;
  /** The same of the app's AES key. */
  readonly aesKey: boolean | undefined;
}

const MANY = 100;

/** What each group means, and every collection in it with its title and where it comes from. */
export function LearnMore({ open, onClose, live, files, aesKey }: Props) {
  const { t } = useI18n();
  const { narrow } = useArk();
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState<readonly string[]>([]);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const matches = useMemo(
    () =>
      (live ?? []).filter(
        (collection) =>
          wanted === '' ||
          [collection.name, collection.title, collection.origin].some((text) =>
            text?.toLowerCase().includes(wanted),
          ),
      ),
    [live, wanted],
  );
  const groups = GROUPS.map((group) => ({
    group,
    members: matches.filter((collection) => collection.group === group),
  })).filter((section) => wanted === '' || section.members.length > 0);
  return (
    <Drawer
      open={open}
      onClose={onClose}
      aria-label={t('learn.title')}
      title={t('learn.title')}
      width={narrow ? '100%' : 680}
    >
      <Typography.Paragraph>{t('learn.intro')}</Typography.Paragraph>
      <Typography.Paragraph>{t('learn.undo')}</Typography.Paragraph>
      {files !== undefined && (
        <Typography.Paragraph type="secondary">
          {t(files ? 'learn.filesIn' : 'learn.filesOut')}
        </Typography.Paragraph>
      )}
      {aesKey !== undefined && (
        <Typography.Paragraph type="secondary">{t(aesKey ? 'key.held' : 'key.left')}</Typography.Paragraph>
      )}
      <Input
        allowClear
        prefix={<SearchOutlined aria-hidden />}
        value={search}
        placeholder={t('learn.search')}
        aria-label={t('learn.search')}
        onChange={(event) => setSearch(event.target.value)}
        style={styles.below}
      />
      {!live ? (
        <Skeleton active paragraph={{ rows: 6 }} />
      ) : groups.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('tree.noMatch', { text: search })} />
      ) : (
        <Collapse
          activeKey={wanted === '' ? [...opened] : groups.map((group) => group.group)}
          onChange={(keys) => setOpened(keys)}
          destroyOnHidden
          items={groups.map(({ group, members }) => ({
            key: group,
            label: (
              <div>
                <GroupTag group={group} count={members.length} />{' '}
                <Typography.Text type="secondary" style={styles.smaller}>
                  NocoBase: {t(`group.${group}.nocobase`)} · {group}
                </Typography.Text>
                <div style={styles.above4}>{t(`group.${group}.long`)}</div>
              </div>
            ),
            children: <Members group={group} members={members} />,
          }))}
        />
      )}
    </Drawer>
  );
}

function Members({
  group,
  members,
}: {
  readonly group: GroupName;
  readonly members: readonly LiveCollection[];
}) {
  const { t, format } = useI18n();
  const many = members.length > MANY;
  const columns = useMemo<TableColumnsType<LiveCollection>>(
    () => [
      {
        key: 'name',
        title: t('learn.collection'),
        width: 240,
        render: (_, collection) => (
          <Flex vertical style={styles.wrap}>
            <span>{collection.title ?? collection.name}</span>
            {collection.title !== undefined && (
              <Typography.Text type="secondary" style={styles.smaller}>
                {collection.name}
              </Typography.Text>
            )}
          </Flex>
        ),
      },
      {
        key: 'origin',
        title: t('learn.origin'),
        width: 210,
        render: (_, collection) => (
          <span style={styles.smallWrap}>
            {collection.origin ?? (group === 'custom' ? t('learn.madeHere') : '–')}
          </span>
        ),
      },
      {
        key: 'rows',
        title: t('learn.rows'),
        width: 90,
        align: 'right',
        // The rows of a materialized view are counted in the live database, if not in an archive.
        render: (_, collection) =>
          collection.rows === undefined || !(hasRows(collection.kind) || collection.rows > 0)
            ? '–'
            : format.number(collection.rows),
      },
    ],
    [format, group, t],
  );
  return (
    <Table<LiveCollection>
      rowKey="name"
      size="small"
      columns={columns}
      dataSource={members}
      pagination={false}
      virtual={many}
      scroll={many ? { x: 540, y: 360 } : { x: 'max-content' }}
      locale={{ emptyText: t('learn.empty') }}
    />
  );
}
