import { Button, Flex, Modal } from 'antd';
import { useCallback, useState } from 'react';
import type { BackupKeys, JobItem } from '../api/api';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import type { Running } from '../api/useArkData';
import { visible } from '../notices/codeText';
import { TALL, TALL_NARROW, useDialog } from '../parts/dialog';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { useLoaded } from '../parts/useLoaded';
import { confirmationOf, isConfirmed } from '../restore/confirmation';
import { RestoreRun } from '../restore/RestoreRun';
import { useRowsRun } from '../takeBack/useRowsRun';
import { PreparedLook } from './PreparedLook';
import { Preparing } from './Preparing';
import { deletionId, useDeletion } from './useDeletion';

interface Props {
  /** The id of the job that prepares it, or has. */
  readonly job: string;
  /** The job itself, while the list does not know it yet. */
  readonly preparing?: JobItem;
  readonly backup: string;
  readonly keys?: BackupKeys;
  /** A restore would ask for the name, whatever goes. */
  readonly asksForName: boolean;
  readonly running: Running;
  readonly onChanged: () => void;
  /** Back to what it was prepared with. */
  readonly onBack?: () => void;
  readonly onClose: () => void;
}

/** Rows of each kind and collection. */
const EXAMPLES = 5;

/** A restore that stops before its swap: how it is prepared, what it would change exactly, and then the swap. */
export function PreparedDialog(props: Props) {
  const { job: id, preparing, backup, asksForName, running, onChanged, onBack, onClose } = props;
  const { api, instance, narrow, may } = useArk();
  const { t } = useI18n();
  const { close, shown } = useDialog(onClose);
  const [keys, setKeys] = useState(props.keys);
  const [allowPlain, setAllowPlain] = useState(keys?.allowPlain ?? false);
  const [asksForPlain, setAsksForPlain] = useState(false);
  const [typed, setTyped] = useState('');
  const prepare = running.jobs.find((job) => job.id === id) ?? preparing;
  const isReady = prepare === undefined || prepare.state === 'done';
  const examples = may('look') ? EXAMPLES : 0;
  const read = useCallback(
    (signal: AbortSignal) => api.comparePrepared(id, { keys, examples, signal }),
    [api, examples, id, keys],
  );
  const { data, error, loading, retry } = useLoaded(isReady ? read : undefined);
  const again = useCallback(() => {
    setTyped('');
    retry();
  }, [retry]);
  const run = useRowsRun(running, again, 'MORE_WOULD_BE_LOST');
  const { job: swap, starting, changed, start } = run;
  const askDeletion = useDeletion('dialog', id, { onChanged, onDeleted: close });

  const failure = swap?.error ?? run.error ?? error;
  const isPlain = failure?.code === 'ARCHIVE_NOT_ENCRYPTED';
  if (isPlain && !asksForPlain) setAsksForPlain(true);
  const isUnderWay = swap?.state === 'running';
  const isGone = failure?.code === 'PREPARED_UNKNOWN';
  const isDone = swap?.state === 'done';
  const name = confirmationOf(instance, backup);
  const careful = asksForName || Object.keys(data?.lost ?? {}).length > 0;
  const isOffered =
    may('restore') === true &&
    data !== undefined &&
    !isUnderWay &&
    !isDone &&
    !isGone &&
    failure?.code !== 'PREPARED_VOID';
  const isAllowed =
    isOffered &&
    !loading &&
    !running.busy &&
    (!asksForPlain || allowPlain) &&
    (!careful || isConfirmed(typed, name));
  const apply = () => {
    if (!isAllowed || starting) return;
    start(() => api.swapPrepared(id, { ...keys, ...(allowPlain && { allowPlain }), acceptLost: data.lost }));
  };
  const allow = (allowed: boolean) => {
    setAllowPlain(allowed);
    // What has been compared is not compared again for that.
    if (!data) setKeys({ ...keys, allowPlain: allowed });
  };
  const title = t('prepared.title', { name: visible(backup) });

  return (
    <Modal
      {...shown}
      {...(narrow ? TALL_NARROW : TALL)}
      aria-label={title}
      title={<span style={styles.wrap}>{title}</span>}
      width={960}
      maskClosable={false}
      footer={
        <Flex justify="space-between" gap={8} wrap>
          {isReady && !isUnderWay && !isDone && !isGone ? (
            <May permission="restore">
              <Button
                id={deletionId('dialog', id)}
                danger
                type="text"
                disabled={running.busy}
                onClick={askDeletion}
              >
                {t('prepared.remove')}
              </Button>
            </May>
          ) : (
            <span />
          )}
          <Flex gap={8} wrap>
            {onBack && (failure ?? (prepare && !isReady && prepare.state !== 'running')) && !isUnderWay && (
              <Button onClick={onBack}>{t('action.back')}</Button>
            )}
            <Button onClick={close} type={isOffered ? 'default' : 'primary'}>
              {t('action.close')}
            </Button>
            {isOffered && (
              <Button type="primary" danger disabled={!isAllowed} loading={starting} onClick={apply}>
                {t('prepared.swap')}
              </Button>
            )}
          </Flex>
        </Flex>
      }
    >
      <div style={styles.roomForStep}>
        {swap && (isUnderWay || isDone || swap.state === 'cancelled') ? (
          <RestoreRun job={swap} />
        ) : !isReady ? (
          <Preparing job={prepare} />
        ) : (
          <PreparedLook
            comparison={data}
            reading={loading}
            failure={isPlain ? undefined : failure}
            failed={failure === error ? t('prepared.noComparison') : t('run.failed')}
            changed={changed}
            keys={keys}
            onKeys={setKeys}
            plain={asksForPlain ? { allowed: allowPlain, onAllow: allow } : undefined}
            onRetry={retry}
            asked={isOffered && careful ? { name, typed, onTyped: setTyped, onEnter: apply } : undefined}
          />
        )}
      </div>
    </Modal>
  );
}
