import { LockOutlined } from '@ant-design/icons';
import { Checkbox, Table, Tooltip, type TableColumnsType } from 'antd';
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
  /** Absent where no row can be taken back, or nobody may. */
  readonly taking?: {
    /** Keys by the place of their rows, also of rows on other pages. */
    readonly ticked: ReadonlyMap<number, string>;
    readonly onTicked: (ticked: ReadonlyMap<number, string>) => void;
    readonly onTakeBack: (key: string) => void;
  };
}

/** So many columns are seen at once; all of them are in the row that is opened. */
const WIDE = 12;

/** Rows of a page; a click opens one with all its values. */
export function RowsTable({ page, empty, onOnly, onHistory, taking }: Props) {
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
  const keyed = rows.flatMap(({ row, cells }) => {
    const key = keyOf(all, cells);
    return key === undefined ? [] : [[row, key] as const];
  });
  const tickedHere = keyed.filter(([row]) => taking?.ticked.has(row)).length;
  const tick = (here: readonly (readonly [number, string])[]) => {
    const shown = new Set(rows.map(({ row }) => row));
    const others = [...(taking?.ticked ?? [])].filter(([row]) => !shown.has(row));
    taking?.onTicked(new Map([...others, ...here]));
  };
  return (
    <Table<Row>
      rowKey="row"
      size="small"
      columns={columns}
      dataSource={rows}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: empty }}
      {...(taking && {
        rowSelection: {
          columnWidth: 40,
          selectedRowKeys: [...taking.ticked.keys()],
          onChange: (chosen) => {
            const places = new Set(chosen);
            tick(keyed.filter(([row]) => places.has(row)));
          },
          columnTitle: (
            <Checkbox
              aria-label={t('takeBack.tickAll')}
              checked={tickedHere > 0 && tickedHere === keyed.length}
              indeterminate={tickedHere > 0 && tickedHere < keyed.length}
              disabled={keyed.length === 0}
              onChange={({ target }) => tick(target.checked ? keyed : [])}
            />
          ),
          getCheckboxProps: ({ row, cells }) => ({
            'aria-label': t('takeBack.tick', { key: keyOf(all, cells) ?? String(row + 1) }),
            disabled: keyOf(all, cells) === undefined,
          }),
        },
      })}
      onRow={() => ({ style: styles.clickable })}
      expandable={{
        expandRowByClick: true,
        expandedRowRender: ({ cells }) => {
          const key = keyOf(all, cells);
          return (
            <RowDetails
              columns={all}
              cells={cells}
              onOnly={onOnly}
              onHistory={key === undefined ? undefined : () => onHistory(cells)}
              onTakeBack={key === undefined || !taking ? undefined : () => taking.onTakeBack(key)}
            />
          );
        },
      }}
    />
  );
}
