import { Alert, Button, Checkbox, Flex, Modal, Spin } from 'antd';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { BackupKeys, BackupRef, TakeBackPreview } from '../api/api';
import { useArk } from '../api/ark';
import type { Running } from '../api/useArkData';
import { visible } from '../notices/codeText';
import { TALL, TALL_NARROW, useDialog } from '../parts/dialog';
import { ErrorNotice } from '../parts/ErrorNotice';
import { useI18n } from '../parts/i18n';
import { NameField } from '../parts/NameField';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { PlainNotice } from '../passphrase/PlainNotice';
import { confirmationOf, isConfirmed } from '../restore/confirmation';
import { makerText } from '../trust/makerText';
import { ALONE } from './choice';
import { ComparedRows } from './ComparedRows';
import { RowsProgress } from './RowsProgress';
import { RowsUndoDialog } from './RowsUndoDialog';
import { rowsDone } from './rowsDone';
import { TakeBackNotices } from './TakeBackNotices';
import { useRowsRun } from './useRowsRun';
import { WhatBelongs } from './WhatBelongs';

/** Which rows of which backup. */
export interface TakingBack {
  readonly backup: BackupRef & { readonly instance?: string | undefined };
  readonly collection: string;
  /** Primary keys, as the API takes them. */
  readonly rows: readonly string[];
  readonly keys: BackupKeys | undefined;
}

interface Props {
  readonly taking: TakingBack;
  readonly running: Running;
  /** `written`: rows came back. */
  readonly onClose: (written: boolean) => void;
}

/** What taking rows back would do, column by column; then how it goes. Nothing is written before it is confirmed. */
export function TakeBackDialog({ taking, running, onClose }: Props) {
  const { backup, collection, rows, keys } = taking;
  const { api, instance, narrow } = useArk();
  const { t, n } = useI18n();
  const [choice, setChoice] = useState(ALONE);
  const [allowPlain, setAllowPlain] = useState(keys?.allowPlain ?? false);
  const [allowChanges, setAllowChanges] = useState(false);
  const [asksForPlain, setAsksForPlain] = useState(false);
  const [typed, setTyped] = useState('');
  const [undoing, setUndoing] = useState(false);
  const asked = useMemo(
    () => ({
      ...keys,
      collection,
      keys: rows,
      ...choice,
      ...(allowPlain && { allowPlain }),
      ...(allowChanges && { allowChanges }),
    }),
    [allowChanges, allowPlain, choice, collection, keys, rows],
  );
  const read = useCallback(() => api.previewTakeBack(backup, asked), [api, asked, backup]);
  const { data, error, loading, retry } = useLoaded(read);
  // Where a choice cannot be, it is taken back where it was made.
  const last = useRef<TakeBackPreview>();
  if (data) last.current = data;
  const { job, error: refused, starting, changed, start } = useRowsRun(running, retry);
  const { close, shown } = useDialog(() => onClose(job?.state === 'done'));

  const overwrite = data?.counts.overwrite ?? 0;
  const written = (data?.counts.insert ?? 0) + overwrite;
  const isPlain = [error, refused].some((each) => each?.code === 'ARCHIVE_NOT_ENCRYPTED');
  if (isPlain && !asksForPlain) setAsksForPlain(true);
  const name = confirmationOf(instance, backup.name);
  const isReady =
    data !== undefined &&
    !loading &&
    !running.busy &&
    data.refusals.length === 0 &&
    written > 0 &&
    (!asksForPlain || allowPlain) &&
    (!data.asksForName || isConfirmed(typed, name));
  const done = job?.state === 'done' ? rowsDone(job) : undefined;

  const take = () => {
    if (!isReady || starting) return;
    const { expected } = data;
    start(() => api.takeBack(backup, { ...asked, expected, ...(overwrite > 0 && { overwrite: true }) }));
  };

  return (
    <Modal
      {...shown}
      {...(narrow ? TALL_NARROW : TALL)}
      aria-label={t('takeBack.title', { backup: backup.name })}
      title={<span style={styles.wrap}>{t('takeBack.title', { backup: backup.name })}</span>}
      width={960}
      maskClosable={false}
      footer={
        <Flex justify="flex-end" gap={8} wrap>
          {done?.undo !== undefined && (
            <Button onClick={() => setUndoing(true)} disabled={running.busy}>
              {t('takeBack.undo')}
            </Button>
          )}
          <Button onClick={close} type={job ? 'primary' : 'default'}>
            {job ? t('action.close') : t('action.cancel')}
          </Button>
          {!job && (
            <Button
              type="primary"
              danger={overwrite > 0 || data?.asksForName === true}
              disabled={!isReady}
              loading={starting}
              onClick={take}
            >
              {overwrite > 0
                ? n('takeBack.overwriting', overwrite, { rows: n('count.rows', written) })
                : written > 0
                  ? n('takeBack.rows', written)
                  : t('takeBack.some')}
            </Button>
          )}
        </Flex>
      }
    >
      <div style={styles.roomForStep}>{job ? <RowsProgress job={job} /> : preview()}</div>
      {undoing && done?.undo !== undefined && (
        <RowsUndoDialog
          job={done.undo}
          again={false}
          running={running}
          onClose={(undone) => {
            setUndoing(false);
            if (undone) close();
          }}
        />
      )}
    </Modal>
  );

  function preview() {
    const known = data ?? last.current;
    return (
      <Flex vertical gap={10}>
        {changed && <Alert type="warning" showIcon role="alert" message={t('takeBack.changed')} />}
        {asksForPlain && <PlainNotice allowed={allowPlain} onAllow={setAllowPlain} />}
        {refused && !isPlain && <ErrorNotice error={refused} title={t('takeBack.failed')} />}
        {data?.asksForName && (
          <Alert
            type="warning"
            showIcon
            message={
              <b>
                {t('restore.foreign', {
                  from: visible(
                    makerText({ t }, { maker: data.maker, mine: false, instance: backup.instance }),
                  ),
                  into: instance,
                })}
              </b>
            }
          />
        )}
        {known && <WhatBelongs preview={known} choice={choice} onChange={setChoice} />}
        {error && !isPlain && (
          <ErrorNotice
            error={error}
            title={t('undo.noPreview')}
            onRetry={retry}
            extra={
              error.details?.code === 'value-no-place' && (
                <Checkbox
                  style={styles.above8}
                  checked={allowChanges}
                  onChange={({ target }) => setAllowChanges(target.checked)}
                >
                  <b>{t('preview.allowChanges')}</b>
                </Checkbox>
              )
            }
          />
        )}
        {!data && !error && (
          <Flex gap={12} align="center" style={styles.roomForPreview}>
            <Spin /> {t('undo.loading')}
          </Flex>
        )}
        {data && (
          <Flex vertical gap={10} style={loading ? styles.stale : undefined} aria-busy={loading}>
            <TakeBackNotices preview={data} />
            <div role="status">{sums(data)}</div>
            <ComparedRows
              then={t('preview.then')}
              rows={data.rows.map((row) => ({
                ...row,
                note: row.why === 'asked' ? undefined : t(`takeBack.why.${row.why}`),
              }))}
            />
            {data.asksForName && written > 0 && (
              <NameField name={name} typed={typed} onTyped={setTyped} onEnter={take} />
            )}
          </Flex>
        )}
      </Flex>
    );
  }

  function sums({ counts }: TakeBackPreview): string {
    if (written === 0) return t('takeBack.nothing');
    return [
      ...(counts.insert > 0 ? [n('takeBack.inserted', counts.insert)] : []),
      ...(counts.overwrite > 0 ? [n('takeBack.overwritten', counts.overwrite)] : []),
      ...(counts.same > 0 ? [n('takeBack.same', counts.same)] : []),
    ].join(' · ');
  }
}
