import { Tooltip } from 'antd';
import type { GroupName } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
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
  const tag = (
    <span style={{ ...styles.groupTag, ...groupMark(group, theme) }}>
      {t(`group.${group}`)}
      {count !== undefined && <b style={styles.groupTagCount}>{format.number(count)}</b>}
    </span>
  );
  if (count === undefined) return tag;
  const counts = [n('count.collections', count)];
  if (rows !== undefined) counts.push(n('count.rows', rows));
  return <Tooltip title={`${t(`group.${group}`)}: ${counts.join(' · ')}`}>{tag}</Tooltip>;
}
