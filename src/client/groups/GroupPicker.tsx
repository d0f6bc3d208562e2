import { Checkbox, theme, Typography } from 'antd';
import { useId } from 'react';
import type { GroupName } from '../api/api';
import { GroupTag } from './GroupTag';
import type { GroupSum } from './groupSums';
import { useI18n } from '../parts/i18n';
import { guessedRowsText } from './rowCount';
import { styles } from '../parts/styles';

interface Props {
  readonly sums: readonly GroupSum[];
  readonly chosen: ReadonlySet<GroupName>;
  readonly onChange: (chosen: ReadonlySet<GroupName>) => void;
}

/** One line a group: what it is and how much it holds. */
export function GroupPicker({ sums, chosen, onChange }: Props) {
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { token } = theme.useToken();
  const id = useId();
  return (
    <div
      role="group"
      aria-label={t('new.groups')}
      style={{ border: `1px solid ${token.colorBorderSecondary}`, borderRadius: 6 }}
    >
      {sums.map(({ group, collections, guessed, bytes }, index) => {
        const fixed = group === 'required';
        return (
          <div
            key={group}
            style={{
              display: 'flex',
              gap: 12,
              padding: '6px 12px',
              cursor: fixed ? 'default' : 'pointer',
              borderTop: index > 0 ? `1px solid ${token.colorBorderSecondary}` : 'none',
            }}
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
            <label
              htmlFor={`${id}-${group}`}
              style={{
                display: 'flex',
                flexWrap: 'wrap',
                gap: '2px 16px',
                justifyContent: 'space-between',
                flex: 1,
                minWidth: 0,
                cursor: 'inherit',
              }}
            >
              <GroupTag group={group} />
              <Typography.Text type="secondary" style={styles.smallFigures}>
                {n('count.collections', collections)} · {guessedRowsText(i18n, guessed)} ·{' '}
                {format.bytes(bytes)}
              </Typography.Text>
              <div style={{ flexBasis: '100%', fontSize: 13, color: token.colorTextSecondary }}>
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
