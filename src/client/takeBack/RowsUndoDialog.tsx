import { Alert, Button, Flex, Modal, Spin } from 'antd';
import { useCallback } from 'react';
import type { TakeBackUndoPreview } from '../api/api';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import { visible } from '../notices/codeText';
import { ListNotice } from '../notices/ListNotice';
import { TALL, TALL_NARROW, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { listText } from '../parts/listText';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { ComparedRows } from './ComparedRows';
import { RowsProgress } from './RowsProgress';
import { useRowsRun } from './useRowsRun';

interface Props {
  readonly job: string;
  /** It was an undo itself: the rows come back once more. */
  readonly again: boolean;
  readonly running: Running;
  /** `undone`: rows were put back. */
  readonly onClose: (undone: boolean) => void;
}

/** What putting rows back as they were would do, and what somebody has changed of them since. */
export function RowsUndoDialog({ job: undone, again, running, onClose }: Props) {
  const { api, narrow } = useArk();
  const { t, n } = useI18n();
  const read = useCallback(() => api.previewTakeBackUndo(undone), [api, undone]);
  const { data, error, loading, retry } = useLoaded(read);
  const { job, error: refused, starting, changed, start } = useRowsRun(running, retry);
  const { close, shown } = useDialog(() => onClose(job?.state === 'done'));
  const since = data?.rows.filter((row) => row.changed).length ?? 0;
  const isReady =
    data !== undefined &&
    !loading &&
    !running.busy &&
    data.gone.length === 0 &&
    data.pointing.length === 0 &&
    data.rows.length > 0;
  const apply = () => {
    if (!isReady) return;
    const { expected } = data;
    start(() => api.undoTakeBack(undone, { expected, overwrite: since > 0 }));
  };
  const title = t(again ? 'rowsUndo.againTitle' : 'rowsUndo.title');
  return (
    <Modal
      {...shown}
      {...(narrow ? TALL_NARROW : TALL)}
      aria-label={title}
      title={title}
      width={960}
      maskClosable={false}
      footer={
        <Flex justify="flex-end" gap={8} wrap>
          <Button onClick={close} type={job ? 'primary' : 'default'}>
            {job ? t('action.close') : t('action.cancel')}
          </Button>
          {!job && (
            <Button type="primary" danger={since > 0} disabled={!isReady} loading={starting} onClick={apply}>
              {since > 0 ? n('rowsUndo.overwriting', since) : t(again ? 'rowsUndo.again' : 'rowsUndo.now')}
            </Button>
          )}
        </Flex>
      }
    >
      <div style={styles.roomForStep}>{job ? <RowsProgress job={job} /> : preview()}</div>
    </Modal>
  );

  function preview() {
    return (
      <Flex vertical gap={10}>
        {changed && <Alert type="warning" showIcon role="alert" message={t('takeBack.changed')} />}
        {refused && <ErrorNotice error={refused} title={t('undo.failed')} />}
        {error && <ErrorNotice error={error} title={t('undo.noPreview')} onRetry={retry} />}
        {!data && !error && (
          <Flex gap={12} align="center" style={styles.roomForPreview}>
            <Spin /> {t('undo.loading')}
          </Flex>
        )}
        {data && (
          <>
            {data.gone.length > 0 && (
              <Alert
                type="error"
                showIcon
                role="alert"
                message={t('rowsUndo.gone', { collections: listText(t, data.gone.map(visible)) })}
              />
            )}
            <ListNotice
              type="warning"
              title={t('rowsUndo.pointing')}
              lines={data.pointing.map(({ collection, at }, nth) => ({
                key: String(nth),
                text: `${visible(collection)} → ${visible(at)}`,
              }))}
            />
            {since > 0 && <Alert type="warning" showIcon message={<b>{n('rowsUndo.since', since)}</b>} />}
            <div role="status">{sums(data)}</div>
            <ComparedRows
              then={t('rowsUndo.then')}
              rows={data.rows.map((row) => ({
                ...row,
                note: row.changed ? t('rowsUndo.changed') : undefined,
              }))}
            />
          </>
        )}
      </Flex>
    );
  }

  function sums({ rows }: TakeBackUndoPreview): string {
    const count = (does: (typeof rows)[number]['does']) => rows.filter((row) => row.does === does).length;
    const [goes, comes, over, same] = [count('delete'), count('insert'), count('overwrite'), count('same')];
    return [
      ...(goes > 0 ? [n('rowsUndo.goes', goes)] : []),
      ...(comes > 0 ? [n('takeBack.inserted', comes)] : []),
      ...(over > 0 ? [n('takeBack.overwritten', over)] : []),
      ...(same > 0 ? [n('rowsUndo.same', same)] : []),
    ].join(' · ');
  }
}
