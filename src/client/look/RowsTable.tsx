import { LockOutlined } from '@ant-design/icons';
import { Table, Tooltip, type TableColumnsType } from 'antd';
import { useMemo } from 'react';
import type { LookCell, LookColumn, LookPage } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { CellValue } from './CellValue';
import { inOrder, keyOf, titleOf } from './cellText';
import { RowDetails } from './RowDetails';

type Row = LookPage['rows'][number];

interface Props {
  readonly page: LookPage;
  readonly empty: string;
  readonly onOnly: (column: LookColumn, cell: LookCell) => void;
  readonly onHistory: (cells: readonly LookCell[]) => void;
}

/** So many columns are seen at once; all of them are in the row that is opened. */
const WIDE = 12;

/** Rows of a page; a click opens one with all its values. */
export function RowsTable({ page, empty, onOnly, onHistory }: Props) {
  const { t } = useI18n();
  const { columns: all, rows } = page;
  const columns = useMemo<TableColumnsType<Row>>(
    () =>
      inOrder(all)
        .slice(0, WIDE)
        .map(({ column, at }) => ({
          key: column.name,
          title: (
            <Tooltip
              title={column.masked ? t(`rows.masked.${column.masked}`) : `${column.name} · ${column.type}`}
            >
              <span>
                {column.masked && <LockOutlined aria-hidden />} {titleOf(column)}
              </span>
            </Tooltip>
          ),
          ellipsis: true,
          width: column.key ? 110 : 170,
          ...(column.key && { fixed: 'left' as const }),
          render: (_: unknown, { cells }: Row) => {
            const cell = cells[at];
            return cell && <CellValue brief column={column} cell={cell} />;
          },
        })),
    [all, t],
  );
  return (
    <Table<Row>
      rowKey="row"
      size="small"
      columns={columns}
      dataSource={rows}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: empty }}
      onRow={() => ({ style: styles.clickable })}
      expandable={{
        expandRowByClick: true,
        expandedRowRender: ({ cells }) => (
          <RowDetails
            columns={all}
            cells={cells}
            onOnly={onOnly}
            onHistory={keyOf(all, cells) === undefined ? undefined : () => onHistory(cells)}
          />
        ),
      }}
    />
  );
}
