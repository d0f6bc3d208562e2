import { Flex, Table, Tag, Typography, type TableColumnsType } from 'antd';
import { useMemo, useState } from 'react';
import type { TakeBackRow } from '../api/api';
import { useArk } from '../api/ark';
import { CellValue } from '../look/CellValue';
import { titleOf } from '../look/cellText';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

/** A row of now beside the one that takes its place. */
export interface ComparedRow extends Pick<TakeBackRow, 'collection' | 'title' | 'key' | 'cells' | 'cut'> {
  readonly does: TakeBackRow['does'] | 'delete';
  /** Where keys may be alike, or are shown to nobody. */
  readonly id?: string;
  /** Instead of the usual word for what is done. */
  readonly happens?: string;
  /** What there is to know besides. */
  readonly note?: string | undefined;
}

interface Props {
  readonly rows: readonly ComparedRow[];
  /** What the column of what comes is called. */
  readonly then: string;
  /** What that of the other side is called, which is now without it. */
  readonly now?: string;
}

type Cell = TakeBackRow['cells'][number];
const PAGE = 20;
const idOf = ({ collection, key, id }: ComparedRow): string => id ?? `${collection} ${key}`;

/** What is done to each row; one that is overwritten is open, with its columns side by side. */
export function ComparedRows({ rows, then, now }: Props) {
  const { narrow } = useArk();
  const { t } = useI18n();
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const columns = useMemo<TableColumnsType<ComparedRow>>(
    () => [
      {
        key: 'row',
        title: t('takeBack.row'),
        render: (_, { collection, title, key, note }) => (
          <Flex vertical style={styles.wrap}>
            <span>
              <span style={styles.strong}>{visible(title ?? collection)}</span> {visible(key)}
            </span>
            {note !== undefined && (
              <Typography.Text type="secondary" style={styles.smaller}>
                {note}
              </Typography.Text>
            )}
          </Flex>
        ),
      },
      {
        key: 'does',
        title: t('takeBack.happens'),
        width: narrow ? 120 : 190,
        render: (_, { does, happens }) => (
          <Tag style={styles.longTag}>{happens ?? t(`takeBack.does.${does}`)}</Tag>
        ),
      },
    ],
    [narrow, t],
  );
  const opens = ({ does }: ComparedRow): boolean => does === 'overwrite' || rows.length === 1;
  const open = rows.filter((row) => opens(row) !== turned.has(idOf(row))).map(idOf);
  return (
    <Table<ComparedRow>
      rowKey={idOf}
      size="small"
      columns={columns}
      dataSource={rows}
      pagination={rows.length > PAGE && { pageSize: PAGE, showSizeChanger: false }}
      expandable={{
        expandRowByClick: true,
        expandedRowKeys: open,
        rowExpandable: ({ cells, cut }) => cells.length > 0 || cut === true,
        onExpand: (_, row) => {
          const id = idOf(row);
          setTurned(new Set(turned.has(id) ? [...turned].filter((each) => each !== id) : [...turned, id]));
        },
        expandedRowRender: ({ cells, cut }) =>
          cut ? (
            <Typography.Text>{t('takeBack.cut')}</Typography.Text>
          ) : (
            <Cells cells={cells} then={then} now={now ?? t('takeBack.now')} />
          ),
      }}
    />
  );
}

/** Column by column; what is only on one side has that side alone. */
function Cells({
  cells,
  then,
  now,
}: {
  readonly cells: readonly Cell[];
  readonly then: string;
  readonly now: string;
}) {
  const { t } = useI18n();
  const side = (which: 'from' | 'to', title: string): TableColumnsType<Cell> =>
    cells.some((cell) => cell[which])
      ? [
          {
            key: which,
            title,
            render: (_, cell) =>
              cell[which] && (
                <CellValue cell={cell[which]} column={{ name: cell.column, type: 'text', key: false }} />
              ),
          },
        ]
      : [];
  return (
    <Table<Cell>
      rowKey="column"
      size="small"
      dataSource={cells}
      pagination={false}
      tableLayout="fixed"
      columns={[
        {
          key: 'column',
          title: t('takeBack.column'),
          width: '30%',
          render: (_, { column, title }) => (
            <span style={styles.wrap}>
              {visible(titleOf({ name: column, ...(title !== undefined && { title }) }))}
            </span>
          ),
        },
        ...side('from', now),
        ...side('to', then),
      ]}
    />
  );
}
