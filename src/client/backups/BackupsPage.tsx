import { Flex, Typography } from 'antd';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { ApiError, type BackupItem, type NotBackedUp, type Started } from '../api/api';
import { useArk } from '../api/ark';
import { moreButtonId, type BackupAction } from './BackupActions';
import { BackupDrawer } from './BackupDrawer';
import { BackupsTable, NoBackups } from './BackupsTable';
import { BackupsToolbar, type StateFilter } from './BackupsToolbar';
import { focusOn } from '../parts/dialog';
import { DropArea } from '../upload/DropArea';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { NewBackupDialog } from './NewBackupDialog';
import { PassphraseDialog } from '../passphrase/PassphraseDialog';
import { RehearseDialog } from './RehearseDialog';
import { RestoreDialog } from '../restore/RestoreDialog';
import { UnreachableNotice } from './UnreachableNotice';
import { UploadCard } from '../upload/UploadCard';
import type { ArkData } from '../api/useArkData';
import { useFailure } from '../parts/useFailure';
import { useRemoval } from '../parts/useRemoval';
import { useUpload } from '../upload/useUpload';
import { styles } from '../parts/styles';

type Dialog = { kind: 'restore' | 'details' | 'verify' | 'rehearse'; backup: BackupItem };

const matches = (backup: BackupItem, filter: StateFilter): boolean => {
  if (filter === 'encrypted') return backup.encrypted;
  if (filter === 'unverified') return backup.state !== 'damaged' && backup.verifiedAt === undefined;
  if (filter === 'damaged') return backup.state === 'damaged';
  return filter === 'all' || backup.state !== 'damaged';
};

interface Props {
  readonly data: ArkData;
  /** The new backup that is being thought of, and what it begins with. */
  readonly wanted: NotBackedUp | 'usual' | undefined;
  readonly onWanted: (wanted: NotBackedUp | 'usual' | undefined) => void;
  readonly onTab: (tab: string) => void;
}

/** The backups, and what can be done with them. */
export function BackupsPage({ data, wanted, onWanted, onTab }: Props) {
  const { api, may } = useArk();
  const { t, n, format } = useI18n();
  const fail = useFailure();
  const askRemoval = useRemoval(data.reload);
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<StateFilter>('all');
  const [storage, setStorage] = useState<string>();
  const [dialog, setDialog] = useState<Dialog>();
  const { busy, reload, tell } = data;
  const backups = useMemo(() => data.backups ?? [], [data.backups]);
  const names = useMemo(() => (data.storages ?? []).map((storage) => storage.name), [data.storages]);
  // One that was removed meanwhile is not looked for any more.
  const where = storage !== undefined && names.includes(storage) ? storage : undefined;

  const looked = useDeferredValue(search.trim().toLowerCase());
  const shown = useMemo(
    () =>
      backups.filter(
        (backup) =>
          matches(backup, filter) &&
          (where === undefined || backup.storage === where) &&
          (looked === '' ||
            [backup.name, backup.createdBy, backup.instance].some((text) =>
              text?.toLowerCase().includes(looked),
            )),
      ),
    [backups, filter, looked, where],
  );
  const size = shown.reduce((sum, backup) => sum + backup.size, 0);

  const limit = data.system?.uploadLimit;
  const tooLarge = useCallback(
    (file: File) =>
      new ApiError(
        'BODY_TOO_LARGE',
        t('upload.tooLarge', { size: format.bytes(file.size), limit: format.bytes(limit ?? 0) }),
        413,
      ),
    [format, limit, t],
  );
  const uploads = useUpload(api, backups, limit, reload, tooLarge);

  const follow = useCallback(
    (asked: Promise<Started>, failed: string) => {
      asked.then(
        ({ job }) => tell(job),
        (error: unknown) => fail(error, failed),
      );
    },
    [fail, tell],
  );
  const verify = useCallback(
    (backup: BackupItem, passphrase?: string) =>
      follow(api.verifyBackup(backup, passphrase), t('verify.failed')),
    [api, follow, t],
  );
  const destroy = useCallback(
    (backup: BackupItem) => {
      askRemoval({
        title: t('delete.title'),
        content: (
          <>
            <Typography.Paragraph strong style={styles.wrap}>
              {backup.name}
            </Typography.Paragraph>
            {t('delete.text', { date: format.dateTime(backup.createdAt), size: format.bytes(backup.size) })}
          </>
        ),
        okText: t('delete.yes'),
        remove: () => api.destroyBackup(backup),
        done: t('delete.done', { name: backup.name }),
        failed: t('delete.failed'),
        focus: { back: moreButtonId(backup), next: 'ark-new' },
      });
    },
    [api, askRemoval, format, t],
  );
  const act = useCallback(
    (action: BackupAction, backup: BackupItem) => {
      if (action === 'destroy') destroy(backup);
      else if (action === 'download')
        api.downloadBackup(backup).catch((error: unknown) => fail(error, t('download.failed')));
      else if (action === 'verify' && backup.state !== 'locked') {
        verify(backup);
        // The menu is gone, and no dialog takes its place.
        focusOn(moreButtonId(backup));
      } else setDialog({ kind: action, backup });
    },
    [api, destroy, fail, t, verify],
  );
  const openNew = useCallback(() => onWanted('usual'), [onWanted]);
  const close = () => {
    setDialog(undefined);
    if (dialog) focusOn(moreButtonId(dialog.backup));
  };

  return (
    <DropArea onFile={may('restore') ? uploads.start : undefined}>
      <BackupsToolbar
        storages={names}
        storage={where}
        onStorage={setStorage}
        search={search}
        onSearch={setSearch}
        filter={filter}
        onFilter={setFilter}
        loading={data.loading}
        uploading={uploads.upload !== undefined && !uploads.upload.done && !uploads.upload.error}
        busy={busy}
        onRefresh={reload}
        onNew={openNew}
        onFile={uploads.start}
      />
      {uploads.upload && (
        <div style={styles.below}>
          <UploadCard
            uploads={uploads}
            onRestore={(backup) => {
              uploads.clear();
              setDialog({ kind: 'restore', backup });
            }}
          />
        </div>
      )}
      <UnreachableNotice unreachable={data.unreachable} onOpen={() => onTab('storages')} />
      <BackupsTable
        several={names.length > 1}
        backups={shown}
        loading={data.backups === undefined}
        busy={busy}
        onAction={act}
        empty={
          data.backups && (
            <NoBackups
              filtered={backups.length > 0}
              onNew={openNew}
              onReset={() => {
                setSearch('');
                setFilter('all');
                setStorage(undefined);
              }}
            />
          )
        }
      />
      <Flex justify="space-between" gap={8} wrap style={styles.footnotes}>
        <Typography.Text type="secondary" role="status">
          {shown.length > 0 && `${n('count.backups', shown.length)} · ${format.bytes(size)}`}
        </Typography.Text>
        <May permission="restore">
          <Typography.Text type="secondary">{t('upload.dropHint')}</Typography.Text>
        </May>
      </Flex>
      {wanted && (
        <NewBackupDialog
          backups={backups}
          storages={data.storages ?? []}
          wanted={wanted}
          onClose={() => {
            onWanted(undefined);
            focusOn('ark-new');
          }}
          onStarted={tell}
        />
      )}
      {dialog?.kind === 'restore' && (
        <RestoreDialog
          key={`${dialog.backup.storage}/${dialog.backup.name}`}
          backup={dialog.backup}
          jobs={data.jobs}
          onStarted={tell}
          onClose={close}
        />
      )}
      {dialog?.kind === 'details' && (
        <BackupDrawer
          backup={dialog.backup}
          busy={busy}
          onAction={act}
          onTrusted={() => {
            data.reload();
            close();
          }}
          onClose={() => setDialog((now) => (now?.kind === 'details' ? undefined : now))}
        />
      )}
      {dialog?.kind === 'verify' && (
        <PassphraseDialog
          title={t('verify.title')}
          text={t('verify.lockedText')}
          okText={t('action.verify')}
          onOk={(passphrase) => verify(dialog.backup, passphrase)}
          onClose={close}
        />
      )}
      {dialog?.kind === 'rehearse' && (
        <RehearseDialog backup={dialog.backup} onStarted={tell} onClose={close} />
      )}
    </DropArea>
  );
}
