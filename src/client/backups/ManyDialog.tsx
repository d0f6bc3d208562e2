import { Alert, App, Button, Modal, Progress, Select, Typography } from 'antd';
import { useEffect, useRef, useState } from 'react';
import {
  ApiError,
  asApiError,
  type ArkApi,
  type BackupItem,
  type JobItem,
  type StorageItem,
} from '../api/api';
import { useArk } from '../api/ark';
import { useDialog } from '../parts/dialog';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { keyOfBackup, leftOutWhy, type LeftOutWhy, type ManyAction } from './many';

interface Props {
  readonly action: ManyAction;
  readonly chosen: readonly BackupItem[];
  readonly backups: readonly BackupItem[];
  readonly storages: readonly StorageItem[];
  readonly jobs: readonly JobItem[];
  readonly onChanged: () => void;
  /** Those that it was done with. */
  readonly onDone: (done: readonly BackupItem[]) => void;
  readonly onClose: () => void;
}

interface Failed {
  readonly backup: BackupItem;
  readonly error: ApiError;
}

const LOOK_MS = 500;
/** A browser takes downloads that begin at once for one. */
const BETWEEN_MS = 1000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One thing with several backups, one after the other: a failure is told with its name, and the others go on. */
export function ManyDialog(props: Props) {
  const { action, chosen, backups, storages, jobs, onChanged, onDone, onClose } = props;
  const { api } = useArk();
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { message } = App.useApp();
  const { close, shown } = useDialog(onClose);
  const [to, setTo] = useState<string>();
  /** What is begun goes by what was shown. */
  const [asked, setAsked] = useState<readonly BackupItem[]>();
  const [done, setDone] = useState(0);
  const [failed, setFailed] = useState<readonly Failed[]>([]);
  const [ended, setEnded] = useState(false);
  const stopped = useRef(false);
  useEffect(
    () => () => {
      stopped.current = true;
    },
    [],
  );

  const around = {
    inUse: new Set(jobs.filter((job) => job.state === 'running').map((job) => job.subject)),
    to,
    there: new Set(backups.map(keyOfBackup)),
  };
  const left = asked
    ? []
    : chosen.flatMap((backup) => {
        const why = leftOutWhy(action, backup, around);
        return why ? [{ backup, why }] : [];
      });
  const meant = asked ?? chosen.filter((backup) => !left.some((other) => other.backup === backup));
  const size = format.bytes(meant.reduce((sum, backup) => sum + backup.size, 0));

  const go = async () => {
    setAsked(meant);
    const failures: Failed[] = [];
    const through: BackupItem[] = [];
    for (const [i, backup] of meant.entries()) {
      if (stopped.current) break;
      try {
        await doIt(api, action, backup, to, i > 0);
        through.push(backup);
      } catch (cause) {
        failures.push({ backup, error: asApiError(cause) });
        setFailed([...failures]);
      }
      setDone(i + 1);
    }
    onDone(through);
    if (action !== 'download') onChanged();
    const said = t('many.done', { backups: n('count.backups', through.length) });
    if (failures.length === 0) {
      void message.success(said);
      close();
    } else setEnded(true);
  };

  const running = asked !== undefined && !ended;
  const titles = {
    download: t('many.download.title', { backups: n('count.backups', meant.length) }),
    copy: t('many.copy.title', { backups: n('count.backups', meant.length) }),
    pin: t('many.pin.title', { backups: n('count.backups', meant.length) }),
    unpin: t('many.unpin.title', { backups: n('count.backups', meant.length) }),
    delete: t('many.delete.title', { backups: n('count.backups', meant.length) }),
  };
  const yes = {
    download: t('action.download'),
    copy: t('many.copyYes'),
    pin: t('mark.pin'),
    unpin: t('mark.unpin'),
    delete: t('delete.yes'),
  };
  const whyText = (why: LeftOutWhy): string =>
    why === 'pinned' ? t('mark.pinned') : why === 'damaged' ? t('state.damaged') : t(`many.left.${why}`);

  return (
    <Modal
      {...shown}
      title={titles[action]}
      maskClosable={false}
      footer={
        ended ? (
          <Button type="primary" onClick={close}>
            {t('action.close')}
          </Button>
        ) : (
          [
            <Button key="cancel" onClick={close}>
              {t('action.cancel')}
            </Button>,
            <Button
              key="go"
              type="primary"
              danger={action === 'delete'}
              loading={running}
              disabled={meant.length === 0 || (action === 'copy' && to === undefined)}
              onClick={() => void go()}
            >
              {yes[action]}
            </Button>,
          ]
        )
      }
    >
      {action === 'copy' && !asked && (
        <Select
          value={to}
          onChange={setTo}
          aria-label={t('backups.where')}
          placeholder={t('backups.where')}
          style={styles.fullRow}
          options={storages.map(({ name, error }) => ({
            value: name,
            label: name,
            disabled: error !== undefined,
          }))}
        />
      )}
      {action === 'delete' && !asked && (
        <Typography.Paragraph>{t('many.delete.text', { size })}</Typography.Paragraph>
      )}
      {!asked && (
        <ul style={styles.plainListLong} tabIndex={0} aria-label={titles[action]}>
          {meant.map((backup) => (
            <li key={keyOfBackup(backup)} style={styles.smallWrap}>
              {backup.name} · {format.dateTime(backup.createdAt)} · {backup.storage}
            </li>
          ))}
        </ul>
      )}
      {left.length > 0 && (
        <Alert
          type="warning"
          style={styles.noticeAbove}
          message={`${t('many.left')}: ${n('count.backups', left.length)}`}
          description={
            <ul style={styles.plainListLong} tabIndex={0} aria-label={t('many.left')}>
              {left.map(({ backup, why }) => (
                <li key={keyOfBackup(backup)} style={styles.smallWrap}>
                  {backup.name} · {backup.storage}: {whyText(why)}
                </li>
              ))}
            </ul>
          }
        />
      )}
      {asked && (
        <div role="status">
          <Progress
            percent={Math.floor((done / Math.max(1, asked.length)) * 100)}
            showInfo={false}
            aria-hidden
          />
          {t('many.progress', { done: format.number(done), all: format.number(asked.length) })}
        </div>
      )}
      {failed.length > 0 && (
        <Alert
          type="error"
          role="alert"
          style={styles.noticeAbove}
          message={t('many.failed', { backups: n('count.backups', failed.length) })}
          description={
            <ul style={styles.plainListLong} tabIndex={0} aria-label={t('many.failed', { backups: '' })}>
              {failed.map(({ backup, error }) => {
                const { text, detail } = errorText(i18n, error);
                return (
                  <li key={keyOfBackup(backup)} style={styles.smallWrap}>
                    {backup.name} · {backup.storage}: {detail ?? text} [{error.code}]
                  </li>
                );
              })}
            </ul>
          }
        />
      )}
    </Modal>
  );
}

async function doIt(
  api: ArkApi,
  action: ManyAction,
  backup: BackupItem,
  to: string | undefined,
  later: boolean,
): Promise<void> {
  switch (action) {
    case 'delete':
      return api.destroyBackup(backup);
    case 'pin':
    case 'unpin':
      return api.markBackup(backup, { pinned: action === 'pin' });
    case 'download':
      if (later) await pause(BETWEEN_MS);
      return api.downloadBackup(backup);
    case 'copy':
      return whole(api, (await api.copyBackup(backup, to ?? '')).job);
  }
}

/** Until the job has ended. */
async function whole(api: ArkApi, { id }: JobItem): Promise<void> {
  for (;;) {
    const job = await api.getJob(id);
    if (job.state === 'done') return;
    if (job.state !== 'running') {
      const { code, message, details } = job.error ?? { code: 'JOB_CANCELLED', message: '' };
      throw new ApiError(code, message, 0, details);
    }
    await pause(LOOK_MS);
  }
}
