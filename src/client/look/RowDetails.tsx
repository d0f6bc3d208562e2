import { FilterOutlined, HistoryOutlined, RollbackOutlined } from '@ant-design/icons';
import { Button, Descriptions, Flex, Tooltip, Typography } from 'antd';
import type { LookCell, LookColumn } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { CellValue } from './CellValue';
import { inOrder, titleOf } from './cellText';

interface Props {
  readonly columns: readonly LookColumn[];
  readonly cells: readonly LookCell[];
  readonly onOnly: (column: LookColumn, cell: LookCell) => void;
  /** Absent where the row has no key to be known by. */
  readonly onHistory?: (() => void) | undefined;
  /** Absent where nobody may. */
  readonly onTakeBack?: (() => void) | undefined;
}

/** All of one row, a line for each column. */
export function RowDetails({ columns, cells, onOnly, onHistory, onTakeBack }: Props) {
  const { t } = useI18n();
  return (
    <>
      <Flex gap={8} wrap>
        {onHistory && (
          <Button icon={<HistoryOutlined aria-hidden />} onClick={onHistory} style={styles.below8}>
            {t('rows.history')}
          </Button>
        )}
        {onTakeBack && (
          <Button icon={<RollbackOutlined aria-hidden />} onClick={onTakeBack} style={styles.below8}>
            {t('takeBack.this')}
          </Button>
        )}
      </Flex>
      <Descriptions
        bordered
        size="small"
        column={1}
        items={inOrder(columns).flatMap(({ column, at }) => {
          const cell = cells[at];
          if (!cell) return [];
          return {
            key: column.name,
            label: (
              <>
                {titleOf(column)}
                {column.title !== undefined && column.title !== column.name && (
                  <Typography.Text type="secondary" style={styles.smallerLine}>
                    {column.name}
                  </Typography.Text>
                )}
              </>
            ),
            children: (
              <Flex justify="space-between" gap={8}>
                <div style={styles.shrinkingWrap}>
                  <CellValue column={column} cell={cell} />
                </div>
                {!cell.masked && cell.value !== null && cell.bytes === undefined && (
                  <Tooltip title={t('rows.only')}>
                    <Button
                      size="small"
                      type="text"
                      icon={<FilterOutlined aria-hidden />}
                      aria-label={`${t('rows.only')}: ${titleOf(column)}`}
                      onClick={() => onOnly(column, cell)}
                    />
                  </Tooltip>
                )}
              </Flex>
            ),
          };
        })}
      />
    </>
  );
}
