import { Flex, Typography } from 'antd';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { type BackupItem, type GroupName, type NotBackedUp, type Started } from '../api/api';
import { useArk } from '../api/ark';
import { moreButtonId, type BackupAction } from './BackupActions';
import { BackupDialogs, type BackupDialog } from './BackupDialogs';
import { BackupsTable, NoBackups } from './BackupsTable';
import { BackupsToolbar } from './BackupsToolbar';
import { FilterChips } from './FilterChips';
import { matches } from './filters';
import { focusOn } from '../parts/dialog';
import { DropArea } from '../upload/DropArea';
import { useI18n } from '../parts/i18n';
import { May } from '../api/May';
import { NewBackupDialog } from './NewBackupDialog';
import { ManyBar } from './ManyBar';
import { ManyDialog } from './ManyDialog';
import { keyOfBackup, type ManyAction } from './many';
import { UploadCard } from '../upload/UploadCard';
import type { ArkData } from '../api/useArkData';
import { useFailure } from '../parts/useFailure';
import { useRemoval } from '../parts/useRemoval';
import { useContaining } from './useContaining';
import { useFilters } from './useFilters';
import { useTicked } from './useTicked';
import { SMALLEST_PIECE } from '../upload/sender';
import { UnfinishedCard } from '../upload/UnfinishedCard';
import { useUpload, type UploadWords } from '../upload/useUpload';
import { styles } from '../parts/styles';

interface Props {
  readonly data: ArkData;
  /** The new backup that is being thought of, and what it begins with. */
  readonly wanted: NotBackedUp | 'usual' | undefined;
  readonly onWanted: (wanted: NotBackedUp | 'usual' | undefined) => void;
  readonly onSetup: () => void;
}

/** The backups, and what can be done with them. */
export function BackupsPage({ data, wanted, onWanted, onSetup }: Props) {
  const { api, may } = useArk();
  const { t, n, format } = useI18n();
  const fail = useFailure();
  const askRemoval = useRemoval(data.reload);
  const filtering = useFilters();
  const { filters, change, clear } = filtering;
  const [dialog, setDialog] = useState<BackupDialog>();
  const [many, setMany] = useState<{ readonly action: ManyAction; readonly chosen: readonly BackupItem[] }>();
  const { busy, reload, tell } = data;
  const backups = useMemo(() => data.backups ?? [], [data.backups]);
  const names = useMemo(() => (data.storages ?? []).map((storage) => storage.name), [data.storages]);
  const containing = useContaining(filters.contains, data.stamp);
  const wantedNow = useDeferredValue(filters);
  const shown = useMemo(() => {
    // A storage that was removed meanwhile is not looked for any more.
    const { storage = '' } = wantedNow;
    const where = names.includes(storage) ? storage : undefined;
    return backups.filter((backup) => matches(backup, { ...wantedNow, storage: where }, containing.having));
  }, [backups, containing.having, names, wantedNow]);
  const { ticked, chosen, setTicked } = useTicked(shown);
  const size = shown.reduce((sum, backup) => sum + backup.size, 0);

  // What is counted below the list is not everything then.
  const without = !data.whole
    ? [t('storages.asking')]
    : data.unreachable.length > 0
      ? [t('backups.without', { storages: format.list(data.unreachable.map(({ storage }) => storage)) })]
      : [];

  const limit = data.system?.uploadLimit;
  const words = useMemo<UploadWords>(
    () => ({
      tooLarge: (file) =>
        t('upload.tooLarge', { size: format.bytes(file.size), limit: format.bytes(limit ?? 0) }),
      proxy: () => t('upload.proxy', { size: format.bytes(SMALLEST_PIECE) }),
    }),
    [format, limit, t],
  );
  const uploads = useUpload(api, may('restore') ?? false, backups, limit, reload, words);

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
  const pin = useCallback(
    (backup: BackupItem, pinned: boolean) => {
      api.markBackup(backup, { pinned }).then(reload, (error: unknown) => fail(error, t('mark.failed')));
      focusOn(moreButtonId(backup));
    },
    [api, fail, reload, t],
  );
  const act = useCallback(
    (action: BackupAction, backup: BackupItem) => {
      if (action === 'destroy') destroy(backup);
      else if (action === 'pin' || action === 'unpin') pin(backup, action === 'pin');
      else if (action === 'download')
        api.downloadBackup(backup).catch((error: unknown) => fail(error, t('download.failed')));
      else if (action === 'verify' && backup.state !== 'locked') {
        verify(backup);
        // The menu is gone, and no dialog takes its place.
        focusOn(moreButtonId(backup));
      } else setDialog({ kind: action, backup });
    },
    [api, destroy, fail, pin, t, verify],
  );
  const pickGroup = useCallback((group: GroupName) => change({ group }), [change]);
  const openNew = useCallback(() => onWanted('usual'), [onWanted]);

  return (
    <DropArea onFile={may('restore') ? uploads.start : undefined}>
      <BackupsToolbar
        storages={names}
        filtering={filtering}
        loading={data.loading}
        uploading={uploads.busy}
        busy={busy}
        onRefresh={() => {
          reload();
          uploads.reload();
        }}
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
      {uploads.unfinished.map((item) => (
        <div key={item.id} style={styles.below}>
          <UnfinishedCard item={item} uploads={uploads} />
        </div>
      ))}
      <FilterChips {...filtering} containing={containing} hidden={backups.length - shown.length} />
      <BackupsTable
        several={names.length > 1}
        backups={shown}
        // With several storages each line has one more: lines that grow afterwards would jump.
        loading={
          data.backups === undefined ||
          // What a line shows hangs on both: it would grow under the reader's eyes.
          (data.loading && (data.storages === undefined || data.system === undefined))
        }
        busy={busy}
        onAction={act}
        onGroup={pickGroup}
        ticked={may('download') || may('backup') || may('delete') ? ticked : undefined}
        onTicked={setTicked}
        empty={
          data.backups && (
            <NoBackups hidden={backups.length} onNew={openNew} onSetup={onSetup} onReset={clear} />
          )
        }
      />
      {chosen.length > 0 && (
        <ManyBar
          chosen={chosen}
          several={names.length > 1}
          onAll={() => setTicked(shown.map(keyOfBackup))}
          onClear={() => setTicked([])}
          onAction={(action) => setMany({ action, chosen })}
        />
      )}
      <Flex justify="space-between" gap={8} wrap style={styles.footnotes}>
        <Typography.Text type="secondary" role="status">
          {shown.length > 0 && [n('count.backups', shown.length), format.bytes(size), ...without].join(' · ')}
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
      {many && (
        <ManyDialog
          {...many}
          backups={backups}
          storages={data.storages ?? []}
          jobs={data.jobs}
          onChanged={reload}
          onDone={(done) => {
            const through = new Set(done.map(keyOfBackup));
            setTicked(ticked.filter((key) => !through.has(key)));
          }}
          onClose={() => setMany(undefined)}
        />
      )}
      {dialog && (
        <BackupDialogs
          key={`${dialog.kind} ${keyOfBackup(dialog.backup)}`}
          dialog={dialog}
          backups={backups}
          running={data}
          reload={reload}
          onAction={act}
          onVerify={verify}
          onClose={() => {
            setDialog((now) => (now === dialog ? undefined : now));
            // It leads to another dialog, too.
            if (dialog.kind !== 'details') focusOn(moreButtonId(dialog.backup));
          }}
        />
      )}
    </DropArea>
  );
}
