import { Flex, Table, type TableColumnsType } from 'antd';
import { useMemo } from 'react';
import { useArk } from '../api/ark';
import { GroupTag } from '../groups/GroupTag';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';
import { DifferenceDetails, hasDetails } from './DifferenceDetails';
import { countOf, KINDS, type Difference, type Words } from './difference';

interface Props {
  readonly collections: readonly Difference[];
  readonly words: Words;
  readonly empty: string;
}

const PAGE = 50;
const ALL = [...KINDS, 'equal'] as const;

/** One line a collection, with numbers that are exact; a click opens columns and examples. */
export function DifferenceTable({ collections, words, empty }: Props) {
  const { narrow } = useArk();
  const { t, format } = useI18n();
  const tinted = useTinted();
  const columns = useMemo<TableColumnsType<Difference>>(() => {
    const name = (row: Difference) => (
      <Flex vertical style={styles.wrap}>
        <span style={styles.strong}>{visible(row.title ?? row.name)}</span>
        {row.title !== undefined && <span style={tinted.faintSmaller}>{visible(row.name)}</span>}
      </Flex>
    );
    const count = (row: Difference, kind: (typeof ALL)[number]) => {
      const number = countOf(row, kind);
      if (number === undefined) return <span style={tinted.faint}>–</span>;
      if (number === 0) return <span style={tinted.faint}>{format.number(0)}</span>;
      return kind === 'onlyHere' && words === 'swap' ? (
        <b style={tinted.error}>{format.number(number)}</b>
      ) : (
        format.number(number)
      );
    };
    const head = (kind: (typeof ALL)[number]) =>
      kind === 'equal' ? t('difference.equal') : t(`difference.${words}.${kind}`);
    if (narrow)
      return [
        {
          key: 'row',
          title: t('learn.collection'),
          render: (_, row) => (
            <Flex vertical gap={4}>
              <Flex justify="space-between" gap={8}>
                {name(row)}
                <GroupTag group={row.group} />
              </Flex>
              <Flex gap="0 16px" wrap style={styles.small}>
                {ALL.map((kind) => (
                  <span key={kind}>
                    {head(kind)}: {count(row, kind)}
                  </span>
                ))}
              </Flex>
            </Flex>
          ),
        },
      ];
    return [
      { key: 'name', title: t('learn.collection'), render: (_, row) => name(row) },
      {
        key: 'group',
        title: t('preview.group'),
        width: 120,
        render: (_, row) => <GroupTag group={row.group} />,
      },
      ...ALL.map((kind): TableColumnsType<Difference>[number] => ({
        key: kind,
        title: head(kind),
        width: 125,
        align: 'right',
        sorter: (a, b) => (countOf(a, kind) ?? -1) - (countOf(b, kind) ?? -1),
        render: (_, row) => count(row, kind),
      })),
    ];
  }, [format, narrow, t, tinted, words]);
  return (
    <Table<Difference>
      rowKey="name"
      size="small"
      columns={columns}
      dataSource={collections}
      pagination={collections.length > PAGE && { pageSize: PAGE, showSizeChanger: false }}
      showHeader={!narrow}
      showSorterTooltip={false}
      scroll={narrow ? {} : { x: 780 }}
      locale={{ emptyText: empty }}
      expandable={{
        expandRowByClick: true,
        rowExpandable: hasDetails,
        expandedRowRender: (row) => <DifferenceDetails difference={row} words={words} />,
      }}
    />
  );
}
