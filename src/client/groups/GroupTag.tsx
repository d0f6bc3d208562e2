import { Tooltip } from 'antd';
import type { GroupName } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { groupMark } from '../parts/theme';

interface Props {
  readonly group: GroupName;
  /** Number of its collections. */
  readonly count?: number;
  readonly rows?: number;
}

/** A group's name in its colour, with the number of collections. */
export function GroupTag({ group, count, rows }: Props) {
  const { theme } = useArk();
  const { t, n, format } = useI18n();
  const { ink, paper } = groupMark(group, theme);
  const tag = (
    <span
      style={{
        display: 'inline-block',
        padding: '0 7px',
        borderRadius: 4,
        fontSize: 12,
        lineHeight: '20px',
        color: ink,
        background: paper,
        whiteSpace: 'nowrap',
      }}
    >
      {t(`group.${group}`)}
      {count !== undefined && <b style={{ fontWeight: 600, marginInlineStart: 5 }}>{format.number(count)}</b>}
    </span>
  );
  if (count === undefined) return tag;
  const counts = [n('count.collections', count)];
  if (rows !== undefined) counts.push(n('count.rows', rows));
  return <Tooltip title={`${t(`group.${group}`)}: ${counts.join(' · ')}`}>{tag}</Tooltip>;
}
