import { useState } from 'react';
import type { UndoItem } from '../api/api';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import { useI18n } from '../parts/i18n';
import { useTimeLeft } from '../parts/useTimeLeft';
import { touched, UndoDialog } from './UndoDialog';
import { UndoShape, type AtTheTop } from './UndoShape';
import { undoText } from './undoText';

interface Props {
  readonly undo: UndoItem;
  readonly running: Running;
  readonly onChanged: () => void;
  readonly testId: string;
  readonly top?: AtTheTop;
}

/** A restore that can be undone, or an undo of one that can be taken back. */
export function RestoreUndo({ undo, running: { busy, tell }, onChanged, testId, top }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const [asking, setAsking] = useState(false);
  const left = useTimeLeft(undo.expiresAt);
  const size = format.bytes(undo.bytes);
  const again = undo.action === 'undo';
  return (
    <>
      <UndoShape
        job={undo.job}
        testId={testId}
        text={undoText(i18n, undo)}
        facts={[
          t('undo.left', { time: left }),
          n('count.collections', touched(undo)),
          // What an undo brought back was not counted.
          ...(again
            ? []
            : [
                n(
                  'count.rows',
                  undo.collections.reduce((sum, { rows }) => sum + rows, 0),
                ),
              ]),
          t('undo.size', { size }),
        ]}
        apply={{
          label: again ? t('undo.redo') : t('undo.apply'),
          permission: 'restore',
          onClick: () => setAsking(true),
        }}
        busy={busy}
        remove={{
          title: t('undo.removeTitle', { size }),
          text: again ? t('undo.freeLive', { date: format.dateTime(undo.at) }) : t('undo.freeText'),
          failed: t('undo.removeFailed'),
          run: () => api.destroyUndo(undo.job),
        }}
        onChanged={onChanged}
        top={top}
      />
      {asking && <UndoDialog undo={undo} onStarted={tell} onClose={() => setAsking(false)} />}
    </>
  );
}
