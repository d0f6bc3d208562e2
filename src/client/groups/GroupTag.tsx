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
  /** Of the collections, those without their rows. */
  readonly structureOnly?: number | undefined;
  /** Of a list: only what has this group is wanted. The keyboard has the list's own filter for that. */
  readonly onPick?: (group: GroupName) => void;
}

/** A group's name in its colour, with the number of collections. */
export function GroupTag({ group, count, rows, structureOnly = 0, onPick }: Props) {
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
  // Of a structure alone nobody has counted rows.
  if (rows !== undefined && structureOnly < count) counts.push(n('count.rows', rows));
  if (structureOnly > 0) counts.push(n('count.structureOnly', structureOnly));
  return (
    <Tooltip title={`${t(`group.${group}`)}: ${counts.join(' · ')}`}>
      {onPick ? (
        <button type="button" tabIndex={-1} style={styles.plainButton} onClick={() => onPick(group)}>
          {tag}
        </button>
      ) : (
        tag
      )}
    </Tooltip>
  );
}
