import { Flex, Typography } from 'antd';
import { useEffect, useState, type ReactNode } from 'react';
import type { TakeBackItem } from '../api/api';
import type { ArkData } from '../api/useArkData';
import { useI18n } from '../parts/i18n';
import { recall, remember } from '../parts/remembered';
import { styles } from '../parts/styles';
import { RowsUndo } from '../takeBack/RowsUndo';
import { RowsUndoDialog } from '../takeBack/RowsUndoDialog';
import { putAway, wasPutAway } from './putAway';
import { RestoreUndo } from './RestoreUndo';
import type { AtTheTop } from './UndoShape';

/** Whether the line was there at the last visit: its room is kept, so that nothing moves when it comes. */
const SHOWN = 'ark.undoShown';

interface Entry {
  readonly job: string;
  readonly at: string;
  readonly show: (testId: string, top?: AtTheTop) => ReactNode;
}

/** All that can be undone, the newest first, and the dialog that is open for one of them. */
function useUndos(data: ArkData): { entries: Entry[]; dialog: ReactNode } {
  // What is undone goes from the list before anybody has seen how it went.
  const [asked, setAsked] = useState<TakeBackItem>();
  const entries = [
    ...data.undos.map((undo): Entry => ({
      job: undo.job,
      at: undo.at,
      show: (testId, top) => (
        <RestoreUndo
          key={undo.job}
          undo={undo}
          running={data}
          onChanged={data.reload}
          testId={`undo-${testId}`}
          {...(top && { top })}
        />
      ),
    })),
    ...data.takeBacks.map((item): Entry => ({
      job: item.job,
      at: item.at ?? '',
      show: (testId, top) => (
        <RowsUndo
          key={item.job}
          item={item}
          busy={data.busy}
          onUndo={() => setAsked(item)}
          onChanged={data.reload}
          testId={`rows-undo-${testId}`}
          {...(top && { top })}
        />
      ),
    })),
  ].sort((a, b) => b.at.localeCompare(a.at));
  const dialog = asked && (
    <RowsUndoDialog
      job={asked.job}
      again={asked.action === 'undo'}
      running={data}
      onClose={() => setAsked(undefined)}
    />
  );
  return { entries, dialog };
}

/** The newest of what can be undone, in a line that can be put away in this browser. */
export function UndoLine({ data, onAll }: { readonly data: ArkData; readonly onAll: () => void }) {
  const { t } = useI18n();
  const { entries, dialog } = useUndos(data);
  const [away, setAway] = useState(wasPutAway);
  const newest = entries.find(({ job }) => !away.includes(job));
  const { undosKnown } = data;
  const isShown = newest !== undefined;
  useEffect(() => {
    if (undosKnown) remember(SHOWN, isShown ? 'yes' : 'no');
  }, [isShown, undosKnown]);
  return (
    <>
      {newest ? (
        <section aria-label={t('undo.section')}>
          {newest.show('line', {
            all: entries.length,
            onAll,
            onPutAway: () => setAway(putAway(newest.job)),
          })}
        </section>
      ) : (
        !undosKnown && recall(SHOWN) === 'yes' && <div style={styles.undoLine} />
      )}
      {dialog}
    </>
  );
}

/** Everything that can be undone, also what was put away. */
export function UndoList({ data }: { readonly data: ArkData }) {
  const { t } = useI18n();
  const { entries, dialog } = useUndos(data);
  return (
    <>
      {entries.length > 0 && (
        <section aria-label={t('undo.list')}>
          <Typography.Title level={2} style={styles.subtitle}>
            {t('undo.list')}
          </Typography.Title>
          <Flex vertical gap={8}>
            {entries.map(({ show }) => show('kept'))}
          </Flex>
        </section>
      )}
      {dialog}
    </>
  );
}
