import { SearchOutlined } from '@ant-design/icons';
import { Button, Empty, Flex, Input, Tree, Typography, type TreeDataNode } from 'antd';
import { memo, useDeferredValue, useId, useMemo, useState } from 'react';
import type { ArchivedCollection, GroupName } from '../api/api';
import { GroupTag } from './GroupTag';
import { useI18n } from '../parts/i18n';
import { hasRows } from './rowCount';
import { GROUPS } from '../parts/theme';
import { styles, useTinted } from '../parts/styles';

export interface TreeCollection {
  readonly name: string;
  readonly group: GroupName;
  readonly kind?: ArchivedCollection['kind'];
  readonly title?: string;
  readonly rows?: number;
}

interface Props {
  readonly collections: readonly TreeCollection[];
  readonly checked: ReadonlySet<string>;
  readonly onChange: (checked: ReadonlySet<string>) => void;
  readonly height: number;
}

const groupKey = (group: string) => `group:${group}`;
const leafKey = (name: string) => `collection:${name}`;

/** Groups and their collections, with a search; only the lines in sight are drawn. */
export const CollectionTree = memo(function CollectionTree({
  collections,
  checked,
  onChange,
  height,
}: Props) {
  const { t, n, format } = useI18n();
  const tinted = useTinted();
  const [search, setSearch] = useState('');
  const [expanded, setExpanded] = useState<readonly React.Key[]>([]);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const counted = useId();

  const visible = useMemo(
    () =>
      wanted === ''
        ? collections
        : collections.filter(
            (collection) =>
              collection.name.toLowerCase().includes(wanted) ||
              collection.title?.toLowerCase().includes(wanted),
          ),
    [collections, wanted],
  );
  const totals = useMemo(() => {
    const sums = new Map<string, { all: number; checked: number }>();
    for (const collection of collections) {
      const total = sums.get(collection.group) ?? { all: 0, checked: 0 };
      total.all++;
      if (checked.has(collection.name)) total.checked++;
      sums.set(collection.group, total);
    }
    return sums;
  }, [checked, collections]);
  const nodes = useMemo<TreeDataNode[]>(
    () =>
      GROUPS.flatMap((group) => {
        const members = visible.filter((collection) => collection.group === group);
        const total = totals.get(group);
        if (members.length === 0 || !total) return [];
        return [
          {
            key: groupKey(group),
            title: (
              <span>
                <GroupTag group={group} />{' '}
                <Typography.Text type="secondary" style={styles.small}>
                  {t('tree.chosenOf', { chosen: total.checked, all: total.all })}
                </Typography.Text>
              </span>
            ),
            children: members.map((member) => ({
              key: leafKey(member.name),
              isLeaf: true,
              title: (
                <Flex gap={8} style={styles.shrinking} justify="space-between">
                  <span style={styles.cut}>
                    {member.title ?? member.name}
                    {member.title !== undefined && (
                      <Typography.Text type="secondary" style={styles.smaller}>
                        {' '}
                        {member.name}
                      </Typography.Text>
                    )}
                  </span>
                  {member.rows !== undefined && (
                    <span style={tinted.faintSmallerLine}>
                      {hasRows(member.kind) || member.rows > 0 ? n('count.rows', member.rows) : '–'}
                    </span>
                  )}
                </Flex>
              ),
            })),
          },
        ];
      }),
    [n, t, tinted, totals, visible],
  );
  const keys = useMemo(
    () =>
      visible
        .filter((collection) => checked.has(collection.name))
        .map((collection) => leafKey(collection.name)),
    [checked, visible],
  );
  const replace = (chosen: ReadonlySet<string>) => {
    const next = new Set(checked);
    for (const collection of visible) {
      if (chosen.has(collection.name)) next.add(collection.name);
      else next.delete(collection.name);
    }
    onChange(next);
  };

  return (
    <div>
      <Flex gap={8} align="center" wrap style={styles.below8}>
        <Input
          allowClear
          prefix={<SearchOutlined aria-hidden />}
          value={search}
          placeholder={t('tree.search')}
          aria-label={t('tree.search')}
          aria-describedby={counted}
          onChange={(event) => setSearch(event.target.value)}
          style={styles.beside}
        />
        <Button size="small" onClick={() => replace(new Set(visible.map((collection) => collection.name)))}>
          {t('tree.all')}
        </Button>
        <Button size="small" onClick={() => replace(new Set())}>
          {t('tree.none')}
        </Button>
      </Flex>
      <div style={{ ...tinted.treeBox, height }}>
        {nodes.length === 0 ? (
          <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('tree.noMatch', { text: search })} />
        ) : (
          <Tree
            className="ark-tree"
            checkable
            blockNode
            selectable={false}
            height={height - 10}
            treeData={nodes}
            checkedKeys={keys}
            expandedKeys={wanted === '' ? [...expanded] : nodes.map((node) => node.key)}
            onExpand={(next) => setExpanded(next)}
            onCheck={(next) => {
              const list = Array.isArray(next) ? next : next.checked;
              const prefix = leafKey('');
              replace(
                new Set(
                  list
                    .map(String)
                    .filter((key) => key.startsWith(prefix))
                    .map((key) => key.slice(prefix.length)),
                ),
              );
            }}
          />
        )}
      </div>
      <div id={counted} role="status" style={tinted.quietSmallAbove}>
        {t('tree.chosen', { chosen: format.number(checked.size), all: format.number(collections.length) })}
      </div>
    </div>
  );
});
