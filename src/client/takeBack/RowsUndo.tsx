import type { TakeBackItem } from '../api/api';
import { useArk } from '../api/ark';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { useTimeLeft } from '../parts/useTimeLeft';
import { UndoShape, type AtTheTop } from '../restore/UndoShape';
import { takenText } from './takenText';

interface Props {
  readonly item: TakeBackItem;
  readonly busy: boolean;
  readonly onUndo: () => void;
  readonly onChanged: () => void;
  readonly testId: string;
  readonly top?: AtTheTop;
}

/** Rows that were taken back, or put back: from where, how many, for how long that can be undone. */
export function RowsUndo({ item, busy, onUndo, onChanged, testId, top }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t, n } = i18n;
  const left = useTimeLeft(item.expiresAt);
  return (
    <UndoShape
      job={item.job}
      testId={testId}
      text={takenText(i18n, item)}
      facts={[
        t('undo.left', { time: left }),
        ...item.collections.map(({ name, rows }) =>
          t('takeBack.of', { collection: visible(name), text: n('count.rows', rows) }),
        ),
      ]}
      apply={
        item.readable
          ? {
              label: item.action === 'undo' ? t('rowsUndo.again') : t('rowsUndo.apply'),
              permission: 'takeBack',
              onClick: onUndo,
            }
          : undefined
      }
      busy={busy}
      remove={{
        title: t('rowsUndo.dropTitle'),
        text: t('rowsUndo.dropText'),
        failed: t('rowsUndo.dropFailed'),
        run: () => api.destroyTakeBack(item.job),
      }}
      onChanged={onChanged}
      top={top}
    />
  );
}
