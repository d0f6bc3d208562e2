import { LockOutlined } from '@ant-design/icons';
import { Tooltip, Typography } from 'antd';
import type { LookCell, LookColumn } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { shownCell } from './cellText';

interface Props {
  readonly column: LookColumn;
  readonly cell: LookCell;
  /** On one line, as far as there is room. */
  readonly brief?: boolean;
}

/** One value: what nobody may see says so, and nothing is told apart from an empty text. */
export function CellValue({ column, cell, brief = false }: Props) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const shown = shownCell(i18n, column, cell);
  if (shown.kind === 'masked')
    return (
      <Tooltip title={column.masked && t(`rows.masked.${column.masked}`)}>
        <Typography.Text type="secondary">
          <LockOutlined aria-hidden /> ••••
          <span style={styles.forListeners}>{t('rows.hidden')}</span>
        </Typography.Text>
      </Tooltip>
    );
  if (shown.kind !== 'value')
    return (
      <Typography.Text type="secondary">{shown.kind === 'null' ? '–' : t('rows.emptyText')}</Typography.Text>
    );
  const { text, raw } = shown;
  if (brief) return <span title={raw ?? text}>{text}</span>;
  return (
    <>
      <span style={styles.program}>{text}</span>
      {raw !== undefined && (
        <Typography.Text type="secondary" style={styles.smallerLine}>
          {raw}
        </Typography.Text>
      )}
      {cell.bytes !== undefined && (
        <Typography.Text type="secondary" style={styles.smallerLine}>
          {t('rows.cut', { size: format.bytes(cell.bytes) })}
        </Typography.Text>
      )}
    </>
  );
}
