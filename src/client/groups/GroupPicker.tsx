import { Checkbox, Typography } from 'antd';
import { useId } from 'react';
import type { GroupName } from '../api/api';
import { GroupTag } from './GroupTag';
import type { GroupSum } from './groupSums';
import { useI18n } from '../parts/i18n';
import { guessedRowsText } from './rowCount';
import { styles, useTinted } from '../parts/styles';

interface Props {
  readonly sums: readonly GroupSum[];
  readonly chosen: ReadonlySet<GroupName>;
  readonly onChange: (chosen: ReadonlySet<GroupName>) => void;
}

/** One line a group: what it is and how much it holds. */
export function GroupPicker({ sums, chosen, onChange }: Props) {
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const tinted = useTinted();
  const id = useId();
  return (
    <div role="group" aria-label={t('new.groups')} style={tinted.box}>
      {sums.map(({ group, collections, guessed, bytes }, index) => {
        const fixed = group === 'required';
        const parted = index > 0;
        return (
          <div
            key={group}
            style={{ ...styles.groupRow, ...(parted && tinted.parted), ...(!fixed && styles.clickable) }}
          >
            <Checkbox
              id={`${id}-${group}`}
              checked={fixed || chosen.has(group)}
              disabled={fixed}
              onChange={(event) => {
                const next = new Set(chosen);
                if (event.target.checked) next.add(group);
                else next.delete(group);
                onChange(next);
              }}
            />
            <label htmlFor={`${id}-${group}`} style={styles.groupLabel}>
              <GroupTag group={group} />
              <Typography.Text type="secondary" style={styles.smallFigures}>
                {n('count.collections', collections)} · {guessedRowsText(i18n, guessed)} ·{' '}
                {format.bytes(bytes)}
              </Typography.Text>
              <div style={tinted.groupText}>
                {t(`group.${group}.short`)}
                {fixed && <> {t('new.requiredFixed')}</>}
              </div>
            </label>
          </div>
        );
      })}
    </div>
  );
}
