import { Alert, Button, Checkbox, Flex, Modal, Spin, Typography } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, type ApiError, type JobItem, type UndoItem, type UndoPreview } from '../api/api';
import { useArk } from '../api/ark';
import { confirmationOf, isConfirmed } from './confirmation';
import { TALL, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { ForgottenNotice } from '../notices/ForgottenNotice';
import { useI18n } from '../parts/i18n';
import { NameField } from '../parts/NameField';
import { byConcern, concern, lossesOf, previewSums } from './previewRows';
import { PreviewTable } from './PreviewTable';
import { useFailure } from '../parts/useFailure';
import { warningText } from '../parts/warningText';
import { styles } from '../parts/styles';

interface Props {
  readonly undo: UndoItem;
  readonly onStarted: (job: JobItem) => void;
  readonly onClose: () => void;
}

/** An undo is a restore: it shows what would change and be lost, and asks for the name where something is. */
export function UndoDialog({ undo, onStarted, onClose }: Props) {
  const { api, instance } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { close, shown } = useDialog(onClose);
  const fail = useFailure();
  const [preview, setPreview] = useState<UndoPreview>();
  const [error, setError] = useState<ApiError>();
  const [allowBreaks, setAllowBreaks] = useState(false);
  const [typed, setTyped] = useState('');
  const [working, setWorking] = useState(false);
  const again = undo.action === 'undo';

  const over = useRef(false);
  const look = useCallback(
    () =>
      api.previewUndo(undo.job).then(
        (answer) => {
          if (!over.current) setPreview(answer);
        },
        (cause: unknown) => {
          if (!over.current) setError(asApiError(cause));
        },
      ),
    [api, undo.job],
  );
  useEffect(() => {
    over.current = false;
    void look();
    return () => {
      over.current = true;
    };
  }, [look]);

  const rows = useMemo(
    () => byConcern(preview?.collections ?? []).filter((row) => concern(row) > 0),
    [preview],
  );
  const sums = useMemo(() => previewSums(preview?.collections ?? []), [preview]);
  const breaks = preview?.warnings.filter((warning) => warning.kind === 'breaks') ?? [];
  const later = preview?.later ?? [];
  const confirmation = confirmationOf(instance, undo.job);
  const careful = preview?.asksForName ?? false;
  const ready =
    preview && (breaks.length === 0 || allowBreaks) && (!careful || isConfirmed(typed, confirmation));

  const apply = async () => {
    setWorking(true);
    try {
      const started = await api.applyUndo(undo.job, {
        ...(allowBreaks && { allowBreaks }),
        acceptLost: lossesOf(preview?.collections ?? []),
      });
      onStarted(started.job);
      close();
    } catch (cause) {
      fail(cause, t('undo.failed'));
      // What was agreed to was something else: it is shown anew, and asked for again.
      if (asApiError(cause).code !== 'MORE_WOULD_BE_LOST') return;
      setTyped('');
      await look();
    } finally {
      setWorking(false);
    }
  };

  return (
    <Modal
      {...shown}
      {...TALL}
      title={again ? t('undo.redoTitle') : t('undo.applyTitle')}
      width={960}
      maskClosable={false}
      footer={
        <Flex justify="flex-end" gap={8}>
          <Button onClick={close}>{t('action.cancel')}</Button>
          <Button
            type="primary"
            danger={careful}
            disabled={!ready}
            loading={working}
            onClick={() => void apply()}
          >
            {again ? t('undo.redo') : t('undo.apply')}
          </Button>
        </Flex>
      }
    >
      <Typography.Paragraph>
        {t(again ? 'undo.redoText' : 'undo.applyText', {
          date: format.dateTime(undo.at),
          collections: n('count.collections', touched(undo)),
        })}{' '}
        {t('undo.applyKept')}
      </Typography.Paragraph>
      {error && <ErrorNotice error={error} title={t('undo.noPreview')} />}
      {!preview && !error && (
        <Flex gap={12} align="center" style={styles.roomForPreview}>
          <Spin /> {t('undo.loading')}
        </Flex>
      )}
      {preview && (
        <Flex vertical gap={10}>
          {breaks.length > 0 && (
            <Alert
              type="error"
              showIcon
              message={<b>{t('warning.breaks')}</b>}
              description={
                <>
                  <ul style={styles.listWrap}>
                    {breaks.map((warning) => (
                      <li key={JSON.stringify(warning)}>{warningText(i18n, warning)}</li>
                    ))}
                  </ul>
                  <Checkbox checked={allowBreaks} onChange={(event) => setAllowBreaks(event.target.checked)}>
                    <b>{t('undo.allowBreaks')}</b>
                  </Checkbox>
                </>
              }
            />
          )}
          {sums.aside > 0 && <Alert type="warning" showIcon message={<b>{n('undo.gone', sums.aside)}</b>} />}
          {sums.lost > 0 && <Alert type="warning" showIcon message={<b>{n('undo.lost', sums.lost)}</b>} />}
          <ForgottenNotice forgotten={preview.forgotten} />
          {later.length > 0 && (
            <Alert
              type="warning"
              showIcon
              message={<b>{n('undo.later', later.length)}</b>}
              description={
                <ul style={styles.list}>
                  {later.map((job) => (
                    <li key={job.job}>
                      {t(job.action === 'undo' ? 'undo.undone' : 'undo.restored', {
                        date: format.dateTime(job.at),
                        source: job.source,
                      })}
                    </li>
                  ))}
                </ul>
              }
            />
          )}
          {sums.updated > 0 && (
            <Alert
              type="info"
              showIcon
              message={n('preview.changedSince', sums.updated, { date: format.dateTime(undo.at) })}
            />
          )}
          {!careful && sums.updated === 0 && <Alert type="info" showIcon message={t('undo.same')} />}
          {rows.length > 0 && (
            <details>
              <summary style={styles.clickable}>
                {t('undo.showTable')} ({format.number(rows.length)})
              </summary>
              <PreviewTable rows={rows} empty={t('preview.noMatch')} then={t('undo.then')} />
            </details>
          )}
          {careful && (
            <NameField
              name={confirmation}
              typed={typed}
              onTyped={setTyped}
              onEnter={() => {
                if (ready && !working) void apply();
              }}
            />
          )}
        </Flex>
      )}
    </Modal>
  );
}

/** How many collections an undo is about: those that came and those that went. */
export const touched = (undo: UndoItem): number =>
  new Set([...undo.collections.map((collection) => collection.name), ...(undo.aside ?? [])]).size;
